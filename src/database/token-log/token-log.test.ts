// Checks the lists of issued tokens during and after a burst.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { issuanceList } from '#domain/issuance/issuance.operations.ts'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, callOperation } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { type BurstToken, tokenBurst } from '#testing/token-burst.ts'
import { compactPartitions, recentPartitions } from './partitions.ts'

const AUDIENCES = ['https://a.example.com', 'https://b.example.com', 'https://c.example.com']

/** Numbers below a bound, the same ones in each run. */
function dice(): (bound: number) => number {
  let state = 7
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647
    return state % bound
  }
}

/** All pages of a list. */
async function all(context: Context, query: object, limit = 200): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null | undefined
  do {
    const page = await callOperation(issuanceList, context, { ...query, limit, ...(cursor && { cursor }) })
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor
    await new Promise((resolve) => setImmediate(resolve))
  } while (cursor)
  return ids
}

for (const dialect of DIALECTS) {
  describe(`issuances of a burst on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const move = (rows: number) => services.database.write((connection) => compactPartitions(connection, rows))
    const partitions = () => recentPartitions(services.database.read)

    /** Bursts of all sizes in two realms, some of it compacted in between. */
    async function filled(): Promise<{
      contexts: Context[]
      issued: BurstToken[][]
      clients: string[]
      users: string[]
    }> {
      const contexts = [
        services.contextFor({ realm: await anotherRealm(services) }),
        services.contextFor({ realm: await anotherRealm(services) }),
      ]
      const issued: BurstToken[][] = [[], []]
      // A client is of one realm: five of each.
      const clients = Array.from({ length: 10 }, () => services.random.id())
      const users = Array.from({ length: 3 }, () => services.random.id())
      const throwDice = dice()
      for (let round = 0; round < 150; round++) {
        const which = throwDice(2)
        const tokens = Array.from({ length: [1, 3, 8, 20, 40][throwDice(5)] ?? 1 }, () => ({
          clientId: clients[5 * which + throwDice(round < 75 ? 4 : 5)] as string,
          userId: users[throwDice(6)] ?? null,
          audience: AUDIENCES[throwDice(round < 100 ? 2 : 3)] as string,
        }))
        issued[which]?.unshift(...(await tokenBurst(contexts[which] as Context, tokens)).reverse())
        services.clock.advance(throwDice(3) * 1000)
        if (throwDice(10) === 0) await move(throwDice(100))
      }
      return { contexts, issued, clients, users }
    }

    test('are listed whole and in order by every filter, before, while and after they are compacted', async () => {
      const { contexts, issued, clients, users } = await filled()
      assert.equal((await partitions()).length > 3, dialect === 'sqlite')
      const queries = [undefined, clients[0], clients[4], clients[9]].flatMap((clientId) =>
        [undefined, users[1]].flatMap((userId) =>
          [undefined, AUDIENCES[0], AUDIENCES[2]].map((audience) => ({ clientId, userId, audience })),
        ),
      )
      const check = async (limit: number) => {
        for (const [which, context] of contexts.entries()) {
          for (const { clientId, userId, audience } of queries) {
            const query = {
              ...(clientId && { clientId: renderId('client', clientId) }),
              ...(userId && { userId: renderId('user', userId) }),
              ...(audience && { resource: audience }),
            }
            const expected = (issued[which] ?? [])
              .filter((token) => !clientId || token.clientId === clientId)
              .filter((token) => !userId || token.userId === userId)
              .filter((token) => !audience || token.audience === audience)
            const ids = expected.map(({ id }) => id)
            assert.deepEqual(await all(context, query, limit), ids, JSON.stringify(query))
          }
        }
      }
      await check(200)
      await check(17)
      let isCompacting = true
      const compacting = (async () => {
        while ((await move(20)) > 0) await new Promise((resolve) => setImmediate(resolve))
        isCompacting = false
      })()
      while (isCompacting) await check(50)
      await compacting
      assert.deepEqual(await partitions(), [])
      await check(50)
    })

    test('are revoked by client, by user and by audience, wherever they lie', async () => {
      const { contexts, issued, clients, users } = await filled()
      const [context] = contexts
      assert.ok(context)
      const living = async () => {
        const valid: string[] = []
        for (const { id } of issued[0] ?? []) {
          if ((await context.read.issuances.find(id))?.revokedAt === null) valid.push(id)
        }
        return valid
      }
      const now = services.clock.now()
      const [clientId, userId, audience] = [clients[0] as string, users[0] as string, AUDIENCES[0] as string]
      const left = [
        { left: (token: BurstToken) => token.clientId !== clientId, revoke: { clientId } },
        { left: (token: BurstToken) => token.userId !== userId, revoke: { userId } },
      ]
      let expected = (issued[0] ?? []).map(({ id, ...token }) => ({ id, ...token }))
      for (const step of left) {
        await context.write((unit) => unit.issuances.revokeWhere(step.revoke, now))
        expected = expected.filter(step.left)
        assert.equal((await living()).length, expected.length, JSON.stringify(step.revoke))
      }
      await context.write((unit) => unit.issuances.revokeForAudience(audience, now))
      assert.equal((await living()).length, expected.filter((token) => token.audience !== audience).length)
    })
  })
}
