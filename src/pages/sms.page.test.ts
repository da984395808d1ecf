// Checks codes of text messages: how a telephone is added and removed, and how it is asked for in a sign-in.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { smsSettingsUpdate } from '#domain/sms-settings/sms-settings.operations.ts'
import { userCreate, userGet } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { setMinAal } from '#testing/realm-level.ts'
import { failure } from '#testing/run-operation.ts'
import { enableSms, messagesTo } from '#testing/sms.ts'

const PAGE = '/account/second-factors'

let fixture: AuthorizationFixture
let realm: Realm
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
  realm = await enableSms(fixture.services, { allowedPrefixes: ['+49', '+44'] })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const now = () => fixture.services.clock.now()
const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const person = () => callOperation(userCreate, context(), { email: `p${++made}@example.com`, password: PASSWORD })
const browser = (of = realm) => new FormBrowser(fixture.services, of, { ip: `192.0.2.${++made}` })
const newNumber = () => `+49151${String(1_000_000 + ++made)}`
const isSignIn = ({ text }: PageResponse) => /action="\/sign-in"/.test(text) && /name="password"/.test(text)
const isSignedIn = (who: FormBrowser) => [...who.cookies.keys()].some((name) => name.includes('session-'))
const codeTo = async (number: string) => (await messagesTo(fixture.services, number)).at(-1)?.code ?? assert.fail()

async function signIn(who: FormBrowser, email: string, path = PAGE): Promise<PageResponse> {
  const page = await who.follow(await who.get(path))
  return isSignIn(page) ? who.submit(page, { email, password: PASSWORD }) : page
}

/** The form of a page that has a button or a field with a value. */
function formWith({ text, ...page }: PageResponse, value: string) {
  const form = [...text.matchAll(/<form.*?<\/form>/gs)]
    .map(([whole]) => whole)
    .find((one) => one.includes(`"${value}"`))
  return formOf({ ...page, text: form ?? assert.fail(`no form has ${value}`) })
}

async function press(who: FormBrowser, page: PageResponse, decision: string, more: Record<string, string> = {}) {
  const { action, fields } = formWith(page, decision)
  return who.follow(await who.post(action, { ...fields, decision, ...more }))
}

/** Adds a telephone to an account in a browser of its own. */
async function withPhone() {
  const [user, number, who] = [await person(), newNumber(), browser()]
  const asked = await press(who, await signIn(who, user.email), 'send_code', { number })
  assert.match(asked.text, /name="code"/)
  const end = await press(who, asked, 'confirm_phone', { code: await codeTo(number) })
  return { ...user, number, who, end }
}

/** Comes to the page of the second factor in a new browser. */
async function halfWay(email: string, who = browser()) {
  const page = await signIn(who, email, '/account')
  assert.match(page.text, /Send a code to/)
  return { who, page }
}

test('a telephone is added by the code that is sent to it, and comes with recovery codes as the first second factor', async () => {
  const { id, email, number, end, who } = await withPhone()
  assert.equal(end.text.match(/<li><code>/g)?.length, 10)
  const all = await context().read.authenticators.allOf(id)
  assert.deepEqual(all.map(({ kind }) => kind).toSorted(), ['recovery_code', 'sms'])
  const phone = all.find(({ kind }) => kind === 'sms')
  assert.equal(phone?.name, `${number.slice(0, 3)} ••• ${number.slice(-3)}`)
  const { phone: known, phoneVerified } = await callOperation(userGet, context(), { id })
  assert.deepEqual([known, phoneVerified], [number, true])
  const events = JSON.stringify(await fixture.events('authenticator.added'))
  assert.ok(!events.includes(number), 'the event has no number')
  const [message] = await messagesTo(fixture.services, number)
  assert.match(
    message?.text ?? '',
    new RegExp(`^${message?.code} is your code for .*\\n\\n@\\S+ #${message?.code}$`, 's'),
  )
  assert.equal(message?.purpose, 'enrolment')
  assert.ok((await mailsTo(fixture.services, email)).some(({ subject }) => subject.startsWith('A phone was added')))
  const again = await who.follow(await who.get(PAGE))
  assert.match(again.text, /name="method" value="sms"/, 'from now on the page asks for it')
})

