// Checks the pages where people manage their own accounts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RESET_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { changeOwnPassword } from '#domain/account/own-account.service.ts'
import { addOwnApp } from '#domain/account/own-app.service.ts'
import { removeOwnApp, renewRecoveryCodes } from '#domain/account/own-factors.service.ts'
import { adminRealmOf } from '#domain/admin-realm/admin-realm.service.ts'
import { administratorCreate, administratorRecover } from '#domain/administrator/administrator.operations.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate, userDisableMfa, userGet, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { anotherRealm, anotherTenant, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { setMinAal } from '#testing/realm-level.ts'
import { exchangeCode, isActive, refreshWith, tokensOf } from '#testing/token-client.ts'
import { exchangeToken } from '#testing/token-exchange.ts'

const NEW_PASSWORD = 'a phrase that nobody guesses'
const PATHS = Object.values(ACCOUNT_PATHS)
/** Nothing is posted to the list of what happened. */
const FORMS: readonly string[] = PATHS.filter((path) => path !== ACCOUNT_PATHS.activity)
/** Nothing is allowed, linked or asked for, so these have no form. */
const EMPTY: readonly string[] = [
  '/account/connections',
  ACCOUNT_PATHS.apps,
  ACCOUNT_PATHS.linked_accounts,
  ACCOUNT_PATHS.approvals,
]

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const now = () => fixture.services.clock.now()
const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const isSignIn = ({ text }: PageResponse) => /action="\/sign-in"/.test(text) && /name="password"/.test(text)
/** A browser in a network of its own, so that no test takes from the budget of another. */
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: withDeletion(fixture.services.realm) })
const withDeletion = (realm: Realm): Realm => ({ ...realm, policy: { ...realm.policy, accountDeletion: true } })
const person = () => callOperation(userCreate, context(), { email: `p${++made}@example.com`, password: PASSWORD })
const userOf = (id: string) => callOperation(userGet, context(), { id })

/** Opens a page of the account, with a sign-in where it is asked for. */
async function open(who: FormBrowser, path: string, email: string, password = PASSWORD): Promise<PageResponse> {
  const page = await who.follow(await who.get(path))
  return isSignIn(page) ? who.submit(page, { email, password }) : page
}

/** The forms of a page that have a button or a field with a value. */
function formWith({ text, ...page }: PageResponse, value: string): { action: string; fields: Record<string, string> } {
  const form = [...text.matchAll(/<form.*?<\/form>/gs)]
    .map(([whole]) => whole)
    .find((one) => one.includes(`"${value}"`))
  return formOf({ ...page, text: form ?? assert.fail(`no form has ${value}`) })
}

/** Presses a button. @param about a value that the right form has, besides that of the button */
async function press(who: FormBrowser, page: PageResponse, decision: string, about = decision): Promise<PageResponse> {
  const { action, fields } = formWith(page, about)
  return who.follow(await who.post(action, { ...fields, decision }))
}

/** The tokens of a client that the person of a browser allowed what it asked for. */
async function allow(who: FormBrowser, email: string) {
  const scope = 'openid email offline_access orders:read'
  let page = await who.follow(
    await who.get('/oauth/authorize', fixture.request({ scope, resource: 'https://api.example.com/orders' })),
  )
  for (let step = 0; step < 3 && page.status === 200; step++) {
    page = await who.submit(page, isSignIn(page) ? { email, password: PASSWORD } : { decision: 'allow' })
  }
  return tokensOf(await exchangeCode(fixture, fixture.client, answerOf(page).code ?? ''))
}

test('CO-12 each page asks for a sign-in and comes back to itself, whatever the query says', async () => {
  const { email } = await person()
  for (const path of PATHS) {
    const who = browser()
    const asked = await who.follow(
      await who.get(path, { continue: '//evil.example', return_to: '/\\evil', path: 'https:evil' }),
    )
    assert.ok(isSignIn(asked), path)
    const { action, fields } = formOf(asked)
    const { status, location } = await who.post(action, {
      ...fields,
      email,
      password: PASSWORD,
      continue: '//evil.example',
    })
    assert.deepEqual([status, location], [303, path])
    const page = await who.get(path)
    assert.equal(page.status, 200, path)
    assert.doesNotMatch(page.text, /evil/)
    if (!FORMS.includes(path)) continue
    // Without the session, a form does nothing and leads to the sign-in.
    const posted = await browser().post(path, { name: 'Mallory', password: NEW_PASSWORD, decision: 'end_others' })
    assert.match(posted.location ?? '', /^\/sign-in\?transaction=/)
  }
})

