// Checks how people make accounts at a realm.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import {
  CONFIRM_REGISTRATION_PATH,
  RECOVERY_PATH,
  REGISTRATION_PATH,
  RESET_PATH,
} from '#domain/account/account-link.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { viewRealm } from '#domain/realm/realm-view.ts'
import { userCreate, userDelete, userList, userSearch } from '#domain/user/user.operations.ts'
import {
  type AuthorizationFixture,
  answerOf,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { anotherRealm, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { exchangeCode } from '#testing/token-client.ts'

const NEW_PASSWORD = 'a phrase that nobody guesses'
/** What cannot be used at all. */
const NOTHING: never = new Proxy({}, { get: () => assert.fail('it was read') }) as never

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
  await open({ userRegistration: 'open' })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const open = (policy: object) => callOperation(realmUpdate, fixture.services.contextFor(), { policy })
const browser = async () => {
  const { services } = fixture
  const found = (await services.registry.realmByIssuerId('default')) ?? assert.fail()
  return fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: found.realm })
}
const address = () => `person-${++made}@example.com`
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const newest = async (email: string) => (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail('no mail')
const userOf = async (email: string) =>
  (await callOperation(userSearch, context(), { search: email })).data.find((user) => user.email === email)
const linkIn = (page: PageResponse, path: string) =>
  (new RegExp(`href="([^"]*${path}[^"]*)"`).exec(page.text)?.[1] ?? assert.fail(`no ${path}`)).replaceAll('&amp;', '&')
const ask = async (email: string, who?: FormBrowser) => {
  const visitor = who ?? (await browser())
  return visitor.submit(await visitor.get(REGISTRATION_PATH), { email })
}
const tokenFor = async (email: string) => {
  await ask(email)
  return (await newest(email)).token
}
const confirm = (who: FormBrowser, token: string) => who.get(CONFIRM_REGISTRATION_PATH, { token })

test('a person makes an account from the sign-in page, and goes on with the request that waited', async () => {
  const email = address()
  const who = await browser()
  const signIn = await who.follow(await who.get('/oauth/authorize', fixture.request({ scope: 'openid email profile' })))
  const asked = await who.submit(await who.get(linkIn(signIn, REGISTRATION_PATH)), { email })
  assert.deepEqual([asked.status, headingOf(asked)], [200, 'Look into your mailbox'])
  assert.equal(await userOf(email), undefined, 'nobody has an account before the address is proven')
  const mail = await newest(email)
  assert.ok(mail.link.href.startsWith(`${who.issuer}${CONFIRM_REGISTRATION_PATH}?token=`))
  const form = await confirm(who, mail.token)
  assert.ok(form.text.includes(email))
  const weak = await who.submit(form, { name: 'Grace', password: 'short' })
  assert.equal(weak.status, 400)
  assert.match(weak.text, /value="Grace"/)
  const consent = await who.submit(weak, { name: 'Grace Hopper', password: NEW_PASSWORD })
  const { code = '' } = answerOf(await who.submit(consent, { decision: 'allow' }))
  const { body } = await exchangeCode(fixture, fixture.client, code)
  const user = await userOf(email)
  assert.ok(decodeJwt(String(body.id_token)).sub)
  assert.deepEqual([user?.emailVerified, user?.name], [true, 'Grace Hopper'])
  const [created] = await eventsAbout(context(), user?.id ?? '')
  assert.deepEqual([created?.type, created?.actor.id], ['user.created', user?.id])
})

test('prompt=create leads to the registration, where it is open, and a person can sign in instead', async () => {
  const who = await browser()
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request({ prompt: 'create' })))
  assert.equal(headingOf(page), 'Create an account')
  const signIn = await who.get(linkIn(page, '/sign-in'))
  const consent = await who.submit(signIn, { email: fixture.bob.email, password: PASSWORD })
  assert.ok(answerOf(await who.submit(consent, { decision: 'allow' })).code)
  const again = await who.follow(await who.get('/oauth/authorize', fixture.request({ prompt: 'create' })))
  assert.equal(headingOf(again), 'Create an account', 'also for who is signed in')
  const metadata = async () => JSON.parse((await (await browser()).get('/.well-known/openid-configuration')).text)
  assert.ok((await metadata()).prompt_values_supported.includes('create'))
  await open({ userRegistration: 'closed' })
  try {
    assert.ok(!(await metadata()).prompt_values_supported.includes('create'))
    const refused = await (await browser()).get('/oauth/authorize', fixture.request({ prompt: 'create' }))
    assert.equal(answerOf(refused).error, 'invalid_request')
    const closed = await browser()
    assert.equal((await closed.get(REGISTRATION_PATH)).error, 'not_found')
    const plain = await closed.follow(await closed.get('/oauth/authorize', fixture.request()))
    assert.doesNotMatch(plain.text, /\/sign-up/)
  } finally {
    await open({ userRegistration: 'open' })
  }
})

