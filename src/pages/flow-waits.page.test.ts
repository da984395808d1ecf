// Checks what flows wait for in sign-ins, what their steps change, and flows that are only watched.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { CONFIRM_REGISTRATION_PATH, RECOVERY_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import { flowDelete, flowUpdate } from '#domain/flow/flow.operations.ts'
import { organizationCreate } from '#domain/organization/organization.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { roleCreate } from '#domain/role/role.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { createNetwork } from '#outside/network.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type AnsweringReceiver, makeFlow, runsOf, startAnswering, when } from '#testing/flow-fixture.ts'
import { type FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { failure } from '#testing/run-operation.ts'

const ADA = { email: 'ada@example.com', password: PASSWORD }
const TERMS = 'https://terms.example'
const STRONG = { type: 'require_password_strength', config: { min_length: 12 } }

let fixture: AuthorizationFixture
let receiver: AnsweringReceiver
beforeEach(async () => {
  receiver = await startAnswering()
  const { request, checkUrl } = createNetwork({ allowLoopback: true })
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL, request, checkUrl } })
  const policy = { flowRedirectOrigins: [TERMS], userRegistration: 'open', rememberedDeviceDays: 30 }
  await callOperation(realmUpdate, fixture.services.contextFor(), { policy })
})
afterEach(async () => {
  await fixture.close()
  await receiver[Symbol.asyncDispose]()
})

const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const now = () => fixture.services.clock.now()
const realm = async () => (await fixture.services.registry.realmByIssuerId('default'))?.realm ?? assert.fail()
const context = () => fixture.services.contextFor()
const inRealm = async () => fixture.services.contextFor({ realm: await realm() })
const flowOf = async (steps: readonly object[], given: object = {}) =>
  makeFlow({ ...fixture.services, contextFor: () => at } as never, steps, given)
let at: Awaited<ReturnType<typeof inRealm>>
beforeEach(async () => {
  at = await inRealm()
})
const newBrowser = async () => fixture.newBrowser({ realm: await realm() })
const isSignedIn = (browser: FormBrowser) => [...browser.cookies.keys()].some((name) => /session-/.test(name))
const isIn = ({ text }: PageResponse) => /value="allow"/.test(text)
const arrive = async (browser: FormBrowser) => browser.follow(await browser.get('/oauth/authorize', fixture.request()))
const signIn = async (browser: FormBrowser, person = ADA) => browser.submit(await arrive(browser), person)
const users = async () => (await realm()).directoryId
const ada = async () => (await context().read.users.find(await users(), fixture.ada.id)) ?? assert.fail()

test('a redirect leads to an allowed address, and only its state goes on; a signed answer has to be signed', async () => {
  const flow = await flowOf([{ type: 'redirect', config: { url: `${TERMS}/?v=2` } }])
  const browser = await newBrowser()
  const away = await signIn(browser)
  const target = new URL(away.location ?? '')
  assert.deepEqual([target.origin, target.searchParams.get('v')], [TERMS, '2'])
  const back = new URL(target.searchParams.get('return_to') ?? '').pathname
  const state = target.searchParams.get('state') ?? ''
  // Coming back without the state, by the back button for one, leads away again.
  assert.equal((await browser.follow(await browser.get('/oauth/authorize', fixture.request()))).status, 200)
  assert.equal((await browser.get(back, { state: `${state}x` })).error, 'expired')
  assert.equal((await (await newBrowser()).get(back, { state })).error, 'forbidden')
  assert.equal(isSignedIn(browser), false)
  assert.ok(isIn(await browser.follow(await browser.get(back, { state }))))

  await callOperation(flowUpdate, at, {
    id: flow.id,
    steps: [{ type: 'redirect', config: { url: TERMS, signed: true } }],
  })
  const second = await newBrowser()
  const query = new URL((await signIn(second)).location ?? '').searchParams
  const signed = { state: query.get('state') ?? '', result: 'allow' }
  assert.equal((await second.get(back, signed)).error, 'invalid_request')
  const signature = fixture.services.crypto.hmac(flow.secret, `${signed.state}.${signed.result}`)
  assert.equal((await second.get(back, { ...signed, result: 'deny', signature })).error, 'invalid_request')
  assert.ok(isIn(await second.follow(await second.get(back, { ...signed, signature }))))

  const third = await newBrowser()
  const denied = new URL((await signIn(third)).location ?? '').searchParams.get('state') ?? ''
  const deny = fixture.services.crypto.hmac(flow.secret, `${denied}.deny`)
  const refused = await third.follow(await third.get(back, { state: denied, result: 'deny', signature: deny }))
  assert.deepEqual([refused.status, isSignedIn(third)], [403, false])

  const taken = callOperation(realmUpdate, at, { policy: { flowRedirectOrigins: [] } })
  await assert.rejects(taken, failure('invalid_request'))
})

