import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { plansOf } from '#testing/explain.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import {
  anotherRealm,
  anotherTenant,
  call,
  eventsAbout,
  type Holder,
  holds,
  issueTo,
  LIVING,
  REVOKED,
} from '#testing/neighbours.ts'
import { issuanceGet, issuanceList, issuanceRevoke } from './issuance.operations.ts'
import type { TokenOwner } from './issuance.ts'
import { type IssuanceQuery, narrowList } from './issuance-list.store.ts'

const [API, OTHER] = ['https://api.example.com', 'https://other.example.com']

for (const dialect of DIALECTS) {
  describe(`issuances on ${dialect}`, () => {
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    test('a token is shown by what it says and never by what it is', async () => {
      const context = house.contextFor()
      const holder = { clientId: house.random.id(), userId: house.random.id(), sessionId: house.random.id() }
      const { id, familyId } = await issueTo(context, holder)
      const shown = await call(issuanceGet, context, { id: renderId('issuance', id) })
      const issuedAt = house.clock.now()
      assert.deepEqual(shown, {
        id,
        familyId,
        ...holder,
        realmId: house.realm.id,
        grantType: 'authorization_code',
        audience: API,
        scopes: ['read'],
        kid: 'k1',
        issuedAt,
        expiresAt: issuedAt + 3_600_000,
        revokedAt: null,
      })
      assert.deepEqual((await call(issuanceList, context, { clientId: holder.clientId })).data, [shown])
    })

    test('the list shows what was asked for, newest first', async () => {
      const context = house.contextFor({ realm: await anotherRealm(house) })
      const [user, client] = [house.random.id(), house.random.id()]
      const start = house.clock.now()
      const holders: Holder[] = [
        { userId: user, clientId: client },
        { userId: user },
        { clientId: client, audience: OTHER },
        {},
        { userId: user, clientId: client, audience: OTHER },
      ]
      const made: string[] = []
      for (const holder of holders) {
        made.push((await issueTo(context, holder)).id)
        house.clock.advance(60_000)
      }
      const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString()
      const cases: [object, number[]][] = [
        [{}, [4, 3, 2, 1, 0]],
        [{ userId: user }, [4, 1, 0]],
        [{ clientId: renderId('client', client) }, [4, 2, 0]],
        [{ resource: OTHER }, [4, 2]],
        [{ resource: `${OTHER}/` }, []],
        [{ userId: user, clientId: client }, [4, 0]],
        [{ userId: user, resource: API }, [1, 0]],
        [{ clientId: client, resource: OTHER }, [4, 2]],
        [{ userId: user, clientId: client, resource: OTHER }, [4]],
        [{ since: at(2) }, [4, 3, 2]],
        [{ until: at(2) }, [1, 0]],
        [{ since: at(1), until: at(4), resource: API }, [3, 1]],
        [{ since: at(1), until: '2026-01-01T02:03:00+02:00', userId: user }, [1]],
        [{ until: '1970-01-01T00:00:00Z' }, []],
      ]
      for (const [query, expected] of cases) {
        const { data } = await call(issuanceList, context, query)
        const found = data.map(({ id }) => made.indexOf(id))
        assert.deepEqual(found, expected, JSON.stringify(query))
      }
      const seen: number[] = []
      let cursor: string | null | undefined
      do {
        const page = await call(issuanceList, context, { limit: '2', until: at(4), ...(cursor && { cursor }) })
        seen.push(...page.data.map(({ id }) => made.indexOf(id)))
        cursor = page.nextCursor
      } while (cursor)
      assert.deepEqual(seen, [3, 2, 1, 0])
      for (const query of [{ since: 'yesterday' }, { since: '2026-01-01' }, { client: client }, { clientId: 'x' }]) {
        await assert.rejects(call(issuanceList, context, query), { code: 'invalid_input' })
      }
    })

    test('a revoked token stays revoked, is told of once, and takes nothing with it', async () => {
      const context = house.contextFor()
      const clientId = house.random.id()
      const [one, two] = [await issueTo(context, { clientId }), await issueTo(context, { clientId })]
      await call(issuanceRevoke, context, { id: one.id })
      assert.deepEqual(await holds(context, one), { token: false, family: true })
      assert.deepEqual(await holds(context, two), LIVING)
      const revokedAt = house.clock.now()
      house.clock.advance(1000)
      await call(issuanceRevoke, context, { id: one.id })
      assert.equal((await call(issuanceGet, context, { id: one.id })).revokedAt, revokedAt)
      const events = await eventsAbout(context, one.id)
      assert.deepEqual(
        events.map(({ type, data }) => [type, data.clientId]),
        [['token.revoked', clientId]],
      )
    })

    test('a token is its realm’s alone', async () => {
      const clientId = house.random.id()
      const token = await issueTo(house.contextFor(), { clientId })
      const sibling = house.contextFor({ realm: await anotherRealm(house) })
      const stranger = house.contextFor({ realm: await anotherRealm(house, await anotherTenant(house)) })
      for (const context of [sibling, stranger]) {
        await assert.rejects(call(issuanceGet, context, { id: token.id }), { code: 'not_found' })
        await assert.rejects(call(issuanceRevoke, context, { id: token.id }), { code: 'not_found' })
        assert.deepEqual((await call(issuanceList, context, { clientId })).data, [])
      }
      await stranger.write(async (unit) => {
        assert.equal(await unit.issuances.revokeWhere({ clientId }, house.clock.now()), 0)
        assert.equal(await unit.issuances.revokeForAudience(API, house.clock.now()), 0)
        assert.equal(await unit.tokenFamilies.revokeWhere({ clientId }, house.clock.now()), 0)
      })
      assert.deepEqual(await holds(house.contextFor(), token), LIVING)
    })

    test('all that an owner holds is revoked together, and what a pair of owners holds by both only', async () => {
      const context = house.contextFor({ realm: await anotherRealm(house) })
      const ids = () => ({ userId: house.random.id(), clientId: house.random.id(), sessionId: house.random.id() })
      const revoke = async (owner: TokenOwner) => {
        await context.write(async (unit) => {
          await unit.issuances.revokeWhere(owner, house.clock.now())
          await unit.tokenFamilies.revokeWhere(owner, house.clock.now())
        })
      }
      for (const name of ['userId', 'clientId', 'sessionId'] as const) {
        const holder = ids()
        const [mine, other] = [
          await issueTo(context, holder),
          await issueTo(context, { ...holder, [name]: house.random.id() }),
        ]
        await revoke({ ...(name === 'sessionId' && { userId: holder.userId }), [name]: holder[name] } as never)
        assert.deepEqual([await holds(context, mine), await holds(context, other)], [REVOKED, LIVING], name)
      }
      const holder = ids()
      const mine = await issueTo(context, holder)
      const userId = house.random.id()
      const others = [
        await issueTo(context, { ...holder, userId }),
        await issueTo(context, { ...holder, clientId: house.random.id() }),
      ]
      await revoke({ userId: holder.userId, clientId: holder.clientId })
      assert.deepEqual(await holds(context, mine), REVOKED)
      for (const other of others) assert.deepEqual(await holds(context, other), LIVING)
      const [first] = others
      assert.ok(first)
      await revoke({ userId, familyId: first.familyId })
      assert.deepEqual(await holds(context, first), REVOKED)
      await revoke({ realmId: context.scope.realm?.id ?? '' })
      for (const other of others) assert.deepEqual(await holds(context, other), REVOKED)
    })

    test('a token of the longest life is revoked on its last second', async () => {
      const context = house.contextFor()
      const clientId = house.random.id()
      const issuedAt = house.clock.now()
      const id = house.random.id()
      await context.write((unit) =>
        unit.issue({
          id,
          tenant_id: house.tenantId,
          realm_id: house.realm.id,
          client_id: clientId,
          user_id: null,
          session_id: null,
          family_id: null,
          grant_type: 'client_credentials',
          audience: API,
          scopes: '',
          kid: 'k1',
          token_hash: 'h',
          issued_at: issuedAt,
          expires_at: issuedAt + 86_400_000,
        }),
      )
      house.clock.advance(86_399_000)
      await context.write(async (unit) => {
        assert.equal(await unit.issuances.revokeWhere({ clientId }, house.clock.now()), 1)
      })
      assert.deepEqual((await call(issuanceGet, context, { id })).scopes, [])
    })

    test('what a realm issued for many audiences is one list, by pages, and nobody else’s', async () => {
      const context = house.contextFor({ realm: await anotherRealm(house) })
      assert.deepEqual((await call(issuanceList, context, {})).data, [])
      const issued: string[] = []
      for (let count = 0; count < 130; count++) {
        issued.unshift((await issueTo(context, { audience: `https://${(count * 7) % 110}.example.com` })).id)
        house.clock.advance(1000)
      }
      await issueTo(house.contextFor({ realm: await anotherRealm(house) }))
      const listed: string[] = []
      let cursor: string | undefined
      do {
        const page = await call(issuanceList, context, { limit: 40, ...(cursor && { cursor }) })
        listed.push(...page.data.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      assert.deepEqual(listed, issued)
      const since = new Date(house.clock.now() - 10_500).toISOString()
      assert.deepEqual(
        (await call(issuanceList, context, { since })).data.map(({ id }) => id),
        issued.slice(0, 10),
      )
    })
  })
}

describe('each combination of filters', () => {
  let house: TestHouse
  before(async () => {
    house = await openTestHouse()
  })
  after(() => house.close())

  const filters = [
    ['userId', 'issuance_block_user_id_id (block=? AND user_id=? AND id>? AND id<?)'],
    ['clientId', 'issuance_block_client_id_id (block=? AND client_id=? AND id>? AND id<?)'],
    ['audience', 'issuance_block_realm_id_audience_id (block=? AND realm_id=? AND audience=? AND id>? AND id<?)'],
  ] as const

  for (let mask = 0; mask < 1 << filters.length; mask++) {
    const asked = filters.filter((_, index) => (mask >> index) & 1)
    const names = asked.map(([name]) => name)

    test(`${names.join(', ') || 'none'} is answered by the index of one of them, in its order`, async () => {
      for (const span of [{}, { since: 1 }, { until: 2 }, { since: 1, until: 2, cursor: btoa('00') }]) {
        const given = Object.fromEntries(names.map((name) => [name, 'x']))
        const query: IssuanceQuery = { limit: 50, realmId: 'r', ...given, ...span }
        const indexes = asked.map(([, index]) => index)
        const [, , [, ofAudience]] = filters
        const expected = indexes.length > 0 ? indexes : [`${ofAudience}, ${ofAudience}`]
        assert.deepEqual(await plansOf(house.database, narrowList('t', query, ['a', 'b'])), expected)
      }
    })
  }
})
