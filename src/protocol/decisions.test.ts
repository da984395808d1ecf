// Checks what the operator learns about a refused request by its id.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runCommand } from '#testing/command-line.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

const REDIRECT_URI = 'https://app.example/callback'
const SECRET = 'not-the-secret-of-anybody'

let server: TestServer
let client: { client_id: string; client_secret: string }

before(async () => {
  server = await startServer()
  client = await makeClient({ label: 'Asks', redirect_uris: [REDIRECT_URI], scopes: ['openid'] })
})
after(() => server.stop())

const makeClient = (fields: object) =>
  server.api<typeof client>('POST', '/v1/realms/default/clients', {
    grant_types: ['authorization_code', 'client_credentials'],
    ...fields,
  })

interface Decision {
  id: string
  endpoint: string
  step: string
  error: string
  reason: string | null
  policy: string | null
  policy_value: string | null
  given: string | null
  client_id: string
  realm_id: string | null
}

async function decisionOf(response: Response): Promise<Decision> {
  return server.api<Decision>('GET', `/v1/decisions/${response.headers.get('x-request-id')}`)
}

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(form), headers })

const authorize = (changes: Record<string, string>) =>
  fetch(
    `${server.url}/oauth/authorize?${new URLSearchParams({
      ...{ response_type: 'code', client_id: client.client_id, redirect_uri: REDIRECT_URI, scope: 'openid' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', ...changes },
    })}`,
    { redirect: 'manual' },
  )

const asClient = () => ({ client_id: client.client_id, client_secret: client.client_secret })

