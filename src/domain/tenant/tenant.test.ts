import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessOf, giveAccess } from '#testing/access.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import { apiKeyCreate } from '../api-key/api-key.operations.ts'
import { findApiKeyByDigest } from '../api-key/api-key.store.ts'
import { clientCreate } from '../client/client.operations.ts'
import { partnerCreate, partnerUpdate } from '../partner/partner.operations.ts'
import { realmCreate, realmList } from '../realm/realm.operations.ts'
import { userCreate } from '../user/user.operations.ts'
import {
  tenantCreate,
  tenantDelete,
  tenantGet,
  tenantList,
  tenantReactivate,
  tenantSuspend,
  tenantUpdate,
} from './tenant.operations.ts'

const SHOP = { name: 'Shop', slug: 'shop', settings: { theme: { dark: true } } }

/** A context of somebody who reaches one tenant only. */
function within(house: TestHouse, tenantId: string) {
  return house.contextFor({ reach: { kind: 'tenant', tenantId }, tenantId, realm: null })
}

test('a tenant is created for the operator’s own partner, with a realm for its people and a hidden one for its administrators', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const shop = await run(tenantCreate, context, SHOP)
  assert.deepEqual([shop.slug, shop.status, shop.settings, shop.branding], ['shop', 'active', SHOP.settings, {}])
  assert.deepEqual(await run(tenantGet, context, { id: shop.id }), shop)
  const homes = (await run(realmList, within(house, shop.id))).data
  assert.deepEqual(
    homes.map(({ name, tenantId, enabled }) => [name, tenantId, enabled]),
    [[SHOP.name, shop.id, true]],
  )
  assert.equal((await run(realmCreate, within(house, shop.id), { name: 'Customers' })).tenantId, shop.id)

  const rows = await house.database.read.kysely
    .selectFrom('event')
    .select('type')
    .where('tenant_id', '=', shop.id)
    .orderBy('seq')
    .execute()
  const made = ['key.created', 'key.created', 'realm.created']
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['tenant.created', ...made, 'application.created', 'client.created', ...made, ...made],
  )
  const admin = await house.database.read.kysely
    .selectFrom('realm')
    .innerJoin('signing_key', 'signing_key.realm_id', 'realm.id')
    .select(['signing_key.state', 'signing_key.tenant_id'])
    .where('realm.tenant_id', '=', shop.id)
    .where('realm.kind', '=', 'admin')
    .orderBy('signing_key.id')
    .execute()
  assert.deepEqual(
    admin.map(({ state, tenant_id: tenant }) => [state, tenant]),
    [
      ['active', shop.id],
      ['next', shop.id],
    ],
  )
})

test('whose reach is one tenant sees and changes that one only', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const platform = house.contextFor()
  const shop = await run(tenantCreate, platform, SHOP)
  const bank = await run(tenantCreate, platform, { name: 'Bank', slug: 'bank' })
  assert.equal((await run(tenantList, platform)).data.length, 3)

  const inside = within(house, shop.id)
  assert.deepEqual((await run(tenantList, inside)).data, [shop])
  assert.deepEqual((await run(tenantList, inside, { partnerId: house.random.id() })).data, [])
  assert.equal((await run(tenantUpdate, inside, { id: shop.id, name: 'My shop' })).name, 'My shop')
  await assert.rejects(run(tenantGet, inside, { id: bank.id }), failure('not_found'))
  await assert.rejects(run(tenantUpdate, inside, { id: bank.id, name: 'Mine' }), failure('not_found'))
  await assert.rejects(run(tenantUpdate, inside, { id: shop.id, slug: 'bank-2' }), failure('forbidden'))
  const foreign = { ...(await platform.read.tenants.find({ kind: 'platform' }, bank.id))!, name: 'Mine', version: 2 }
  const reach = { kind: 'tenant', tenantId: shop.id } as const
  assert.equal(await inside.write((unit) => unit.tenants.update(reach, foreign)), 'stale')
  assert.equal((await run(tenantGet, platform, { id: bank.id })).name, 'Bank')
  const nobody = house.contextFor({ reach: { kind: 'none' } })
  assert.deepEqual((await run(tenantList, nobody)).data, [])
})

