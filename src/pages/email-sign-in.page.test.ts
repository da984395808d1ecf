// Checks sign-ins by mail: by its link and by its code, and what attackers try with both.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RESET_PATH, SIGN_IN_LINK_PATH, VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate, userGet, userUpdate } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { anotherRealm, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { setMinAal } from '#testing/realm-level.ts'

let fixture: AuthorizationFixture
let realm: Realm
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
  await callOperation(realmUpdate, context(), { magicLinkEnabled: true })
  realm = await current()
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const current = async () =>
  (await fixture.services.registry.realmByIssuerId(fixture.services.realm.issuerId))?.realm ?? assert.fail()
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
/** A browser in a network of its own, so that no test takes from the budget of another. */
const browser = (ip = `192.0.2.${++made}`) => fixture.newBrowser({ ip, realm })
const person = (given: Record<string, unknown> = {}) =>
  callOperation(userCreate, context(), { email: `person-${++made}@example.com`, emailVerified: true, ...given })
const isSignedIn = (who: FormBrowser) => [...who.cookies.keys()].some((name) => /^(__Host-)?session-/.test(name))
const arrive = async (who: FormBrowser, changes: Record<string, string | null> = {}) =>
  who.follow(await who.get('/oauth/authorize', fixture.request(changes)))
