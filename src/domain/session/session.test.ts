import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { plansOf } from '#testing/explain.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherRealm, anotherTenant, call, eventsAbout, holds, issueTo, LIVING, REVOKED } from '#testing/neighbours.ts'
import type { Context } from '../context.ts'
import { sessionGet, sessionList, sessionRevoke } from './session.operations.ts'
import { narrowList } from './session.store.ts'
import { isLiving, type Session } from './session.ts'

const HOUR = 3_600_000

async function signIn(context: Context, given: Partial<Session> = {}): Promise<Session> {
  const { random, clock, scope, crypto } = context
  const now = clock.now()
  const session: Session = {
    id: random.id(),
    tenantId: scope.tenantId,
    realmId: scope.realm?.id ?? '',
    userId: random.id(),
    secretHash: crypto.digest(random.secret()),
    amr: ['pwd'],
    aal: 1,
    ip: '192.0.2.7',
    userAgent: 'A browser',
    authenticatedAt: now,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + 12 * HOUR,
    endedAt: null,
    ...given,
  }
  await context.write((unit) => unit.sessions.insert(session))
  return session
}

test('a session lives until it is ended, expires or is left idle', () => {
  const session = { lastSeenAt: 1000, expiresAt: 100_000, endedAt: null } as Session
  const policy = { sessionIdleLifetime: 60 }
  assert.equal(isLiving(session, policy, 60_999), true)
  assert.equal(isLiving(session, policy, 61_000), false)
  assert.equal(isLiving({ ...session, lastSeenAt: 99_000 }, policy, 99_999), true)
  assert.equal(isLiving({ ...session, lastSeenAt: 99_000 }, policy, 100_000), false)
  assert.equal(isLiving({ ...session, endedAt: 2000 }, policy, 2001), false)
})

