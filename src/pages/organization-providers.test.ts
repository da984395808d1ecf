// Checks the identity providers of organizations and verified domains: whom they sign in, and whom not.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf } from '#testing/authenticator.ts'
import { type DnsServer, startDns } from '#testing/dns.ts'
import { startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { ExternalVisits } from '#testing/external-visit.ts'
import { makeClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const REALM = '/v1/realms/default'

// Nothing answers there: mails are only queued.
const MAIL = { COUNTERSIGN_SMTP_URL: 'smtp://127.0.0.1:9', COUNTERSIGN_MAIL_FROM: 'no-reply@id.example.com' }

let server: TestServer
let dns: DnsServer
let idp: TestProvider
let visits: ExternalVisits
let acme: string
let providerId: string
before(async () => {
  dns = await startDns({})
  idp = await startExternalProvider()
  server = await startServer({ env: { COUNTERSIGN_DNS_SERVERS: dns.address, ...MAIL } })
  const client = await makeClient(server, { organization_usage: 'allowed' })
  visits = new ExternalVisits(server, idp, client)
  acme = (await server.api<Made>('POST', `${REALM}/organizations`, { name: 'Acme', slug: 'acme' })).id
  providerId = await visits.makeProvider({
    ...{ organization_id: acme, domains: ['acme.example'], member_role: 'engineer' },
  })
  visits.providerId = providerId
})
after(async () => {
  await server.stop()
  await idp.stop()
  await dns[Symbol.asyncDispose]()
})

interface Made {
  readonly id: string
}
interface Listed<T> {
  readonly data: readonly T[]
}
const forAcme = { organization: 'acme' }
const members = async () =>
  (await server.api<Listed<{ email: string; role: string }>>('GET', `${REALM}/organizations/${acme}/members`)).data
const makePerson = (given: object) => server.api<Made>('POST', `${REALM}/users`, given)
async function verify(domain: string, given: object = {}): Promise<string> {
  const made = await server.api<Made & { record_name: string; record_value: string }>(
    'POST',
    `${REALM}/email-domains`,
    { domain, ...given },
  )
  dns.set({ [made.record_name]: { texts: ['v=spf1 -all', made.record_value] } })
  await server.api('POST', `${REALM}/email-domains/${made.id}/verify`, {})
  return made.id
}

test('the provider of an organization is offered only for it, and creates nobody before its domain is verified', async () => {
  assert.doesNotMatch((await visits.begin()).page.text, new RegExp(providerId))
  const { agent, page } = await visits.begin()
  assert.equal((await agent.submit(page, { provider: providerId })).status, 404, 'its id is not enough')
  const named = await visits.begin(forAcme)
  assert.match(named.page.text, new RegExp(providerId))
  idp.person = { sub: 'eve', email: 'eve@acme.example', email_verified: true }
  const refused = await visits.signIn(forAcme)
  assert.match(refused.end.text, /not linked/)
  assert.deepEqual(await members(), [])
  const shown = await server.api<{ notices: string[] }>('GET', `${REALM}/identity-providers/${providerId}`)
  assert.match(shown.notices[0] ?? '', /acme\.example do not lead here/)
  for (const name of ['trust_domains', 'trust_email']) {
    const call = server.call('PATCH', `${REALM}/identity-providers/${providerId}`, { body: { [name]: true } })
    assert.equal((await call).status, 400, name)
  }
})

test('a verified domain leads addresses to the provider, whose people become users and members', async () => {
  await verify('acme.example', { organization_id: acme })
  idp.person = { sub: 'ada', email: 'ada@acme.example', email_verified: true, name: 'Ada' }
  const { agent, verifier, page } = await visits.begin(forAcme)
  const { asked, back } = await visits.press(agent, page, { email: 'ada@acme.example' })
  assert.equal(asked.searchParams.get('login_hint'), 'ada@acme.example')
  const claims = await visits.claimsOf({ agent, verifier, end: await visits.arrive(agent, back) })
  assert.equal(claims.org_id, acme)
  assert.deepEqual(
    (await members()).map(({ email, role }) => [email, role]),
    [['ada@acme.example', 'engineer']],
  )
  const { data } = await server.api<Listed<{ email_verified: boolean }>>(
    'GET',
    `${REALM}/users?search=ada@acme.example`,
  )
  assert.equal(data[0]?.email_verified, true)
})

test('nobody becomes a member before the second factor is proven', async () => {
  idp.person = { sub: 'slow', email: 'slow@acme.example', email_verified: true, name: 'Slow' }
  await server.api('PATCH', REALM, { min_aal: 2 })
  try {
    const { agent, end } = await visits.signIn(forAcme)
    assert.match(end.text, /authenticator app/, 'the person sets up a second factor first')
    assert.ok(!(await members()).some(({ email }) => email === 'slow@acme.example'))
    const key = /<code class="key">([A-Z2-7 ]+)</.exec(end.text)?.[1]?.replaceAll(' ', '') ?? assert.fail()
    const codes = await agent.submit(end, { code: codeOf(key, Date.now()) })
    await agent.submit(codes, {})
    assert.ok((await members()).some(({ email, role }) => email === 'slow@acme.example' && role === 'engineer'))
  } finally {
    await server.api('PATCH', REALM, { min_aal: 1 })
  }
})

test('a rule gives a role in the organization alone, and only to a member', async () => {
  const role = await server.api<Made>('POST', `${REALM}/roles`, { name: 'Pilot', permissions: ['engines:start'] })
  const rule = { claim: 'groups', value: 'pilots', organization_role_id: role.id }
  await server.api('PATCH', `${REALM}/identity-providers/${providerId}`, { group_mapping: [rule] })
  idp.person = { sub: 'ada', email: 'ada@acme.example', email_verified: true, groups: ['pilots'] }
  const { sub } = await visits.claimsOf(await visits.signIn(forAcme))
  const permissions = async (more: string) =>
    (await server.api<{ permissions: string[] }>('GET', `${REALM}/users/${sub}/permissions${more}`)).permissions
  assert.deepEqual([await permissions(`?organization_id=${acme}`), await permissions('')], [['engines:start'], []])
  const member = `${REALM}/organizations/${acme}/members/${sub}`
  await server.api('DELETE', member)
  const change = (changes: object) => server.api('PATCH', `${REALM}/identity-providers/${providerId}`, changes)
  await change({ jit_provisioning: false })
  assert.match((await visits.signIn(forAcme)).end.text, /not a member/)
  assert.deepEqual(await permissions(`?organization_id=${acme}`), [])
  await change({ jit_provisioning: true })
  await visits.signIn(forAcme)
  assert.deepEqual(await permissions(`?organization_id=${acme}`), ['engines:start'])
  idp.person = { sub: 'ada', email: 'ada@acme.example', email_verified: true }
  await visits.signIn(forAcme)
  assert.deepEqual(await permissions(`?organization_id=${acme}`), [])
  await change({ group_mapping: [] })
})

test('b.2: the provider takes over nobody whose address is of another domain, whatever it says', async () => {
  const victim = await makePerson({ email: 'victim@other.example', email_verified: true })
  idp.person = { sub: 'mallory', email: 'victim@other.example', email_verified: true }
  const { end } = await visits.signIn(forAcme)
  assert.match(end.text, /not linked/)
  const links = await server.api<Listed<Made>>('GET', `${REALM}/users/${victim.id}/linked-accounts`)
  assert.deepEqual(links.data, [])
  idp.person = { sub: 'nobody', email: 'nobody@else.example', email_verified: true }
  await server.api('PATCH', REALM, { policy: { user_registration: 'open' } })
  assert.match((await visits.signIn(forAcme)).end.text, /not linked/, 'it makes no users with addresses of others')
})

test('b.2: a provider of the realm speaks no more for a domain that an organization has verified', async () => {
  const other = await visits.makeProvider({ name: 'Other', domains: ['acme.example'], trust_domains: true })
  const bob = await makePerson({ email: 'bob@acme.example', email_verified: true })
  visits.providerId = other
  idp.person = { sub: 'mallory-2', email: 'bob@acme.example', email_verified: true }
  assert.match((await visits.signIn()).end.text, /not linked/)
  visits.providerId = providerId
  idp.person = { sub: 'bob', email: 'bob@acme.example', email_verified: true }
  assert.equal((await visits.claimsOf(await visits.signIn(forAcme))).sub, bob.id)
  await server.api('DELETE', `${REALM}/identity-providers/${other}`)
})

test('without just-in-time users the provider makes no members, and a deleted organization signs nobody in', async () => {
  await server.api('PATCH', `${REALM}/identity-providers/${providerId}`, { jit_provisioning: false })
  const carol = await makePerson({ email: 'carol@acme.example', email_verified: true })
  idp.person = { sub: 'carol', email: 'carol@acme.example', email_verified: true }
  assert.match((await visits.signIn(forAcme)).end.text, /not a member/)
  assert.ok(!(await members()).some(({ email }) => email === 'carol@acme.example'))
  await server.api('DELETE', `${REALM}/organizations/${acme}`)
  const { agent, page } = await visits.begin()
  assert.equal((await agent.submit(page, { provider: providerId })).status, 404)
  assert.ok(carol.id)
})