test('a session of another realm opens no page', async () => {
  const { email } = await person()
  const who = browser()
  await open(who, '/account', email)
  const realm = await anotherRealm(fixture.services, await anotherTenant(fixture.services))
  const stranger = new FormBrowser(fixture.services, withDeletion(realm))
  const [[, secret] = []] = [...who.cookies].filter(([name]) => name.includes('session-'))
  const [name = ''] = [...who.cookies.keys()].filter((one) => one.includes('session-'))
  stranger.cookies.set(name.replace(fixture.services.realm.issuerId, realm.issuerId), secret ?? '')
  for (const path of PATHS) assert.match((await stranger.get(path)).location ?? '', /^\/sign-in\?/, path)
})

test('forms count only in the browser, the session, the page and the site that they are of', async () => {
  const [ada, bob] = [await person(), await person()]
  const [hers, his] = [browser(), browser()]
  await open(his, '/account', bob.email)
  for (const path of FORMS) {
    const page = await open(hers, path, ada.email)
    const token = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const post = (who: FormBrowser, csrf: string, headers?: Record<string, string>) =>
      who.post(path, { csrf, name: 'X', password: NEW_PASSWORD, decision: 'end_others' }, headers)
    if (!EMPTY.includes(path)) {
      assert.notEqual(token, '', path)
      assert.equal((await post(hers, token, { 'sec-fetch-site': 'cross-site' })).error, 'forbidden', path)
      assert.equal((await post(his, token)).error, 'forbidden', path)
      const elsewhere = FORMS[(FORMS.indexOf(path) + 1) % FORMS.length] ?? ''
      assert.equal((await hers.post(elsewhere, { csrf: token })).error, 'forbidden', path)
    }
    assert.equal((await post(hers, '')).error, 'forbidden', path)
  }
  assert.equal((await userOf(ada.id)).name, null)
})

test('a person sees who they are and changes the name', async () => {
  const { id, email } = await person()
  const who = browser()
  const page = await open(who, '/account', email)
  assert.match(page.text.replace(/<[^>]+>/g, ''), new RegExp(`${email}\\s+\\(not verified\\)`))
  assert.match(page.text, /href="\/email\/verify"/)
  const changed = await who.submit(page, { name: 'Ada Lindqvist' })
  assert.match(changed.text, /value="Ada Lindqvist"/)
  assert.match(changed.text, /Done/)
  assert.equal((await userOf(id)).name, 'Ada Lindqvist')
  const updated = (await eventsAbout(context(), id)).at(-1)
  assert.deepEqual([updated?.type, updated?.actor.kind, updated?.actor.id], ['user.updated', 'user', id])
  const refused = await who.submit(page, { name: 'two\u0007 lines' })
  assert.equal(refused.status, 400)
  await who.submit(page, { name: '' })
  assert.equal((await userOf(id)).name, null)
})

test('a new password keeps this session, ends the others and all tokens, and is told by mail', async () => {
  const { id, email } = await person()
  const [who, other] = [browser(), browser()]
  const tokens = await allow(other, email)
  const page = await open(who, '/account/password', email)
  const short = await who.submit(page, { password: 'short' })
  assert.deepEqual([short.status, /at least/i.test(short.text)], [400, true])
  assert.match((await who.submit(page, { password: NEW_PASSWORD })).text, /Done/)
  assert.equal((await who.get('/account')).status, 200)
  assert.ok(isSignIn(await other.follow(await other.get('/account'))))
  assert.equal((await refreshWith(fixture, fixture.client, tokens.refresh)).body.error, 'invalid_grant')
  assert.equal(await isActive(fixture, fixture.client, tokens.access), false)
  assert.equal(headingOf(await open(browser(), '/account', email, NEW_PASSWORD)), 'Your account')
  assert.ok(isSignIn(await open(browser(), '/account', email)))
  const mails = (await mailsTo(fixture.services, email)).filter(({ kind }) => kind !== 'new_browser')
  const [mail] = mails
  assert.deepEqual([mail?.kind, mails.length], ['password_changed', 1])
  assert.match(mail?.text ?? '', /signed out everywhere else/)
  const set = (await eventsAbout(context(), id)).find(({ type }) => type === 'user.password_set')
  assert.deepEqual([set?.actor.kind, set?.actor.id], ['user', id])
})