for (const dialect of DIALECTS) {
  describe(`sessions on ${dialect}`, () => {
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    test('a session is shown without what its cookie is recognised by', async () => {
      const context = house.contextFor()
      const session = await signIn(context, { amr: ['pwd', 'otp'] })
      const { secretHash, ...own } = session
      const shown = { ...own, userEmail: null }
      assert.deepEqual(await call(sessionGet, context, { id: renderId('session', session.id) }), shown)
      const listed = await call(sessionList, context, { userId: session.userId })
      assert.deepEqual(listed, { data: [shown], nextCursor: null })
      assert.ok(!JSON.stringify(listed).includes(secretHash))
    })

    test('the list shows who is signed in, newest first; ended, expired and idle sessions where asked for', async () => {
      const realm = await anotherRealm(house)
      const context = house.contextFor({ realm })
      const now = house.clock.now()
      const living = [await signIn(context), await signIn(context), await signIn(context)].map(({ id }) => id).reverse()
      const gone = [
        await signIn(context, { endedAt: now }),
        await signIn(context, { expiresAt: now }),
        await signIn(context, { lastSeenAt: now - realm.policy.sessionIdleLifetime * 1000 }),
      ].map(({ id }) => id)
      const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)
      assert.deepEqual(ids(await call(sessionList, context)), living)
      assert.deepEqual(ids(await call(sessionList, context, { ended: 'true' })), [...gone.reverse(), ...living])
      const first = await call(sessionList, context, { limit: '2' })
      assert.deepEqual(ids(first), living.slice(0, 2))
      assert.deepEqual(ids(await call(sessionList, context, { limit: '2', cursor: first.nextCursor })), living.slice(2))
      assert.deepEqual((await call(sessionList, context, { userId: house.random.id() })).data, [])
    })

    test('ending a session revokes what came from it, once, and nothing else', async () => {
      const context = house.contextFor()
      const [session, other] = [await signIn(context), await signIn(context)]
      const from = async ({ id, userId }: Session) => issueTo(context, { sessionId: id, userId })
      const [mine, theirs] = [await from(session), await from(other)]
      await call(sessionRevoke, context, { id: session.id })
      assert.deepEqual(await holds(context, mine), REVOKED)
      assert.deepEqual(await holds(context, theirs), LIVING)
      const endedAt = house.clock.now()
      assert.equal((await call(sessionGet, context, { id: session.id })).endedAt, endedAt)
      house.clock.advance(1000)
      await call(sessionRevoke, context, { id: session.id })
      assert.equal((await call(sessionGet, context, { id: session.id })).endedAt, endedAt)
      const events = await eventsAbout(context, session.id)
      assert.deepEqual(
        events.map(({ type, realmId, data }) => ({ type, realmId, data })),
        [
          {
            type: 'session.ended',
            realmId: house.realm.id,
            data: { userId: session.userId, why: 'revoked', expiresAt: session.expiresAt },
          },
        ],
      )
    })

    test('a session is its realm’s alone', async () => {
      const session = await signIn(house.contextFor())
      const sibling = house.contextFor({ realm: await anotherRealm(house) })
      const stranger = house.contextFor({ realm: await anotherRealm(house, await anotherTenant(house)) })
      for (const context of [sibling, stranger]) {
        await assert.rejects(call(sessionGet, context, { id: session.id }), { code: 'not_found' })
        await assert.rejects(call(sessionRevoke, context, { id: session.id }), { code: 'not_found' })
        assert.deepEqual((await call(sessionList, context, { userId: session.userId })).data, [])
        const realmId = context.scope.realm?.id ?? ''
        assert.equal(await context.read.sessions.findBySecretHash(realmId, session.secretHash), undefined)
      }
      await stranger.write(async (unit) => {
        assert.equal(await unit.sessions.end(session.id, 1), undefined)
        assert.equal(await unit.sessions.touch(session.id, 1), false)
        assert.deepEqual(await unit.sessions.endOfUser(session.userId, 1), [])
      })
      assert.equal((await call(sessionGet, house.contextFor(), { id: session.id })).endedAt, null)
    })

    test('a cookie’s secret opens its session until that ends; what was seen is kept', async () => {
      const context = house.contextFor()
      const { id, secretHash, userId } = await signIn(context)
      const found = () => context.read.sessions.findBySecretHash(house.realm.id, secretHash)
      house.clock.advance(60_000)
      await context.write((unit) => unit.sessions.touch(id, house.clock.now()))
      assert.equal((await found())?.lastSeenAt, house.clock.now())
      const ended = await context.write((unit) => unit.sessions.endOfUser(userId, house.clock.now()))
      assert.deepEqual(
        ended.map((session) => session.id),
        [id],
      )
      assert.equal(await found(), undefined)
      assert.equal(await context.write((unit) => unit.sessions.touch(id, house.clock.now() + 1)), false)
    })

    test('all sessions of a realm end together', async () => {
      const context = house.contextFor({ realm: await anotherRealm(house) })
      const elsewhere = await signIn(house.contextFor())
      await signIn(context)
      await signIn(context, { endedAt: 5 })
      await context.write((unit) => unit.sessions.endOfRealm(context.scope.realm?.id ?? '', 9))
      const listed = await call(sessionList, context, { ended: 'true' })
      assert.deepEqual(
        listed.data.map(({ endedAt }) => endedAt),
        [5, 9],
      )
      assert.equal((await call(sessionGet, house.contextFor(), { id: elsewhere.id })).endedAt, null)
    })

    if (dialect === 'sqlite') {
      test('the list is answered by the index of the user, or of the realm', async () => {
        const plans = async (userId?: string) => {
          const living = { now: 1, idleSince: 1 }
          return plansOf(house.database, narrowList('t', 'r', { limit: 5, userId, living }))
        }
        assert.deepEqual(await plans(), ['session_realm_id_id (realm_id=? AND id>? AND id<?)'])
        assert.deepEqual(await plans('u'), ['session_user_id_id (user_id=? AND id>? AND id<?)'])
      })
    }
  })
}
