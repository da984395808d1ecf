// Checks the page of a realm where people keep their passkeys: who may change what, and when.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { removeOwnApp, removeOwnPasskey } from '#domain/account/own-factors.service.ts'
import { addPasskey } from '#domain/authenticator/passkey.service.ts'
import { beginCeremony, readCeremony } from '#domain/authenticator/passkey-ceremony.ts'
import { identityProviderUpdate } from '#domain/identity-provider/identity-provider.operations.ts'
import { createUser } from '#domain/user/user.service.ts'
import { NewUser } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser, type PageResponse } from '#testing/form-browser.ts'
import { linkAccountOf } from '#testing/linked-account.ts'
import { passkeyFormOf, setUpPasskey } from '#testing/passkey.ts'
import { SoftwareAuthenticator } from '#testing/software-authenticator.ts'

const PATH = '/account/passkeys'
const DONE = `${PATH}?done=yes`
const ORIGIN = 'https://id.example.com'

let fixture: AuthorizationFixture
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const own = (id = fixture.ada.id) => fixture.services.contextFor().read.authenticators.allOf(id)
const csrfIn = ({ text }: PageResponse) => /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? ''

/** Signs in by password at the page. */
async function arrive(browser: FormBrowser, email = fixture.ada.email): Promise<PageResponse> {
  const page = await browser.submit(await browser.follow(await browser.get(PATH)), { email, password: PASSWORD })
  assert.match(page.text, /<h1>Passkeys<\/h1>/)
  return page
}

async function add(browser: FormBrowser, page: PageResponse, authenticator = new SoftwareAuthenticator(ORIGIN)) {
  const { action, fields, options } = passkeyFormOf(page)
  return browser.post(action, { ...fields, answer: authenticator.create(options) })
}

/** Comes to the page with a passkey as the second factor of the session. */
async function prove(browser: FormBrowser, authenticator: SoftwareAuthenticator): Promise<PageResponse> {
  const asked = await browser.follow(await browser.get(PATH))
  assert.match(asked.text, /Use a passkey/)
  const { action, fields, options } = passkeyFormOf(asked)
  const page = await browser.follow(await browser.post(action, { ...fields, answer: authenticator.get(options) }))
  assert.match(page.text, /<h1>Passkeys<\/h1>/)
  return page
}

async function givePasskey({ id }: { id: string }) {
  const { realm } = fixture.services
  const user = await fixture.services.contextFor().read.users.find(realm.directoryId, id)
  assert.ok(user)
  return setUpPasskey(fixture.services.contextFor(), user)
}

test('the first passkey comes with recovery codes, the next ones do not', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  assert.match(
    String(page.headers['content-security-policy']),
    /script-src 'self'; connect-src 'self'; form-action 'self'/,
  )
  const authenticator = new SoftwareAuthenticator(ORIGIN)
  const codes = await add(browser, page, authenticator)
  assert.equal([...codes.text.matchAll(/<li><code>/g)].length, 10)
  const next = await add(browser, await prove(browser, authenticator))
  assert.equal(next.location, DONE)
  assert.deepEqual(
    (await own()).map(({ kind }) => kind),
    ['passkey', 'recovery_code', 'passkey'],
  )
  const [added] = await fixture.events('authenticator.added')
  assert.equal(added?.actor.id, fixture.ada.id)
  const replayed = await browser.post(PATH, passkeyFormOf(page).fields)
  assert.equal(replayed.status, 400)
})

test('WA-11 nobody changes passkeys without a sign-in of the last ten minutes', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  fixture.services.clock.advance(600_000)
  const stale = await add(browser, page)
  assert.match(stale.location ?? '', /^\/sign-in\?transaction=/)
  assert.deepEqual(await own(), [])
  const { passkey } = await givePasskey(fixture.ada)
  for (const decision of ['remove', 'rename']) {
    const end = await browser.post(PATH, { csrf: csrfIn(page), decision, passkey: passkey.id, name: 'Mine' })
    assert.match(end.location ?? '', /^\/sign-in\?/, decision)
  }
  assert.equal((await own())[0]?.name, passkey.name)
  const again = await browser.follow(await browser.get(PATH))
  assert.match(again.text, /Confirm it’s you/)
})

