// Checks sign-ins at identity providers over http: a provider that behaves, and one that does not.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { exportPKCS8, generateKeyPair } from 'jose'
import { type Misbehaviour, startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { type End, ExternalVisits, isSignedIn } from '#testing/external-visit.ts'
import { makeClient, makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const REALM = '/v1/realms/default'

let server: TestServer
let idp: TestProvider
let visits: ExternalVisits
before(async () => {
  idp = await startExternalProvider()
  // Nothing answers there: mails are only queued.
  server = await startServer({
    env: { COUNTERSIGN_SMTP_URL: 'smtp://127.0.0.1:9', COUNTERSIGN_MAIL_FROM: 'no-reply@id.example.com' },
  })
  visits = new ExternalVisits(server, idp, await makeClient(server))
  visits.providerId = await visits.makeProvider({ domains: ['acme.example'], trust_domains: true })
})
after(async () => {
  await server.stop()
  await idp.stop()
})
beforeEach(() => {
  idp.misbehaviour = {}
  idp.person = {}
})

interface Listed<T> {
  readonly data: readonly T[]
}
const userOf = async (email: string) =>
  (await server.api<Listed<Record<string, unknown>>>('GET', `${REALM}/users?search=${email}`)).data[0]
const newest = async (type: string) =>
  (
    await server.api<Listed<{ data: Record<string, unknown>; subject: { id: string } }>>(
      'GET',
      `/v1/events?type=${type}`,
    )
  ).data[0]

test('a first sign-in creates the user of an address of the domain, and the next one finds it by the subject', async () => {
  idp.person = { sub: 'ada-1', email: 'ada@acme.example', email_verified: true, name: 'Ada', given_name: 'Ada' }
  const first = await visits.claimsOf(await visits.signIn())
  assert.deepEqual([first.amr, first.acr], [['fed'], 'aal1'])
  const user = await userOf('ada@acme.example')
  assert.deepEqual(
    [user?.email_verified, user?.name, user?.given_name, user?.has_password],
    [true, 'Ada', 'Ada', false],
  )
  const { data } = await server.api<Listed<Record<string, unknown>>>(
    'GET',
    `${REALM}/users/${user?.id}/linked-accounts`,
  )
  assert.deepEqual(
    data.map(({ issuer, subject, provider_id, label }) => [issuer, subject, provider_id, label]),
    [[idp.issuer, 'ada-1', visits.providerId, 'ada@acme.example']],
  )
  idp.person = { sub: 'ada-1', email: 'lovelace@elsewhere.example', email_verified: true }
  assert.equal((await visits.claimsOf(await visits.signIn())).sub, first.sub, 'another address is the same person')
})

/** Signs in with what a provider does wrong, and gets no session. */
async function refuses(misbehaviour: Misbehaviour, reason: string, more: Record<string, string> = {}): Promise<End> {
  idp.person = { sub: 'mallory', email: 'mallory@acme.example', email_verified: true }
  idp.misbehaviour = misbehaviour
  const { agent, end } = await visits.signIn(more)
  assert.match(end.text, /The sign-in did not work/, `${JSON.stringify(misbehaviour)}: ${end.text}`)
  assert.deepEqual([end.status, isSignedIn(agent)], [502, false])
  assert.match(end.text, /href="\/sign-in\?transaction=/)
  const failed = await newest('sign_in.failed')
  assert.deepEqual([failed?.data.method, failed?.data.reason], ['fed', reason], JSON.stringify(misbehaviour))
  return end
}

test('FE-08 ID tokens with anything wrong sign nobody in', async () => {
  const now = Math.floor(Date.now() / 1000)
  const wrong: Misbehaviour[] = [
    { idToken: { iss: `${idp.issuer}/` } },
    { idToken: { aud: 'another' } },
    { idToken: { aud: ['countersign', 'another'] } },
    { idToken: { azp: 'another' } },
    { idToken: { exp: now - 120 } },
    { idToken: { exp: undefined } },
    { idToken: { iat: now + 600 } },
    { idToken: { iat: undefined } },
    { idToken: { nonce: 'another' } },
    { idToken: { nonce: undefined } },
    { idToken: { sub: '' } },
    { idToken: { sub: 7 } },
    { signature: 'none' },
    { signature: 'secret' },
    { signature: 'other_key' },
    { signature: 'missing' },
    { atHash: 'wrong' },
  ]
  for (const misbehaviour of wrong) await refuses(misbehaviour, 'id_token')
  assert.equal(await userOf('mallory@acme.example'), undefined)
})

test('FE-12 a provider that fails gives a page with the id of the decision, which says why; no token is in the log', async () => {
  await refuses({ userinfo: { sub: 'somebody else' } }, 'userinfo')
  await refuses({ token: 'text' }, 'token_request')
  await refuses({ token: 'huge' }, 'token_request')
  await refuses({ token: 'slow' }, 'token_request')
  await refuses({ token: 'redirect' }, 'token_request')
  const end = await refuses({ token: 'error' }, 'token_request')
  const [, id] = /give this id: <code>([\w-]+)/.exec(end.text) ?? []
  const decision = await server.api<Record<string, unknown>>('GET', `/v1/decisions/${id}`)
  assert.deepEqual(
    [decision.step, decision.error, decision.description],
    ['token_request', 'identity_provider_failed', 'The token endpoint answered bad_verification_code.'],
  )
  assert.doesNotMatch(server.output(), /secret of the provider|eyJ/)
})

test('FE-04 an answer that names another issuer, or none where the provider has it, is refused', async () => {
  await refuses({ response: { iss: 'https://evil.example' } }, 'authorization_response')
  await refuses({ response: { iss: `${idp.issuer}/` } }, 'authorization_response')
  await refuses({ response: { iss: undefined } }, 'authorization_response')
  const other = await visits.makeProvider({ name: 'Other' })
  const { agent, page } = await visits.begin()
  const { back } = await visits.press(agent, page)
  const swapped = await visits.arrive(agent, back.replace(visits.providerId, other))
  assert.deepEqual([swapped.status, isSignedIn(agent)], [410, false])
  await server.api('DELETE', `${REALM}/identity-providers/${other}`)
})

test('FE-07 an answer works once, and only in the browser that asked', async () => {
  idp.person = { sub: 'ada-1', email: 'ada@acme.example', email_verified: true }
  const { agent, page } = await visits.begin()
  const { back, asked } = await visits.press(agent, page)
  assert.equal(asked.searchParams.get('redirect_uri'), `${server.url}/federation/callback/${visits.providerId}`)
  const victim = new UserAgent(server.url)
  const injected = await visits.arrive(victim, back)
  assert.deepEqual([injected.status, isSignedIn(victim)], [403, false])
  const strange = await visits.begin()
  assert.equal((await visits.arrive(strange.agent, back)).status, 403)
  await visits.arrive(agent, back)
  assert.ok(isSignedIn(agent))
  const again = await visits.arrive(agent, back)
  assert.match(`${again.away ?? again.text}`, /code=|value="allow"/, 'a reload goes on with the sign-in')
  const twice = await visits.begin()
  const { back: answer } = await visits.press(twice.agent, twice.page)
  const sessions = async () => (await server.api<Listed<object>>('GET', '/v1/events?type=session.started')).data.length
  const before = await sessions()
  await Promise.all([1, 2, 3].map(() => twice.agent.request(answer)))
  assert.deepEqual([isSignedIn(twice.agent), await sessions()], [true, before + 1])
  const unknown = await visits.arrive(agent, back.replace(/state=[^&]+/, 'state=x'))
  assert.equal(unknown.status, 410)
})

test('FE-13 what the provider refuses is told in words of this server, and the person chooses again', async () => {
  idp.misbehaviour = { response: { code: undefined, error: 'access_denied', error_description: '<script>' } }
  const denied = await visits.signIn()
  assert.deepEqual([denied.end.status, isSignedIn(denied.agent)], [403, false])
  assert.match(denied.end.text, /You did not sign in at <bdi>Acme/)
  await refuses({ response: { code: undefined, error: '<script>alert(1)</script>' } }, 'authorization_response')
  const end = await refuses({ response: { code: undefined } }, 'authorization_response')
  const [, href = ''] = /href="(\/sign-in\?[^"]*)"/.exec(end.text) ?? []
  assert.match((await denied.agent.request(server.url + href)).text, /another browser|Continue with Acme/)
})

test('FE-01 and FE-02 a user with the address is linked only where both sides verified it and the provider is trusted', async () => {
  const person = await makePerson(server, 'grace@acme.example')
  const change = (id: string, body: object) => server.api('PATCH', `${REALM}/users/${id}`, body)
  const attempt = async (claims: object) => {
    idp.person = { sub: 'grace-1', email: 'Grace@ACME.example', ...claims }
    const { agent, end } = await visits.signIn()
    if (!isSignedIn(agent)) assert.match(end.text, /Your account is not linked here/)
    return isSignedIn(agent)
  }
  assert.equal(await attempt({ email_verified: true }), false, 'the address of the account is not verified')
  await change(person.id, { email_verified: true })
  for (const email_verified of [undefined, false, 'true', 1]) {
    assert.equal(await attempt({ email_verified }), false, String(email_verified))
  }
  assert.equal(await attempt({ email_verified: true }), true)
  const added = (await newest('linked_account.added')) as { actor?: { id: string } } | undefined
  assert.equal(added?.actor?.id, person.id)
  const mails = await server.api<Listed<Record<string, unknown>>>('GET', `${REALM}/emails?limit=5`)
  assert.ok(
    mails.data.some(({ kind, recipient }) => kind === 'authenticator_changed' && recipient === 'grace@acme.example'),
  )
  const outside = await makePerson(server, 'alan@elsewhere.example')
  await change(outside.id, { email_verified: true })
  idp.person = { sub: 'alan-1', email: 'alan@elsewhere.example', email_verified: true }
  assert.equal(isSignedIn((await visits.signIn()).agent), false, 'the domain is not one of the provider')
  await visits.changeProvider({ trust_email: true })
  assert.equal(isSignedIn((await visits.signIn()).agent), true)
  await visits.changeProvider({ trust_email: false })
})

test('FE-09 users are created for the domains of the provider, and else only as the realm takes registrations', async () => {
  const attempt = async (sub: string, email: string | undefined, email_verified: boolean) => {
    idp.person = { sub, email, email_verified }
    return isSignedIn((await visits.signIn()).agent)
  }
  assert.equal(await attempt('new-1', 'new@acme.example', false), true)
  assert.equal((await userOf('new@acme.example'))?.email_verified, false)
  assert.equal(await attempt('new-2', 'new@elsewhere.example', true), false, 'the realm is closed')
  assert.equal(await attempt('new-3', undefined, true), false)
  assert.equal(await attempt('new-3', 'not an address', true), false)
  await server.api('PATCH', REALM, { policy: { user_registration: 'open' } })
  assert.equal(await attempt('new-2', 'new@elsewhere.example', false), false)
  assert.equal(await attempt('new-2', 'new@elsewhere.example', true), true)
  assert.equal((await userOf('new@elsewhere.example'))?.email_verified, false, 'the provider is not trusted for it')
  await visits.changeProvider({ trust_email: true })
  assert.equal(await attempt('new-5', 'five@elsewhere.example', true), true)
  assert.equal((await userOf('five@elsewhere.example'))?.email_verified, true)
  await visits.changeProvider({ trust_email: false })
  await visits.changeProvider({ jit_provisioning: false })
  assert.equal(await attempt('new-4', 'four@acme.example', true), false)
  await visits.changeProvider({ jit_provisioning: true })
  await server.api('PATCH', REALM, { policy: { user_registration: 'closed' } })
})

test('FE-11 mapped claims become fields and attributes, and never rights or identities', async () => {
  const mapping = { department: 'dept', phone: 'tel', level: 'level', email_verified: 'yes', roles: 'roles', id: 'id' }
  await visits.changeProvider({ attribute_mapping: mapping })
  idp.person = {
    ...{
      sub: 'mapped',
      email: 'mapped@acme.example',
      email_verified: false,
      yes: true,
      id: 'x',
      roles: ['super_admin'],
    },
    ...{ dept: 'Engines', tel: 'x'.repeat(300), level: 7, name: 'A\u0000B', status: 'suspended' },
  }
  assert.ok(isSignedIn((await visits.signIn()).agent))
  const user = await userOf('mapped@acme.example')
  assert.deepEqual(
    [user?.department, user?.phone, user?.attributes, user?.email_verified, user?.status, user?.name],
    ['Engines', null, { level: 7 }, false, 'active', null],
  )
  await visits.changeProvider({ attribute_mapping: {} })
})

test('FE-12 and RC-17 a suspended user stays out, and so does everybody once the provider is off or gone', async () => {
  idp.person = { sub: 'ada-1' }
  const user = await userOf('ada@acme.example')
  await server.api('PATCH', `${REALM}/users/${user?.id}`, { status: 'suspended' })
  const { agent, end } = await visits.signIn()
  assert.deepEqual([end.status, isSignedIn(agent)], [403, false])
  assert.equal((await newest('sign_in.failed'))?.data.reason, 'suspended')
  await server.api('PATCH', `${REALM}/users/${user?.id}`, { status: 'active' })
  for (const off of ['disabled', 'deleted']) {
    const id = await visits.makeProvider({ name: 'Brief', domains: ['acme.example'], trust_domains: true })
    const visit = await visits.begin()
    const { back } = await visits.press(visit.agent, visit.page, { provider: id })
    await server.api(
      off === 'deleted' ? 'DELETE' : 'PATCH',
      `${REALM}/identity-providers/${id}`,
      ...(off === 'deleted' ? [] : [{ enabled: false }]),
    )
    const late = await visits.arrive(visit.agent, back)
    assert.deepEqual([late.status, isSignedIn(visit.agent)], [404, false], off)
    assert.doesNotMatch((await visits.begin()).page.text, /Continue with <bdi>Brief/)
    assert.equal((await visit.agent.submit(visit.page, { provider: id })).status, 404)
  }
})

test('a second factor is asked for as ever, and the provider cannot stand in for it', async () => {
  await server.api('PATCH', REALM, { min_aal: 2 })
  idp.person = { sub: 'ada-1', amr: ['mfa'], acr: 'aal3' }
  const { agent, end } = await visits.signIn()
  assert.match(end.text, /authenticator app/i)
  assert.equal(isSignedIn(agent), false)
  await server.api('PATCH', REALM, { min_aal: 1 })
  idp.misbehaviour = { idToken: { auth_time: Math.floor(Date.now() / 1000) } }
  const signedIn = await visits.signIn()
  assert.ok(isSignedIn(signedIn.agent))
  const { page } = await visits.begin({ acr_values: 'aal2' }, signedIn.agent)
  assert.match(page.text, /authenticator app/i, 'only the second factor is asked for')
})

test('a new sign-in is asked of the provider, and its ID token has to say that there was one', async () => {
  idp.person = { sub: 'ada-1' }
  const { agent, page } = await visits.begin({ prompt: 'login', login_hint: 'ada@acme.example' })
  const { asked, back } = await visits.press(agent, page)
  assert.deepEqual(
    ['prompt', 'max_age', 'login_hint'].map((name) => asked.searchParams.get(name)),
    ['login', '0', 'ada@acme.example'],
  )
  await visits.arrive(agent, back)
  assert.ok(isSignedIn(agent))
  const old = Math.floor(Date.now() / 1000) - 900
  await refuses({ idToken: { auth_time: old } }, 'id_token', { max_age: '600' })
  await refuses({ idToken: { auth_time: undefined } }, 'id_token', { max_age: '600' })
  idp.misbehaviour = { idToken: { auth_time: old + 0.0005 } }
  const earlier = await visits.signIn({ max_age: '1000' })
  assert.equal((await visits.claimsOf(earlier)).auth_time, old, 'the sign-in is that at the provider')
  const { page: again } = await visits.begin({ max_age: '600' }, earlier.agent)
  assert.match(again.text, /Continue with <bdi>Acme/)
  idp.misbehaviour = {}
  const silent = await visits.signIn()
  assert.equal((await visits.claimsOf(silent)).auth_time, undefined)
  const { page: asked2 } = await visits.begin({ max_age: '600' }, silent.agent)
  assert.match(asked2.text, /Continue with <bdi>Acme/, 'nobody knows when it was')
  const google = await visits.makeProvider({ name: 'Google', preset: 'google' })
  const shown = await visits.begin({ max_age: '600' })
  assert.doesNotMatch(shown.page.text, /Continue with <bdi>Google/, 'it does not say when people signed in')
  await server.api('DELETE', `${REALM}/identity-providers/${google}`)
})

test('an address of a domain leads to its provider, whether there is an account or not', async () => {
  for (const email of ['ada@acme.example', 'nobody@ACME.example']) {
    const { agent, page } = await visits.begin()
    const { asked } = await visits.press(agent, page, { email, password: '' })
    assert.equal(asked.searchParams.get('login_hint'), email)
  }
  const { agent, page } = await visits.begin()
  const unknown = ['ada@elsewhere.example', 'ada@%.example', 'ada@_cme.example', '"@acme.example"x', 'acme.example']
  for (const email of unknown) {
    const other = await agent.submit(page, { email, password: '' })
    assert.match(other.text, /Enter your e-mail and your password/, email)
  }
  const id = await visits.makeProvider({
    name: 'Customer',
    domains: ['customer.example'],
    trust_domains: true,
    button: false,
    trust_email: true,
  })
  const hidden = await visits.begin()
  assert.doesNotMatch(hidden.page.text, /Customer/)
  await visits.press(hidden.agent, hidden.page, { email: 'x@customer.example', password: '' })
  idp.person = { sub: 'stranger', email: 'boss@customer.example', email_verified: true }
  await server.api('PATCH', `${REALM}/users/${(await makePerson(server, 'boss@customer.example')).id}`, {
    email_verified: true,
  })
  await visits.changeProvider({ trust_email: true })
  assert.equal(isSignedIn((await visits.signIn()).agent), false, 'the address is of the domain of another provider')
  await visits.changeProvider({ trust_email: false })
  await server.api('DELETE', `${REALM}/identity-providers/${id}`)
})

test('FE-06 the issuer of a token of Microsoft is that of its organization, and the subject belongs to it', async () => {
  const { issuer } = idp
  const [one, two] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  const id = await visits.makeProvider({
    ...{
      name: 'Entra',
      preset: 'microsoft',
      issuer: `${issuer}/{tenantid}/v2.0`,
      domains: ['acme.example'],
      trust_domains: true,
    },
    ...{ authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
    userinfo_endpoint: null,
  })
  const attempt = async (iss: string, tid: unknown, email: string) => {
    idp.person = { sub: 'same', email, xms_edov: true, tid }
    idp.misbehaviour = { idToken: { iss }, response: { iss: undefined } }
    const { agent, page } = await visits.begin()
    const end = await visits.arrive(agent, (await visits.press(agent, page, { provider: id })).back)
    return isSignedIn(agent) ? 'in' : end.status
  }
  assert.equal(await attempt(`${issuer}/${one}/v2.0`, one, 'one@acme.example'), 'in')
  assert.equal(await attempt(`${issuer}/${two}/v2.0`, two, 'two@acme.example'), 'in')
  assert.ok((await userOf('two@acme.example'))?.email_verified)
  assert.equal(await attempt(`${issuer}/${one}/v2.0`, two, 'three@acme.example'), 502)
  assert.equal(await attempt(`${issuer}/{tenantid}/v2.0`, undefined, 'three@acme.example'), 502)
  assert.equal(await attempt(`${issuer}/x/v2.0`, 'x', 'three@acme.example'), 502)
  await server.api('DELETE', `${REALM}/identity-providers/${id}`)
})

test('a provider that speaks only OAuth 2.0 knows people by its userinfo, and addresses by its list', async () => {
  const { issuer, clientId, clientSecret } = idp
  const given = {
    ...{ provider_type: 'oauth2', name: 'Hub', preset: 'github', client_id: clientId, client_secret: clientSecret },
    ...{
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      domains: ['hub.example'],
      trust_domains: true,
    },
    ...{ userinfo_endpoint: `${issuer}/userinfo`, emails_endpoint: `${issuer}/emails` },
  }
  const { id } = await server.api<{ id: string }>('POST', `${REALM}/identity-providers`, given)
  const attempt = async (person: object, emails: unknown) => {
    idp.person = { ...person }
    idp.misbehaviour = { emails, signature: 'missing', response: { iss: undefined } }
    const { agent, page } = await visits.begin()
    const { asked, back } = await visits.press(agent, page, { provider: id })
    assert.equal(asked.searchParams.get('scope'), 'read:user user:email')
    assert.equal(asked.searchParams.has('nonce'), false)
    await visits.arrive(agent, back)
    return isSignedIn(agent)
  }
  const own = (verified: boolean) => [
    { email: 'other@hub.example', primary: false, verified: true },
    { email: 'eve@hub.example', primary: true, verified },
  ]
  const eve = { id: 4711, login: 'eve', name: 'Eve', email: 'victim@hub.example', email_verified: true }
  assert.equal(await attempt(eve, own(false)), false, 'no primary address is verified')
  assert.equal(await attempt({ ...eve, id: undefined }, own(true)), false)
  assert.equal(await attempt(eve, own(true)), true)
  const { agent, page } = await visits.begin({ prompt: 'login' })
  assert.doesNotMatch(page.text, /Continue with <bdi>Hub/)
  assert.equal((await agent.submit(page, { provider: id })).status, 404, 'it does not say when people signed in')
  const user = await userOf('eve@hub.example')
  assert.deepEqual([user?.name, user?.email_verified], ['Eve', true])
  assert.equal(await userOf('victim@hub.example'), undefined)
  assert.equal(await attempt({ ...eve, email: null }, []), true, 'the id stays')
  await server.api('DELETE', `${REALM}/identity-providers/${id}`)
})

test('Apple posts its answers, takes a signed secret, and tells the name beside the ID token', async () => {
  const { issuer } = idp
  const keys = await generateKeyPair('ES256', { extractable: true })
  const clientSecret = await exportPKCS8(keys.privateKey)
  const given = {
    ...{ provider_type: 'oidc', name: 'Apple', preset: 'apple', client_id: idp.clientId, issuer },
    ...{ authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
    ...{
      client_secret: clientSecret,
      team_id: 'TEAM123456',
      key_id: 'KEY1234567',
      domains: ['apple.example'],
      trust_domains: true,
    },
  }
  for (const wrong of [{ team_id: undefined }, { client_secret: 'a secret' }, { preset: 'google' }]) {
    const refused = await server.call('POST', `${REALM}/identity-providers`, { body: { ...given, ...wrong } })
    assert.equal(refused.status, 400, JSON.stringify(wrong))
  }
  const { id } = await server.api<{ id: string }>('POST', `${REALM}/identity-providers`, given)
  idp.person = { sub: '000123.abc', email: 'ada@apple.example', email_verified: 'true' }
  idp.misbehaviour = { clientKey: keys.publicKey, response: { iss: undefined } }
  const { agent, page } = await visits.begin()
  const { asked, back } = await visits.press(agent, page, { provider: id })
  assert.deepEqual(
    ['response_mode', 'scope', 'code_challenge'].map((name) => asked.searchParams.get(name)),
    ['form_post', 'openid email name', null],
  )
  const answer = new URL(back)
  const user = JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'victim@apple.example' })
  const form = { ...Object.fromEntries(answer.searchParams), user }
  answer.search = ''
  const again = await new UserAgent(server.url).request(answer.href, form, { origin: 'https://appleid.apple.com' })
  await agent.submit(again, {})
  assert.ok(isSignedIn(agent))
  const { name, email_verified: isVerified } = (await userOf('ada@apple.example')) ?? {}
  assert.deepEqual([name, isVerified], ['Ada Lovelace', true])
  assert.equal(await userOf('victim@apple.example'), undefined)
  await server.api('DELETE', `${REALM}/identity-providers/${id}`)
})

test('a first sign-in asks for what the realm requires, and takes nothing that it does not allow', async () => {
  const profile_attributes = [
    { name: 'card', label: { en: 'Card number' }, required: true, pattern: 'C\\d{3}' },
    { name: 'given_name', options: ['Ada', 'Bob'] },
  ]
  await server.api('PATCH', REALM, { policy: { profile_attributes } })
  try {
    idp.person = { sub: 'card-1', email: 'card@acme.example', email_verified: true, given_name: 'Eve' }
    const { agent, end } = await visits.signIn()
    assert.match(end.text, /Card number/)
    assert.equal(isSignedIn(agent), false)
    const user = await userOf('card@acme.example')
    assert.equal(user?.given_name, null)
  } finally {
    await server.api('PATCH', REALM, { policy: { profile_attributes: [] } })
  }
})