test('a new account that cannot prove what the client demands is made, and the client gets the error', async () => {
  const { services } = fixture
  const { realm } = (await services.registry.realmByIssuerId('default')) ?? assert.fail()
  const who = new FormBrowser(services, { ...realm, policy: { ...realm.policy, totpEnabled: false } })
  const request = fixture.request({ acr_values: 'aal2' })
  const signIn = await who.follow(await who.get('/oauth/authorize', request))
  const email = address()
  await who.submit(await who.get(linkIn(signIn, REGISTRATION_PATH)), { email })
  const end = await who.submit(await confirm(who, (await newest(email)).token), { password: NEW_PASSWORD })
  assert.equal(answerOf(end).error, 'unmet_authentication_requirements')
  assert.equal((await userOf(email))?.emailVerified, true)
})

test('ML-01 ML-02 opened in another browser, the account is made, and nobody is signed in', async () => {
  const email = address()
  const asked = await browser()
  const signIn = await asked.follow(await asked.get('/oauth/authorize', fixture.request()))
  await asked.submit(await asked.get(linkIn(signIn, REGISTRATION_PATH)), { email })
  const { token } = await newest(email)
  const other = await browser()
  for (let look = 0; look < 3; look++) assert.equal((await confirm(other, token)).status, 200)
  assert.equal(await userOf(email), undefined)
  const done = await other.submit(await confirm(other, token), { password: NEW_PASSWORD })
  assert.deepEqual([done.status, headingOf(done)], [200, 'Your account is made'])
  for (const who of [asked, other]) assert.ok(![...who.cookies.keys()].some((name) => name.includes('session')))
  assert.equal((await userOf(email))?.emailVerified, true)
})

test('ML-03 of twenty posts at once one makes the account', async () => {
  const email = address()
  const who = await browser()
  const { action, fields } = formOf(await confirm(who, await tokenFor(email)))
  const posts = Array.from({ length: 20 }, () => who.post(action, { ...fields, password: NEW_PASSWORD }))
  const statuses = (await Promise.all(posts)).map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses))
  const { data } = await callOperation(userList, context(), { search: email })
  assert.equal(data.length, 1)
})

test('ML-07 ML-08 a link works for its purpose and its realm, once, and only the newest one', async () => {
  const email = address()
  const [older, newer] = [await tokenFor(email), await tokenFor(email)]
  const statusOf = async (token: string) => (await confirm(await browser(), token)).status
  assert.deepEqual([await statusOf(older), await statusOf(newer)], [410, 200])
  assert.equal((await (await browser()).get(RESET_PATH, { token: newer })).status, 410)
  const elsewhere = await anotherRealm(fixture.services)
  const there = new FormBrowser(fixture.services, {
    ...elsewhere,
    policy: { ...elsewhere.policy, userRegistration: 'open' },
  })
  assert.equal((await confirm(there, newer)).status, 410)
  await open({ userRegistration: 'closed' })
  assert.equal(await statusOf(newer), 410, 'closed since')
  await open({ userRegistration: 'open' })
  const who = await browser()
  await who.submit(await confirm(who, newer), { password: NEW_PASSWORD })
  const user = (await userOf(email)) ?? assert.fail()
  await callOperation(userDelete, context(), { id: user.id })
  assert.equal(await statusOf(newer), 410, 'spent, although the account is gone')
  const late = await tokenFor(email)
  fixture.services.clock.advance(3_600_000)
  assert.equal(await statusOf(late), 410)
})

