import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLATFORM } from '#kernel/id.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import type { Reach } from '../context.ts'
import { realmCreate, realmDelete } from '../realm/realm.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import { apiKeyCreate, apiKeyGet, apiKeyList, apiKeyRevoke } from './api-key.operations.ts'
import { findApiKeyByDigest, touchApiKey } from './api-key.store.ts'
import { reachCovers } from './api-key.ts'

const KEY = { name: 'Backend', permissions: ['users:read'] }

function find({ database, crypto }: TestHouse, key: string) {
  return findApiKeyByDigest(database.read, crypto.digest(key))
}

/** A context of somebody who reaches one tenant only. */
function within(house: TestHouse, tenantId: string, permissions?: readonly string[]) {
  return house.contextFor({
    reach: { kind: 'tenant', tenantId },
    tenantId,
    realm: null,
    ...(permissions && { permissions }),
  })
}

test('a key is shown once; what is kept recognises it and says what it may do', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const expiresAt = '2026-03-01T00:00:00+01:00'
  const { key, ...view } = await run(apiKeyCreate, context, {
    ...KEY,
    permissions: ['users:read', 'users:read'],
    expiresAt,
  })
  assert.match(key, /^sk_live_[\w-]{43}$/)
  assert.deepEqual(view, {
    id: view.id,
    name: 'Backend',
    prefix: key.slice(0, 12),
    permissions: ['users:read'],
    reach: 'tenant',
    realm: null,
    createdAt: house.clock.now(),
    expiresAt: Date.parse(expiresAt),
    lastUsedAt: null,
    revokedAt: null,
  })
  assert.deepEqual(await run(apiKeyGet, context, { id: view.id }), view)
  const found = await find(house, key)
  assert.deepEqual([found?.id, found?.reach], [view.id, { kind: 'tenant', tenantId: house.tenantId }])
  assert.equal(await find(house, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`), undefined)

  const { kysely } = house.database.read
  const kept = JSON.stringify([
    await kysely.selectFrom('api_key').selectAll().execute(),
    await kysely.selectFrom('event').selectAll().execute(),
    await run(apiKeyList, context),
  ])
  assert.ok(!kept.includes(key.slice(8)))
})

test('a permission has to exist, and an expiry to come', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  for (const permissions of [
    [],
    ['users'],
    ['users:delete'],
    ['unicorns:*'],
    ['unicorns:read'],
    ['*:*'],
    'users:read',
    [''],
  ]) {
    await assert.rejects(run(apiKeyCreate, context, { ...KEY, permissions }), failure('invalid_input'))
  }
  for (const permissions of [['*'], ['users:*'], ['*:read'], ['*:write'], ['events:read']]) {
    await run(apiKeyCreate, context, { ...KEY, permissions })
  }
  for (const expiresAt of ['2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', 'tomorrow', 5]) {
    await assert.rejects(run(apiKeyCreate, context, { ...KEY, expiresAt }), failure('invalid_input'))
  }
})

test('nobody makes a key that may do more, or reaches farther, than they', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const some = within(house, house.tenantId, ['api-keys:write', 'users:*', '*:read'])
  for (const permissions of [['*'], ['clients:write'], ['*:write'], ['clients:*'], ['users:read', 'realms:write']]) {
    await assert.rejects(run(apiKeyCreate, some, { ...KEY, permissions }), failure('forbidden'))
  }
  await run(apiKeyCreate, some, { ...KEY, permissions: ['users:*', '*:read', 'events:read', 'users:write'] })
  await assert.rejects(run(apiKeyCreate, some, { ...KEY, reach: 'platform' }), failure('forbidden'))

  const shop = await run(tenantCreate, house.contextFor(), { name: 'Shop', slug: 'shop' })
  const foreign = await run(realmCreate, within(house, shop.id), { name: 'Foreign' })
  const admin = await house.database.read.kysely
    .selectFrom('realm')
    .select('issuer_id')
    .where('kind', '=', 'admin')
    .where('tenant_id', '=', house.tenantId)
    .executeTakeFirstOrThrow()
  for (const realm of [foreign.issuerId, admin.issuer_id, 'nowhere']) {
    const asked = run(apiKeyCreate, some, { ...KEY, reach: 'realm', realm })
    await assert.rejects(asked, /^Error: realm: is not known$/)
  }
  const asked = house.contextFor({ tenantId: house.random.id(), realm: null })
  await assert.rejects(run(apiKeyCreate, asked, KEY), failure('not_found'))
})

test('bug: asked for one tenant, a key for a realm of another one was made, and told of in the other one’s log', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const tenant = await run(tenantCreate, house.contextFor({ realm: null }), { name: 'Bank', slug: 'bank' })
  const above = (tenantId: string) => house.contextFor({ reach: { kind: 'platform' }, tenantId, realm: null })
  const input = { ...KEY, reach: 'realm', realm: 'default' } as const
  await assert.rejects(run(apiKeyCreate, above(tenant.id), input), /^Error: realm: is not known$/)
  assert.equal((await run(apiKeyCreate, above(house.tenantId), input)).realm, 'default')
})

test('a realm’s key dies with its realm', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const { issuerId } = await run(realmCreate, context, { name: 'Customers' })
  const { realm } = (await house.registry.realmByIssuerId(issuerId))!
  const made = await run(apiKeyCreate, context, { ...KEY, reach: 'realm', realm: issuerId })
  assert.deepEqual([made.reach, made.realm], ['realm', issuerId])
  const reach = { kind: 'realm', tenantId: house.tenantId, realmId: realm.id }
  assert.deepEqual((await find(house, made.key))?.reach, reach)
  await run(realmDelete, house.contextFor({ realm }))
  assert.equal(await find(house, made.key), undefined)
  await assert.rejects(run(apiKeyCreate, context, { ...KEY, reach: 'realm' }), failure('invalid_input'))
  await assert.rejects(run(apiKeyCreate, context, { ...KEY, realm: 'default' }), failure('invalid_input'))
})

test('each sees and revokes the keys within their reach', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const platform = house.contextFor()
  const shop = await run(tenantCreate, platform, { name: 'Shop', slug: 'shop' })
  const own = await run(apiKeyCreate, within(house, house.tenantId), KEY)
  const foreign = await run(apiKeyCreate, within(house, shop.id), KEY)
  const top = await run(apiKeyCreate, platform, { ...KEY, name: 'Top', reach: 'platform' })
  assert.equal((await find(house, top.key))?.tenantId, PLATFORM)

  const names = async (context: Parameters<typeof run>[1]) => (await run(apiKeyList, context)).data.map(({ id }) => id)
  const [firstBoot] = await names(platform)
  assert.deepEqual(await names(platform), [firstBoot, own.id, top.id])
  assert.deepEqual(await names(within(house, house.tenantId)), [own.id])
  assert.deepEqual(await names(within(house, shop.id)), [foreign.id])
  assert.deepEqual(await names(house.contextFor({ tenantId: PLATFORM, realm: null })), [firstBoot, top.id])
  for (const operation of [apiKeyGet, apiKeyRevoke]) {
    for (const id of [firstBoot, foreign.id, top.id]) {
      await assert.rejects(run(operation, within(house, house.tenantId), { id }), failure('not_found'))
    }
  }
  const reach: Reach = { kind: 'tenant', tenantId: house.tenantId }
  assert.equal(await platform.write((unit) => unit.apiKeys.revoke(reach, top.id, 1)), false)
})

test('a revoked key stays revoked, and in the list where that is asked for', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = within(house, house.tenantId)
  const { id, key } = await run(apiKeyCreate, context, KEY)
  const at = house.clock.now()
  assert.equal((await run(apiKeyRevoke, context, { id })).revokedAt, at)
  house.clock.advance(1000)
  assert.equal((await run(apiKeyRevoke, context, { id })).revokedAt, at)
  assert.equal((await find(house, key))?.revokedAt, at)
  assert.deepEqual((await run(apiKeyList, context)).data, [])
  assert.deepEqual(
    (await run(apiKeyList, context, { revoked: 'true' })).data.map((one) => one.id),
    [id],
  )
  const events = await house.database.read.kysely
    .selectFrom('event')
    .select(['type', 'tenant_id'])
    .where('subject_id', '=', id)
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    events.map(({ type, tenant_id: tenant }) => [type, tenant]),
    [
      ['api_key.created', house.tenantId],
      ['api_key.revoked', house.tenantId],
    ],
  )
})

test('the last use is written down to the minute', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const use = async () => {
    touchApiKey(house.database, (await find(house, house.adminKey))!, house.clock.now())
    await house.database.write(() => {})
    return (await find(house, house.adminKey))?.lastUsedAt
  }
  const start = house.clock.now()
  assert.equal(await use(), start)
  house.clock.advance(59_999)
  assert.equal(await use(), start)
  house.clock.advance(1)
  assert.equal(await use(), start + 60_000)
})

test('reaches', () => {
  const platform: Reach = { kind: 'platform' }
  const a: Reach = { kind: 'tenant', tenantId: 'a' }
  const b: Reach = { kind: 'tenant', tenantId: 'b' }
  const a1: Reach = { kind: 'realm', tenantId: 'a', realmId: '1' }
  const a2: Reach = { kind: 'realm', tenantId: 'a', realmId: '2' }
  const none: Reach = { kind: 'none' }
  const covered = (wide: Reach) => [platform, a, b, a1, a2].filter((narrow) => reachCovers(wide, narrow))
  assert.deepEqual(covered(platform), [platform, a, b, a1, a2])
  assert.deepEqual(covered(a), [a, a1, a2])
  assert.deepEqual(covered(b), [b])
  assert.deepEqual(covered(a1), [a1])
  assert.deepEqual(covered(none), [])
})