test('SE-11 a person ends one session or all others; the session of somebody else is not there', async () => {
  const [ada, bob] = [await person(), await person()]
  const [who, second, third, his] = [browser(), browser(), browser(), browser()]
  const [tokens, bobs] = [await allow(second, ada.email), await allow(his, bob.email)]
  await open(third, '/account', ada.email)
  const page = await open(who, '/account/sessions', ada.email)
  const ids = [...page.text.matchAll(/name="session" value="([^"]+)"/g)].map(([, id = '']) => id)
  assert.equal(ids.length, 3)
  assert.equal(page.text.match(/This browser/g)?.length, 1)
  const [foreign] = (await context().read.sessions.list(fixture.services.realm.id, { limit: 1, userId: bob.id })).data
  const { action, fields } = formWith(page, 'end')
  for (const session of [foreign?.id ?? '', fixture.services.random.id(), 'a\u0000b', '']) {
    const reply = await who.post(action, { ...fields, decision: 'end', session })
    assert.deepEqual([reply.status, reply.error], [404, 'not_found'], session)
  }
  assert.equal(await isActive(fixture, fixture.client, bobs.access), true)

  const [, , oldest = ''] = ids
  const left = await press(who, page, 'end', oldest)
  assert.equal(left.text.match(/name="session"/g)?.length, 2)
  assert.ok(isSignIn(await second.follow(await second.get('/account'))))
  assert.equal(await isActive(fixture, fixture.client, tokens.access), false)
  const ended = (await eventsAbout(context(), oldest)).at(-1)
  assert.deepEqual([ended?.type, ended?.actor.id, ended?.data.why], ['session.ended', ada.id, 'signed_out'])

  const alone = await press(who, left, 'end_others')
  assert.equal(alone.text.match(/name="session"/g)?.length, 1)
  assert.ok(isSignIn(await third.follow(await third.get('/account'))))
  const frontchannelLogoutUri = 'https://app.example/out'
  const client = await fixture.makeClient({ firstParty: true, frontchannelLogoutUri })
  const { code = '' } = answerOf(await authorizeInBrowser(who, fixture.request({ client_id: client.clientId })))
  assert.equal((await exchangeCode(fixture, client, code)).status, 200)
  const own = await press(who, alone, 'end', ids[0])
  assert.match(own.text, /<iframe src="https:\/\/app\.example\/out"/, 'apps in this browser end their sessions too')
  assert.match(own.text, /You are signed out\..* href="\/signed-out"/)
  assert.ok(isSignIn(await who.follow(await who.get('/account'))))
  assert.equal((await his.get('/account')).status, 200)
})

test('a person with many sessions sees some, the rest on demand, and ends all of them', async () => {
  const { email } = await person()
  for (let count = 0; count < 26; count++)
    await open(fixture.newBrowser({ ip: `198.51.100.${count}` }), '/account', email)
  const who = browser()
  const page = await open(who, '/account/sessions', email)
  assert.equal(page.text.match(/name="session"/g)?.length, 25)
  const next = /href="([^"]*cursor=[^"]*)"/.exec(page.text)?.[1] ?? assert.fail('no link to more')
  assert.equal((await who.get(next)).text.match(/name="session"/g)?.length, 2)
  assert.equal((await who.get('/account/sessions?cursor=%00')).error, 'invalid_request')
  assert.equal((await press(who, page, 'end_others')).text.match(/name="session"/g)?.length, 1)
})

test('a person sees what each app may do, and withdraws it: its tokens end at once', async () => {
  const [ada, bob] = [await person(), await person()]
  const [who, his] = [browser(), browser()]
  const [tokens, bobs] = [await allow(who, ada.email), await allow(his, bob.email)]
  const page = await open(who, '/account/apps', ada.email)
  for (const words of [
    'Tidewater',
    'See your e-mail address',
    'Do orders:read',
    'Resource https://api.example.com/orders',
  ])
    assert.ok(page.text.includes(words), words)
  const { action, fields } = formWith(page, 'withdraw')
  for (const client of [fixture.services.random.id(), 'x', ''])
    assert.equal((await who.post(action, { ...fields, client })).error, 'not_found')
  const after = await press(who, page, 'withdraw')
  assert.match(after.text, /allowed nothing to any app/)
  assert.equal(await isActive(fixture, fixture.client, tokens.access), false)
  assert.equal((await refreshWith(fixture, fixture.client, tokens.refresh)).body.error, 'invalid_grant')
  assert.equal(await isActive(fixture, fixture.client, bobs.access), true)
  const revoked = (await fixture.events('grant.revoked')).filter(({ actor }) => actor.id === ada.id)
  assert.equal(revoked.length, 2)
  assert.equal((await who.post(action, fields)).error, 'not_found', 'nothing is left to withdraw')
  const again = await who.follow(await who.get('/oauth/authorize', fixture.request({ scope: 'openid email' })))
  assert.match(again.text, /value="allow"/, 'the app asks again')
})

