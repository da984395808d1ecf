// Checks the operations on API keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsPermission } from '#database/migrations/0035-credentials-permission.ts'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { type Reach, reachContains } from '../actor.ts'
import { realmCreate, realmDelete } from '../realm/realm.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import { apiKeyCreate, apiKeyGet, apiKeyList, apiKeyRevoke } from './api-key.operations.ts'
import { findApiKeyByDigest, touchApiKey } from './api-key.store.ts'

const KEY = { name: 'Backend', permissions: ['users:read'] }

function find({ database, crypto }: TestServices, key: string) {
  return findApiKeyByDigest(database.read, crypto.digest(key))
}

/** A context of a caller with the reach of one tenant. */
function within(services: TestServices, tenantId: string, permissions?: readonly string[]) {
  return services.contextFor({
    reach: { kind: 'tenant', tenantId },
    tenantId,
    realm: null,
    ...(permissions && { permissions }),
  })
}

for (const dialect of DIALECTS) {
  test(`on ${dialect}, keys that made credentials by a wildcard keep it when the permission has to be named`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const grants = [['*'], ['users:read', '*:write'], ['*:read'], ['users:*'], ['*', 'credentials:write']]
    const ids = []
    for (const permissions of grants) ids.push((await runOperation(apiKeyCreate, context, { ...KEY, permissions })).id)
    await services.database.write(({ kysely }) => credentialsPermission.up(kysely as never))
    const after = await Promise.all(ids.map((id) => runOperation(apiKeyGet, context, { id })))
    assert.deepEqual(
      after.map(({ permissions }) => permissions),
      [
        ['*', 'credentials:write'],
        ['users:read', '*:write', 'credentials:write'],
        ['*:read'],
        ['users:*'],
        ['*', 'credentials:write'],
      ],
    )
  })
}