test('a person with an unverified address opens the mailed link in the same browser, and is in', async () => {
  await flowOf([{ type: 'require_email_verification' }])
  const browser = await newBrowser()
  const page = await signIn(browser)
  assert.match(page.text, /ada@example\.com/)
  const told = await browser.submit(page, {})
  assert.equal(told.status, 200)
  const mail = (await mailsTo(fixture.services, ADA.email)).at(-1) ?? assert.fail('no mail')
  const stranger = await newBrowser()
  const elsewhere = await stranger.submit(await stranger.get(mail.link.pathname, { token: mail.token }), {})
  assert.match(elsewhere.text, /name="password"/)
  assert.equal((await ada()).emailVerified, false)
  const end = await browser.submit(await browser.get(mail.link.pathname, { token: mail.token }), {})
  assert.deepEqual([isIn(end), (await ada()).emailVerified], [true, true])
})

test('a delay lasts as long as it says, however often the page is loaded', async () => {
  await flowOf([{ type: 'delay', config: { seconds: 20 } }])
  const browser = await newBrowser()
  const page = await signIn(browser)
  assert.equal(page.headers.refresh, '20')
  const again = () => browser.follow({ ...page, location: /href="(\/sign-in\/flow[^"]*)"/.exec(page.text)?.[1] ?? '' })
  wait(19)
  assert.deepEqual([(await again()).headers.refresh, isSignedIn(browser)], ['1', false])
  wait(1)
  assert.ok(isIn(await again()))
})

test('steps give a role and a membership once, and conditions see the role', async () => {
  const role = await callOperation(roleCreate, at, { name: 'Clerk', permissions: [] })
  const organization = await callOperation(organizationCreate, at, { name: 'Acme' })
  await flowOf([
    { type: 'add_to_org', config: { org_id: organization.id, role: 'billing' } },
    { type: 'assign_role', config: { role_id: role.id } },
    when({ all_of: [{ user_has_role: 'clerk' }, { not: { email_domain: 'other.example' } }] }, [
      { type: 'set_metadata', config: { key: 'clerk', value: true } },
    ]),
  ])
  for (let round = 0; round < 2; round++) assert.ok(isIn(await signIn(await newBrowser())))
  const { read } = context()
  assert.deepEqual(
    (await read.roles.rolesOf((await realm()).id, fixture.ada.id)).map(({ name }) => name),
    ['Clerk'],
  )
  assert.equal((await read.organizations.member(organization.id, fixture.ada.id))?.role, 'billing')
  assert.deepEqual((await ada()).attributes, { clerk: true })
  assert.equal((await fixture.events('role.assigned')).length, 1)
  assert.equal((await fixture.events('organization.member_added')).length, 1)
})

test('a strong password is let in at sign-ins, a weak one is led to where a new one is set', async () => {
  await flowOf([STRONG])
  assert.ok(isIn(await signIn(await newBrowser())))
  await callOperation(flowUpdate, at, {
    id: (await at.read.flows.inMode((await realm()).id, 'enabled'))[0]?.id,
    steps: [{ ...STRONG, config: { min_length: 60 } }],
  })
  const weak = await signIn(await newBrowser())
  assert.equal(weak.status, 403)
  assert.match(weak.text, /href="[^"]*\/password\/forgot/)
})

test('a challenge is asked for in a remembered browser, too, and recovery codes only where the step takes them', async () => {
  const { key, codes } = await setUpTotp(context(), fixture.ada.id)
  const browser = await newBrowser()
  const first = await signIn(browser)
  await browser.submit(first, { code: codeOf(key, now()), remember: 'yes' })
  wait(86_400)
  assert.ok(isIn(await signIn(browser)), 'the browser is remembered')
  wait(86_400)
  await flowOf([{ type: 'require_mfa_challenge', config: { allow_recovery: false } }])
  const page = await signIn(browser)
  assert.match(page.text, /name="method" value="totp"/)
  assert.doesNotMatch(page.text, /recovery_code/)
  const { action, fields } = formOf(page)
  const sneaky = await browser.follow(
    await browser.post(action, { ...fields, method: 'recovery_code', code: codes[0] ?? '' }),
  )
  assert.equal(isIn(sneaky), false)
  assert.ok(isIn(await browser.submit(page, { code: codeOf(key, now()) })))
  // A recovery code that was proven before the flow does not count either.
  const other = await newBrowser()
  const asked = await other.submit(await signIn(other), { method: 'recovery_code', code: codes[1] ?? '' })
  assert.match(asked.text, /name="method" value="totp"/)
})

