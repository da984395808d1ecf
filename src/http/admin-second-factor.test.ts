// Checks that administrators sign in with second factors, and that the level of an admin realm holds at the admin API.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { adminRealmOf } from '#domain/admin-realm/admin-realm.service.ts'
import { administratorCreate } from '#domain/administrator/administrator.operations.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { issuerOfClient, makeAdminClient, post, signInAtTerminal } from '#testing/admin-realm.ts'
import { enrolInBrowser } from '#testing/authenticator.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { proofKey } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { openTestServices } from '#testing/services.ts'
import { anyPlace } from '#testing/sign-in-place.ts'
import { UserAgent } from '#testing/user-agent.ts'
import { setCookie } from '#web/cookies.ts'
import { adminSessionHolder } from './admin-session.ts'

let server: TestServer
let issuer: string
before(async () => {
  server = await startServer()
  issuer = issuerOfClient(await makeAdminClient(server))
})
after(() => server.stop())

let made = 0
async function administrator() {
  const person = { email: `root-${++made}@example.com`, password: 'correct horse battery staple' }
  await server.api('POST', '/v1/administrators', { ...person, role: 'super_admin' })
  return person
}

function requestUrl(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'semauth-cli',
    redirect_uri: 'http://127.0.0.1:49321/callback',
    scope: 'openid management:full',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
    ...more,
  })
  return `${issuer}/oauth/authorize?${query}`
}

/** What the admin API answers to the cookies of a browser. */
async function statusWith(agent: UserAgent): Promise<number> {
  const cookie = [...agent.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return (await fetch(`${server.adminUrl}/v1/admin/projects`, { headers: { cookie } })).status
}

test('MF-01 an administrator with an app gets neither a session nor a token for the password alone', async () => {
  const person = await administrator()
  const enrolling = new UserAgent(server.url)
  const { codes } = await enrolInBrowser(enrolling, requestUrl({ acr_values: 'aal2' }), person)
  assert.equal(await statusWith(enrolling), 200)

  await assert.rejects(signInAtTerminal(server, issuer, person), /Confirm it/)
  const agent = new UserAgent(server.url)
  const asked = await agent.submit(await agent.follow(await agent.request(requestUrl())), person)
  assert.equal(await statusWith(agent), 401)
  const done = await agent.submit(asked, { method: 'recovery_code', code: codes[0] ?? '' })
  assert.equal(done.status < 400, true)
  assert.equal(await statusWith(agent), 200)
})

test('MF-07 a tenant demands second factors of its administrators: what is below ends, and who has none sets one up', async () => {
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Shop', slug: 'shop' })
  const query = `?tenant_id=${tenant.id}`
  const issuerOfTenant = issuerOfClient(await makeAdminClient(server, query))
  const person = { email: 'root@shop.example', password: 'correct horse battery staple' }
  await server.api('POST', `/v1/administrators${query}`, { ...person, role: 'tenant_admin' })
  const { body } = await signInAtTerminal(server, issuerOfTenant, person)
  const own = (key: unknown) => server.call('GET', '/v1/realms', { key: String(key) })
  assert.equal((await own(body.access_token)).status, 200)

  const change = (level: number) => server.call('PATCH', `/v1/tenants/${tenant.id}`, { body: { admin_min_aal: level } })
  const refused = await change(3)
  assert.equal(refused.status, 400)
  assert.match(JSON.stringify(refused.body), /admin_min_aal 3 is unreachable/)
  assert.equal((await own(body.access_token)).status, 200)
  assert.equal(((await change(2)).body as Record<string, unknown>).admin_min_aal, 2)

  assert.equal((await own(body.access_token)).status, 401)
  const refreshed = { grant_type: 'refresh_token', client_id: 'semauth-cli', refresh_token: String(body.refresh_token) }
  assert.equal((await post(`${issuerOfTenant}/oauth/token`, refreshed)).body.error, 'invalid_grant')
  const agent = new UserAgent(server.url)
  const request = requestUrl().replace(issuer, issuerOfTenant)
  assert.equal((await enrolInBrowser(agent, request, person)).codes.length, 10)
  assert.equal(await statusWith(agent), 200)
})

test('MF-07 a session below the level of the admin realm administers nothing', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const person = { email: 'root@example.com', password: 'correct horse battery staple' }
  await callOperation(administratorCreate, services.contextFor(), { ...person, role: 'super_admin' })
  const realm = await adminRealmOf(services.contextFor())
  const at = services.contextFor({ realm })
  const outcome = await signInWithPassword(at, { ...person, known: undefined }, anyPlace())
  assert.equal(outcome.kind, 'signed_in')
  const secret = outcome.kind === 'signed_in' ? outcome.secret : ''
  const issuer = issuerOf(realm, services.registry.settings)
  const [cookie = ''] = setCookie({ cookies: new Map(), issuer, realm }, 'session', secret).split(';')
  const holder = () => adminSessionHolder(services, { method: 'GET', headers: { cookie } })
  assert.equal((await holder()).label, person.email)
  await at.write(async (unit) => {
    await unit.realms.update({ ...realm, minAal: 2, version: realm.version + 1 })
    unit.emit('realm.updated', { subject: { type: 'realm', id: realm.id }, realmId: realm.id })
  })
  await assert.rejects(holder, { code: 'unauthenticated' })
})