/** What is refused, with the step, the error, the policy and a part of its value. */
const CASES: readonly (readonly [
  name: string,
  ask: () => Promise<Response>,
  expected: Partial<Decision>,
  value?: RegExp,
])[] = [
  [
    'a redirect URI that is not registered',
    () => authorize({ redirect_uri: 'https://evil.example/' }),
    {
      ...{ endpoint: 'authorization_endpoint', step: 'redirect_uri', error: 'invalid_redirect_uri' },
      ...{ policy: 'client.redirect_uris', given: 'https://evil.example/' },
    },
    /^1: https:\/\/app\.example\/callback$/,
  ],
  [
    'a scope that is not registered, which redirects',
    () => authorize({ scope: 'payments' }),
    { step: 'scopes', error: 'invalid_scope', policy: 'client.scopes', given: 'payments' },
    /openid/,
  ],
  [
    'a resource that the client is not registered for, which redirects',
    () => authorize({ resource: 'https://api.example/' }),
    { step: 'resources', error: 'invalid_target', policy: 'client.audiences', given: 'https://api.example/' },
    /^none$/,
  ],
  [
    'a silent request of nobody',
    () => authorize({ prompt: 'none' }),
    { endpoint: 'authorization_endpoint', step: 'session', error: 'login_required' },
  ],
  [
    'a response mode',
    () => authorize({ response_mode: 'web_message' }),
    { step: 'response_mode', error: 'invalid_request', policy: 'profile.response_modes', given: 'web_message' },
    /form_post.*\(oauth-2\.1\)$/,
  ],
  [
    'a wrong secret at the token endpoint',
    () => post('/oauth/token', { grant_type: 'client_credentials', ...asClient(), client_secret: SECRET }),
    {
      ...{ endpoint: 'token_endpoint', step: 'client_authentication', error: 'invalid_client', reason: 'wrong_secret' },
      ...{ policy: 'client.auth_method', given: 'a client secret' },
    },
    /^client_secret$/,
  ],
  [
    'a grant type that is not registered',
    () => post('/oauth/token', { grant_type: 'refresh_token', refresh_token: SECRET, ...asClient() }),
    { step: 'grant_type', error: 'unauthorized_client', policy: 'client.grant_types', given: 'refresh_token' },
    /authorization_code/,
  ],
  [
    'a code that nobody issued',
    () =>
      post('/oauth/token', {
        grant_type: 'authorization_code',
        code: SECRET,
        redirect_uri: REDIRECT_URI,
        ...asClient(),
      }),
    { step: 'grant', error: 'invalid_grant', reason: 'code_unknown', policy: null, given: null },
  ],
  [
    'a pushed request with a scope that is not registered',
    () => {
      const { client_id, client_secret } = client
      const headers = { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` }
      const form = {
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        scope: 'payments',
        code_challenge: 'x'.repeat(43),
      }
      return post('/oauth/par', { ...form, code_challenge_method: 'S256' }, headers)
    },
    { endpoint: 'pushed_authorization_request_endpoint', step: 'scopes', error: 'invalid_scope' },
  ],
  [
    'a device of a client that is not registered for it',
    () => post('/oauth/device_authorization', asClient()),
    { endpoint: 'device_authorization_endpoint', step: 'grant_type', error: 'unauthorized_client' },
  ],
]

test('each refusal has a decision that names the step, the policy and the client, and holds no secret', async (t) => {
  for (const [name, ask, expected, value] of CASES) {
    await t.test(name, async () => {
      const decision = await decisionOf(await ask())
      const of = Object.fromEntries(Object.keys(expected).map((key) => [key, decision[key as keyof Decision]]))
      assert.deepEqual(of, expected)
      assert.equal(decision.client_id, client.client_id)
      if (value) assert.match(decision.policy_value ?? '', value)
      const text = JSON.stringify(decision)
      assert.ok(!text.includes(SECRET) && !text.includes(client.client_secret), text)
    })
  }
})

test('the id of a decision is in the reply, the log, the event and on the page of the error', async () => {
  const response = await post('/oauth/token', {
    grant_type: 'client_credentials',
    ...asClient(),
    client_secret: SECRET,
  })
  const id = response.headers.get('x-request-id') ?? ''
  const { error_uri: page } = (await response.json()) as { error_uri: string }
  assert.equal(new URL(page).searchParams.get('request'), id)
  assert.match(await (await fetch(page)).text(), new RegExp(`countersign why ${id}`))
  const { data } = await server.api<{ data: { request_id: string }[] }>(
    'GET',
    '/v1/events?type=client_authentication.failed&limit=200',
  )
  assert.ok(data.some((event) => event.request_id === id))
  await until(() => server.output().includes(`"request_id":"${id}"`))
  const shown = await (await authorize({ redirect_uri: 'https://evil.example/' })).text()
  const [, onPage = ''] = /<code>([0-9a-z]{4}-[0-9a-z]+-[0-9a-z]+)<\/code>/.exec(shown) ?? []
  assert.equal((await server.api<Decision>('GET', `/v1/decisions/${onPage}`)).step, 'redirect_uri')
})

test('userinfo, introspection, registration and an address of no realm are refusals too', async () => {
  const userinfo = await decisionOf(
    await fetch(`${server.url}/oauth/userinfo`, { headers: { authorization: 'Bearer x' } }),
  )
  assert.deepEqual([userinfo.endpoint, userinfo.error], ['userinfo_endpoint', 'invalid_token'])
  const introspection = await decisionOf(await post('/oauth/introspect', { token: SECRET, client_id: 'nobody' }))
  assert.deepEqual([introspection.reason, introspection.client_id], ['unknown_client', 'nobody'])
  const registration = await decisionOf(await fetch(`${server.url}/oauth/register`, { method: 'POST', body: '{}' }))
  assert.equal(registration.endpoint, 'registration_endpoint')
  const nowhere = await decisionOf(await fetch(`${server.url}/realms/nowhere/oauth/authorize`))
  assert.deepEqual([nowhere.error, nowhere.realm_id], ['not_found', null])
})

test('why a metadata document is not accepted is told to the operator: the policy, its address, or the response', async () => {
  const { issuer_id: issuerId } = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Documents' })
  const ask = async (clientId: string) => {
    const query = new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: REDIRECT_URI })
    const response = await fetch(`${server.url}/realms/${issuerId}/oauth/authorize?${query}`, { redirect: 'manual' })
    return { ...(await decisionOf(response)), page: await response.text() }
  }
  const off = await ask('https://client.example/c.json')
  assert.deepEqual([off.policy, off.policy_value, off.given], ['policy.client_id_metadata', 'off', 'client.example'])
  await server.api('PATCH', `/v1/realms/${issuerId}`, { policy: { client_id_metadata: 'any_https' } })
  assert.match((await ask('https://client.example')).page, /as the URL of a metadata document it has no path/)
  const closed = await ask('https://localhost:1/c.json')
  assert.deepEqual([closed.error, closed.step], ['temporarily_unavailable', 'client'])
  assert.deepEqual([closed.policy, closed.given], ['the response of localhost:1', 'ECONNREFUSED'])
})

test('a profile is named by the decision that it made', async () => {
  await server.api('POST', '/v1/realms', { name: 'Bank', policy: { profile: 'fapi-2.0' } })
  const { data } = await server.api<{ data: { name: string; issuer_id: string }[] }>('GET', '/v1/realms')
  const issuerId = data.find(({ name }) => name === 'Bank')?.issuer_id
  const bank = await server.api<typeof client>('POST', `/v1/realms/${issuerId}/clients`, {
    ...{ label: 'Pays', auth_method: 'private_key_jwt', jwks_uri: 'https://pays.example/jwks' },
    ...{ redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code'] },
  })
  const query = new URLSearchParams({ response_type: 'code', client_id: bank.client_id, redirect_uri: REDIRECT_URI })
  const asked = await fetch(`${server.url}/realms/${issuerId}/oauth/authorize?${query}`, { redirect: 'manual' })
  const { step, policy, policy_value: value } = await decisionOf(asked)
  assert.deepEqual([step, policy, value], ['pushed_request', 'profile.pushed_requests', 'required (fapi-2.0)'])
})

test('a caller learns the decisions of its tenant only, and of others nothing', async () => {
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Shop', slug: 'shop' })
  const keyOf = async (body: object, query = '') =>
    (await server.api<{ key: string }>('POST', `/v1/api-keys${query}`, { name: 'k', permissions: ['*:read'], ...body }))
      .key
  const foreign = await keyOf({ reach: 'tenant' }, `?tenant_id=${tenant.id}`)
  const own = await keyOf({ reach: 'tenant' })
  const blind = await keyOf({ permissions: ['users:read'] })
  const id = (await authorize({ scope: 'payments' })).headers.get('x-request-id')
  const nowhere = (await fetch(`${server.url}/realms/nowhere/oauth/authorize`)).headers.get('x-request-id')
  const asked = async (key: string, of = id) => (await server.call('GET', `/v1/decisions/${of}`, { key })).status
  assert.deepEqual([await asked(own), await asked(foreign), await asked(blind)], [200, 404, 403])
  assert.deepEqual([await asked(own, nowhere), await asked(foreign, nowhere)], [404, 404])
  const words = async (key: string, of: string | null) =>
    ((await server.call('GET', `/v1/decisions/${of}`, { key })).body as { error_description: string }).error_description
  const answered = (await fetch(`${server.url}/jwks.json`)).headers.get('x-request-id')
  assert.equal(await words(foreign, id), await words(foreign, answered))
})

test('countersign why prints the decision in words, by its id or by error_uri, and says why there is none', async () => {
  const response = await authorize({ scope: 'payments' })
  const page = new URL(response.headers.get('location') ?? '').searchParams.get('error_uri') ?? ''
  for (const given of [response.headers.get('x-request-id') ?? '', page]) {
    const { exit, out, err } = await runCommand(server, ['why', given])
    assert.equal(exit, 0, err)
    assert.match(out, /The step scopes of authorization_endpoint refused the request: invalid_scope/)
    assert.match(out, /client\.scopes is 1: openid/)
  }
  for (const [given, words] of [
    ['nonsense', /not the id of a request/],
    ['zzzz-t00000-1', /kept for an hour/],
    [`zzzz-${Math.floor(Date.now() / 1000).toString(36)}-1`, /Another process/],
  ] as const) {
    const { exit, err } = await runCommand(server, ['why', given])
    assert.equal(exit, 1, given)
    assert.match(err, words)
  }
})
