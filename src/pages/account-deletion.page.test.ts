// Checks the page where people delete their accounts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deleteOwnAccount } from '#domain/account/own-deletion.service.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate, userGet } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import type { FormBrowser, PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { exchangeCode, isActive, refreshWith, tokensOf } from '#testing/token-client.ts'

const PATH = '/account/delete'

let fixture: AuthorizationFixture
let realm: Realm
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
  const { services } = fixture
  await callOperation(realmUpdate, services.contextFor(), { policy: { accountDeletion: true } })
  const stored = await services.contextFor().read.realms.find(services.realm.id)
  realm = stored ?? assert.fail('the realm is gone')
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const now = () => fixture.services.clock.now()
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}`, realm })
const person = () => callOperation(userCreate, context(), { email: `p${++made}@example.com`, password: PASSWORD })
const isSignIn = ({ text }: PageResponse) => /name="password"/.test(text)

async function open(who: FormBrowser, email: string): Promise<PageResponse> {
  const page = await who.follow(await who.get(PATH))
  return isSignIn(page) ? who.submit(page, { email, password: PASSWORD }) : page
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

test('the page is there only where the realm allows it', async () => {
  const { email } = await person()
  const strict = fixture.newBrowser({ ip: '192.0.2.200' })
  assert.equal((await strict.get(PATH)).status, 404)
  const account = await strict.follow(await strict.get('/account'))
  assert.doesNotMatch((await strict.submit(account, { email, password: PASSWORD })).text, /account\/delete/)
  const who = browser()
  await open(who, email)
  assert.match((await who.get('/account')).text, /account\/delete/)
})

test('who types the address after a fresh sign-in deletes the account, and all that it opens', async () => {
  const { id, email } = await person()
  const who = browser()
  const tokens = await allow(who, email)
  fixture.services.clock.advance(700_000)
  assert.ok(isSignIn(await who.follow(await who.get(PATH))), 'a fresh sign-in is asked for')
  const form = await open(who, email)
  assert.match(form.text, /cannot be undone/)
  const wrong = await who.submit(form, { confirmation: 'somebody@example.com' })
  assert.deepEqual([wrong.status, /not the address/.test(wrong.text)], [400, true])
  assert.equal((await callOperation(userGet, context(), { id })).email, email)
  const done = await who.submit(wrong, { confirmation: ` ${email.toUpperCase()} ` })
  assert.match(done.text, /<h1>Your account is deleted<\/h1>/)
  await assert.rejects(callOperation(userGet, context(), { id }), { code: 'not_found' })
  assert.equal(await isActive(fixture, fixture.client, tokens.access), false)
  assert.equal((await refreshWith(fixture, fixture.client, tokens.refresh)).body.error, 'invalid_grant')
  assert.ok(isSignIn(await who.follow(await who.get('/account'))))
  const { type, actor } = (await eventsAbout(context(), id)).at(-1) ?? {}
  assert.deepEqual([type, actor?.id], ['user.deleted', id])
  assert.equal((await mailsTo(fixture.services, email)).at(-1)?.kind, 'account_deleted')
  assert.ok(isSignIn(await open(browser(), email)), 'nobody signs in with it')
  await callOperation(userCreate, context(), { email, password: PASSWORD })
})

test('a person with a second factor is asked for it', async () => {
  const { id, email } = await person()
  const { key } = await setUpTotp(context(), id)
  const who = browser()
  const asked = await open(who, email)
  assert.doesNotMatch(asked.text, /cannot be undone/)
  assert.match((await who.submit(asked, { code: codeOf(key, now()) })).text, /cannot be undone/)
  const user = await context().read.users.find(realm.directoryId, id)
  const { data } = await context().read.sessions.list(realm.id, { limit: 1, userId: id })
  const [session] = data
  assert.ok(user && session)
  const at = { ...context(), scope: { ...context().scope, realm } }
  const weak = { user, session: { ...session, aal: 1 as const } }
  await assert.rejects(async () => deleteOwnAccount(at, weak as Parameters<typeof deleteOwnAccount>[1]), {
    code: 'unmet_authentication_requirements',
  })
})