test('a person sees which apps act for them, and ends that: their tokens end at once', async () => {
  const [ada, bob] = [await person(), await person()]
  const who = browser()
  const tokens = await allow(who, ada.email)
  const agent = await fixture.makeClient({ label: 'Night reader', redirectUris: ['https://reader.example/cb'] })
  const grant = (fromUserId: string) =>
    callOperation(delegationGrantCreate, context(), { fromUserId, toClientId: agent.id, scopes: ['orders:read'] })
  const [own, his] = [await grant(ada.id), await grant(bob.id)]
  const token = String((await exchangeToken(fixture, agent, tokens.access)).body.access_token)
  assert.equal(await isActive(fixture, agent, token), true)
  const page = await open(who, '/account/apps', ada.email)
  for (const words of ['Night reader', 'Apps that act for you', 'orders:read'])
    assert.ok(page.text.includes(words), words)
  const { action, fields } = formWith(page, 'end')
  assert.equal(fields.delegation, own.id)
  for (const delegation of [his.id, fixture.services.random.id(), 'x', ''])
    assert.equal((await who.post(action, { ...fields, delegation, decision: 'end' })).error, 'not_found')
  const after = await press(who, page, 'end')
  assert.doesNotMatch(after.text, /Night reader/)
  assert.equal(await isActive(fixture, agent, token), false)
  assert.equal(await isActive(fixture, fixture.client, tokens.access), true)
  const [revoked] = await fixture.events('delegation_grant.revoked')
  assert.equal(revoked?.actor.id, ada.id)
})

test('MF-06 second factors are set up, renewed and removed only with a recent sign-in, by their owner', async () => {
  const [ada, bob] = [await person(), await person()]
  const his = await setUpTotp(context(), bob.id)
  const who = browser()
  let page = await open(who, '/account/second-factors', ada.email)
  assert.match(page.text, /no authenticator app/)
  wait(601)
  for (const path of ['/account/second-factors', '/account/password']) {
    assert.ok(isSignIn(await who.follow(await who.get(path))), path)
    const { fields } = formOf(page)
    const late = await who.post(path, { ...fields, decision: 'set_up', password: NEW_PASSWORD })
    assert.match(late.location ?? '', /^\/sign-in\?/, path)
  }
  page = await open(who, '/account/second-factors', ada.email)
  const enrolment = await press(who, page, 'set_up')
  const key = /<code class="key">([A-Z2-7 ]+)</.exec(enrolment.text)?.[1]?.replaceAll(' ', '') ?? assert.fail('no key')
  assert.deepEqual(await context().read.authenticators.allOf(ada.id), [], 'nothing counts before a code')
  assert.equal((await who.submit(enrolment, { code: '000000' })).status, 400)
  page = await who.submit(await who.submit(enrolment, { code: codeOf(key, now()) }), {})
  assert.match(page.text, /10 codes are left/)
  const kinds = (await context().read.authenticators.allOf(ada.id)).map(({ kind }) => kind).toSorted()
  assert.deepEqual(kinds, ['recovery_code', 'totp'])

  // Another sign-in needs the app too; a session from before does not do.
  const renewed = await press(who, page, 'renew_codes')
  assert.equal(renewed.text.match(/<li><code>/g)?.length, 10)
  const { action, fields } = formWith(page, 'remove')
  for (const authenticator of [his.authenticator.id, fixture.services.random.id(), 'x'])
    assert.equal((await who.post(action, { ...fields, authenticator, decision: 'remove' })).error, 'not_found')
  const [set] = (await context().read.authenticators.allOf(ada.id)).filter(({ kind }) => kind === 'recovery_code')
  assert.equal(
    (await who.post(action, { ...fields, authenticator: set?.id ?? '', decision: 'remove' })).error,
    'not_found',
  )
  assert.match((await press(who, page, 'remove')).text, /no authenticator app/)
  assert.deepEqual(await context().read.authenticators.allOf(ada.id), [])
  const removed = (await fixture.events('authenticator.removed')).filter(({ actor }) => actor.id === ada.id)
  assert.ok(removed.length >= 2)
  const told = (await mailsTo(fixture.services, ada.email)).filter(({ kind }) => kind === 'authenticator_changed')
  assert.deepEqual(
    told.map(({ subject }) => subject.replace(/ at .*/, '')),
    ['An authenticator app was added', 'Your recovery codes were replaced', 'An authenticator app was removed'],
  )
  for (const { link, text } of told) {
    assert.ok(link.pathname.endsWith('/account/second-factors'))
    assert.ok(text.includes('/password/forgot'), 'and what to do if it was somebody else')
    assert.ok(!text.includes(key))
  }
  assert.equal((await context().read.authenticators.allOf(bob.id)).length, 2)
})

