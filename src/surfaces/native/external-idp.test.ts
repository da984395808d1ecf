// SemAuth's `POST /v1/realms/{issuer_id}/external-idps`, and the same record as the native API shows it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

const PATH = '/v1/realms/default/external-idps'
const OWN = '/v1/realms/default/identity-providers'
const SECRET = 'GOCSPX-t0psecret'
const GIVEN = {
  label: 'Continue with Acme',
  client_id: 'countersign',
  client_secret: SECRET,
  issuer: 'https://idp.example.com',
  authorization_endpoint: 'https://idp.example.com/authorize',
  token_endpoint: 'https://idp.example.com/token',
  jwks_uri: 'https://idp.example.com/jwks',
}
const ADDRESSES = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const

interface Refusal {
  readonly error: string
  readonly error_description: string
  readonly errors?: readonly { readonly field: string }[]
}

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const count = async () => (await server.api<{ data: unknown[] }>('GET', `${OWN}?limit=200`)).data.length

test('a provider is configured with all its endpoints, and answered without its secret', async () => {
  const { status, body, headers } = await server.call('POST', PATH, { body: GIVEN })
  assert.equal(status, 201, JSON.stringify(body))
  const { id, created_at: createdAt, ...shown } = body as Record<string, unknown>
  const { client_secret: _, ...given } = GIVEN
  assert.match(String(id), /^idp_[0-9a-z]{26}$/)
  assert.ok(Date.parse(String(createdAt)) > 0)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.deepEqual(shown, {
    ...given,
    enabled: true,
    userinfo_endpoint: null,
    scopes: ['openid', 'email', 'profile'],
    email_verified_claim: 'email_verified',
    discovery_url: null,
    callback_url: `${server.url}/federation/callback/${id}`,
  })
  const own = await server.api<Record<string, unknown>>('GET', `${OWN}/${id}`)
  assert.deepEqual([own.name, own.provider_type, own.issuer], [GIVEN.label, 'oidc', GIVEN.issuer])
  const events = await server.api<{ data: { type: string; subject: object; data: object }[] }>(
    'GET',
    '/v1/events?type=identity_provider.*',
  )
  assert.deepEqual(
    events.data.map(({ type, data }) => [type, data]),
    [['identity_provider.created', { name: GIVEN.label, provider_type: 'oidc' }]],
  )
  assert.doesNotMatch(JSON.stringify([body, own, events]) + server.output(), /t0psecret/)
})

test('what may be told besides is kept: scopes as one text or a list, too', async () => {
  const more = {
    enabled: false,
    userinfo_endpoint: 'https://idp.example.com/me',
    email_verified_claim: 'verified',
    discovery_url: 'https://idp.example.com/.well-known/openid-configuration',
  }
  for (const scopes of ['openid email', ['openid', 'email']]) {
    const made = await server.api<Record<string, unknown>>('POST', PATH, { ...GIVEN, ...more, scopes })
    for (const [name, value] of Object.entries(more)) assert.equal(made[name], value)
    assert.deepEqual(made.scopes, ['openid', 'email'])
  }
})

test('a part that is missing or an address that is not https is refused by its name, and makes nothing', async () => {
  const before = await count()
  const refused = async (input: object, error: string, field: string) => {
    const { status, body } = await server.call('POST', PATH, { body: input })
    const { error_description: description, errors, ...rest } = body as Refusal
    assert.deepEqual([status, rest, errors?.map((one) => one.field)], [400, { error }, [field]], description)
    assert.ok(description.startsWith(`${field}: `), description)
    assert.doesNotMatch(JSON.stringify(body), /t0psecret/)
  }
  for (const name of Object.keys(GIVEN)) {
    await refused({ ...GIVEN, [name]: undefined }, 'invalid_request', name)
    await refused({ ...GIVEN, [name]: 7 }, 'invalid_request', name)
  }
  for (const name of ADDRESSES) {
    for (const address of ['http://idp.example.com/x', 'https://10.0.0.1/x', `https://a:${SECRET}@idp.example.com/`]) {
      await refused({ ...GIVEN, [name]: address }, 'unreachable_host', name)
    }
  }
  for (const extra of ['name', 'provider_type', 'domains', 'sso_url', 'tenant_id']) {
    const { status, body } = await server.call('POST', PATH, { body: { ...GIVEN, [extra]: 'x' } })
    assert.equal(status, 400)
    assert.match((body as Refusal).error_description, new RegExp(`"${extra}"`))
  }
  assert.equal(await count(), before)
})

test('a repeated request with one idempotency key makes one provider', async () => {
  const before = await count()
  const headers = { 'idempotency-key': 'external-idp-1' }
  const first = await server.call('POST', PATH, { body: GIVEN, headers })
  const second = await server.call('POST', PATH, { body: GIVEN, headers })
  assert.deepEqual([second.status, second.body], [first.status, first.body])
  assert.equal(await count(), before + 1)
})

test('every operation of the document has an id of its own', async () => {
  const document = await server.api<{ paths: Record<string, Record<string, { operationId: string }>> }>(
    'GET',
    '/openapi.json',
  )
  const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
  assert.ok(ids.includes('identity_provider.create') && ids.includes('identity_provider.create.external_idps'))
  assert.equal(new Set(ids).size, ids.length)
})
