// Checks the list of directories.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { realmCreate } from '../realm/realm.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import { directoryGet, directoryList } from './directory.operations.ts'

test('a tenant’s directories are listed, those of its administrators and of other tenants not', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const other = await runOperation(tenantCreate, context, { name: 'Shop', slug: 'shop' })
  await runOperation(realmCreate, services.contextFor({ realm: null, tenantId: other.id }), { name: 'Foreign' })
  await runOperation(realmCreate, context, { name: 'Customers' })

  const first = await runOperation(directoryList, context, { limit: '1' })
  const second = await runOperation(directoryList, context, { limit: '1', cursor: first.nextCursor })
  assert.deepEqual(
    [...first.data, ...second.data].map(({ name, tenantId }) => [name, tenantId]),
    [
      ['Default', services.tenantId],
      ['Customers', services.tenantId],
    ],
  )
  assert.equal(second.nextCursor, null)
  const [shown] = first.data
  assert.deepEqual(await runOperation(directoryGet, context, { id: shown!.id }), shown)

  const hidden = await services.database.read.kysely.selectFrom('directory').select(['id', 'tenant_id']).execute()
  const out = hidden.filter(({ id }) => ![...first.data, ...second.data].some((directory) => directory.id === id))
  assert.equal(out.length, 4)
  for (const { id } of out) await assert.rejects(runOperation(directoryGet, context, { id }), failure('not_found'))
})
