// Checks pages of lists in both directions.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ListQuery } from '#kernel/page.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { countUpTo, readListPage } from './list-page.ts'

const NAMES = ['delta', 'alpha', 'echo', 'bravo', 'alpha', 'charlie', 'alpha']

for (const dialect of DIALECTS) {
  describe(`pages of a list on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
      const { tenantId, realm } = services
      const rows = NAMES.map((name, index) => ({
        id: `0190e7a0-0000-7000-8000-00000000000${index}`,
        ...{ tenant_id: tenantId, realm_id: realm.id, kind: 'oidc', name, name_key: name, enabled: 1 as const },
        ...{ config: '{}', client_secret: null, attribute_mapping: '{}', jit_provisioning: 0 as const, domains: '[]' },
        ...{ group_mapping: '[]', trust_domains: 0 as const, organization_id: null, member_role: 'member' },
        ...{ version: 1, created_at: index, updated_at: index, deleted_at: null },
      }))
      await services.database.write(({ kysely }) => kysely.insertInto('identity_provider').values(rows).execute())
    })
    after(() => services.close())

    const all = () => services.database.read.kysely.selectFrom('identity_provider').selectAll()
    const read = (query: ListQuery, newestFirst = false) =>
      readListPage(services.database.read, all(), query, {
        newestFirst,
        orders: {
          name: {
            column: 'name_key',
            valueAt: async (id) => (await all().where('id', '=', id).executeTakeFirst())?.name_key ?? '',
          },
        },
      })
    const numbers = (rows: readonly { id: string }[]) => rows.map(({ id }) => Number(id.at(-1)))

    test('every page leads to the next one and back, whatever the order and its length', async () => {
      const byId = NAMES.map((_, index) => index)
      const byName = [1, 4, 6, 3, 5, 0, 2]
      for (const [order, expected] of [
        [undefined, byId],
        ['created_at', byId],
        ['-created_at', byId.toReversed()],
        ['name', byName],
        ['-name', byName.toReversed()],
      ] as const) {
        for (let limit = 1; limit <= NAMES.length + 1; limit++) {
          const forward: number[][] = []
          let page = await read({ limit, order })
          assert.equal(page.prevCursor, null)
          for (;;) {
            forward.push(numbers(page.data))
            if (page.nextCursor === null) break
            page = await read({ limit, order, cursor: page.nextCursor })
          }
          assert.deepEqual(forward.flat(), expected, `${order}, by ${limit}`)
          const backward: number[][] = [numbers(page.data)]
          while (page.prevCursor) {
            page = await read({ limit, order, cursor: page.prevCursor })
            assert.notEqual(page.nextCursor, null)
            backward.unshift(numbers(page.data))
          }
          assert.deepEqual(backward, forward, `${order}, back by ${limit}`)
        }
      }
    })

    test('an offset skips rows, and the answer says how many there are', async () => {
      const page = await read({ limit: 2, offset: 3 }, true)
      assert.deepEqual([numbers(page.data), page.count], [[3, 2], { value: 7 }])
      assert.deepEqual(numbers((await read({ limit: 2, cursor: page.nextCursor ?? '' }, true)).data), [1, 0])
      assert.deepEqual(numbers((await read({ limit: 2, cursor: page.prevCursor ?? '' }, true)).data), [5, 4])
      assert.deepEqual((await read({ limit: 2, offset: 70 })).count, { value: 7 })
      assert.deepEqual((await read({ limit: 9, offset: 0 })).count, { value: 7 })
    })

    test('a count is told only where it is asked for, and may stop', async () => {
      assert.equal((await read({ limit: 2 })).count, undefined)
      assert.deepEqual((await read({ limit: 2, include: 'count' })).count, { value: 7 })
      const { database } = services
      assert.deepEqual(await countUpTo(database.read, all(), 7), { value: 7 })
      assert.deepEqual(await countUpTo(database.read, all(), 6), { value: 6, isBound: true })
    })

    test('a cursor that is none, or one beside an offset, is refused', async () => {
      await assert.rejects(read({ limit: 2, cursor: '§' }), failure('invalid_request'))
      const { nextCursor } = await read({ limit: 2 })
      await assert.rejects(read({ limit: 2, offset: 2, cursor: nextCursor ?? '' }), failure('invalid_request'))
    })
  })
}
