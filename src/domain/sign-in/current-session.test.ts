import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revokeSession } from '#domain/session/session.service.ts'
import { updateUser } from '#domain/user/user.service.ts'
import { goThrough, type Scene, setScene } from '#testing/scene.ts'
import type { Visitor } from '#testing/visitor.ts'
import { UserPatch } from '../user/user.ts'
import { staleSessionCookie } from './current-session.ts'

const HOUR = 3_600_000

/** What a request of a visitor is answered with besides what it asked for. */
function taken({ house }: Scene, { cookies, issuer }: Visitor): Promise<string | undefined> {
  return staleSessionCookie(house.contextFor(), { cookies: new Map(cookies), issuer, realm: house.realm })
}

/** Somebody who signed in. */
async function signedIn(scene: Scene): Promise<Visitor> {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  assert.equal(await taken(scene, visitor), undefined, 'the cookie of a session that holds stays')
  return visitor
}

const GONE = '__Host-session-default=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0'

test('the cookie of a session that was revoked, expired, left idle or whose user may not sign in is taken', async (t) => {
  const scene = await setScene()
  t.after(() => scene.close())
  const { house, ada } = scene
  const context = house.contextFor()
  const revoked = await signedIn(scene)
  const [session] = (await context.read.sessions.list(house.realm.id, { limit: 1 })).data
  await revokeSession(context, { id: session?.id ?? '' })
  assert.equal(await taken(scene, revoked), GONE)
  const expired = await signedIn(scene)
  house.clock.advance(12 * HOUR)
  assert.equal(await taken(scene, expired), GONE)
  const suspended = await signedIn(scene)
  await updateUser(context, UserPatch.parse({ id: ada.id, status: 'suspended' }))
  assert.equal(await taken(scene, suspended), GONE)
})

test('a browser without the cookie, or with one that nobody gave it', async (t) => {
  const scene = await setScene()
  t.after(() => scene.close())
  const stranger = scene.visitor()
  assert.equal(await taken(scene, stranger), undefined)
  stranger.cookies.set('__Host-session-default', 'made up')
  assert.equal(await taken(scene, stranger), GONE)
})