test('MF-06 a person adds another app by a code of it, in the browser and the session that it was shown to', async () => {
  const [ada, bob] = [await person(), await person()]
  const [who, his] = [browser(), browser()]
  const enter = async (one: FormBrowser, { id, email }: { id: string; email: string }) => {
    const { key } = await setUpTotp(context(), id)
    const asked = await open(one, '/account/second-factors', email)
    return one.submit(asked, { code: codeOf(key, now()) })
  }
  const [page, hisPage] = [await enter(who, ada), await enter(his, bob)]
  const [shown, hisShown] = [await press(who, page, 'add'), await press(his, hisPage, 'add')]
  const key = /<code class="key">([A-Z2-7 ]+)</.exec(shown.text)?.[1]?.replaceAll(' ', '') ?? assert.fail('no key')
  const wrong = await who.submit(shown, { code: '000000' })
  assert.deepEqual([wrong.status, wrong.text.includes('not right')], [400, true])
  const [{ fields }, foreign] = [formOf(wrong), formOf(hisShown)]
  for (const enrolment of [foreign.fields.enrolment ?? '', 'x', 'a.\u0000', '']) {
    const reply = await who.post('/account/second-factors', { ...fields, enrolment, code: codeOf(key, now()) })
    assert.match(reply.error ?? '', /^(expired|forbidden)$/)
  }
  const code = codeOf(key, now())
  const clicks = await Promise.all([1, 2].map(() => who.post('/account/second-factors', { ...fields, code })))
  assert.deepEqual(
    clicks.map(({ status }) => status),
    [303, 303],
  )
  const all = await context().read.authenticators.allOf(ada.id)
  assert.deepEqual(all.map(({ kind }) => kind).toSorted(), ['recovery_code', 'totp', 'totp'])
  assert.equal((await context().read.authenticators.allOf(bob.id)).length, 2)
  // The code that was shown here is spent, and the next one signs in.
  const fresh = browser()
  const asked = await open(fresh, '/account', ada.email)
  assert.match((await fresh.submit(asked, { code })).text, /name="method"/)
  wait(30)
  assert.equal(headingOf(await fresh.submit(asked, { code: codeOf(key, now()) })), 'Your account')
})

test('administrators have the pages at their realm', async () => {
  const { id, email } = await callOperation(administratorCreate, context(), {
    email: 'root@example.com',
    role: 'super_admin',
  })
  const { url } = await callOperation(administratorRecover, context(), { id })
  const who = new FormBrowser(fixture.services, withDeletion(await adminRealmOf(context())))
  const token = new URL(url).searchParams.get('token') ?? ''
  await who.submit(await who.get(RESET_PATH, { token }), { password: PASSWORD })
  const page = await open(who, '/account/password', email)
  assert.match((await who.submit(page, { password: NEW_PASSWORD })).text, /Done/)
  // A tenant would be without its last administrator.
  const isOffered = (path: string) => path !== ACCOUNT_PATHS.deletion
  for (const path of PATHS) assert.equal((await who.get(path)).status, isOffered(path) ? 200 : 404, path)
  await who.submit(await who.get('/account'), { name: 'Root' })
  const { type, actor } = (await eventsAbout(context(), id)).at(-1) ?? {}
  assert.deepEqual([type, actor?.id], ['user.updated', id])
  const enrolment = await press(who, await who.get('/account/second-factors'), 'set_up')
  assert.match(enrolment.text, /class="key"/)
})