test('the flow of a sign-up checks the password in the form, and runs at the first sign-in before that of the way in', async () => {
  const signup = await flowOf([STRONG, { type: 'webhook', config: { url: receiver.url } }], { trigger: 'signup' })
  const login = await flowOf([{ type: 'set_metadata', config: { key: 'n', value: 1 } }])
  const browser = await newBrowser()
  const email = 'new@example.com'
  await browser.submit(await browser.get(REGISTRATION_PATH), { email })
  const { token } = (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail('no mail')
  const form = await browser.get(CONFIRM_REGISTRATION_PATH, { token })
  const weak = await browser.submit(form, { password: 'elevenchars' })
  assert.match(weak.text, /12/)
  const plain = await browser.submit(form, { password: 'onlylettersandmore' })
  assert.match(plain.text, /neither a letter nor a digit/)
  const password = 'a phrase that nobody guesses'
  assert.equal((await browser.submit(form, { password })).status, 200)
  receiver.answer(503)
  assert.equal((await signIn(await newBrowser(), { email, password })).status, 403)
  receiver.answer(200)
  assert.ok(isIn(await signIn(await newBrowser(), { email, password })))
  assert.ok(isIn(await signIn(await newBrowser(), { email, password })))
  assert.deepEqual(
    [await runsOf(fixture.services, signup.id), await runsOf(fixture.services, login.id)].map((runs) =>
      runs.map(({ actual }) => actual),
    ),
    [
      ['signed_in', 'blocked'],
      ['signed_in', 'signed_in'],
    ],
  )
})

test('a new password is no way around the flow of sign-ins, and has a flow of its own', async () => {
  await flowOf([{ type: 'custom_check', config: { condition: { metadata_eq: { member: true } } } }])
  const reset = await flowOf([{ type: 'set_metadata', config: { key: 'was_reset', value: true } }], {
    trigger: 'password_reset',
  })
  const browser = await newBrowser()
  await browser.submit(await browser.get(RECOVERY_PATH), { email: ADA.email })
  const mail = (await mailsTo(fixture.services, ADA.email)).at(-1) ?? assert.fail('no mail')
  const password = 'a phrase that nobody guesses'
  await browser.submit(await browser.get(mail.link.pathname, { token: mail.token }), { password })
  assert.equal((await signIn(await newBrowser(), { ...ADA, password })).status, 403)
  await callOperation(userUpdate, at, { id: fixture.ada.id, attributes: { member: true } })
  assert.ok(isIn(await signIn(await newBrowser(), { ...ADA, password })))
  assert.ok(isIn(await signIn(await newBrowser(), { ...ADA, password })))
  assert.deepEqual((await ada()).attributes, { member: true, was_reset: true })
  assert.equal((await runsOf(fixture.services, reset.id)).length, 2)
})

test('a flow in shadow mode changes nothing, and its runs say what it would have done', async () => {
  const role = await callOperation(roleCreate, at, { name: 'Clerk', permissions: [] })
  const shadow = await flowOf(
    [
      { type: 'webhook', config: { url: receiver.url } },
      { type: 'assign_role', config: { role_id: role.id } },
      when({ mfa_enrolled: false }, [{ type: 'require_mfa_enrollment' }]),
    ],
    { mode: 'shadow' },
  )
  const events = async () =>
    (await fixture.events('role.assigned')).length + (await fixture.events('flow.applied')).length
  assert.ok(isIn(await signIn(await newBrowser())))
  assert.deepEqual([receiver.asked.length, await events()], [0, 0])
  const [run] = await runsOf(fixture.services, shadow.id)
  assert.deepEqual(
    [run?.mode, run?.outcome, run?.step, run?.actual, run?.agrees, run?.aal],
    ['shadow', 'awaiting_mfa_enrollment', '2.then.0', 'signed_in', false, 1],
  )
  assert.deepEqual(
    run?.timeline.map(({ outcome }) => outcome),
    ['not_called', 'continue', 'continue', 'awaiting_mfa_enrollment'],
  )
  const real = await flowOf([{ type: 'custom_check', config: { condition: { email_domain: 'other.example' } } }])
  assert.equal((await signIn(await newBrowser())).status, 403)
  await callOperation(flowUpdate, at, { id: shadow.id, steps: [{ type: 'custom_check', config: { condition: {} } }] })
  await callOperation(flowDelete, at, { id: real.id })
  assert.ok(isIn(await signIn(await newBrowser())))
  const compared = (await runsOf(fixture.services, shadow.id)).map(({ outcome, actual, agrees }) => [
    outcome,
    actual,
    agrees,
  ])
  assert.deepEqual(compared, [
    ['continue', 'signed_in', true],
    ['awaiting_mfa_enrollment', 'blocked', false],
    ['awaiting_mfa_enrollment', 'signed_in', false],
  ])
  assert.equal((await runsOf(fixture.services, shadow.id, { agrees: 'true' })).length, 1)
})

test('a flow that is changed while it waits begins again, one that is deleted lets go, and an hour ends the wait', async () => {
  const delay = { type: 'delay', config: { seconds: 5 } }
  const flow = await flowOf([{ type: 'webhook', config: { url: receiver.url } }, delay])
  const browser = await newBrowser()
  const page = await signIn(browser)
  const again = (of: PageResponse, who: FormBrowser) =>
    who.follow({ ...of, location: /href="(\/sign-in\/flow[^"]*)"/.exec(page.text)?.[1] ?? '' })
  wait(6)
  await callOperation(flowUpdate, at, { id: flow.id, priority: 3 })
  assert.equal((await again(page, browser)).headers.refresh, '5')
  assert.equal(receiver.asked.length, 2)
  wait(3600)
  assert.match((await again(page, browser)).text, /name="password"/)
  const second = await newBrowser()
  const held = await signIn(second)
  await callOperation(flowDelete, at, { id: flow.id })
  const href = /href="(\/sign-in\/flow[^"]*)"/.exec(held.text)?.[1] ?? ''
  assert.ok(isIn(await second.follow({ ...held, location: href })))
})
