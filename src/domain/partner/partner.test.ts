// Checks the operations on partners.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { apiKeyCreate } from '../api-key/api-key.operations.ts'
import { findApiKeyByDigest } from '../api-key/api-key.store.ts'
import { tenantCreate, tenantDelete } from '../tenant/tenant.operations.ts'
import { partnerCreate, partnerDelete, partnerGet, partnerList, partnerUpdate } from './partner.operations.ts'

const ACME = { name: ' Acme ', slug: 'acme', contactEmail: 'it@acme.example', maxTenants: 2 }

test('a partner is created with its limits, shown, listed and told of on the platform’s chain', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const acme = await runOperation(partnerCreate, context, ACME)
  assert.deepEqual(acme, {
    id: acme.id,
    name: 'Acme',
    slug: 'acme',
    status: 'active',
    contactEmail: 'it@acme.example',
    maxTenants: 2,
    maxUsersPerTenant: null,
    maxApplicationsPerTenant: null,
    version: 1,
    createdAt: services.clock.now(),
    updatedAt: services.clock.now(),
  })
  assert.deepEqual(await runOperation(partnerGet, context, { id: acme.id }), acme)

  const first = await runOperation(partnerList, context, { limit: '1' })
  assert.equal(first.data[0]?.slug, 'internal')
  const second = await runOperation(partnerList, context, { limit: '1', cursor: first.nextCursor })
  assert.deepEqual([second.data, second.nextCursor], [[acme], null])
  const back = await runOperation(partnerList, context, { limit: '1', cursor: second.prevCursor })
  assert.deepEqual(back.data, first.data)
  assert.deepEqual((await runOperation(partnerList, context, { status: 'suspended' })).data, [])

  const [event] = await services.database.read.kysely
    .selectFrom('event')
    .selectAll()
    .where('subject_id', '=', acme.id)
    .execute()
  assert.deepEqual([event?.type, event?.tenant_id], ['partner.created', PLATFORM])
})

test('a slug is one partner’s, until that is deleted', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const acme = await runOperation(partnerCreate, context, ACME)
  await assert.rejects(runOperation(partnerCreate, context, ACME), failure('already_exists'))
  const other = await runOperation(partnerCreate, context, { ...ACME, slug: 'other' })
  await assert.rejects(runOperation(partnerUpdate, context, { id: other.id, slug: 'acme' }), failure('already_exists'))
  await runOperation(partnerDelete, context, { id: acme.id })
  assert.equal((await runOperation(partnerUpdate, context, { id: other.id, slug: 'acme' })).slug, 'acme')
  for (const slug of ['self', 'A', '-a', 'a b']) {
    await assert.rejects(runOperation(partnerCreate, context, { name: 'x', slug }), failure('invalid_input'))
  }
})

test('a change changes what is given, under the version it was meant for', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const before = await runOperation(partnerCreate, context, ACME)
  services.clock.advance(1000)
  const after = await runOperation(partnerUpdate, context, { id: before.id, maxTenants: null, ifVersion: 1 })
  assert.deepEqual(after, { ...before, maxTenants: null, version: 2, updatedAt: services.clock.now() })
  const stale = { id: before.id, name: 'Late', ifVersion: 1 }
  await assert.rejects(runOperation(partnerUpdate, context, stale), failure('precondition_failed'))
  await assert.rejects(runOperation(partnerUpdate, context, { id: before.id, version: 9 }), failure('invalid_input'))
  assert.deepEqual(await runOperation(partnerGet, context, { id: before.id }), after)
})

test('a suspended partner’s realms and keys stand still', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const acme = await runOperation(partnerCreate, context, ACME)
  const tenant = await runOperation(tenantCreate, context, { name: 'Shop', slug: 'shop', partnerId: acme.id })
  const realm = await services.database.read.kysely
    .selectFrom('realm')
    .select('id')
    .where('tenant_id', '=', tenant.id)
    .executeTakeFirstOrThrow()
  assert.equal((await services.registry.realmById(realm.id))?.tenantStatus, 'active')
  const inside = services.contextFor({ tenantId: tenant.id, realm: null })
  const { key } = await runOperation(apiKeyCreate, inside, { name: 'k', permissions: ['*'] })
  const found = () => findApiKeyByDigest(services.database.read, services.crypto.digest(key))
  assert.notEqual(await found(), undefined)
  await runOperation(partnerUpdate, context, { id: acme.id, status: 'suspended' })
  assert.equal(await found(), undefined)
  assert.equal((await services.registry.realmById(realm.id))?.tenantStatus, 'suspended')
  await assert.rejects(
    runOperation(tenantCreate, context, { name: 'B', slug: 'bb', partnerId: acme.id }),
    failure('conflict'),
  )
})

test('the operator’s own partner can be neither suspended, deleted nor renamed in URLs', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = (await runOperation(partnerList, context)).data[0]!
  await assert.rejects(runOperation(partnerUpdate, context, { id, status: 'suspended' }), failure('conflict'))
  await assert.rejects(runOperation(partnerUpdate, context, { id, slug: 'mine' }), failure('conflict'))
  await assert.rejects(runOperation(partnerDelete, context, { id }), failure('conflict'))
  assert.equal((await runOperation(partnerUpdate, context, { id, name: 'Mine' })).name, 'Mine')
})

for (const dialect of DIALECTS) {
  test(`a partner with tenants is not deleted, however the two race (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    for (const round of [1, 2, 3]) {
      const { id } = await runOperation(partnerCreate, context, { name: 'A', slug: `acme-${round}` })
      const [created, deleted] = await Promise.allSettled([
        runOperation(tenantCreate, context, { name: 'Shop', slug: `shop-${round}`, partnerId: id }),
        runOperation(partnerDelete, context, { id }),
      ])
      assert.notEqual(created.status, deleted.status)
      if (created.status === 'rejected') continue
      await assert.rejects(runOperation(partnerDelete, context, { id }), failure('conflict'))
      await runOperation(tenantDelete, context, { id: created.value.id })
      await runOperation(partnerDelete, context, { id })
      await assert.rejects(runOperation(partnerGet, context, { id }), failure('not_found'))
    }
  })
}