test('EN-01 EN-02 the answer is the same for an address with an account, which gets a mail that says so', async () => {
  const { services, bob } = fixture
  const { realm } = (await services.registry.realmByIssuerId('default')) ?? assert.fail()
  const answers = []
  for (const email of [bob.email, 'nobody@example.com']) {
    const later: (() => Promise<void>)[] = []
    const blind = {
      ...services,
      database: { ...services.database, read: NOTHING, write: () => assert.fail('it was written') },
      limiter: NOTHING,
    }
    // Whether a proof of work is asked for does not depend on the address.
    const quiet = { ...realm, policy: { ...realm.policy, proofOfWork: 'off' as const } }
    const who = new FormBrowser(services, quiet, { services: blind, later })
    const { action, fields } = formOf(await who.get(REGISTRATION_PATH))
    const asked = await who.post(action, { ...fields, email })
    assert.equal(later.length, 1)
    answers.push(JSON.stringify([asked, who.cookies.size]).replaceAll(email, 'EMAIL'))
  }
  assert.equal(new Set(answers).size, 1)
  await ask(bob.email)
  const mail = await newest(bob.email)
  assert.equal(mail.kind, 'account_exists')
  assert.equal(mail.token, '')
  assert.ok(mail.link.pathname.endsWith('/password/forgot'))
})

test('sign-ups in the name of an account are told once an hour, and keep nobody from a recovery link', async () => {
  const { email } = await callOperation(userCreate, context(), { email: address() })
  for (let time = 0; time < 8; time++) await ask(email)
  const who = await browser()
  await who.submit(await who.get(RECOVERY_PATH), { email })
  const kinds = (await mailsTo(fixture.services, email)).map(({ kind }) => kind)
  assert.deepEqual(kinds, ['account_exists', 'password_recovery'])
})

test('who owns an address of another domain is refused, whether or not it has an account', async () => {
  await open({ userRegistration: 'domains', userRegistrationDomains: ['example.org', 'xn--mnchen-3ya.example'] })
  try {
    const outside = await ask(fixture.bob.email)
    assert.deepEqual([outside.status, (await ask(address())).status], [400, 400])
    for (const email of ['ann@Example.ORG', 'ann@münchen.example']) {
      assert.equal((await ask(email)).status, 200, email)
    }
    assert.equal((await ask('ann@sub.example.org')).status, 400)
    assert.equal((await mailsTo(fixture.services, 'ann@münchen.example')).length, 1)
  } finally {
    await open({ userRegistration: 'open', userRegistrationDomains: [] })
  }
})

test('an account that was made meanwhile stays as it is', async () => {
  const email = address()
  const token = await tokenFor(email)
  const who = await browser()
  const page = await confirm(who, token)
  await callOperation(userCreate, context(), { email, password: PASSWORD })
  assert.equal((await who.submit(page, { password: NEW_PASSWORD })).status, 410)
})

test('the least length of passwords is the realm’s, for everybody', async () => {
  await open({ passwordMinLength: 15 })
  try {
    const email = address()
    const who = await browser()
    const page = await confirm(who, await tokenFor(email))
    assert.match(page.text, /At least 15 characters/)
    const short = await who.submit(page, { password: 'xq7 plov brume' })
    assert.match(short.text, /fewer than 15 characters/)
    const realm = (await fixture.services.registry.realmByIssuerId('default'))?.realm ?? assert.fail()
    const create = (password: string) =>
      runOperation(userCreate, fixture.services.contextFor({ realm }), { email: address(), password })
    await assert.rejects(create('xq7 plov brume'), failure('invalid_input'))
    await create('xq7 plov brumes')
  } finally {
    await open({ passwordMinLength: 8 })
  }
})

test('without a mail server, and for administrators, registration cannot be opened', async () => {
  const without = await openTestServices()
  try {
    const change = (policy: object) => runOperation(realmUpdate, without.contextFor(), { policy })
    await assert.rejects(change({ userRegistration: 'open' }), failure('invalid_request'))
    await change({ userRegistration: 'closed', passwordMinLength: 12 })
    const since = { ...without.realm, policy: { ...without.realm.policy, userRegistration: 'open' as const } }
    assert.match(viewRealm(since, without.registry.settings).notices.join(), /Nobody can make an account/)
  } finally {
    await without.close()
  }
  await assert.rejects(open({ userRegistration: 'domains', userRegistrationDomains: [] }), failure('invalid_request'))
  const limited = fixture.services.contextFor({ permissions: ['realms:write'] })
  await assert.rejects(
    runOperation(realmUpdate, limited, { policy: { userRegistration: 'closed' } }),
    failure('forbidden'),
  )
})