test('a number counts once its code was typed: wrong, old and repeated codes and other sessions add none', async () => {
  const [user, number, who] = [await person(), newNumber(), browser()]
  const start = await signIn(who, user.email)
  for (const typed of ['', 'nobody', '+4915', '0151 2345678', '+1 212 555 0100']) {
    const refused = await press(who, start, 'send_code', { number: typed })
    assert.deepEqual([refused.status, /Begin with the country code/.test(refused.text)], [409, true], typed)
  }
  const asked = await press(who, start, 'send_code', { number: `00${number.slice(1, 5)} ${number.slice(5)}` })
  const code = await codeTo(number)
  const wrong = await press(who, asked, 'confirm_phone', { code: code === '000000' ? '111111' : '000000' })
  assert.deepEqual([wrong.status, /not right/.test(wrong.text)], [400, true])
  const stranger = browser()
  await signIn(stranger, (await person()).email)
  const { fields } = formWith(asked, 'confirm_phone')
  const { fields: own } = formWith(await stranger.get(PAGE), 'send_code')
  const stolen = await stranger.post(PAGE, { ...fields, csrf: own.csrf ?? '', code })
  assert.equal(stolen.error, 'forbidden')
  wait(301)
  assert.equal((await who.post(PAGE, { ...fields, code })).error, 'expired')
  const other = newNumber()
  const last = await press(who, start, 'send_code', { number: other })
  for (let index = 0; index < 5; index++) await press(who, last, 'confirm_phone', { code: '12345' })
  await press(who, last, 'confirm_phone', { code: await codeTo(other) })
  assert.deepEqual(await context().read.authenticators.allOf(user.id), [], 'too many tries')
})

test('who has a telephone is asked for a code of it, which works once, in the sign-in that asked for it', async () => {
  const { id, email, number } = await withPhone()
  const { who, page } = await halfWay(email)
  assert.equal((await messagesTo(fixture.services, number)).length, 1, 'nothing is sent before it is asked for')
  assert.equal(isSignedIn(who), false)
  const sent = await press(who, page, 'send')
  assert.match(sent.text, /A code is on its way/)
  assert.ok(!sent.text.includes(number), 'the page shows no number')
  const code = await codeTo(number)
  // Of another sign-in, also of the same person, the code is of no use.
  const other = await halfWay(email)
  const { action, fields } = formOf(other.page)
  const elsewhere = await other.who.post(action, { ...fields, method: 'sms', code })
  assert.equal(isSignedIn(other.who), false)
  assert.match(elsewhere.text, /not right/)
  assert.match((await who.submit(sent, { code: '12345' })).text, /not right/)
  const again = await press(who, sent, 'send')
  assert.match((await who.submit(again, { code })).text, /not right/, 'the former code works no more')
  const end = await who.submit(again, {
    code: ` ${(await codeTo(number)).slice(0, 3)} ${(await codeTo(number)).slice(3)}`,
  })
  assert.match(end.text, /Sign out/)
  const { data } = await context().read.sessions.list(realm.id, { limit: 100, userId: id })
  const session = data.find(({ aal }) => aal === 2)
  assert.deepEqual(session?.amr, ['pwd', 'sms', 'mfa'])
  const [used] = (await context().read.authenticators.allOf(id)).filter(({ kind }) => kind === 'sms')
  assert.equal(used?.lastUsedAt, now())
  const events = (await fixture.events('user.sms_code_sent')).filter(({ subject }) => subject?.id === id)
  assert.equal(events.length, 3)
  assert.ok(!JSON.stringify(events).includes(number))
})

test('a code is over after five minutes and after five wrong ones', async () => {
  const { email, number } = await withPhone()
  const { who, page } = await halfWay(email)
  let sent = await press(who, page, 'send')
  wait(301)
  const late = await who.submit(sent, { code: await codeTo(number) })
  assert.equal(isSignedIn(who), false)
  sent = await press(who, late, 'send')
  for (let index = 0; index < 5; index++) await who.submit(sent, { code: '12345' })
  await who.submit(sent, { code: await codeTo(number) })
  assert.equal(isSignedIn(who), false, 'the right code after too many tries')
})

test('a number gets five messages in an hour, a realm as many as its settings say, and a test counts', async () => {
  const { email, number } = await withPhone()
  const { who, page } = await halfWay(email)
  for (let index = 0; index < 4; index++) await press(who, page, 'send')
  const refused = await press(who, page, 'send')
  assert.deepEqual([refused.status, /Too many codes/.test(refused.text)], [429, true])
  assert.equal((await messagesTo(fixture.services, number)).length, 5)
  const { sentToday } = await callOperation(smsSettingsUpdate, context(), { dailyLimit: 10_000 })
  await callOperation(smsSettingsUpdate, context(), { dailyLimit: sentToday })
  try {
    const another = await halfWay((await withApp()).email, browser()).catch(() => undefined)
    assert.equal(another, undefined, 'who has an app is asked for the app')
    const asked = browser()
    const late = await press(asked, await signIn(asked, (await person()).email), 'send_code', { number: newNumber() })
    assert.deepEqual([late.status, /Too many codes/.test(late.text)], [409, true])
  } finally {
    await callOperation(smsSettingsUpdate, context(), { dailyLimit: 10_000 })
  }
})

