// Checks the page that verifies an e-mail address, and the operations that mail links.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { userSendPasswordReset, userSendVerification } from '#domain/account/account.operations.ts'
import { RECOVERY_PATH, RESET_PATH, VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { adminRealmOf } from '#domain/admin-realm/admin-realm.service.ts'
import {
  administratorCreate,
  administratorRecover,
  administratorUpdate,
} from '#domain/administrator/administrator.operations.ts'
import { clientUpdate } from '#domain/client/client.operations.ts'
import { mailSettingsUpdate } from '#domain/mail-settings/mail-settings.operations.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { userCreate, userGet, userUpdate } from '#domain/user/user.operations.ts'
import { verifyPassword } from '#domain/user/user.service.ts'
import { setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { linkAccountOf } from '#testing/linked-account.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { postForm, tokensFor } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}` })
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const person = async () =>
  callOperation(userCreate, context(), { email: `person-${++made}@example.com`, password: PASSWORD })
const isVerified = async (id: string) => (await callOperation(userGet, context(), { id })).emailVerified
const newest = async (email: string) => (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail('no mail')
const tokenFor = async ({ id, email }: { id: string; email: string }) => {
  await runOperation(userSendVerification, context(), { id })
  return (await newest(email)).token
}
const open = (who: FormBrowser, token: string) => who.get(VERIFICATION_PATH, { token })
/** Confirms, and signs in as the page asks. @returns the page to confirm again */
const signedIn = async (who: FormBrowser, page: PageResponse, { email }: { email: string }) =>
  who.submit(await who.submit(page, {}), { email, password: PASSWORD })

test('an administrator has a link mailed, and the owner of the address confirms it by a click', async () => {
  const { ada, client } = fixture
  const { access } = await tokensFor(fixture, client, { scope: 'openid email' })
  const userinfo = async () =>
    (await postForm(fixture, '/oauth/userinfo', {}, { authorization: `Bearer ${access}` })).body.email_verified
  assert.equal(await userinfo(), false)
  const token = await tokenFor(ada)
  const mail = await newest(ada.email)
  assert.match(mail.subject, /^Confirm your e-mail address/)
  assert.doesNotMatch(mail.text, /Asked for from/)
  const who = browser()
  const shown = await open(who, token)
  assert.ok(shown.text.includes(ada.email))
  assert.equal(await isVerified(ada.id), false, 'ML-01 looking changes nothing')
  const page = await signedIn(who, shown, ada)
  assert.equal(await isVerified(ada.id), false, 'a sign-in changes nothing either')
  const done = await who.submit(page, {})
  assert.deepEqual([done.status, headingOf(done)], [200, 'Your address is confirmed'])
  assert.equal(await userinfo(), true)
  assert.equal(headingOf(await who.submit(page, {})), 'Your address is confirmed', 'a second click says the same')
  const events = (await eventsAbout(context(), ada.id)).map(({ type, actor }) => [type, actor.id === ada.id])
  assert.deepEqual(events.slice(-2), [
    ['user.verification_sent', false],
    ['user.updated', true],
  ])
})

test('only who is signed in to the account confirms its address, so that nobody takes over what somebody else made', async () => {
  const [owner, other] = [await person(), await person()]
  await linkAccountOf(context(), owner.id)
  const [who, token] = [browser(), await tokenFor(owner)]
  await authorizeInBrowser(who, fixture.request(), { email: other.email })
  const shown = await open(who, token)
  assert.ok(shown.text.includes(other.email), 'the page says who is signed in')
  const form = await who.submit(shown, {})
  assert.ok(form.text.includes(`value="${owner.email}"`))
  const again = await who.submit(form, { email: other.email, password: PASSWORD })
  await who.submit(again, {})
  assert.equal(await isVerified(owner.id), false)
  const page = await signedIn(who, again, owner)
  assert.ok(!page.text.includes(other.email))
  assert.equal(headingOf(await who.submit(page, {})), 'Your address is confirmed')
  assert.equal(await isVerified(owner.id), true)
  assert.equal((await context().read.linkedAccounts.allOf(owner.id)).length, 1, 'the owner keeps what is linked')
})

test('a person who is signed in asks for the mail; nobody else can', async () => {
  const { id, email } = await person()
  assert.equal((await browser().get(VERIFICATION_PATH)).status, 410)
  const who = browser()
  await authorizeInBrowser(who, fixture.request(), { email })
  const page = await who.get(VERIFICATION_PATH)
  assert.ok(page.text.includes(email))
  assert.equal(headingOf(await who.submit(page, {})), 'Look into your mailbox')
  assert.match((await newest(email)).text, /Asked for from: 192\.0\.2\./)
  for (let more = 0; more < 4; more++) await who.submit(page, {})
  assert.equal((await who.submit(page, {})).status, 429)
  await who.submit(await open(who, (await newest(email)).token), {})
  assert.equal(await isVerified(id), true)
  assert.equal(headingOf(await who.get(VERIFICATION_PATH)), 'Your address is confirmed')
})

test('ML-03 twenty posts at once verify once', async () => {
  const user = await person()
  const who = browser()
  const { action, fields } = formOf(await signedIn(who, await open(who, await tokenFor(user)), user))
  const replies = await Promise.all(Array.from({ length: 20 }, () => who.post(action, fields)))
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  const updates = (await eventsAbout(context(), user.id)).filter(({ type }) => type === 'user.updated')
  assert.equal(updates.length, 1)
})

test('ML-07 a link to verify sets no password, and one to set a password verifies nothing', async () => {
  const user = await person()
  const verification = await tokenFor(user)
  await runOperation(userSendPasswordReset, context(), { id: user.id })
  const reset = (await newest(user.email)).token
  assert.equal((await browser().get(RESET_PATH, { token: verification })).status, 410)
  assert.equal((await open(browser(), reset)).status, 410)
  assert.equal((await browser().get(RESET_PATH, { token: reset })).status, 200)
})

test('ML-08 an older link, and one of another address or of a suspended user, is refused', async () => {
  const user = await person()
  const [older, newer] = [await tokenFor(user), await tokenFor(user)]
  assert.deepEqual([(await open(browser(), older)).status, (await open(browser(), newer)).status], [410, 200])
  await callOperation(userUpdate, context(), { id: user.id, status: 'suspended' })
  assert.equal((await open(browser(), newer)).status, 410)
  await callOperation(userUpdate, context(), { id: user.id, status: 'active', email: `new-${user.email}` })
  assert.equal((await open(browser(), newer)).status, 410)
})

test('the operations refuse what makes no sense', async () => {
  const user = await person()
  const run = (operation: typeof userSendVerification, id = user.id) => runOperation(operation, context(), { id })
  await assert.rejects(run(userSendVerification, fixture.services.random.id()), failure('not_found'))
  await assert.rejects(run(userSendPasswordReset, fixture.services.random.id()), failure('not_found'))
  await callOperation(userUpdate, context(), { id: user.id, emailVerified: true })
  await assert.rejects(run(userSendVerification), failure('conflict'))
  for (let sent = 0; sent < 10; sent++) await run(userSendPasswordReset)
  await assert.rejects(run(userSendPasswordReset), failure('too_many_requests'))
  await callOperation(userUpdate, context(), { id: user.id, status: 'suspended' })
  await assert.rejects(run(userSendPasswordReset), failure('conflict'))
  const without = await openTestServices()
  try {
    const { id } = await callOperation(userCreate, without.contextFor(), { email: 'eve@example.com' })
    for (const operation of [userSendVerification, userSendPasswordReset]) {
      await assert.rejects(runOperation(operation, without.contextFor(), { id }), failure('conflict'))
    }
  } finally {
    await without.close()
  }
})

test('a program that may not make credentials cannot move an account to another mailbox', async () => {
  const { id } = await person()
  const limited = fixture.services.contextFor({ permissions: ['users:write'] })
  const change = (patch: object) => runOperation(userUpdate, limited, { id, ...patch })
  await assert.rejects(change({ email: 'evil@example.com' }), failure('forbidden'))
  await change({ name: 'Ann' })
  const allowed = fixture.services.contextFor({ permissions: ['users:write', 'credentials:write'] })
  await runOperation(userUpdate, allowed, { id, email: `person-${++made}@example.com` })
})

test('who lost the last administrator makes a link, with which the administrator sets a new password', async () => {
  const { services } = fixture
  const { id, email } = await runOperation(administratorCreate, context(), {
    email: 'root@example.com',
    role: 'super_admin',
  })
  const realm = await adminRealmOf(context())
  const before = await eventsAbout(context(), id)
  const { url, expiresAt } = await runOperation(administratorRecover, context(), { id })
  assert.equal(expiresAt, services.clock.now() + 3_600_000)
  assert.ok(url.startsWith(`${issuerOf(realm, services.registry.settings)}${RESET_PATH}?token=`))
  const token = new URL(url).searchParams.get('token') ?? ''
  const who = new FormBrowser(services, realm)
  const done = await who.submit(await who.get(RESET_PATH, { token }), { password: PASSWORD })
  assert.equal(headingOf(done), 'Your password is changed')
  assert.ok(await verifyPassword(context(), realm.directoryId, { email, password: PASSWORD }))
  assert.equal((await who.get(RESET_PATH, { token })).status, 410)
  const events = (await eventsAbout(context(), id)).slice(before.length)
  assert.deepEqual(
    events.map(({ type, actor }) => [type, actor.kind]),
    [
      ['user.recovery_link_created', 'api_key'],
      ['user.password_set', 'user'],
    ],
  )
  const limited = services.contextFor({ permissions: ['administrators:write', 'credentials:write'] })
  await assert.rejects(runOperation(administratorRecover, limited, { id }), failure('forbidden'))
})

test('a link that was handed over stays beside those that anybody can have mailed, and proves no address', async () => {
  const { services } = fixture
  const { id, email } = await runOperation(administratorCreate, context(), {
    email: 'lost@example.com',
    role: 'super_admin',
  })
  const realm = await adminRealmOf(context())
  await runOperation(administratorUpdate, context(), { id, email: `new-${email}` })
  const isProven = async () => (await context().read.users.find(realm.directoryId, id))?.emailVerified
  assert.equal(await isProven(), false)
  await setUpTotp(services.contextFor({ realm }), id)
  const { url } = await runOperation(administratorRecover, context(), { id })
  const stranger = new FormBrowser(services, realm)
  await stranger.submit(await stranger.get(RECOVERY_PATH), { email: `new-${email}` })
  assert.equal((await newest(`new-${email}`)).kind, 'password_recovery')
  const who = new FormBrowser(services, realm)
  const token = new URL(url).searchParams.get('token') ?? ''
  const done = await who.submit(await who.get(RESET_PATH, { token }), { password: PASSWORD })
  assert.equal(headingOf(done), 'Your password is changed')
  assert.equal(await isProven(), false)
  assert.equal((await context().read.authenticators.allOf(id)).length, 2)
  const { token: mailed } = (await mailsTo(services, `new-${email}`))[0] ?? assert.fail()
  assert.equal((await who.get(RESET_PATH, { token: mailed })).status, 410, 'the other link is of the old password')
})

test('after an address is verified, the page leads where the realm says, as long as a client is there', async () => {
  const user = await person()
  const verifyRedirectUrl = 'https://welcome.example/verified'
  const allow = (allowedOrigins: string[]) =>
    runOperation(clientUpdate, context(), { id: fixture.client.id, allowedOrigins })
  await allow([new URL(verifyRedirectUrl).origin])
  await runOperation(mailSettingsUpdate, context(), { verifyRedirectUrl })
  const who = browser()
  const page = await signedIn(who, await open(who, await tokenFor(user)), user)
  const leadsThere = ({ text }: PageResponse) => text.includes(`href="${verifyRedirectUrl}"`)
  assert.ok(leadsThere(await who.submit(page, {})))
  await allow([])
  assert.ok(!leadsThere(await who.get(VERIFICATION_PATH)))
})
