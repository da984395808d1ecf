// Checks that people accept the terms of a realm, and that nothing opens for those who do not.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CONFIRM_REGISTRATION_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { termsAcceptanceList } from '#domain/terms/terms-acceptance.operations.ts'
import { userCreate, userSearch } from '#domain/user/user.operations.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import type { FormBrowser, PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { failure, runOperation } from '#testing/run-operation.ts'

const version = (name: string, more: object = {}) => ({
  version: name,
  url: { en: `https://example.com/${name}` },
  ...more,
})

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const realm = async () => ((await fixture.services.registry.realmByIssuerId('default')) ?? assert.fail()).realm
const context = async () => fixture.services.contextFor({ realm: await realm() })
const declare = async (...terms: object[]) =>
  callOperation(realmUpdate, await context(), { policy: { terms, userRegistration: 'open' } })
const browser = async () => fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: await realm() })
const noticeOf = ({ text }: PageResponse) =>
  /id="problem"[^>]*>(.*?)<\/div>/s
    .exec(text)?.[1]
    ?.replace(/<[^>]+>/g, '')
    .trim()
const person = async () =>
  callOperation(userCreate, await context(), { email: `p${++made}@example.com`, password: PASSWORD })
const signIn = async (who: FormBrowser, email: string) => {
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request()))
  return who.submit(page, { email, password: PASSWORD })
}
const isAsked = (page: PageResponse) => /name="accept"/.test(page.text)
const sessionIn = (who: FormBrowser) => [...who.cookies].find(([name]) => /^(__Host-)?session-/.test(name))?.[1]
const accepted = async (id: string) =>
  (await runOperation(termsAcceptanceList, await context(), { id })).data.map((one) => one.version)

test('who does not accept the terms has no session, and is asked again for a newer required version', async () => {
  const user = await person()
  await declare(version('one'))
  const who = await browser()
  const page = await signIn(who, user.email)
  assert.match(page.text, /href="https:\/\/example.com\/one"/)
  const refused = await who.submit(page, {})
  assert.deepEqual([refused.status, noticeOf(refused)], [400, 'Accept the terms of use to go on.'])
  assert.deepEqual([sessionIn(who), await accepted(user.id)], [undefined, []])
  const other = await who.submit(refused, { accept: 'yes', terms: 'another version' })
  assert.deepEqual([other.status, sessionIn(who)], [400, undefined])
  await who.submit(other, { accept: 'yes' })
  assert.ok(sessionIn(who))
  assert.deepEqual(await accepted(user.id), ['one'])
  const event = (await eventsAbout(await context(), user.id)).find(({ type }) => type === 'terms.accepted')
  assert.deepEqual([event?.actor.id, event?.data], [user.id, { version: 'one' }])
  const overview = await who.get(ACCOUNT_PATHS.overview)
  assert.match(overview.text, /Accepted terms<\/dt>\s*<dd><bdi>one/)

  assert.ok(!isAsked(await signIn(await browser(), user.email)), 'nobody is asked twice')
  await declare(version('one'), version('two', { required: false }))
  assert.ok(!isAsked(await signIn(await browser(), user.email)), 'a version that is not required')
  await declare(version('one'), version('two', { required: false }), version('three'))
  const third = await browser()
  const again = await signIn(third, user.email)
  assert.match(again.text, /version <bdi>three/)
  await third.submit(again, { accept: 'yes' })
  assert.deepEqual(await accepted(user.id), ['one', 'three'])
  await declare()
})

test('who makes an account accepts the terms, in the same write as the account', async () => {
  await declare(version('first'))
  const who = await browser()
  const email = `new${++made}@example.com`
  await who.submit(await who.get(REGISTRATION_PATH), { email })
  const { token } = (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail()
  const form = await who.get(CONFIRM_REGISTRATION_PATH, { token })
  const values = { password: 'a phrase that nobody guesses' }
  const refused = await who.submit(form, values)
  assert.deepEqual([refused.status, noticeOf(refused)], [400, 'Accept the terms of use to go on.'])
  const users = async () => (await callOperation(userSearch, await context(), { search: email })).data
  assert.deepEqual(await users(), [])
  await who.submit(refused, { ...values, accept: 'yes' })
  const [user] = await users()
  assert.deepEqual(await accepted(user?.id ?? ''), ['first'])
  assert.ok(
    !isAsked(
      await (async () => {
        const other = await browser()
        const page = await other.follow(await other.get('/oauth/authorize', fixture.request()))
        return other.submit(page, { email, ...values })
      })(),
    ),
  )
  await declare()
})

test('terms that make no sense are refused, and nobody reads the acceptances of another directory', async () => {
  const none = [
    { version: 'a', url: {} },
    { version: 'a', url: { en: 'http://example.com' } },
    { version: '', url: { en: 'https://example.com' } },
  ]
  for (const one of none) await assert.rejects(declare(one), failure('invalid_input'))
  await assert.rejects(declare(version('a'), version('a')), failure('invalid_input'))
  const stranger = fixture.services.random.id()
  await assert.rejects(runOperation(termsAcceptanceList, await context(), { id: stranger }), failure('not_found'))
})
