// Checks the operations on sessions, and when a session ends.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { plansOf } from '#testing/explain.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import type { Context } from '../context.ts'
import { sessionGet, sessionList, sessionRevoke } from './session.operations.ts'
import { indexedSessions } from './session.store.ts'
import { isSessionValid, type Session } from './session.ts'

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
  assert.equal(isSessionValid(session, policy, 60_999), true)
  assert.equal(isSessionValid(session, policy, 61_000), false)
  assert.equal(isSessionValid({ ...session, lastSeenAt: 99_000 }, policy, 99_999), true)
  assert.equal(isSessionValid({ ...session, lastSeenAt: 99_000 }, policy, 100_000), false)
  assert.equal(isSessionValid({ ...session, endedAt: 2000 }, policy, 2001), false)
})

for (const dialect of DIALECTS) {
  describe(`sessions on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('a session is shown without what its cookie is recognised by', async () => {
      const context = services.contextFor()
      const session = await signIn(context, { amr: ['pwd', 'otp'] })
      const { secretHash, ...own } = session
      const shown = { ...own, userEmail: null }
      assert.deepEqual(await callOperation(sessionGet, context, { id: renderId('session', session.id) }), shown)
      const listed = await callOperation(sessionList, context, { userId: session.userId })
      assert.deepEqual(listed, { data: [shown], nextCursor: null })
      assert.ok(!JSON.stringify(listed).includes(secretHash))
    })

    test('the list shows who is signed in, newest first; ended, expired and idle sessions where asked for', async () => {
      const realm = await anotherRealm(services)
      const context = services.contextFor({ realm })
      const now = services.clock.now()
      const living = [await signIn(context), await signIn(context), await signIn(context)].map(({ id }) => id).reverse()
      const gone = [
        await signIn(context, { endedAt: now }),
        await signIn(context, { expiresAt: now }),
        await signIn(context, { lastSeenAt: now - realm.policy.sessionIdleLifetime * 1000 }),
      ].map(({ id }) => id)
      const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)
      assert.deepEqual(ids(await callOperation(sessionList, context)), living)
      assert.deepEqual(ids(await callOperation(sessionList, context, { ended: 'true' })), [
        ...gone.reverse(),
        ...living,
      ])
      const first = await callOperation(sessionList, context, { limit: '2' })
      assert.deepEqual(ids(first), living.slice(0, 2))
      assert.deepEqual(
        ids(await callOperation(sessionList, context, { limit: '2', cursor: first.nextCursor })),
        living.slice(2),
      )
      assert.deepEqual((await callOperation(sessionList, context, { userId: services.random.id() })).data, [])
    })

    test('ending a session revokes what came from it, once, and nothing else', async () => {
      const context = services.contextFor()
      const [session, other] = [await signIn(context), await signIn(context)]
      const from = async ({ id, userId }: Session) => issueTokenPair(context, { sessionId: id, userId })
      const [mine, theirs] = [await from(session), await from(other)]
      await callOperation(sessionRevoke, context, { id: session.id })
      assert.deepEqual(await pairStatus(context, mine), REVOKED_PAIR)
      assert.deepEqual(await pairStatus(context, theirs), ACTIVE_PAIR)
      const endedAt = services.clock.now()
      assert.equal((await callOperation(sessionGet, context, { id: session.id })).endedAt, endedAt)
      services.clock.advance(1000)
      await callOperation(sessionRevoke, context, { id: session.id })
      assert.equal((await callOperation(sessionGet, context, { id: session.id })).endedAt, endedAt)
      const events = await eventsAbout(context, session.id)
      assert.deepEqual(
        events.map(({ type, realmId, data }) => ({ type, realmId, data })),
        [
          {
            type: 'session.ended',
            realmId: services.realm.id,
            data: { userId: session.userId, why: 'revoked', expiresAt: session.expiresAt },
          },
        ],
      )
    })

    test('a session is its realm’s alone', async () => {
      const session = await signIn(services.contextFor())
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const context of [sibling, stranger]) {
        await assert.rejects(callOperation(sessionGet, context, { id: session.id }), { code: 'not_found' })
        await assert.rejects(callOperation(sessionRevoke, context, { id: session.id }), { code: 'not_found' })
        assert.deepEqual((await callOperation(sessionList, context, { userId: session.userId })).data, [])
        const realmId = context.scope.realm?.id ?? ''
        assert.equal(await context.read.sessions.findBySecretHash(realmId, session.secretHash), undefined)
      }
      await stranger.write(async (unit) => {
        assert.equal(await unit.sessions.end(session.id, 1), undefined)
        assert.equal(await unit.sessions.touch(session.id, 1, 1), false)
        assert.deepEqual(await unit.sessions.endOfUser(session.userId, 1), [])
      })
      assert.equal((await callOperation(sessionGet, services.contextFor(), { id: session.id })).endedAt, null)
    })

    test('a cookie’s secret opens its session until that ends; what was seen is kept', async () => {
      const context = services.contextFor()
      const { id, secretHash, userId } = await signIn(context)
      const found = () => context.read.sessions.findBySecretHash(services.realm.id, secretHash)
      services.clock.advance(60_000)
      const now = services.clock.now()
      await context.write((unit) => unit.sessions.touch(id, now, now - 1))
      assert.equal((await found())?.lastSeenAt, now)
      assert.equal(await context.write((unit) => unit.sessions.touch(id, now + 1, now - 1)), true)
      assert.equal((await found())?.lastSeenAt, now)
      const ended = await context.write((unit) => unit.sessions.endOfUser(userId, services.clock.now()))
      assert.deepEqual(
        ended.map((session) => session.id),
        [id],
      )
      assert.equal(await found(), undefined)
      assert.equal(await context.write((unit) => unit.sessions.touch(id, now + 1, now)), false)
    })

    test('all sessions of a realm end together', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const elsewhere = await signIn(services.contextFor())
      await signIn(context)
      await signIn(context, { endedAt: 5 })
      await context.write((unit) => unit.sessions.endOfRealm(context.scope.realm?.id ?? '', 9))
      const listed = await callOperation(sessionList, context, { ended: 'true' })
      assert.deepEqual(
        listed.data.map(({ endedAt }) => endedAt),
        [5, 9],
      )
      assert.equal((await callOperation(sessionGet, services.contextFor(), { id: elsewhere.id })).endedAt, null)
    })

    if (dialect === 'sqlite') {
      test('the list is answered by the index of the user, or of the realm', async () => {
        const plans = async (userId?: string) => {
          const living = { now: 1, idleSince: 1 }
          return plansOf(services.database, indexedSessions('t', 'r', { limit: 5, userId, living }))
        }
        assert.deepEqual(await plans(), ['session_realm_id_id (realm_id=? AND id>? AND id<?)'])
        assert.deepEqual(await plans('u'), ['session_user_id_id (user_id=? AND id>? AND id<?)'])
      })
    }
  })
}
