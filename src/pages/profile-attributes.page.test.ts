// Checks that pages ask people for the attributes that their realm declares, and that nothing opens before they are given.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { decodeJwt } from 'jose'
import { CONFIRM_REGISTRATION_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { userCreate, userGet, userSearch, userUpdate } from '#domain/user/user.operations.ts'
import {
  type AuthorizationFixture,
  answerOf,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { type FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { exchangeCode } from '#testing/token-client.ts'

const CARD = {
  name: 'card',
  label: { en: 'Card number', de: 'Kartennummer' },
  required: true,
  unique: true,
  pattern: 'C\\d{3}',
  claim: 'https://club.example/card',
}
const SIZE = { name: 'size', options: ['S', 'M'], atRegistration: true, claim: 'size', scope: 'email' }
const NEWS = { name: 'news', type: 'boolean', label: { en: 'Send me news' } }
const LEVEL = { name: 'level', label: { en: 'Level' }, editableBy: 'administrator', required: true }

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())
beforeEach(() => declare(CARD, SIZE, NEWS))

const realm = async () => ((await fixture.services.registry.realmByIssuerId('default')) ?? assert.fail()).realm
const context = async () => fixture.services.contextFor({ realm: await realm() })
const declare = async (...profileAttributes: object[]) => {
  const policy = { profileAttributes, userRegistration: 'open' }
  await callOperation(realmUpdate, await context(), { policy })
}
const browser = async () => fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: await realm() })
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const noticeOf = ({ text }: PageResponse) =>
  /id="problem"[^>]*>(.*?)<\/div>/s
    .exec(text)?.[1]
    ?.replace(/<[^>]+>/g, '')
    .trim()
const userOf = async (id: string) => callOperation(userGet, await context(), { id })
/** A person from before the attributes were declared. */
const person = async (attributes: object = {}) => {
  await declare()
  const user = await callOperation(userCreate, await context(), {
    email: `old-${++made}@example.com`,
    password: PASSWORD,
    attributes,
  })
  await declare(CARD, SIZE, NEWS)
  return user
}
const authorize = async (who: FormBrowser, email: string, request: Record<string, string> = {}) => {
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request(request)))
  return who.submit(page, { email, password: PASSWORD })
}
const sessionIn = (who: FormBrowser) => [...who.cookies].find(([name]) => /^(__Host-)?session-/.test(name))?.[1]