test('WA-06 the passkeys of others are not found, and forms of other sessions and sites change nothing', async () => {
  const { passkey } = await givePasskey(fixture.bob)
  const browser = fixture.newBrowser()
  const csrf = csrfIn(await arrive(browser))
  assert.equal((await browser.get(PATH, { passkey: passkey.id })).error, 'not_found')
  for (const decision of ['remove', 'rename']) {
    const end = await browser.post(PATH, { csrf, decision, passkey: passkey.id, name: 'Mine' })
    assert.equal(end.error, 'not_found', decision)
  }
  const other = fixture.newBrowser()
  const mine = passkeyFormOf(await arrive(other))
  const answer = new SoftwareAuthenticator(ORIGIN).create(mine.options)
  assert.equal((await browser.post(PATH, { ...mine.fields, answer })).error, 'forbidden')
  assert.equal(
    (await other.post(PATH, { ...mine.fields, answer }, { 'sec-fetch-site': 'cross-site' })).error,
    'forbidden',
  )
  assert.deepEqual(
    (await own(fixture.bob.id)).map(({ name }) => name),
    ['Bitwarden', 'Recovery codes'],
  )
  assert.deepEqual(await own(), [])
})

test('a passkey is renamed and removed, but not the last way to sign in', async () => {
  const context = fixture.services.contextFor()
  const eve = await createUser(context, parse(NewUser, { email: 'eve@example.com' }))
  const { authenticator, passkey } = await givePasskey(eve)
  const browser = fixture.newBrowser()
  const signIn = passkeyFormOf(await browser.follow(await browser.get(PATH)))
  const answer = authenticator.get(signIn.options)
  const page = await browser.follow(await browser.post(signIn.action, { ...signIn.fields, answer }))
  const csrf = csrfIn(page)
  const change = (decision: string, id: string, name = 'Desk') =>
    browser.post(PATH, { csrf, decision, passkey: id, name })
  for (const name of ['', 'x'.repeat(65), 'a\u202eb']) {
    assert.equal((await change('rename', passkey.id, name)).status, 400)
  }
  assert.equal((await change('rename', passkey.id, ' Work <laptop> ')).location, DONE)
  assert.match((await browser.get(PATH)).text, /Work &lt;laptop(>|&gt;)/)
  const refused = await change('remove', passkey.id)
  assert.equal(refused.status, 400)
  assert.match(refused.text, /only way to sign in/)
  assert.equal((await add(browser, page)).location, DONE)
  assert.equal((await change('remove', passkey.id)).location, DONE)
  assert.equal((await change('remove', passkey.id)).error, 'not_found')
  assert.deepEqual(
    (await own(eve.id)).map(({ kind }) => kind),
    ['recovery_code', 'passkey'],
  )
  assert.deepEqual(
    (await fixture.events('authenticator.renamed')).map(({ data }) => data.before),
    ['Bitwarden'],
  )
})

test('with a linked account the only passkey can go, while people sign in at its provider', async () => {
  const context = fixture.services.contextFor()
  const eve = await createUser(context, parse(NewUser, { email: 'eve@example.com' }))
  const { authenticator, passkey } = await givePasskey(eve)
  const { id: linked, providerId: id } = await linkAccountOf(context, eve.id)
  const arriveBy = async (browser: FormBrowser) => {
    const signIn = passkeyFormOf(await browser.follow(await browser.get(PATH)))
    const answer = authenticator.get(signIn.options)
    return browser.follow(await browser.post(signIn.action, { ...signIn.fields, answer }))
  }
  const [browser, other] = [fixture.newBrowser(), fixture.newBrowser()]
  const page = await arriveBy(browser)
  await arriveBy(other)
  const remove = () => browser.post(PATH, { csrf: csrfIn(page), decision: 'remove', passkey: passkey.id })
  await callOperation(identityProviderUpdate, context, { id, enabled: false })
  assert.match((await remove()).text, /only way to sign in/)
  await callOperation(identityProviderUpdate, context, { id, enabled: true, button: false })
  assert.match((await remove()).text, /only way to sign in/, 'nothing leads to the provider')
  await callOperation(identityProviderUpdate, context, { id, button: true })
  const account = await browser.get(ACCOUNT_PATHS.linked_accounts)
  const unlink = { csrf: csrfIn(account), decision: 'unlink', linked_account: renderId('linked_account', linked) }
  await Promise.all([remove(), browser.post(ACCOUNT_PATHS.linked_accounts, unlink)])
  const left = [...(await own(eve.id)), ...(await context.read.linkedAccounts.allOf(eve.id))]
  assert.equal(
    left.filter(({ id }) => id === linked || id === passkey.id).length,
    1,
    'one way stays, also of two at once',
  )
  const { data } = await context.read.sessions.list(fixture.services.realm.id, { limit: 10, userId: eve.id })
  assert.equal(data.filter(({ endedAt }) => endedAt === null).length, 1, 'the session of the other browser has ended')
})

