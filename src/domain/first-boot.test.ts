// Checks what the first start creates.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS, storeForTests } from '#testing/databases.ts'
import { openServicesOver, openTestServices } from '#testing/services.ts'
import { findApiKeyByDigest } from './api-key/api-key.store.ts'
import { firstBoot, isInitialized } from './first-boot.ts'

test('a first boot makes a tenant that can sign people in, and a key that may do everything', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const { read } = services.contextFor()

  const { data: tenants } = await read.acrossTenants.tenants.list({ kind: 'platform' }, { limit: 10 })
  assert.deepEqual(
    tenants.map(({ slug, status }) => ({ slug, status })),
    [{ slug: 'default', status: 'active' }],
  )
  const { data: realms } = await read.realms.list({ limit: 10 })
  assert.deepEqual(
    realms.map(({ issuerId, kind }) => ({ issuerId, kind })),
    [{ issuerId: 'default', kind: 'default' }],
  )
  const ring = await services.registry.keyRing(services.tenantId, services.realm.id)
  assert.equal(ring?.algorithm, 'ES256')
  assert.equal(ring?.published.length, 2)
  assert.equal((await ring?.sign('a.b'))?.length, 64)

  assert.match(services.adminKey, /^sk_live_[\w-]{43}$/)
  const key = await findApiKeyByDigest(services.database.read, services.crypto.digest(services.adminKey))
  assert.deepEqual(key?.reach, { kind: 'platform' })
  assert.deepEqual(key?.permissions, ['*', 'credentials:write'])
  assert.equal(key?.name, 'First boot')
})

test('what happened is told, without a secret', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const rows = await services.database.read.kysely.selectFrom('event').selectAll().orderBy('id').execute()
  const types = (tenant: string) => rows.filter((row) => row.tenant_id === tenant).map((row) => row.type)
  assert.deepEqual(types(PLATFORM), ['instance.initialized', 'partner.created', 'api_key.created'])
  assert.deepEqual(types(services.tenantId), [
    'tenant.created',
    ...['key.created', 'key.created', 'realm.created'],
    ...['application.created', 'client.created'],
    ...['key.created', 'key.created', 'realm.created'],
  ])
  const log = JSON.stringify(rows)
  assert.ok(!log.includes(services.adminKey))
  assert.ok(!log.includes(services.bootstrapSecret))
})

for (const dialect of DIALECTS) {
  test(`BO-02 a second boot changes nothing (${dialect})`, async (t) => {
    const store = await storeForTests(dialect)
    t.after(() => store.close())
    const services = await openServicesOver(store)
    assert.equal(await isInitialized(services.database), false)
    const kept: string[] = []
    const first = await firstBoot(services, { keepAdminKey: (key) => kept.push(key) })
    assert.ok(first.created)
    assert.deepEqual(kept, [first.adminKey])
    assert.equal(await isInitialized(services.database), true)

    const before = await everything(services.database.read.kysely)
    assert.deepEqual(await firstBoot(services, { keepAdminKey: () => assert.fail('another key was kept') }), {
      created: false,
    })
    assert.deepEqual(await everything(services.database.read.kysely), before)
  })
}

test('of several processes that boot at once, one does', async (t) => {
  const store = await storeForTests('postgres')
  t.after(() => store.close())
  const processes = await Promise.all(Array.from({ length: 4 }, () => openServicesOver(store)))
  const kept: string[] = []
  const boots = await Promise.all(
    processes.map((services) => firstBoot(services, { keepAdminKey: (key) => kept.push(key) })),
  )
  assert.equal(boots.filter(({ created }) => created).length, 1)
  assert.equal(kept.length, 1)
  const { tenant, realm, api_key: keys, one_time_token: tokens } = await everything(processes[0]!.database.read.kysely)
  assert.deepEqual(
    [tenant, realm, keys, tokens].map((rows) => rows?.length),
    [1, 2, 1, 1],
  )
})

test('a key that cannot be kept leaves no installation behind', async (t) => {
  const store = await storeForTests('sqlite')
  t.after(() => store.close())
  const services = await openServicesOver(store)
  const full = () => {
    throw new Error('the disk is full')
  }
  await assert.rejects(firstBoot(services, { keepAdminKey: full }), /the disk is full/)
  assert.equal(await isInitialized(services.database), false)
  assert.equal((await firstBoot(services, { keepAdminKey: () => {} })).created, true)
})

const TABLES = ['partner', 'tenant', 'directory', 'realm', 'signing_key', 'api_key', 'one_time_token', 'event'] as const

async function everything(kysely: Awaited<ReturnType<typeof openServicesOver>>['database']['read']['kysely']) {
  const rows: Record<string, unknown[]> = {}
  for (const table of TABLES) rows[table] = await kysely.selectFrom(table).selectAll().execute()
  return rows
}
