// Checks the pages for who forgot the password.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RECOVERY_PATH, RESET_PATH } from '#domain/account/account-link.ts'
import { userCreate, userGet, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import { setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { anotherRealm, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { linkAccountOf } from '#testing/linked-account.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { codeFor, exchangeCode, refreshWith, tokensFor } from '#testing/token-client.ts'

/** What cannot be used at all. */
const NOTHING: never = new Proxy({}, { get: () => assert.fail('it was read') }) as never
const NEW_PASSWORD = 'a phrase that nobody guesses'

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
/** A browser in a network of its own, so that no test takes from the budget of another. */
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}` })
const person = async () =>
  callOperation(userCreate, context(), { email: `person-${++made}@example.com`, password: PASSWORD })
const ask = async (email: string, who = browser()) => who.submit(await who.get(RECOVERY_PATH), { email })
const newest = async (email: string) => (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail('no mail')
const tokenFor = async (email: string) => {
  await ask(email)
  return (await newest(email)).token
}
const open = (who: FormBrowser, token: string) => who.get(RESET_PATH, { token })
const isPassword = async (email: string, password: string) => {
  const who = browser()
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request()))
  return (await who.submit(page, { email, password })).status !== 400
}

test('a person sets a new password by the mailed link, and goes on with the sign-in that waited', async () => {
  const { id, email } = await person()
  const who = browser()
  const signIn = await who.follow(await who.get('/oauth/authorize', fixture.request()))
  const forgot = /href="([^"]*\/password\/forgot[^"]*)"/.exec(signIn.text)?.[1] ?? ''
  const told = await who.submit(await who.get(forgot.replaceAll('&amp;', '&')), { email })
  assert.deepEqual([told.status, headingOf(told)], [200, 'Look into your mailbox'])
  assert.ok(told.text.includes(email))
  const [, correct = ''] = /href="([^"]*\/password\/forgot[^"]*)"/.exec(told.text) ?? []
  const typo = await who.submit(await who.get(correct.replaceAll('&amp;', '&')), { email: 'nobody' })
  assert.match(typo.text, /role="alert"[\s\S]*That is not an e-mail address/)
  const mail = await newest(email)
  assert.match(mail.subject, /^Set a new password/)
  assert.match(mail.text, /Asked for from: 192\.0\.2\./)
  assert.ok(mail.link.href.startsWith(`${who.issuer}${RESET_PATH}?token=`))

  const form = await open(who, mail.token)
  assert.equal(form.status, 200)
  assert.ok(form.text.includes(email))
  assert.match(form.text, /autocomplete="new-password"/)
  assert.equal(form.headers['referrer-policy'], 'no-referrer')
  const weak = await who.submit(form, { password: 'short' })
  assert.equal(weak.status, 400)
  assert.match(weak.text, /role="alert"[\s\S]*fewer than 8 characters/)
  const done = await who.submit(weak, { password: NEW_PASSWORD })
  assert.deepEqual([done.status, headingOf(done)], [200, 'Your password is changed'])
  assert.equal(who.cookies.has(`__Host-session-${fixture.services.realm.issuerId}`), false, 'it signs nobody in')

  const onward = /href="([^"]*\/sign-in[^"]*)"/.exec(done.text)?.[1] ?? ''
  const again = await who.get(onward.replaceAll('&amp;', '&'))
  const consent = await who.submit(again, { email, password: NEW_PASSWORD })
  const back = await who.submit(consent, { decision: 'allow' })
  assert.ok(answerOf(back).code)
  assert.equal(await isPassword(email, PASSWORD), false)
  assert.equal((await callOperation(userGet, context(), { id })).emailVerified, true, 'the link proved the address')
  assert.equal((await newest(email)).kind, 'password_changed')
  const events = (await eventsAbout(context(), id)).map(({ type, actor }) => [type, actor.kind, actor.id === id])
  assert.deepEqual(events.slice(0, 4), [
    ['user.created', 'api_key', false],
    ['user.password_reset_sent', 'anonymous', false],
    ['user.updated', 'user', true],
    ['user.password_set', 'user', true],
  ])
})

test('ML-01 looking at the link changes nothing, however often and by whomever', async () => {
  const { email } = await person()
  const token = await tokenFor(email)
  for (let look = 0; look < 5; look++) assert.equal((await open(browser(), token)).status, 200)
  assert.equal(await isPassword(email, PASSWORD), true)
  const who = browser()
  assert.equal((await who.submit(await open(who, token), { password: NEW_PASSWORD })).status, 200)
})

test('ML-02 the browser that asked gets nothing when the link is used in another one', async () => {
  const { email } = await person()
  const attacker = browser()
  await authorizeInBrowser(attacker, fixture.request(), { email: 'nobody@example.com' })
  await ask(email, attacker)
  const { token } = await newest(email)
  const owner = browser()
  const done = await owner.submit(await open(owner, token), { password: NEW_PASSWORD })
  assert.doesNotMatch(done.text, /href="[^"]*sign-in/, 'the request of the other browser stays there')
  for (const who of [attacker, owner]) assert.ok(![...who.cookies.keys()].some((name) => name.includes('session')))
})

test('ML-03 of twenty posts at once one sets its password, and the link is spent', async () => {
  const { id, email } = await person()
  const who = browser()
  const { action, fields } = formOf(await open(who, await tokenFor(email)))
  const posts = Array.from({ length: 20 }, (_, index) =>
    who.post(action, { ...fields, password: `${NEW_PASSWORD} ${index}` }),
  )
  const statuses = (await Promise.all(posts)).map(({ status }) => status)
  assert.deepEqual(statuses.filter((status) => status === 200).length, 1)
  const set = (await eventsAbout(context(), id)).filter(({ type }) => type === 'user.password_set')
  assert.equal(set.length, 1)
})

test('a second click on the button gets the answer of the first, for a minute', async () => {
  const { email } = await person()
  const who = browser()
  const { action, fields } = formOf(await open(who, await tokenFor(email)))
  const click = () => who.post(action, { ...fields, password: NEW_PASSWORD })
  assert.deepEqual([(await click()).status, (await click()).status], [200, 200])
  assert.equal((await who.post(action, { ...fields, password: PASSWORD })).status, 410)
  fixture.services.clock.advance(61_000)
  assert.equal((await click()).status, 410)
})

test('ML-06 the link leads nowhere but to the realm, whatever is added to it', async () => {
  const { email } = await person()
  const token = await tokenFor(email)
  const who = browser()
  const more = { token, redirect: 'https://evil.example', redirect_uri: 'https://evil.example', transaction: 'x.y' }
  const done = await who.submit(await who.get(RESET_PATH, more), { password: NEW_PASSWORD })
  assert.equal(done.status, 200)
  assert.doesNotMatch(done.text, /evil/)
})

test('ML-07 a link works for its purpose and its realm only', async () => {
  const { email } = await person()
  const token = await tokenFor(email)
  const other = new FormBrowser(fixture.services, await anotherRealm(fixture.services))
  assert.equal((await open(other, token)).status, 410)
  assert.equal((await browser().get('/invitation', { invitation: token })).status, 404)
  assert.equal((await open(browser(), token)).status, 200)
  for (const wrong of ['', 'x', `${token}x`, token.slice(0, -1), token.split('.')[0] ?? '', `.${token}`, '\0.\0']) {
    assert.equal((await open(browser(), wrong)).status, 410, JSON.stringify(wrong))
  }
})

test('ML-08 an older link, and one of an account that changed since, is refused', async () => {
  const { id, email } = await person()
  const isDead = async (token: string) => (await open(browser(), token)).status === 410
  const [older, newer] = [await tokenFor(email), await tokenFor(email)]
  assert.deepEqual([await isDead(older), await isDead(newer)], [true, false])
  await callOperation(userUpdate, context(), { id, status: 'suspended' })
  assert.equal(await isDead(newer), true, 'suspended')
  await ask(email)
  assert.equal((await newest(email)).token, newer, 'a suspended user gets no mail')
  await callOperation(userUpdate, context(), { id, status: 'active' })
  await callOperation(userUpdate, context(), { id, email: `new-${email}` })
  assert.equal(await isDead(newer), true, 'another address')
  const third = await tokenFor(`new-${email}`)
  fixture.services.clock.advance(1)
  await callOperation(userSetPassword, context(), { id, password: NEW_PASSWORD })
  assert.equal(await isDead(third), true, 'another password')
  const fourth = await tokenFor(`new-${email}`)
  fixture.services.clock.advance(3_600_000)
  assert.equal(await isDead(fourth), true, 'an hour is over')
})

test('ML-09 a new password ends every session, refresh token and access token', async () => {
  const { ada, client } = fixture
  const { refresh } = await tokensFor(fixture, client, { scope: 'openid offline_access' })
  const code = await codeFor(fixture, client)
  const who = browser()
  await authorizeInBrowser(who, fixture.request())
  const signedIn = browser()
  await signedIn.submit(await open(signedIn, await tokenFor(ada.email)), { password: NEW_PASSWORD })
  assert.equal((await refreshWith(fixture, client, refresh)).status, 400)
  assert.equal((await exchangeCode(fixture, client, code)).status, 400)
  const visit = await who.follow(await who.get('/oauth/authorize', fixture.request()))
  assert.match(visit.text, /name="password"/)
  await callOperation(userSetPassword, context(), { id: ada.id, password: PASSWORD })
})

test('ML-11 an address, a network and a tenant have budgets, and the answer stays the same', async () => {
  const { email } = await person()
  const pages = []
  for (let index = 0; index < 8; index++) pages.push(await ask(email))
  assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]))
  assert.equal(new Set(pages.map(({ text }) => text)).size, 1)
  assert.equal((await mailsTo(fixture.services, email)).length, 5)
  const flooding = fixture.newBrowser({ ip: '198.51.100.7' })
  for (let index = 0; index < 31; index++) await ask(`nobody-${index}@example.com`, flooding)
  const victim = await person()
  await ask(victim.email, flooding)
  assert.equal((await mailsTo(fixture.services, victim.email)).length, 0)
  await ask(victim.email)
  assert.equal((await mailsTo(fixture.services, victim.email)).length, 1)
})

test('ML-12 what is no address is refused', async () => {
  for (const email of ['a@b.c\r\nBcc: x@y.z', 'a@b.c, x@y.z', '', 'nobody', '"a b"@c.d\n']) {
    const page = await ask(email)
    assert.equal(page.status, 400, JSON.stringify(email))
  }
})

test('EN-01 EN-02 the answer is the same, and before anything of the account is read', async () => {
  const { email } = await person()
  const suspended = await person()
  await callOperation(userUpdate, context(), { id: suspended.id, status: 'suspended' })
  const { services } = fixture
  const answers = []
  for (const address of [email, 'nobody@example.com', suspended.email]) {
    const later: (() => Promise<void>)[] = []
    // Whatever reads the database or the budgets fails here.
    const blind = {
      ...services,
      database: { ...services.database, read: NOTHING, write: () => assert.fail('it was written') },
      limiter: NOTHING,
    }
    // Whether a proof of work is asked for does not depend on the address.
    const realm = { ...services.realm, policy: { ...services.realm.policy, proofOfWork: 'off' as const } }
    const who = new FormBrowser(services, realm, { services: blind, later })
    const { action, fields } = formOf(await who.get(RECOVERY_PATH))
    const asked = await who.post(action, { ...fields, email: address })
    assert.equal(later.length, 1)
    answers.push(JSON.stringify([asked, who.cookies.size]).replaceAll(address, 'EMAIL'))
  }
  assert.equal(new Set(answers).size, 1)
})

test('EN-09 one budget holds for every way to write an address and a network', async () => {
  const { email } = await person()
  const [name, domain] = email.split('@')
  for (const spelled of [email, email.toUpperCase(), `${name}@${domain?.toUpperCase()}`, ` ${email} `]) {
    await ask(spelled)
    await ask(spelled)
  }
  assert.equal((await mailsTo(fixture.services, email)).length, 5)
})

test('forms of other sites and of other browsers are refused', async () => {
  const { email } = await person()
  const token = await tokenFor(email)
  const who = browser()
  for (const [page, values] of [
    [await who.get(RECOVERY_PATH), { email }],
    [await open(who, token), { password: NEW_PASSWORD }],
  ] as const) {
    const { action, fields } = formOf(page)
    const cross = await who.post(action, { ...fields, ...values }, { 'sec-fetch-site': 'cross-site' })
    assert.equal(cross.error, 'forbidden')
    const other = await browser().post(action, { ...fields, ...values })
    assert.equal(other.error, 'forbidden')
  }
})

test('a recovery that proves the address first removes what an earlier holder set up, and no other one does', async () => {
  for (const emailVerified of [false, true]) {
    const { id, email } = await person()
    if (emailVerified) await callOperation(userUpdate, context(), { id, emailVerified })
    const { authenticator } = await setUpTotp(context(), id)
    await linkAccountOf(context(), id)
    const who = browser()
    await who.submit(await open(who, await tokenFor(email)), { password: NEW_PASSWORD })
    const left = await context().read.authenticators.allOf(id)
    assert.deepEqual(
      left.map(({ kind }) => kind),
      emailVerified ? ['totp', 'recovery_code'] : [],
    )
    const { emailVerified: proven, hasSecondFactor } = await callOperation(userGet, context(), { id })
    assert.deepEqual([proven, hasSecondFactor], [true, emailVerified])
    const removed = (await eventsAbout(context(), authenticator.id)).some(
      ({ type }) => type === 'authenticator.removed',
    )
    assert.equal(removed, !emailVerified)
    assert.equal((await context().read.linkedAccounts.allOf(id)).length, emailVerified ? 1 : 0)
  }
})