test('who makes an account gives what is required, and clients learn it by its claim', async () => {
  const email = `new-${++made}@example.com`
  const who = await browser()
  const signIn = await who.follow(await who.get('/oauth/authorize', fixture.request({ scope: 'openid email' })))
  const link = (/href="([^"]*\/sign-up[^"]*)"/.exec(signIn.text)?.[1] ?? '').replaceAll('&amp;', '&')
  await who.submit(await who.get(link), { email })
  const { token } = (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail()
  const form = await who.get(CONFIRM_REGISTRATION_PATH, { token })
  assert.match(form.text, /Card number/)
  assert.match(form.text, /<select[^>]*name="attribute-size"/)
  assert.doesNotMatch(form.text, /Send me news/, 'neither required nor asked for at registration')
  const password = 'a phrase that nobody guesses'
  const wrong = await who.submit(form, { password, 'attribute-card': 'C1', 'attribute-size': 'XL' })
  assert.deepEqual([wrong.status, noticeOf(wrong)], [400, 'Card number: This is not in the form that is asked for.'])
  const none = await who.submit(wrong, { password })
  assert.equal(noticeOf(none), 'Card number: Fill in this field.')
  const consent = await who.submit(none, { password, 'attribute-card': 'C100', 'attribute-size': 'M' })
  const { code = '' } = answerOf(await who.submit(consent, { decision: 'allow' }))
  const { body } = await exchangeCode(fixture, fixture.client, code)
  const userinfo = await (await browser()).get('/oauth/userinfo', {}, { authorization: `Bearer ${body.access_token}` })
  const claims = JSON.parse(userinfo.text)
  assert.deepEqual([claims.size, claims['https://club.example/card']], ['M', undefined], 'each with its scope')
  assert.ok(decodeJwt(String(body.id_token)).sub)
  const [user] = (await callOperation(userSearch, await context(), { search: email })).data
  assert.deepEqual(user?.attributes, { card: 'C100', size: 'M' })
  const metadata = JSON.parse((await (await browser()).get('/.well-known/openid-configuration')).text)
  assert.ok(metadata.claims_supported.includes('size'))
  const second = await browser()
  await second.submit(await second.get(REGISTRATION_PATH), { email: `x${email}` })
  const mail = (await mailsTo(fixture.services, `x${email}`)).at(-1) ?? assert.fail()
  const again = await second.get(CONFIRM_REGISTRATION_PATH, { token: mail.token })
  const taken = await second.submit(again, { password, 'attribute-card': 'c100' })
  assert.equal(noticeOf(taken), 'Card number: This is not in the form that is asked for.')
  const same = await second.submit(taken, { password, 'attribute-card': 'C100' })
  assert.deepEqual([same.status, noticeOf(same)], [400, 'Card number: Somebody else has this already.'])
})

test('who lacks what is required gives it before the session opens', async () => {
  const user = await person()
  const who = await browser()
  const page = await authorize(who, user.email)
  assert.deepEqual([page.status, headingOf(page)], [200, 'A few details'])
  assert.doesNotMatch(page.text, /attribute-size/, 'only what is required')
  assert.equal(sessionIn(who), undefined)
  assert.equal((await who.get(ACCOUNT_PATHS.overview)).status, 303, 'the account is not open')
  const empty = await who.submit(page, {})
  assert.deepEqual([empty.status, sessionIn(who)], [400, undefined])
  const consent = await who.submit(empty, { 'attribute-card': 'C200' })
  assert.ok(answerOf(await who.submit(consent, { decision: 'allow' })).code)
  assert.deepEqual((await userOf(user.id)).attributes, { card: 'C200' })
  const updated = (await eventsAbout(await context(), user.id)).find(({ type }) => type === 'user.updated')
  assert.equal(updated?.actor.id, user.id)
  assert.doesNotMatch(JSON.stringify(updated), /C200/)
  const next = await authorize(await browser(), user.email)
  assert.doesNotMatch(headingOf(next), /details/)
})

test('a second click on the details is answered as the first one, and another browser gets nothing by them', async () => {
  const user = await person()
  const who = await browser()
  const page = await authorize(who, user.email)
  const { action, fields } = formOf(page)
  const cookies = new Map(who.cookies)
  const first = await who.post(action, { ...fields, 'attribute-card': 'C210' })
  const session = sessionIn(who) ?? assert.fail()
  const twice = await browser()
  for (const [name, value] of cookies) twice.cookies.set(name, value)
  const second = await twice.post(action, { ...fields, 'attribute-card': 'C210' })
  assert.deepEqual([first.status, second.status], [303, 303])
  assert.equal(sessionIn(twice), session)
  const stranger = await browser()
  assert.equal((await stranger.post(action, { ...fields, 'attribute-card': 'C211' })).error, 'forbidden')
})

test('a value that another user has is refused, and what only administrators write is not asked for', async () => {
  await person({ card: 'C300' })
  await declare({ ...CARD, unique: true }, LEVEL)
  const user = await person()
  await declare(CARD, LEVEL)
  const who = await browser()
  const page = await authorize(who, user.email)
  assert.doesNotMatch(page.text, /attribute-level/)
  const taken = await who.submit(page, { 'attribute-card': 'C300', 'attribute-level': 'gold' })
  assert.deepEqual([taken.status, noticeOf(taken)], [400, 'Card number: Somebody else has this already.'])
  await who.submit(taken, { 'attribute-card': 'C301', 'attribute-level': 'gold' })
  assert.deepEqual((await userOf(user.id)).attributes, { card: 'C301' })
})

test('people change their own attributes on the account page, and see those of administrators', async () => {
  await declare(CARD, NEWS, { name: 'given_name', label: { en: 'First name' } })
  const user = await callOperation(userCreate, await context(), {
    email: `acc-${++made}@example.com`,
    password: PASSWORD,
    attributes: { card: 'C400', other: 'kept' },
  })
  await declare(CARD, NEWS, LEVEL, { name: 'given_name', label: { en: 'First name' } })
  await callOperation(userUpdate, await context(), {
    id: user.id,
    attributes: { card: 'C400', other: 'kept', level: 'silver' },
  })
  const who = await browser()
  const page = await who.submit(await who.follow(await who.get(ACCOUNT_PATHS.overview)), {
    email: user.email,
    password: PASSWORD,
  })
  assert.match(page.text, /<dt>Level<\/dt>\s*<dd><bdi>silver/)
  assert.match(page.text, /name="attribute-card"[^>]*value="C400"/)
  const cleared = await who.submit(page, { name: 'Ann', 'attribute-card': '' })
  assert.deepEqual([cleared.status, noticeOf(cleared)], [400, 'Card number: Fill in this field.'])
  const values = {
    'attribute-card': 'C401',
    'attribute-news': 'yes',
    'attribute-given_name': 'Ann',
    'attribute-level': 'gold',
  }
  const saved = await who.submit(cleared, { name: 'Ann B', ...values })
  assert.match(saved.text, /Done\./)
  const changed = await userOf(user.id)
  assert.deepEqual([changed.name, changed.givenName], ['Ann B', 'Ann'])
  assert.deepEqual(changed.attributes, { card: 'C401', other: 'kept', level: 'silver', news: true })
})