test('with a password the only passkey can go, and the recovery codes go with it', async () => {
  const browser = fixture.newBrowser()
  const authenticator = new SoftwareAuthenticator(ORIGIN)
  await add(browser, await arrive(browser), authenticator)
  const csrf = csrfIn(await prove(browser, authenticator))
  const [passkey] = await own()
  assert.equal((await browser.post(PATH, { csrf, decision: 'remove', passkey: passkey?.id ?? '' })).location, DONE)
  assert.deepEqual(await own(), [])
})

test('MF-06 a session of a password alone changes no passkeys once there is a second factor', async () => {
  const [browser, other] = [fixture.newBrowser(), fixture.newBrowser()]
  const [page, before] = [await arrive(browser), await arrive(other)]
  await add(browser, page)
  const [passkey] = await own()
  for (const [who, shown] of [
    [browser, page],
    [other, before],
  ] as const) {
    for (const decision of ['remove', 'rename']) {
      const end = await who.post(PATH, { csrf: csrfIn(shown), decision, passkey: passkey?.id ?? '', name: 'Mine' })
      assert.match(end.location ?? '', /^\/sign-in\?/, decision)
    }
    assert.match((await add(who, shown)).location ?? '', /^\/sign-in\?/)
  }
  assert.equal((await own()).length, 2)
})

test('MF-06 a realm at another host adds and removes no passkeys by the password alone', async () => {
  const { passkey } = await givePasskey(fixture.ada)
  const realm = { ...fixture.services.realm, customDomain: 'id.example.org' }
  const browser = new FormBrowser(fixture.services, realm)
  const asked = await browser.follow(await browser.get(PATH))
  const page = await browser.submit(asked, { email: fixture.ada.email, password: PASSWORD })
  assert.equal(page.error, 'unmet_authentication_requirements')
  assert.match(page.text, /cannot be asked for at this address/)
  const context = fixture.services.contextFor({ realm })
  const user = await context.read.users.find(realm.directoryId, fixture.ada.id)
  const [session] = (await context.read.sessions.list(realm.id, { limit: 1, userId: fixture.ada.id })).data
  assert.ok(user && session)
  const refused = { code: 'unmet_authentication_requirements' }
  await assert.rejects(removeOwnPasskey(context, { user, session }, passkey.id), refused)
  const carried = beginCeremony(context, { purpose: 'enrolment', userId: user.id, request: null }, 'a browser')
  const ceremony = readCeremony(context, carried.id, 'a browser', { purpose: 'enrolment', request: null })
  const answer = new SoftwareAuthenticator('https://id.example.org').create({
    challenge: carried.challenge,
    user: { id: Buffer.from(user.id).toString('base64url') },
  })
  await assert.rejects(addPasskey(context, { user, session }, ceremony, answer), refused)
  assert.equal((await own()).length, 2)
})

test('the last second factor that works at a realm of level 2 stays, whatever the person has elsewhere', async () => {
  const context = fixture.services.contextFor()
  const { passkey, authenticator } = await givePasskey(fixture.ada)
  const browser = fixture.newBrowser()
  const signIn = passkeyFormOf(await browser.follow(await browser.get(PATH)))
  const page = await browser.follow(
    await browser.post(signIn.action, { ...signIn.fields, answer: authenticator.get(signIn.options) }),
  )
  const strict = new FormBrowser(fixture.services, { ...fixture.services.realm, minAal: 2 })
  for (const [name, value] of browser.cookies) strict.cookies.set(name, value)
  const remove = () => strict.post(PATH, { csrf: csrfIn(page), decision: 'remove', passkey: passkey.id })
  const refused = await remove()
  assert.deepEqual([refused.status, /demanded here, and this is your last one/.test(refused.text)], [400, true])
  const { authenticator: app } = await setUpTotp(context, fixture.ada.id)
  const elsewhere = { ...fixture.services.realm, minAal: 2, customDomain: 'id.example.org' }
  const user = await context.read.users.find(elsewhere.directoryId, fixture.ada.id)
  const [session] = (await context.read.sessions.list(elsewhere.id, { limit: 1, userId: fixture.ada.id })).data
  assert.ok(user && session)
  const there = fixture.services.contextFor({ realm: elsewhere })
  await assert.rejects(removeOwnApp(there, { user, session }, app.id), { code: 'conflict' })
  assert.equal((await remove()).location, DONE)
})
