// Checks which session a browser has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revokeSession } from '#domain/session/session.service.ts'
import { updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import {
  type AuthorizationFixture,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import type { FormBrowser } from '#testing/form-browser.ts'
import { staleSessionCookie } from './current-session.ts'

const HOUR = 3_600_000

/** What a request of a browser is answered with besides what it asked for. */
function taken({ services }: AuthorizationFixture, { cookies, issuer }: FormBrowser): Promise<string | undefined> {
  return staleSessionCookie(services.contextFor(), { cookies: new Map(cookies), issuer, realm: services.realm })
}

/** Somebody who signed in. */
async function signedIn(fixture: AuthorizationFixture): Promise<FormBrowser> {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  assert.equal(await taken(fixture, browser), undefined, 'the cookie of a session that holds stays')
  return browser
}

const GONE = '__Host-session-default=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0'

test('the cookie of a session that was revoked, expired, left idle or whose user may not sign in is taken', async (t) => {
  const fixture = await openAuthorizationFixture()
  t.after(() => fixture.close())
  const { services, ada } = fixture
  const context = services.contextFor()
  const revoked = await signedIn(fixture)
  const [session] = (await context.read.sessions.list(services.realm.id, { limit: 1 })).data
  await revokeSession(context, { id: session?.id ?? '' })
  assert.equal(await taken(fixture, revoked), GONE)
  const expired = await signedIn(fixture)
  services.clock.advance(12 * HOUR)
  assert.equal(await taken(fixture, expired), GONE)
  const suspended = await signedIn(fixture)
  await updateUser(context, UserPatch.parse({ id: ada.id, status: 'suspended' }))
  assert.equal(await taken(fixture, suspended), GONE)
})

test('a browser without the cookie, or with one that nobody gave it', async (t) => {
  const fixture = await openAuthorizationFixture()
  t.after(() => fixture.close())
  const stranger = fixture.newBrowser()
  assert.equal(await taken(fixture, stranger), undefined)
  stranger.cookies.set('__Host-session-default', 'made up')
  assert.equal(await taken(fixture, stranger), GONE)
})
