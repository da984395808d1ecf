// Checks the operations on issued tokens.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TokenOwner } from '#database/token-log/token-log.ts'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  type PairOwner,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { clientCreate } from '../client/client.operations.ts'
import { issuanceGet, issuanceList, issuanceRevoke } from './issuance.operations.ts'

const [API, OTHER] = ['https://api.example.com', 'https://other.example.com']

for (const dialect of DIALECTS) {
  describe(`issuances on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('a token is shown by what it says and never by what it is', async () => {
      const context = services.contextFor()
      const holder = { clientId: services.random.id(), userId: services.random.id(), sessionId: services.random.id() }
      const { id, familyId } = await issueTokenPair(context, holder)
      const shown = await callOperation(issuanceGet, context, { id: renderId('issuance', id) })
      const issuedAt = services.clock.now()
      const { claims, ...others } = shown
      assert.deepEqual([claims.jti, claims.aud, claims.scope], [id, API, 'read'])
      assert.deepEqual(others, {
        id,
        kind: 'mint',
        status: 'active',
        ...{ parentId: null, confirmation: null, act: null },
        client: null,
        familyId,
        ...holder,
        realmId: services.realm.id,
        grantType: 'authorization_code',
        audience: API,
        scopes: ['read'],
        kid: 'k1',
        issuedAt,
        expiresAt: issuedAt + 3_600_000,
        revokedAt: null,
      })
      assert.deepEqual((await callOperation(issuanceList, context, { clientId: holder.clientId })).data, [others])
    })

    test('the list shows what was asked for, newest first', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const [user, client] = [services.random.id(), services.random.id()]
      const start = services.clock.now()
      const holders: PairOwner[] = [
        { userId: user, clientId: client },
        { userId: user },
        { clientId: client, audience: OTHER },
        {},
        { userId: user, clientId: client, audience: OTHER },
      ]
      const made: string[] = []
      for (const holder of holders) {
        made.push((await issueTokenPair(context, holder)).id)
        services.clock.advance(60_000)
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
        const { data } = await callOperation(issuanceList, context, query)
        const found = data.map(({ id }) => made.indexOf(id))
        assert.deepEqual(found, expected, JSON.stringify(query))
      }
      const seen: number[] = []
      let cursor: string | null | undefined
      do {
        const page = await callOperation(issuanceList, context, { limit: '2', until: at(4), ...(cursor && { cursor }) })
        seen.push(...page.data.map(({ id }) => made.indexOf(id)))
        cursor = page.nextCursor
      } while (cursor)
      assert.deepEqual(seen, [3, 2, 1, 0])
      for (const query of [
        { since: 'yesterday' },
        { since: '2026-01-01' },
        { client: '' },
        { within: 'a day' },
        { clientId: 'x' },
      ]) {
        await assert.rejects(callOperation(issuanceList, context, query), { code: 'invalid_input' })
      }
    })

    test('a revoked token stays revoked, is told of once, and takes nothing with it', async () => {
      const context = services.contextFor()
      const client = await callOperation(clientCreate, context, {
        label: 'Report',
        grantTypes: ['client_credentials'],
      })
      const holder = { clientId: client.id }
      const [one, two] = [await issueTokenPair(context, holder), await issueTokenPair(context, holder)]
      await callOperation(issuanceRevoke, context, { id: one.id })
      assert.deepEqual(await pairStatus(context, one), { token: false, family: true })
      assert.deepEqual(await pairStatus(context, two), ACTIVE_PAIR)
      const revokedAt = services.clock.now()
      services.clock.advance(1000)
      await callOperation(issuanceRevoke, context, { id: one.id })
      assert.equal((await callOperation(issuanceGet, context, { id: one.id })).revokedAt, revokedAt)
      const events = await eventsAbout(context, one.id)
      assert.deepEqual(
        events.map(({ type, data }) => [type, data.clientId]),
        [['token.revoked', client.clientId]],
      )
    })

    test('a token is its realm’s alone', async () => {
      const clientId = services.random.id()
      const token = await issueTokenPair(services.contextFor(), { clientId })
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const context of [sibling, stranger]) {
        await assert.rejects(callOperation(issuanceGet, context, { id: token.id }), { code: 'not_found' })
        await assert.rejects(callOperation(issuanceRevoke, context, { id: token.id }), { code: 'not_found' })
        assert.deepEqual((await callOperation(issuanceList, context, { clientId })).data, [])
      }
      await stranger.write(async (unit) => {
        assert.equal(await unit.issuances.revokeWhere({ clientId }, services.clock.now()), 0)
        assert.equal(await unit.issuances.revokeForAudience(API, services.clock.now()), 0)
        assert.equal(await unit.tokenFamilies.revokeWhere({ clientId }, services.clock.now()), 0)
      })
      assert.deepEqual(await pairStatus(services.contextFor(), token), ACTIVE_PAIR)
    })

    test('all that an owner holds is revoked together, and what a pair of owners holds by both only', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const ids = () => ({
        userId: services.random.id(),
        clientId: services.random.id(),
        sessionId: services.random.id(),
      })
      const revoke = async (owner: TokenOwner) => {
        await context.write(async (unit) => {
          await unit.issuances.revokeWhere(owner, services.clock.now())
          await unit.tokenFamilies.revokeWhere(owner, services.clock.now())
        })
      }
      for (const name of ['userId', 'clientId', 'sessionId'] as const) {
        const holder = ids()
        const [mine, other] = [
          await issueTokenPair(context, holder),
          await issueTokenPair(context, { ...holder, [name]: services.random.id() }),
        ]
        await revoke({ ...(name === 'sessionId' && { userId: holder.userId }), [name]: holder[name] } as never)
        assert.deepEqual(
          [await pairStatus(context, mine), await pairStatus(context, other)],
          [REVOKED_PAIR, ACTIVE_PAIR],
          name,
        )
      }
      const holder = ids()
      const mine = await issueTokenPair(context, holder)
      const userId = services.random.id()
      const others = [
        await issueTokenPair(context, { ...holder, userId }),
        await issueTokenPair(context, { ...holder, clientId: services.random.id() }),
      ]
      await revoke({ userId: holder.userId, clientId: holder.clientId })
      assert.deepEqual(await pairStatus(context, mine), REVOKED_PAIR)
      for (const other of others) assert.deepEqual(await pairStatus(context, other), ACTIVE_PAIR)
      const [first] = others
      assert.ok(first)
      await revoke({ userId, familyId: first.familyId })
      assert.deepEqual(await pairStatus(context, first), REVOKED_PAIR)
      await revoke({ realmId: context.scope.realm?.id ?? '' })
      for (const other of others) assert.deepEqual(await pairStatus(context, other), REVOKED_PAIR)
    })

    test('a token of the longest life is revoked on its last second', async () => {
      const context = services.contextFor()
      const clientId = services.random.id()
      const issuedAt = services.clock.now()
      const id = services.random.id()
      await context.write((unit) =>
        unit.issue({
          id,
          tenant_id: services.tenantId,
          realm_id: services.realm.id,
          client_id: clientId,
          client_name: clientId,
          client_label: 'test',
          user_id: null,
          session_id: null,
          family_id: null,
          parent_id: null,
          confirmation: null,
          act: null,
          grant_type: 'client_credentials',
          audience: API,
          scopes: '',
          kid: 'k1',
          token_hash: 'aGFzaA',
          issued_at: issuedAt,
          expires_at: issuedAt + 86_400_000,
        }),
      )
      services.clock.advance(86_399_000)
      await context.write(async (unit) => {
        assert.equal(await unit.issuances.revokeWhere({ clientId }, services.clock.now()), 1)
      })
      assert.deepEqual((await callOperation(issuanceGet, context, { id })).scopes, [])
    })

    test('what a realm issued for many audiences is one list, by pages, and nobody else’s', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      assert.deepEqual((await callOperation(issuanceList, context, {})).data, [])
      const issued: string[] = []
      for (let count = 0; count < 130; count++) {
        issued.unshift((await issueTokenPair(context, { audience: `https://${(count * 7) % 110}.example.com` })).id)
        services.clock.advance(1000)
      }
      await issueTokenPair(services.contextFor({ realm: await anotherRealm(services) }))
      const listed: string[] = []
      let cursor: string | undefined
      do {
        const page = await callOperation(issuanceList, context, { limit: 40, ...(cursor && { cursor }) })
        listed.push(...page.data.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      assert.deepEqual(listed, issued)
      const since = new Date(services.clock.now() - 10_500).toISOString()
      assert.deepEqual(
        (await callOperation(issuanceList, context, { since })).data.map(({ id }) => id),
        issued.slice(0, 10),
      )
    })
  })
}
