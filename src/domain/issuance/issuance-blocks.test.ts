import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { eachBlock, recentBlocks, settle } from '#database/blocks.ts'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { explain } from '#testing/explain.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherRealm, call } from '#testing/neighbours.ts'
import { type RushToken, rush } from '#testing/rush.ts'
import type { Context } from '../context.ts'
import { issuanceList } from './issuance.operations.ts'
import { type IssuanceQuery, rowsIn } from './issuance-list.store.ts'

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
    const page = await call(issuanceList, context, { ...query, limit, ...(cursor && { cursor }) })
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor
    await new Promise((resolve) => setImmediate(resolve))
  } while (cursor)
  return ids
}

for (const dialect of DIALECTS) {
  describe(`issuances of a rush on ${dialect}`, () => {
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    const move = (rows: number) => house.database.write((connection) => settle(connection, rows))
    const blocks = () => recentBlocks(house.database.read)

    /** Rushes of all sizes in two realms, some of it settled in between. */
    async function filled(): Promise<{
      contexts: Context[]
      issued: RushToken[][]
      clients: string[]
      users: string[]
    }> {
      const contexts = [
        house.contextFor({ realm: await anotherRealm(house) }),
        house.contextFor({ realm: await anotherRealm(house) }),
      ]
      const issued: RushToken[][] = [[], []]
      // A client is of one realm: five of each.
      const clients = Array.from({ length: 10 }, () => house.random.id())
      const users = Array.from({ length: 3 }, () => house.random.id())
      const throwDice = dice()
      for (let round = 0; round < 150; round++) {
        const which = throwDice(2)
        const tokens = Array.from({ length: [1, 3, 8, 20, 40][throwDice(5)] ?? 1 }, () => ({
          clientId: clients[5 * which + throwDice(round < 75 ? 4 : 5)] as string,
          userId: users[throwDice(6)] ?? null,
          audience: AUDIENCES[throwDice(round < 100 ? 2 : 3)] as string,
        }))
        issued[which]?.unshift(...(await rush(contexts[which] as Context, tokens)).reverse())
        house.clock.advance(throwDice(3) * 1000)
        if (throwDice(10) === 0) await move(throwDice(100))
      }
      return { contexts, issued, clients, users }
    }

    test('are listed whole and in order by every filter, before, while and after they settle', async () => {
      const { contexts, issued, clients, users } = await filled()
      assert.equal((await blocks()).length > 3, dialect === 'sqlite')
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
      let isSettling = true
      const settling = (async () => {
        while ((await move(20)) > 0) await new Promise((resolve) => setImmediate(resolve))
        isSettling = false
      })()
      while (isSettling) await check(50)
      await settling
      assert.deepEqual(await blocks(), [])
      await check(50)
    })

    test('are revoked by client, by user and by audience, wherever they lie', async () => {
      const { contexts, issued, clients, users } = await filled()
      const [context] = contexts
      assert.ok(context)
      const living = async () =>
        (await Promise.all((issued[0] ?? []).map(({ id }) => context.read.issuances.find(id)))).filter(
          (found) => found?.revokedAt === null,
        )
      const now = house.clock.now()
      const [clientId, userId, audience] = [clients[0] as string, users[0] as string, AUDIENCES[0] as string]
      const left = [
        { left: (token: RushToken) => token.clientId !== clientId, revoke: { clientId } },
        { left: (token: RushToken) => token.userId !== userId, revoke: { userId } },
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

describe('recent blocks', () => {
  let house: TestHouse
  before(async () => {
    house = await openTestHouse()
    const token = { clientId: house.random.id(), userId: null, audience: AUDIENCES[0] as string }
    await rush(house.contextFor(), Array(20).fill(token))
  })
  after(() => house.close())

  /** The steps of a plan that read issuances. */
  async function steps(query: RawBuilder<unknown>): Promise<string[]> {
    const plan = await explain(house.database, { compile: () => query.compile(house.database.read.kysely) })
    return plan.split('\n').filter((step) => /^(SEARCH|SCAN) (issuance|one|other)/.test(step))
  }
  const byIndex = (index: string) => new RegExp(`USING (COVERING )?INDEX issuance_block_${index}`)
  const query: IssuanceQuery = { limit: 50, realmId: 'r' }

  test('are found by a step for each', async () => {
    const [settled, recent, ...more] = eachBlock(house.database.read)
    assert.deepEqual([settled?.isRecent, recent?.isRecent, more], [false, true, []])
    assert.ok(recent)
    for (const column of ['client_id', 'user_id']) {
      const found = await steps(
        sql`select * from issuance where ${recent.condition} and ${sql.ref(column)} = 'x' and id >= 'y'`,
      )
      assert.equal(found.length, 1)
      assert.match(found[0] ?? '', byIndex(`${column}_id \\(block=\\? AND ${column}=\\? AND id>\\?\\)`))
    }
  })

  test('are each asked for their newest rows, by the index of the first filter', async () => {
    const [user, client] = ['user_id_id \\(block=\\? AND user_id=\\?', 'client_id_id \\(block=\\? AND client_id=\\?']
    const audience = 'realm_id_audience_id \\(block=\\? AND realm_id=\\? AND audience=\\?'
    const ofPage = ' AND id>\\? AND id<\\?\\)'
    const cases = [
      [{}, ['realm_id_audience_id \\(block=\\? AND realm_id=\\?\\)']],
      [{ clientId: 'x' }, [client + ofPage]],
      [{ userId: 'x' }, [user + ofPage]],
      [{ audience: 'x' }, [audience + ofPage]],
      [{ clientId: 'x', audience: 'y' }, [`${audience}\\)`, client + ofPage]],
      [{ userId: 'x', clientId: 'y', audience: 'z' }, [`${client}\\)`, `${audience}\\)`, user + ofPage]],
    ] as const
    for (const [filter, indexes] of cases) {
      const found = await steps(rowsIn('t', { ...query, ...filter }, [1, 2]))
      const byId = found.filter((step) => /PRIMARY KEY \(id=\?\)/.test(step))
      const others = found.filter((step) => !byId.includes(step))
      assert.equal(byId.length, 1, JSON.stringify(filter))
      assert.equal(others.length, indexes.length, found.join('\n'))
      for (const index of indexes)
        assert.ok(
          others.some((step) => byIndex(index).test(step)),
          `${index}: ${others.join('\n')}`,
        )
    }
  })
})