test('a key is shown once; what is kept recognises it and says what it may do', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const expiresAt = '2026-03-01T00:00:00+01:00'
  const { key, ...view } = await runOperation(apiKeyCreate, context, {
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
    createdAt: services.clock.now(),
    expiresAt: Date.parse(expiresAt),
    lastUsedAt: null,
    revokedAt: null,
  })
  assert.deepEqual(await runOperation(apiKeyGet, context, { id: view.id }), view)
  const found = await find(services, key)
  assert.deepEqual([found?.id, found?.reach], [view.id, { kind: 'tenant', tenantId: services.tenantId }])
  assert.equal(await find(services, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`), undefined)

  const { kysely } = services.database.read
  const kept = JSON.stringify([
    await kysely.selectFrom('api_key').selectAll().execute(),
    await kysely.selectFrom('event').selectAll().execute(),
    await runOperation(apiKeyList, context),
  ])
  assert.ok(!kept.includes(key.slice(8)))
})

test('a permission has to exist, and an expiry to come', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
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
    await assert.rejects(runOperation(apiKeyCreate, context, { ...KEY, permissions }), failure('invalid_input'))
  }
  for (const permissions of [['*'], ['users:*'], ['*:read'], ['*:write'], ['events:read']]) {
    await runOperation(apiKeyCreate, context, { ...KEY, permissions })
  }
  for (const expiresAt of ['2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', 'tomorrow', 5]) {
    await assert.rejects(runOperation(apiKeyCreate, context, { ...KEY, expiresAt }), failure('invalid_input'))
  }
})

test('nobody makes a key that may do more, or reaches farther, than they', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const some = within(services, services.tenantId, ['api-keys:write', 'users:*', '*:read'])
  for (const permissions of [['*'], ['clients:write'], ['*:write'], ['clients:*'], ['users:read', 'realms:write']]) {
    await assert.rejects(runOperation(apiKeyCreate, some, { ...KEY, permissions }), failure('forbidden'))
  }
  await runOperation(apiKeyCreate, some, { ...KEY, permissions: ['users:*', '*:read', 'events:read', 'users:write'] })
  await assert.rejects(runOperation(apiKeyCreate, some, { ...KEY, reach: 'platform' }), failure('forbidden'))

  const shop = await runOperation(tenantCreate, services.contextFor(), { name: 'Shop', slug: 'shop' })
  const foreign = await runOperation(realmCreate, within(services, shop.id), { name: 'Foreign' })
  const admin = await services.database.read.kysely
    .selectFrom('realm')
    .select('issuer_id')
    .where('kind', '=', 'admin')
    .where('tenant_id', '=', services.tenantId)
    .executeTakeFirstOrThrow()
  for (const realm of [foreign.issuerId, admin.issuer_id, 'nowhere']) {
    const asked = runOperation(apiKeyCreate, some, { ...KEY, reach: 'realm', realm })
    await assert.rejects(asked, /^Error: realm: is not known$/)
  }
  const asked = services.contextFor({ tenantId: services.random.id(), realm: null })
  await assert.rejects(runOperation(apiKeyCreate, asked, KEY), failure('not_found'))
})

test('bug: asked for one tenant, a key for a realm of another one was made, and told of in the other one’s log', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const tenant = await runOperation(tenantCreate, services.contextFor({ realm: null }), { name: 'Bank', slug: 'bank' })
  const above = (tenantId: string) => services.contextFor({ reach: { kind: 'platform' }, tenantId, realm: null })
  const input = { ...KEY, reach: 'realm', realm: 'default' } as const
  await assert.rejects(runOperation(apiKeyCreate, above(tenant.id), input), /^Error: realm: is not known$/)
  assert.equal((await runOperation(apiKeyCreate, above(services.tenantId), input)).realm, 'default')
})

test('a realm’s key dies with its realm', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { issuerId } = await runOperation(realmCreate, context, { name: 'Customers' })
  const { realm } = (await services.registry.realmByIssuerId(issuerId))!
  const made = await runOperation(apiKeyCreate, context, { ...KEY, reach: 'realm', realm: issuerId })
  assert.deepEqual([made.reach, made.realm], ['realm', issuerId])
  const reach = { kind: 'realm', tenantId: services.tenantId, realmId: realm.id }
  assert.deepEqual((await find(services, made.key))?.reach, reach)
  await runOperation(realmDelete, services.contextFor({ realm }))
  assert.equal(await find(services, made.key), undefined)
  await assert.rejects(runOperation(apiKeyCreate, context, { ...KEY, reach: 'realm' }), failure('invalid_input'))
  await assert.rejects(runOperation(apiKeyCreate, context, { ...KEY, realm: 'default' }), failure('invalid_input'))
})

test('each sees and revokes the keys within their reach', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const platform = services.contextFor()
  const shop = await runOperation(tenantCreate, platform, { name: 'Shop', slug: 'shop' })
  const own = await runOperation(apiKeyCreate, within(services, services.tenantId), KEY)
  const foreign = await runOperation(apiKeyCreate, within(services, shop.id), KEY)
  const top = await runOperation(apiKeyCreate, platform, { ...KEY, name: 'Top', reach: 'platform' })
  assert.equal((await find(services, top.key))?.tenantId, PLATFORM)

  const names = async (context: Parameters<typeof runOperation>[1]) =>
    (await runOperation(apiKeyList, context)).data.map(({ id }) => id)
  const [firstBoot] = await names(platform)
  assert.deepEqual(await names(platform), [firstBoot, own.id, top.id])
  assert.deepEqual(await names(within(services, services.tenantId)), [own.id])
  assert.deepEqual(await names(within(services, shop.id)), [foreign.id])
  assert.deepEqual(await names(services.contextFor({ tenantId: PLATFORM, realm: null })), [firstBoot, top.id])
  for (const operation of [apiKeyGet, apiKeyRevoke]) {
    for (const id of [firstBoot, foreign.id, top.id]) {
      await assert.rejects(runOperation(operation, within(services, services.tenantId), { id }), failure('not_found'))
    }
  }
  const reach: Reach = { kind: 'tenant', tenantId: services.tenantId }
  assert.equal(await platform.write((unit) => unit.apiKeys.revoke(reach, top.id, 1)), false)
})

test('a revoked key stays revoked, and in the list where that is asked for', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = within(services, services.tenantId)
  const { id, key } = await runOperation(apiKeyCreate, context, KEY)
  const at = services.clock.now()
  assert.equal((await runOperation(apiKeyRevoke, context, { id })).revokedAt, at)
  services.clock.advance(1000)
  assert.equal((await runOperation(apiKeyRevoke, context, { id })).revokedAt, at)
  assert.equal((await find(services, key))?.revokedAt, at)
  assert.deepEqual((await runOperation(apiKeyList, context)).data, [])
  assert.deepEqual(
    (await runOperation(apiKeyList, context, { revoked: 'true' })).data.map((one) => one.id),
    [id],
  )
  const events = await services.database.read.kysely
    .selectFrom('event')
    .select(['type', 'tenant_id'])
    .where('subject_id', '=', id)
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    events.map(({ type, tenant_id: tenant }) => [type, tenant]),
    [
      ['api_key.created', services.tenantId],
      ['api_key.revoked', services.tenantId],
    ],
  )
})

test('the last use is written down to the minute', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const use = async () => {
    touchApiKey(services.database, (await find(services, services.adminKey))!, services.clock.now())
    await services.database.write(() => {})
    return (await find(services, services.adminKey))?.lastUsedAt
  }
  const start = services.clock.now()
  assert.equal(await use(), start)
  services.clock.advance(59_999)
  assert.equal(await use(), start)
  services.clock.advance(1)
  assert.equal(await use(), start + 60_000)
})

test('reaches', () => {
  const platform: Reach = { kind: 'platform' }
  const a: Reach = { kind: 'tenant', tenantId: 'a' }
  const b: Reach = { kind: 'tenant', tenantId: 'b' }
  const a1: Reach = { kind: 'realm', tenantId: 'a', realmId: '1' }
  const a2: Reach = { kind: 'realm', tenantId: 'a', realmId: '2' }
  const none: Reach = { kind: 'none' }
  const covered = (wide: Reach) => [platform, a, b, a1, a2].filter((narrow) => reachContains(wide, narrow))
  assert.deepEqual(covered(platform), [platform, a, b, a1, a2])
  assert.deepEqual(covered(a), [a, a1, a2])
  assert.deepEqual(covered(b), [b])
  assert.deepEqual(covered(a1), [a1])
  assert.deepEqual(covered(none), [])
})