const newest = async (email: string) => (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail('no mail')
const codeIn = ({ text }: { readonly text: string }) => /Code: (\d{4} \d{4})/.exec(text)?.[1] ?? ''

/** Asks for a mail. @returns the page that takes its code */
async function ask(who: FormBrowser, email: string, changes?: Record<string, string | null>): Promise<PageResponse> {
  return who.submit(await arrive(who, changes), { email, decision: 'mail' })
}

const open = (who: FormBrowser, token: string) => who.get(SIGN_IN_LINK_PATH, { token })

async function arriveAtClient(who: FormBrowser, page: PageResponse) {
  const end = /value="allow"/.test(page.text) ? await who.submit(page, { decision: 'allow' }) : page
  const code = await fixture.codeBehind(end.location)
  return code ?? assert.fail(`no code: ${headingOf(end)}`)
}

test('a person without a password signs in by the link, and goes on to the client', async () => {
  const { id, email } = await person({ emailVerified: false })
  const who = browser()
  const told = await ask(who, email)
  assert.deepEqual([told.status, headingOf(told)], [200, 'Look into your mailbox'])
  const mail = await newest(email)
  assert.match(mail.subject, /^Sign in/)
  assert.match(mail.text, /Asked for from: 192\.0\.2\./)
  assert.ok(mail.link.href.startsWith(`${who.issuer}${SIGN_IN_LINK_PATH}?token=`))
  const page = await open(who, mail.token)
  assert.deepEqual([page.status, headingOf(page)], [200, 'Sign in'])
  assert.ok(page.text.includes(email))
  assert.equal(isSignedIn(who), false, 'ML-01 looking changes nothing')
  const code = await arriveAtClient(who, await who.submit(page, {}))
  assert.ok(code)
  const user = await callOperation(userGet, context(), { id })
  assert.equal(user.emailVerified, true, 'the mail proved the address')
  const [started] = (await fixture.events('session.started')).slice(-1)
  assert.deepEqual([started?.data.amr, started?.data.aal, started?.actor.id], [['mca'], 1, id])
  const changes = await eventsAbout(context(), id)
  assert.ok(changes.some(({ type, actor }) => type === 'user.updated' && actor.id === id))
  assert.equal((await open(who, mail.token)).status, 303, 'the used link goes on')
})

test('a person signs in by the code, with or without the space', async () => {
  const { email } = await person({ password: PASSWORD })
  for (const typed of [(code: string) => code, (code: string) => code.replace(' ', '')]) {
    const who = browser()
    const page = await ask(who, email)
    const code = codeIn(await newest(email))
    assert.match(code, /^\d{4} \d{4}$/)
    await arriveAtClient(who, await who.submit(page, { code: typed(code) }))
  }
})

test('the first proof of an address ends what was begun before it', async () => {
  const { id, email } = await person()
  const [intruder, owner] = [browser(), browser()]
  for (const who of [intruder, owner]) {
    await callOperation(userUpdate, context(), { id, emailVerified: false })
    const page = await ask(who, email)
    await arriveAtClient(who, await who.submit(page, { code: codeIn(await newest(email)) }))
  }
  const { data } = await context().read.sessions.list(realm.id, { limit: 50, userId: id })
  assert.deepEqual(data.map(({ endedAt }) => endedAt === null).sort(), [false, true])
})

test('ML-01 a mail scanner that opens the link, however often, spends nothing', async () => {
  const { email } = await person()
  const who = browser()
  await ask(who, email)
  const { token } = await newest(email)
  const scanner = browser()
  for (let time = 0; time < 3; time++) assert.equal((await open(scanner, token)).status, 200)
  const forged = await scanner.post(SIGN_IN_LINK_PATH, { token })
  assert.equal(forged.status, 403, 'CO-02 a form of nobody is refused')
  await arriveAtClient(who, await who.submit(await open(who, token), {}))
})

test('ML-02 CO-02 in another browser the link signs nobody in: neither who opens it nor who asked', async () => {
  const { email } = await person()
  const [attacker, victim] = [browser(), browser()]
  await ask(attacker, email)
  const mail = await newest(email)
  const page = await open(victim, mail.token)
  assert.equal(headingOf(page), 'Go on where you began')
  assert.match(page.text, /asked for from <bdi>192\.0\.2\./)
  assert.doesNotMatch(page.text, /<form(?![^>]*\/language")/)
  const other = await ask(victim, `nobody-${++made}@example.com`)
  const { action, fields } = formOf(other)
  const taken = await victim.follow(await victim.post(action, { ...fields, code: codeIn(mail) }))
  assert.equal(taken.status, 400, 'the code works in the browser that asked only')
  assert.deepEqual([isSignedIn(attacker), isSignedIn(victim)], [false, false])
})

test('ML-03 of twenty posts at once there is one session, and link and code are one', async () => {
  const { email, id } = await person()
  const who = browser()
  const form = await ask(who, email)
  const mail = await newest(email)
  const link = formOf(await open(who, mail.token))
  const code = formOf(form)
  const posts = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0
      ? who.post(link.action, link.fields)
      : who.post(code.action, { ...code.fields, code: codeIn(mail) }),
  )
  await Promise.all(posts)
  const { data } = await context().read.sessions.list(realm.id, { limit: 50, userId: id })
  assert.equal(data.length, 1)
  fixture.services.clock.advance(61_000)
  assert.equal((await browser().get(SIGN_IN_LINK_PATH, { token: mail.token })).status, 410)
})

test('ML-06 ML-07 a link leads nowhere else, and works for its purpose, its realm and ten minutes', async () => {
  const { email } = await person({ password: PASSWORD })
  const who = browser()
  await ask(who, email)
  const { token } = await newest(email)
  assert.equal((await who.get(RESET_PATH, { token })).status, 410)
  assert.equal((await who.get(VERIFICATION_PATH, { token })).status, 410)
  const elsewhere = await anotherRealm(fixture.services)
  const there = new FormBrowser(fixture.services, { ...elsewhere, magicLinkEnabled: true })
  assert.equal((await open(there, token)).status, 410)
  const evil = await who.get(SIGN_IN_LINK_PATH, { token, redirect: 'https://evil.example', transaction: 'x' })
  assert.doesNotMatch(evil.text, /evil/)
  fixture.services.clock.advance(600_000)
  assert.equal((await open(who, token)).status, 410)
})

test('ML-08 only the newest mail of a browser works, and none of an account that changed since', async () => {
  const { id, email } = await person()
  const who = browser()
  const page = await ask(who, email)
  const older = await newest(email)
  fixture.services.clock.advance(1000)
  const sent = await who.follow(await who.post('/sign-in', { ...formOf(page).fields, email, decision: 'mail' }))
  const mail = await newest(email)
  assert.notEqual(mail.token, older.token)
  assert.equal((await open(who, older.token)).status, 410)
  const { action, fields } = formOf(sent)
  assert.equal((await who.post(action, { ...fields, code: codeIn(older) })).status, 400)
  await callOperation(userUpdate, context(), { id, email: `moved-${++made}@example.com` })
  assert.equal((await open(who, mail.token)).status, 410)
  assert.equal((await who.follow(await who.post(action, { ...fields, code: codeIn(mail) }))).status, 400)
  assert.equal(isSignedIn(who), false)
})

test('EN-01 the answers are the same whether or not there is an account that may sign in', async () => {
  const [{ email: known }, suspended] = [await person(), await person()]
  await callOperation(userUpdate, context(), { id: suspended.id, status: 'suspended' })
  const shapes = []
  for (const email of [known, suspended.email, `person-${++made}@example.com`]) {
    const who = browser()
    const plain = ({ status, text, headers }: PageResponse) => [
      status,
      text
        .replaceAll(email, 'EMAIL')
        .replaceAll(/value="[^"]*"/g, '')
        .replaceAll(/transaction=[^"&]*/g, ''),
      Object.keys(headers),
    ]
    const page = await ask(who, email)
    const tried = []
    for (let time = 0; time < 6; time++) tried.push(plain(await who.submit(page, { code: '0000 0000' })))
    assert.equal(tried[5]?.[0], 429)
    shapes.push(JSON.stringify([plain(page), tried, [...who.cookies.keys()]]))
  }
  assert.equal(new Set(shapes).size, 1)
  assert.equal((await mailsTo(fixture.services, suspended.email)).length, 0)
})

test('an address without an account gets the link to make one where people can, and needs no password for it', async () => {
  await callOperation(realmUpdate, context(), { policy: { userRegistration: 'open' } })
  realm = await current()
  const email = `newcomer-${++made}@example.com`
  const who = browser()
  await ask(who, email)
  const mail = await newest(email)
  assert.equal(mail.kind, 'user_registration')
  const form = await who.get(mail.link.pathname, { token: mail.token })
  assert.match(form.text, /New password \(optional\)/)
  await arriveAtClient(who, await who.submit(form, { name: 'New', password: '' }))
  const [started] = (await fixture.events('session.started')).slice(-1)
  assert.deepEqual(started?.data.amr, ['mca'])
  const other = browser()
  const page = await ask(other, email)
  await arriveAtClient(other, await other.submit(page, { code: codeIn(await newest(email)) }))
  const { email: known } = await person()
  const crowd = browser()
  for (let time = 0; time < 16; time++) await ask(crowd, `nobody-${++made}@example.com`)
  await ask(crowd, known)
  assert.ok(codeIn(await newest(known)), 'EN-01 an address without an account takes no more of the budget')
  await callOperation(realmUpdate, context(), { policy: { userRegistration: 'closed' } })
  realm = await current()
})

test('EN-02 the page is answered before anything is done for the address', async () => {
  const { email } = await person()
  const later: (() => Promise<void>)[] = []
  const who = fixture.newBrowser({ ip: `192.0.2.${++made}`, realm, later })
  const page = await ask(who, email)
  assert.deepEqual([page.status, later.length, (await mailsTo(fixture.services, email)).length], [200, 1, 0])
  await later[0]?.()
  assert.equal((await mailsTo(fixture.services, email)).length, 1)
  const failed = async () =>
    (await fixture.events('sign_in.failed')).filter(({ subject }) => subject.label === email).length
  assert.equal((await who.submit(page, { code: '0000 0000' })).status, 400)
  assert.deepEqual([later.length, await failed()], [2, 0], 'nor is a wrong code told before')
  await later[1]?.()
  assert.equal(await failed(), 1)
})

test('ML-13 after five wrong codes the right one is refused, whatever is asked meanwhile; a new mail helps', async () => {
  const { email } = await person()
  const [who, other] = [browser(), browser()]
  const page = await ask(who, email)
  const code = codeIn(await newest(email))
  const tries = await Promise.all(
    Array.from({ length: 30 }, () => who.post(formOf(page).action, { ...formOf(page).fields, code: '00000000' })),
  )
  assert.equal(tries.filter(({ status }) => status === 400).length, 5)
  assert.equal((await who.submit(page, { code })).status, 429)
  const theirs = await ask(other, email)
  await arriveAtClient(other, await other.submit(theirs, { code: codeIn(await newest(email)) }))
  const failed = await fixture.events('sign_in.failed')
  assert.equal(failed.filter(({ data, subject }) => data.method === 'email' && subject.label === email).length, 5)
})

test('ML-11 EN-06 an address gets five mails an hour, but its owner in a known browser gets more', async () => {
  const { email } = await person({ password: PASSWORD })
  const owner = browser()
  await owner.submit(await arrive(owner), { email, password: PASSWORD })
  for (let time = 0; time < 7; time++) await ask(browser(), email)
  assert.equal((await mailsTo(fixture.services, email)).length, 5)
  await ask(owner, email, { prompt: 'login' })
  assert.equal((await mailsTo(fixture.services, email)).length, 6)
})

test('MF-01 MF-07 who has a second factor is asked for it after the mail, and the mail alone opens nothing', async () => {
  const user = await person()
  const { key } = await setUpTotp(context(), user.id)
  const who = browser()
  await ask(who, user.email)
  const page = await who.submit(await open(who, (await newest(user.email)).token), {})
  assert.equal(headingOf(page), 'Confirm it’s you')
  assert.equal(isSignedIn(who), false)
  assert.equal((await who.get('/account')).status, 303)
  const end = await who.submit(page, { code: codeOf(key, fixture.services.clock.now()) })
  assert.ok(await arriveAtClient(who, end))
  const [started] = (await fixture.events('session.started')).slice(-1)
  assert.deepEqual([started?.data.amr, started?.data.aal], [['mca', 'otp', 'mfa'], 2])
})

test('MF-07 where the realm demands two factors, a mail and the password are one: an app is set up', async () => {
  const { email } = await person({ password: PASSWORD })
  await setMinAal(fixture.services, 2)
  realm = await current()
  const who = browser()
  await ask(who, email)
  const page = await who.submit(await open(who, (await newest(email)).token), {})
  assert.match(page.text, /authenticator app/)
  assert.equal(isSignedIn(who), false)
  await setMinAal(fixture.services, 1)
  realm = await current()
})

test('an address that nobody has verified gets the link to a new password, if there is anything to do away with', async () => {
  const { email } = await person({ emailVerified: false, password: PASSWORD })
  const who = browser()
  const page = await ask(who, email)
  assert.equal(headingOf(page), 'Look into your mailbox')
  const mail = await newest(email)
  assert.equal(mail.kind, 'password_recovery')
  assert.equal((await who.get(RESET_PATH, { token: mail.token })).status, 200)
})

test('a person removes the password where another way to sign in stays, and sets a new one later', async () => {
  const { email, id } = await person({ password: PASSWORD })
  const who = browser()
  await who.submit(await arrive(who), { email, password: PASSWORD })
  const page = await who.get('/account/password')
  assert.match(page.text, /Remove the password/)
  const { action, fields } = formOf(page)
  const without = fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: { ...realm, magicLinkEnabled: false } })
  for (const [name, value] of who.cookies) without.cookies.set(name, value)
  assert.doesNotMatch((await without.get('/account/password')).text, /Remove the password/)
  const refused = await without.post(action, { ...fields, decision: 'remove' })
  assert.match(refused.text, /only way to sign in/)
  assert.equal((await who.post(action, { ...fields, decision: 'remove' })).status, 303)
  assert.match((await newest(email)).subject, /^Your password was removed/)
  assert.equal((await fixture.events('user.password_removed')).at(-1)?.actor.id, id)
  const other = browser()
  assert.equal((await other.submit(await arrive(other), { email, password: PASSWORD })).status, 400)
  const asked = await ask(other, email)
  await arriveAtClient(other, await other.submit(asked, { code: codeIn(await newest(email)) }))
  assert.equal((await who.submit(await who.get('/account/password'), { password: `${PASSWORD} 2` })).status, 200)
})

test('where it is off or no mail server is configured, nothing of it shows, and no form does anything', async () => {
  const { email } = await person()
  realm = { ...realm, magicLinkEnabled: false }
  const who = browser()
  const page = await arrive(who)
  assert.doesNotMatch(page.text, /value="mail"/)
  const { action, fields } = formOf(page)
  assert.equal((await who.post(action, { ...fields, email, decision: 'mail' })).status, 404)
  realm = await current()
  const asked = await ask(browser(), email)
  assert.equal(asked.status, 200)
  const { token } = await newest(email)
  realm = { ...realm, magicLinkEnabled: false }
  assert.equal((await open(browser(), token)).status, 410)
  realm = await current()
})