test('a session from before the second factor must prove it; the last one stays where the realm demands it', async () => {
  const { id, email } = await person()
  const who = browser()
  await open(who, '/account', email)
  const { key } = await setUpTotp(context(), id)
  let page = await who.follow(await who.get('/account/second-factors'))
  assert.match(page.text, /name="method"/)
  page = await who.submit(page, { code: codeOf(key, now()) })
  assert.equal(headingOf(page), 'Second step')
  await setMinAal(fixture.services, 2)
  try {
    const found = await fixture.services.registry.realmById(fixture.services.realm.id)
    const strict = new FormBrowser(fixture.services, found?.realm ?? assert.fail())
    for (const [name, value] of who.cookies) strict.cookies.set(name, value)
    const refused = await press(strict, page, 'remove')
    assert.deepEqual([refused.status, /your last one/.test(refused.text)], [409, true])
    assert.equal((await context().read.authenticators.allOf(id)).length, 2)
  } finally {
    await setMinAal(fixture.services, 1)
  }
})

test('MF-06 a realm that cannot ask for the second step changes nothing that the person signs in with', async () => {
  const { id, email } = await person()
  const { authenticator } = await setUpTotp(context(), id)
  const { realm } = fixture.services
  const sibling = { ...realm, policy: { ...realm.policy, totpEnabled: false } }
  const who = new FormBrowser(fixture.services, sibling, { ip: `192.0.2.${++made}` })
  assert.equal(headingOf(await open(who, '/account', email)), 'Your account')
  for (const path of ['/account/second-factors', '/account/password', '/account/passkeys']) {
    const page = await who.get(path)
    assert.equal(page.error, 'unmet_authentication_requirements', path)
    assert.match(page.text, /cannot be asked for at this address/)
    assert.equal((await who.post(path, { decision: 'renew_codes' })).error, 'unmet_authentication_requirements', path)
  }
  // What the pages check is checked again in the write.
  const at = fixture.services.contextFor({ realm: sibling })
  const before = await at.read.authenticators.allOf(id)
  const user = await at.read.users.find(realm.directoryId, id)
  const [session] = (await at.read.sessions.list(realm.id, { limit: 1, userId: id })).data
  assert.ok(user && session?.aal === 1)
  const [signedIn, key] = [{ user, session }, 'A'.repeat(32)]
  for (const change of [
    () => removeOwnApp(at, signedIn, authenticator.id),
    () => renewRecoveryCodes(at, signedIn),
    () => addOwnApp(context(), signedIn, { key }, codeOf(key, now())),
    () => changeOwnPassword(at, signedIn, NEW_PASSWORD),
  ])
    await assert.rejects(change(), { code: 'unmet_authentication_requirements' })
  assert.deepEqual(await at.read.authenticators.allOf(id), before)
})

test('no app is set up, shown or added where the realm has none', async () => {
  const { id, email } = await person()
  const { key } = await setUpTotp(context(), id)
  const who = browser()
  const page = await who.submit(await open(who, '/account/second-factors', email), { code: codeOf(key, now()) })
  const shown = await press(who, page, 'add')
  const { realm } = fixture.services
  const off = new FormBrowser(fixture.services, { ...realm, policy: { ...realm.policy, totpEnabled: false } })
  for (const [name, value] of who.cookies) off.cookies.set(name, value)
  const { fields } = formOf(shown)
  for (const decision of ['set_up', 'add', 'confirm']) {
    const reply = await off.post('/account/second-factors', { ...fields, decision, code: '000000' })
    assert.deepEqual([reply.status, /switched off here/.test(reply.text)], [409, true], decision)
  }
})

test('a mail tells people what an administrator changed: factors, the password, and the address at both mailboxes', async () => {
  const ada = await person()
  await setUpTotp(context(), ada.id)
  await callOperation(userDisableMfa, context(), { id: ada.id })
  await callOperation(userDisableMfa, context(), { id: ada.id })
  await callOperation(userSetPassword, context(), { id: ada.id, password: NEW_PASSWORD })
  const email = `new-${ada.email}`
  await callOperation(userUpdate, context(), { id: ada.id, email, name: 'Ada' })
  const kinds = async (address: string) => (await mailsTo(fixture.services, address)).map(({ kind }) => kind)
  assert.deepEqual(await kinds(ada.email), ['authenticator_changed', 'password_changed', 'email_changed'])
  assert.deepEqual(await kinds(email), ['email_changed'])
  const [told] = await mailsTo(fixture.services, email)
  assert.ok(!told?.text.includes(`: ${ada.email}`), 'the new mailbox learns no former address')
})
