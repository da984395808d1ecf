// Checks the operations on grants.
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
import { grantGet, grantList, grantRevoke } from './grant.operations.ts'
import { recordConsent } from './grant.service.ts'
import { indexedGrants } from './grant.store.ts'
import type { Grant } from './grant.ts'

const API = 'https://api.example.com'

for (const dialect of DIALECTS) {
  describe(`grants on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const pair = () => ({ userId: services.random.id(), clientId: services.random.id() })
    const consent = (context: Context, given: Partial<Grant>) => {
      const { userId, clientId, resource = API, scopes = ['read'] } = { ...pair(), ...given }
      const user = { id: userId, email: 'ada@example.com' }
      const client = { id: clientId, clientId: 'a client' }
      const realmId = context.scope.realm?.id ?? ''
      return context.write((unit) => recordConsent(context, unit, { realmId, user, client, resource, scopes }))
    }

    test('a consent is remembered by user, client and resource, and shown', async () => {
      const context = services.contextFor()
      const holder = pair()
      const grant = await consent(context, { ...holder, scopes: ['read', 'read', 'write'] })
      const own = await consent(context, { ...holder, resource: '', scopes: ['openid'] })
      const found = (resource: string) => context.read.grants.find(holder.userId, holder.clientId, resource)
      assert.deepEqual(await found(API), grant)
      assert.deepEqual(await found(''), own)
      assert.equal(await found(`${API}/`), undefined)
      assert.equal(await context.read.grants.find(holder.userId, services.random.id(), API), undefined)
      assert.deepEqual(await callOperation(grantGet, context, { id: renderId('grant', grant.id) }), {
        id: grant.id,
        realmId: services.realm.id,
        ...holder,
        resource: API,
        scopes: ['read', 'write'],
        createdAt: services.clock.now(),
        updatedAt: services.clock.now(),
        authorizationDetails: [],
        revokedAt: null,
      })
      assert.equal((await callOperation(grantGet, context, { id: own.id })).resource, null)
      const [event] = await eventsAbout(context, grant.id)
      assert.deepEqual(
        [event?.type, event?.data],
        ['grant.created', { ...holder, clientId: 'a client', resource: API, scopes: ['read', 'write'] }],
      )
      assert.deepEqual(event?.actor, { kind: 'user', id: holder.userId, label: 'ada@example.com' })
    })

    test('more consent adds to what was allowed, and the same again says nothing', async () => {
      const context = services.contextFor()
      const holder = pair()
      const first = await consent(context, { ...holder, scopes: ['read'] })
      services.clock.advance(1000)
      const second = await consent(context, { ...holder, scopes: ['write', 'read'] })
      assert.deepEqual(second, { ...first, scopes: ['read', 'write'], updatedAt: first.updatedAt + 1000 })
      assert.deepEqual(await context.read.grants.find(holder.userId, holder.clientId, API), second)
      services.clock.advance(1000)
      assert.deepEqual(await consent(context, { ...holder, scopes: ['read'] }), second)
      const events = await eventsAbout(context, first.id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['grant.created', 'grant.updated'],
      )
      assert.partialDeepStrictEqual(events[1]?.data, {
        clientId: 'a client',
        changed: ['scopes'],
        before: { scopes: ['read'] },
        after: { scopes: ['read', 'write'] },
      })
    })

    test('of consents given at the same time none is lost', async () => {
      const context = services.contextFor()
      const holder = pair()
      const scopes = ['a', 'b', 'c', 'd', 'e', 'f']
      await Promise.all(scopes.map((scope) => consent(context, { ...holder, scopes: [scope] })))
      const listed = await callOperation(grantList, context, { userId: holder.userId })
      assert.equal(listed.data.length, 1)
      assert.deepEqual(listed.data[0]?.scopes.toSorted(), scopes)
    })

    test('no token survives the consent it came from', async () => {
      const context = services.contextFor()
      const holder = pair()
      const grant = await consent(context, holder)
      const mine = [
        await issueTokenPair(context, holder),
        await issueTokenPair(context, { ...holder, audience: 'https://other.example' }),
      ]
      const others = [
        await issueTokenPair(context, { userId: holder.userId }),
        await issueTokenPair(context, { clientId: holder.clientId }),
      ]
      await callOperation(grantRevoke, context, { id: grant.id })
      for (const token of mine) assert.deepEqual(await pairStatus(context, token), REVOKED_PAIR)
      for (const token of others) assert.deepEqual(await pairStatus(context, token), ACTIVE_PAIR)
      assert.equal(await context.read.grants.find(holder.userId, holder.clientId, API), undefined)
      const revokedAt = services.clock.now()
      services.clock.advance(1000)
      await callOperation(grantRevoke, context, { id: grant.id })
      assert.equal((await callOperation(grantGet, context, { id: grant.id })).revokedAt, revokedAt)
      const events = await eventsAbout(context, grant.id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['grant.created', 'grant.revoked'],
      )
    })

    test('a new consent after a revoked one begins anew', async () => {
      const context = services.contextFor()
      const holder = pair()
      const before = await consent(context, { ...holder, scopes: ['read', 'write'] })
      await callOperation(grantRevoke, context, { id: before.id })
      const now = await consent(context, { ...holder, scopes: ['read'] })
      assert.notEqual(now.id, before.id)
      assert.deepEqual(now.scopes, ['read'])
    })

    test('the list shows what holds, newest first, of a user, a client or both; what was revoked where asked for', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const [one, two] = [pair(), pair()]
      const made = [
        await consent(context, one),
        await consent(context, { ...one, resource: '' }),
        await consent(context, { userId: one.userId, clientId: two.clientId }),
        await consent(context, two),
      ].map(({ id }) => id)
      await callOperation(grantRevoke, context, { id: made[1] ?? '' })
      const listed = async (query: object) => {
        const { data } = await callOperation(grantList, context, query)
        return data.map(({ id }) => made.indexOf(id))
      }
      assert.deepEqual(await listed({}), [3, 2, 0])
      assert.deepEqual(await listed({ revoked: 'true' }), [3, 2, 1, 0])
      assert.deepEqual(await listed({ userId: one.userId }), [2, 0])
      assert.deepEqual(await listed({ clientId: two.clientId }), [3, 2])
      assert.deepEqual(await listed({ userId: one.userId, clientId: renderId('client', two.clientId) }), [2])
      const first = await callOperation(grantList, context, { limit: '2' })
      assert.deepEqual(await listed({ limit: '2', cursor: first.nextCursor }), [0])
    })

    test('a grant is its realm’s alone', async () => {
      const grant = await consent(services.contextFor(), {})
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const context of [sibling, stranger]) {
        await assert.rejects(callOperation(grantGet, context, { id: grant.id }), { code: 'not_found' })
        await assert.rejects(callOperation(grantRevoke, context, { id: grant.id }), { code: 'not_found' })
        assert.deepEqual((await callOperation(grantList, context, { userId: grant.userId })).data, [])
      }
      assert.equal(await stranger.read.grants.find(grant.userId, grant.clientId, API), undefined)
      await stranger.write(async (unit) => {
        assert.equal(await unit.grants.revokeWhere({ userId: grant.userId }, 1), 0)
        assert.equal(await unit.grants.revoke(grant.id, 1), false)
      })
    })

    test('the grants of a client, a user or a realm are revoked together', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const realmId = context.scope.realm?.id ?? ''
      const [one, two] = [pair(), pair()]
      for (const holder of [one, two, { ...one, clientId: two.clientId }]) await consent(context, holder)
      const revoke = (owner: Parameters<Context['read']['grants']['revokeWhere']>[0]) =>
        context.write((unit) => unit.grants.revokeWhere(owner, 7))
      assert.equal(await revoke({ clientId: one.clientId }), 1)
      assert.equal(await revoke({ userId: one.userId }), 1)
      assert.equal(await revoke({ realmId }), 1)
      assert.equal(await revoke({ realmId }), 0)
    })

    if (dialect === 'sqlite') {
      test('the list is answered by the index of the user, the client or the realm', async () => {
        for (const revoked of [false, true]) {
          const plans = (query: { userId?: string; clientId?: string }) =>
            plansOf(services.database, indexedGrants('t', 'r', { limit: 5, revoked, ...query }))
          const by = (column: string) => `consent_grant_${column}_id (${column}=? AND id>? AND id<?)`
          assert.deepEqual(await plans({}), [by('realm_id')])
          assert.deepEqual(await plans({ userId: 'u' }), [by('user_id')])
          assert.deepEqual(await plans({ clientId: 'c' }), [by('client_id')])
          assert.deepEqual(await plans({ userId: 'u', clientId: 'c' }), [by('user_id'), by('client_id')])
        }
      })
    }
  })
}
