import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import { realmCreate } from '../realm/realm.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import { directoryGet, directoryList } from './directory.operations.ts'

test('a tenant’s directories are listed, those of its administrators and of other tenants not', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const other = await run(tenantCreate, context, { name: 'Shop', slug: 'shop' })
  await run(realmCreate, house.contextFor({ realm: null, tenantId: other.id }), { name: 'Foreign' })
  await run(realmCreate, context, { name: 'Customers' })

  const first = await run(directoryList, context, { limit: '1' })
  const second = await run(directoryList, context, { limit: '1', cursor: first.nextCursor })
  assert.deepEqual(
    [...first.data, ...second.data].map(({ name, tenantId }) => [name, tenantId]),
    [
      ['Default', house.tenantId],
      ['Customers', house.tenantId],
    ],
  )
  assert.equal(second.nextCursor, null)
  const [shown] = first.data
  assert.deepEqual(await run(directoryGet, context, { id: shown!.id }), shown)

  const hidden = await house.database.read.kysely.selectFrom('directory').select(['id', 'tenant_id']).execute()
  const out = hidden.filter(({ id }) => ![...first.data, ...second.data].some((directory) => directory.id === id))
  assert.equal(out.length, 4)
  for (const { id } of out) await assert.rejects(run(directoryGet, context, { id }), failure('not_found'))
})