async function withApp() {
  const user = await person()
  return { ...user, ...(await setUpTotp(context(), user.id)) }
}

test('beside an app, a person chooses; a telephone is removed, and the last second factor stays where one is demanded', async () => {
  const { id, email, key } = await withApp()
  const number = newNumber()
  const who = browser()
  let page = await who.submit(await signIn(who, email), { code: codeOf(key, now()) })
  page = await press(who, page, 'send_code', { number })
  page = await press(who, page, 'confirm_phone', { code: await codeTo(number) })
  assert.match(page.text, /\+49 ••• /)
  const choosing = await signIn(browser(), email, '/account')
  assert.match(choosing.text, /Get a code by text message/)
  await setMinAal(fixture.services, 2)
  try {
    const strict = (await fixture.services.registry.realmById(realm.id))?.realm ?? assert.fail()
    const same = new FormBrowser(fixture.services, strict)
    for (const [name, value] of who.cookies) same.cookies.set(name, value)
    page = await press(same, page, 'remove')
    const refused = await press(same, page, 'remove_phone')
    assert.deepEqual([refused.status, /your last one/.test(refused.text)], [409, true])
  } finally {
    await setMinAal(fixture.services, 1)
  }
  const end = await press(who, page, 'remove_phone')
  assert.match(end.text, /A code in a text message can be/)
  assert.deepEqual(await context().read.authenticators.allOf(id), [], 'the recovery codes went with it')
})

test('a step-up takes the code of a telephone, and a client that takes no text messages does not', async () => {
  const { email, number } = await withPhone()
  const strict = await fixture.makeClient({
    signInMethods: ['password', 'totp'],
    redirectUris: ['https://app.example/callback'],
  })
  const who = browser()
  const request = fixture.request({ client_id: strict.clientId })
  const asked = await who.follow(await who.get('/oauth/authorize', request))
  const refused = await who.submit(asked, { email, password: PASSWORD })
  assert.match(refused.location ?? '', /error=unmet_authentication_requirements/)
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request({ acr_values: 'aal2' })))
  const half = await who.submit(page, { email, password: PASSWORD })
  const sent = await press(who, half, 'send')
  const consent = await who.submit(sent, { code: await codeTo(number) })
  const code = await fixture.codeBehind((await who.submit(consent, { decision: 'allow' })).location)
  assert.deepEqual([code?.acr, code?.amr], ['aal2', ['pwd', 'sms', 'mfa']])
})

test('a lost telephone is replaced by a recovery code', async () => {
  const { email, end } = await withPhone()
  const [, recovery = ''] = /<li><code>([^<]+)<\/code>/.exec(end.text) ?? []
  const { who, page } = await halfWay(email)
  const { fields } = formOf(page)
  await who.submit(page, { ...fields, method: 'recovery_code', code: recovery })
  assert.equal(isSignedIn(who), true)
})

test('nothing of it is there where a realm has it off, and it is on only where somebody sends messages', async () => {
  const off = { ...realm, policy: { ...realm.policy, smsEnabled: false } }
  const { email } = await withPhone()
  const who = browser(off)
  assert.match((await signIn(who, email, '/account')).text, /Sign out/, 'the password alone is level 1 there')
  const plain = browser(off)
  const page = await signIn(plain, (await person()).email)
  assert.doesNotMatch(page.text, /send_code/)
  const { fields } = formOf(page)
  const posted = await plain.post(PAGE, { ...fields, decision: 'send_code', number: newNumber() })
  assert.equal(posted.status, 409)
  await assert.rejects(callOperation(smsSettingsUpdate, context(), { url: null }), failure('conflict'))
  await callOperation(realmUpdate, context(), { policy: { smsEnabled: false } })
  await callOperation(smsSettingsUpdate, context(), { url: null })
  await assert.rejects(
    callOperation(realmUpdate, context(), { policy: { smsEnabled: true } }),
    failure('invalid_request'),
  )
  await enableSms(fixture.services)
})