test('a slug is one tenant’s, and a change is for the version it was meant for', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const shop = await run(tenantCreate, context, SHOP)
  await assert.rejects(run(tenantCreate, context, SHOP), failure('already_exists'))
  await assert.rejects(run(tenantUpdate, context, { id: shop.id, slug: 'default' }), failure('already_exists'))
  const after = await run(tenantUpdate, context, { id: shop.id, slug: 'store', branding: { a: [1] }, ifVersion: 1 })
  assert.deepEqual([after.slug, after.branding, after.settings, after.version], ['store', { a: [1] }, SHOP.settings, 2])
  const stale = { id: shop.id, name: 'x', ifVersion: 1 }
  await assert.rejects(run(tenantUpdate, context, stale), failure('precondition_failed'))
  await assert.rejects(run(tenantUpdate, context, { id: shop.id, status: 'suspended' }), failure('invalid_input'))
  await assert.rejects(
    run(tenantCreate, context, { ...SHOP, slug: 'x1', partnerId: house.random.id() }),
    failure('not_found'),
  )
})

test('a suspended tenant’s realms and keys stand still until it is reactivated', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const { id } = await run(tenantCreate, context, SHOP)
  const { issuerId } = await run(realmCreate, within(house, id), { name: 'Customers' })
  const { key } = await run(apiKeyCreate, within(house, id), { name: 'k', permissions: ['*'] })
  const state = async () => [
    (await house.registry.realmByIssuerId(issuerId))?.tenantStatus,
    (await findApiKeyByDigest(house.database.read, house.crypto.digest(key))) !== undefined,
  ]
  assert.deepEqual(await state(), ['active', true])
  assert.equal((await run(tenantSuspend, context, { id })).status, 'suspended')
  assert.equal((await run(tenantSuspend, context, { id })).version, 2)
  assert.deepEqual(await state(), ['suspended', false])
  assert.equal((await run(tenantReactivate, context, { id })).status, 'active')
  assert.deepEqual(await state(), ['active', true])
})

for (const dialect of DIALECTS) {
  test(`deleting a tenant ends everything in it and nothing else (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const { id } = await run(tenantCreate, context, SHOP)
    const { issuerId } = await run(realmCreate, within(house, id), { name: 'Customers' })
    const { realm } = (await house.registry.realmByIssuerId(issuerId))!
    const people: string[] = []
    for (const at of [house.contextFor({ realm }), context]) {
      const user = await run(userCreate, at, { email: 'ann@example.com' })
      const client = await run(clientCreate, at, { label: 'App', redirectUris: ['https://app.example/'] })
      const place = { realmId: at.scope.realm!.id, clientId: client.id }
      await giveAccess(house.database, { id: user.id, tenantId: at.scope.tenantId }, place, house.clock.now())
      people.push(user.id)
    }
    const { key } = await run(apiKeyCreate, within(house, id), { name: 'k', permissions: ['*'] })

    await run(tenantDelete, context, { id })
    await assert.rejects(run(tenantGet, context, { id }), failure('not_found'))
    await assert.rejects(run(tenantDelete, context, { id }), failure('not_found'))
    assert.equal(await house.registry.realmByIssuerId(issuerId), undefined)
    const one = { sessions: 1, families: 1, issuances: 1, grants: 1 }
    assert.deepEqual(await accessOf(house.database, people[0]!), { sessions: 0, families: 0, issuances: 0, grants: 0 })
    assert.deepEqual(await accessOf(house.database, people[1]!), one)
    assert.equal(await findApiKeyByDigest(house.database.read, house.crypto.digest(key)), undefined)
    assert.notEqual(await findApiKeyByDigest(house.database.read, house.crypto.digest(house.adminKey)), undefined)
    assert.equal((await run(tenantCreate, context, SHOP)).slug, 'shop')
  })

  test(`a partner’s limit holds, however many are created at once (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const { id } = await run(partnerCreate, context, { name: 'Acme', slug: 'acme', maxTenants: 3 })
    const attempts = Array.from({ length: 10 }, (_, index) =>
      run(tenantCreate, context, { name: 'T', slug: `tenant-${index}`, partnerId: id }),
    )
    const outcomes = await Promise.allSettled(attempts)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('limit_reached')(outcome.reason)
    assert.equal((await run(tenantList, context, { partnerId: id })).data.length, 3)
    await run(partnerUpdate, context, { id, maxTenants: 4 })
    await run(tenantCreate, context, { name: 'T', slug: 'tenant-x', partnerId: id })
  })
}

test('the first tenant can be neither suspended, deleted nor renamed in URLs', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const id = house.tenantId
  await assert.rejects(run(tenantDelete, context, { id }), failure('conflict'))
  await assert.rejects(run(tenantSuspend, context, { id }), failure('conflict'))
  await assert.rejects(run(tenantUpdate, context, { id, slug: 'other' }), failure('conflict'))
  assert.equal((await house.registry.realmByIssuerId('default'))?.tenantStatus, 'active')
})
