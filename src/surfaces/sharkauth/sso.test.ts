// Checks SSO connections: the rows of the key, and sign-ins at a SAML and an OpenID Connect provider at the document’s paths.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { type End, isSignedIn } from '#testing/external-visit.ts'
import { makePerson } from '#testing/realm.ts'
import { makeSigner, readRequest, SamlTestProvider } from '#testing/saml-provider.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const BASE = '/api/v1/sso/connections'
type Members = Record<string, unknown>

let server: TestServer
let idp: TestProvider
const saml = new SamlTestProvider()
before(async () => {
  ;[server, idp] = await Promise.all([startServer(), startExternalProvider()])
})
beforeEach(() => {
  idp.misbehaviour = {}
})
after(async () => {
  await server.stop()
  await idp.stop()
})

async function ask<T = Members>(method: string, path: string, body?: unknown) {
  const reply = await server.call(method, path, { body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function connect(given: Members): Promise<Members> {
  const { status, body } = await ask('POST', BASE, { name: `Connection ${++count}`, ...given })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}
const samlConnection = (given: Members = {}) =>
  connect({ type: 'saml', saml_idp_url: saml.ssoUrl, saml_idp_cert: saml.certificate.cert, ...given })
const oidcConnection = (given: Members = {}) =>
  connect({
    ...{ type: 'oidc', oidc_issuer: idp.issuer, oidc_client_id: idp.clientId, oidc_client_secret: idp.clientSecret },
    ...given,
  })

/** The provider’s page posts its form. */
async function post(agent: UserAgent, acsUrl: string, form: Record<string, string>): Promise<End> {
  const headers = { origin: 'https://idp.acme.test', 'sec-fetch-site': 'cross-site' }
  return agent.follow(await agent.request(acsUrl, form, headers))
}
const userOf = async (email: string) =>
  (await ask<{ users: Members[] }>('GET', `/api/v1/users?search=${encodeURIComponent(email)}`)).body.users[0]

/** Signs a person in at an OpenID Connect provider. */
async function signIn(id: unknown, person: Members): Promise<{ agent: UserAgent; end: End; asked: URL }> {
  idp.person = person
  const agent = new UserAgent(server.url)
  const start = await agent.follow(await agent.request(`${server.url}/api/v1/sso/oidc/${id}/auth`))
  assert.ok(start.away, start.text)
  const back = (await fetch(start.away, { redirect: 'manual' })).headers.get('location') ?? ''
  return { agent, asked: start.away, end: await agent.follow(await agent.request(back)) }
}

test('POST /api/v1/sso/connections, GET /api/v1/sso/connections: both types with the members of the document, a bare list, and no secret', async () => {
  const made = await samlConnection({ domain: 'one.example' })
  assert.match(String(made.id), /^sso_[0-9a-z]{26}$/)
  const ofSaml = `${server.url}/api/v1/sso/saml/${made.id}`
  assert.partialDeepStrictEqual(made, {
    ...{ type: 'saml', domain: 'one.example', enabled: true, saml_idp_url: saml.ssoUrl },
    ...{
      saml_idp_cert: saml.certificate.cert,
      saml_sp_entity_id: `${ofSaml}/metadata`,
      saml_sp_acs_url: `${ofSaml}/acs`,
    },
  })
  assert.match(String(made.created_at), /T\d\d:\d\d:\d\dZ$/)
  const oidc = await oidcConnection()
  assert.deepEqual(
    [oidc.type, oidc.oidc_issuer, oidc.oidc_client_id, oidc.enabled, 'domain' in oidc, 'saml_sp_acs_url' in oidc],
    ['oidc', idp.issuer, idp.clientId, true, false, false],
  )
  const { body: list } = await ask<Members[]>('GET', BASE)
  assert.deepEqual(list.map(({ id }) => id).slice(-2), [made.id, oidc.id])
  for (const shown of [made, oidc, list]) assert.ok(!JSON.stringify(shown).includes(idp.clientSecret))
  const { body: health } = await ask('GET', '/api/v1/admin/health')
  assert.equal(health.sso_connections, list.length)
})

test('POST /api/v1/sso/connections: what is missing or wrong is named as the document names it', async () => {
  const detailsOf = async (body: Members) => {
    const reply = await ask<{ error: string; details: Members }>('POST', BASE, body)
    assert.deepEqual([reply.status, reply.body.error], [400, 'invalid_request'], JSON.stringify(reply.body))
    return Object.keys(reply.body.details).sort()
  }
  assert.deepEqual(await detailsOf({}), ['name', 'type'])
  assert.deepEqual(await detailsOf({ type: 'ldap', name: 'x' }), ['type'])
  assert.deepEqual(await detailsOf({ type: 'saml', name: 'x' }), ['saml_idp_cert', 'saml_idp_url'])
  const bad = { type: 'saml', name: 'x', saml_idp_url: saml.ssoUrl, saml_idp_cert: 'none' }
  assert.equal((await detailsOf(bad))[0]?.split('.')[0], 'saml_idp_cert')
  assert.deepEqual(await detailsOf({ ...bad, oidc_client_id: 'x' }), ['oidc_client_id'])
})

test('GET /api/v1/sso/connections/{id}, PUT /api/v1/sso/connections/{id}, DELETE /api/v1/sso/connections/{id}: replaced as a whole, the secret stays, and nobody signs in at what is off', async () => {
  const made = await oidcConnection({ domain: 'two.example' })
  const at = `${BASE}/${made.id}`
  assert.deepEqual((await ask('GET', at)).body, made)
  const changed = await ask('PUT', at, { name: 'Renamed', oidc_client_id: 'another' })
  assert.deepEqual(
    [changed.status, changed.body.name, changed.body.oidc_client_id, changed.body.enabled, 'domain' in changed.body],
    [200, 'Renamed', 'another', false, false],
  )
  assert.equal((await fetch(`${server.url}/api/v1/sso/oidc/${made.id}/auth`)).status, 404)
  assert.equal((await ask('PUT', at, { enabled: true })).status, 400, 'a name is needed')
  await ask('PUT', at, { name: 'Renamed', domain: 'two.example', enabled: true, oidc_client_id: idp.clientId })
  const { agent } = await signIn(made.id, { sub: 'two-1', email: 'ann@two.example', email_verified: true })
  assert.ok(isSignedIn(agent), 'with the secret of before')
  assert.equal((await ask('DELETE', at)).status, 204)
  assert.equal((await ask('GET', at)).status, 404)
  assert.equal((await ask('DELETE', at)).status, 404)
})

test('GET /api/v1/sso/oidc/{connection_id}/auth, GET /api/v1/sso/oidc/{connection_id}/callback: a person signs in with PKCE at the registered redirect URI, and gets a cookie', async () => {
  const made = await oidcConnection({ domain: 'three.example' })
  const person = { sub: 'three-1', email: 'ada@three.example', email_verified: true, name: 'Ada' }
  const { agent, asked, end } = await signIn(made.id, person)
  const redirectUri = `${server.url}/api/v1/sso/oidc/${made.id}/callback`
  assert.equal(asked.searchParams.get('redirect_uri'), redirectUri)
  assert.deepEqual(
    [asked.searchParams.get('code_challenge_method'), asked.searchParams.get('scope')],
    ['S256', 'openid email profile'],
  )
  assert.deepEqual([isSignedIn(agent), end.status, new URL(end.url).pathname], [true, 200, '/account'], end.text)
  const user = await userOf('ada@three.example')
  assert.deepEqual([user?.email_verified, user?.name], [true, 'Ada'])
  const forged = await new UserAgent(server.url).request(`${redirectUri}?code=x&state=y`)
  assert.equal(forged.status, 410)
  for (const id of ['sso_nothing', 'x', made.id?.toString().replace(/.$/, 'z')])
    assert.equal((await fetch(`${server.url}/api/v1/sso/oidc/${id}/auth`)).status, 404, String(id))
})

test('GET /api/v1/sso/saml/{connection_id}/metadata, POST /api/v1/sso/saml/{connection_id}/acs: a person begins at the provider, and is asked for once more', async () => {
  const made = await samlConnection({ domain: 'four.example' })
  const [entityId, acsUrl] = [String(made.saml_sp_entity_id), String(made.saml_sp_acs_url)]
  const described = await fetch(entityId)
  const xml = await described.text()
  assert.deepEqual([described.status, described.headers.get('content-type')], [200, 'application/samlmetadata+xml'])
  assert.ok(xml.includes(`entityID="${entityId}"`) && xml.includes(`Location="${acsUrl}"`), xml)
  const agent = new UserAgent(server.url)
  const request = { xml: '', id: '_none', acsUrl, issuer: entityId, relayState: '' }
  const attributes = { mail: 'bo@four.example' }
  const first = saml.response(request, { nameId: 'bo', attributes, unsolicited: true })
  const begun = await post(agent, acsUrl, { SAMLResponse: Buffer.from(first).toString('base64') })
  assert.ok(begun.away && !isSignedIn(agent), 'the response that nobody asked for signs nobody in')
  const asked = readRequest(begun.away)
  assert.deepEqual([asked.acsUrl, asked.issuer], [acsUrl, entityId])
  const { form } = saml.answer(begun.away, { nameId: 'bo', attributes })
  const end = await post(agent, acsUrl, form)
  assert.deepEqual([isSignedIn(agent), new URL(end.url).pathname], [true, '/account'], end.text)
  assert.equal((await userOf('bo@four.example'))?.email_verified, true)
  for (const path of [
    `oidc/${made.id}/metadata`,
    'saml/sso_nothing/metadata',
    `saml/${(await oidcConnection()).id}/metadata`,
  ])
    assert.equal((await fetch(`${server.url}/api/v1/sso/${path}`)).status, 404, path)
  await ask('DELETE', `${BASE}/${made.id}`)
})

test('a connection that was made with the native API keeps its paths, and its answers are taken there only', async () => {
  const native = await server.api<Members>('POST', '/v1/realms/default/identity-providers', {
    ...{ provider_type: 'oidc', name: 'Native', issuer: idp.issuer },
    ...{ client_id: idp.clientId, client_secret: idp.clientSecret, domains: ['five.example'], trust_domains: true },
  })
  const { body: list } = await ask<Members[]>('GET', BASE)
  const shown = list.find(({ name }) => name === 'Native')
  const { agent, asked } = await signIn(shown?.id, { sub: 'n', email: 'n@five.example', email_verified: true })
  assert.deepEqual([asked.searchParams.get('redirect_uri'), isSignedIn(agent)], [native.callback_url, true])
})

test('weakness 2: a connection asserts the addresses of its own domain, and takes over no account of another one', async () => {
  const victim = await makePerson(server, 'victim@bank.example')
  await server.api('PATCH', `/v1/realms/default/users/${victim.id}`, { email_verified: true })
  const evil = await oidcConnection({ domain: 'evil.example' })
  const { agent, end } = await signIn(evil.id, { sub: 'm', email: victim.email, email_verified: true })
  assert.deepEqual([isSignedIn(agent), end.status], [false, 403], end.text)
  const none = await oidcConnection()
  assert.equal(
    isSignedIn((await signIn(none.id, { sub: 'm', email: victim.email, email_verified: true })).agent),
    false,
  )
  const ofSaml = await samlConnection({ domain: 'evil.example' })
  const browser = new UserAgent(server.url)
  const start = await browser.follow(await browser.request(`${server.url}/api/v1/sso/oidc/${ofSaml.id}/auth`))
  assert.ok(start.away, start.text)
  const { acsUrl, form } = saml.answer(start.away, { nameId: 'm', attributes: { mail: victim.email } })
  assert.deepEqual([(await post(browser, acsUrl, form)).status, isSignedIn(browser)], [403, false])
  const linked = await ask<{ data?: unknown[] } | unknown[]>('GET', `/api/v1/users/${victim.id}/oauth-accounts`)
  assert.ok(!/evil/.test(JSON.stringify(linked.body)))
})

test('weakness 2: a response works once, for the request of this browser, and only where the certificate signed it', async () => {
  const made = await samlConnection({ domain: 'six.example' })
  const begin = async () => {
    const agent = new UserAgent(server.url)
    const { away, text } = await agent.follow(await agent.request(`${server.url}/api/v1/sso/oidc/${made.id}/auth`))
    assert.ok(away, text)
    return { agent, away }
  }
  const said = { nameId: 'cy', attributes: { mail: 'cy@six.example' } }
  const { agent, away } = await begin()
  const { acsUrl, form } = saml.answer(away, said)
  const thief = (await begin()).agent
  assert.deepEqual([(await post(thief, acsUrl, form)).status, isSignedIn(thief)], [403, false])
  const ends = await Promise.all([1, 2, 3].map(() => agent.request(acsUrl, form)))
  assert.equal(ends.filter(({ headers }) => headers.getSetCookie().some((one) => /session-/.test(one))).length, 1)
  for (const wrong of [
    { key: makeSigner().key },
    { signs: 'none' },
    { recipient: `${server.url}/acs` },
    { until: -120_000 },
  ] as const) {
    const other = await begin()
    const forged = saml.answer(other.away, { ...said, ...wrong })
    await post(other.agent, forged.acsUrl, forged.form)
    assert.equal(isSignedIn(other.agent), false, JSON.stringify(wrong).slice(0, 40))
  }
  const named = await samlConnection({ domain: 'six.example', saml_idp_entity_id: 'https://other.example/saml' })
  const visitor = new UserAgent(server.url)
  const start = await visitor.follow(await visitor.request(`${server.url}/api/v1/sso/oidc/${named.id}/auth`))
  const answer = saml.answer(start.away as URL, said)
  await post(visitor, answer.acsUrl, answer.form)
  assert.equal(isSignedIn(visitor), false, 'of another issuer than the connection names')
})

test('weakness 2: oidc_client_secret can be set and replaced', async () => {
  const made = await oidcConnection({ domain: 'seven.example', oidc_client_secret: 'wrong' })
  const person = { sub: 'seven', email: 'di@seven.example', email_verified: true }
  assert.equal(isSignedIn((await signIn(made.id, person)).agent), false)
  const put = { name: 'Seven', domain: 'seven.example', enabled: true, oidc_client_secret: idp.clientSecret }
  const changed = await ask('PUT', `${BASE}/${made.id}`, put)
  assert.ok(changed.status === 200 && !JSON.stringify(changed.body).includes(idp.clientSecret))
  assert.equal(isSignedIn((await signIn(made.id, person)).agent), true)
})

test('weaknesses 12 and 16: an issuer may not be a private address where they are forbidden, and changes are in the log', async () => {
  const made = await samlConnection()
  await ask('PUT', `${BASE}/${made.id}`, { name: 'Logged', enabled: true })
  await ask('DELETE', `${BASE}/${made.id}`)
  const { body } = await ask<{ data: Members[] }>('GET', '/api/v1/audit-logs?limit=50')
  const told = body.data.filter(({ target_id }) => target_id === made.id).map(({ action }) => action)
  assert.deepEqual(told, ['identity_provider.deleted', 'identity_provider.updated', 'identity_provider.created'])
  const reply = await ask<{ error: string; details: Members }>('POST', BASE, {
    ...{ type: 'oidc', name: 'Metadata service', oidc_issuer: 'http://169.254.169.254/' },
    ...{ oidc_client_id: 'x', oidc_client_secret: 'y' },
  })
  assert.deepEqual(
    [reply.status, Object.keys(reply.body.details ?? {})],
    [400, ['oidc_issuer']],
    JSON.stringify(reply.body),
  )
})
