import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS, storeForTests } from '#testing/databases.ts'
import { openHouseOver, openTestHouse } from '#testing/house.ts'
import { findApiKeyByDigest } from './api-key/api-key.store.ts'
import { firstBoot, isInitialized } from './first-boot.ts'

test('a first boot makes a tenant that can sign people in, and a key that may do everything', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const { read } = house.contextFor()

  const { data: tenants } = await read.tenants.list({ kind: 'platform' }, { limit: 10 })
  assert.deepEqual(
    tenants.map(({ slug, status }) => ({ slug, status })),
    [{ slug: 'default', status: 'active' }],
  )
  const { data: realms } = await read.realms.list({ limit: 10 })
  assert.deepEqual(
    realms.map(({ issuerId, kind }) => ({ issuerId, kind })),
    [{ issuerId: 'default', kind: 'default' }],
  )
  const ring = await house.registry.keyRing(house.tenantId, house.realm.id)
  assert.equal(ring?.algorithm, 'ES256')
  assert.equal(ring?.published.length, 2)
  assert.equal((await ring?.sign('a.b'))?.length, 64)

  assert.match(house.adminKey, /^sk_live_[\w-]{43}$/)
  const key = await findApiKeyByDigest(house.database.read, house.crypto.digest(house.adminKey))
  assert.deepEqual(key?.reach, { kind: 'platform' })
  assert.deepEqual(key?.permissions, ['*'])
  assert.equal(key?.name, 'First boot')
})

test('what happened is told, without a secret', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const rows = await house.database.read.kysely.selectFrom('event').selectAll().orderBy('id').execute()
  const types = (tenant: string) => rows.filter((row) => row.tenant_id === tenant).map((row) => row.type)
  assert.deepEqual(types(PLATFORM), ['instance.initialized', 'partner.created', 'api_key.created'])
  assert.deepEqual(types(house.tenantId), [
    'tenant.created',
    ...['key.created', 'key.created', 'realm.created'],
    ...['application.created', 'client.created'],
    ...['key.created', 'key.created', 'realm.created'],
  ])
  const log = JSON.stringify(rows)
  assert.ok(!log.includes(house.adminKey))
  assert.ok(!log.includes(house.bootstrapSecret))
})

for (const dialect of DIALECTS) {
  test(`a second boot changes nothing (${dialect})`, async (t) => {
    const store = await storeForTests(dialect)
    t.after(() => store.close())
    const house = await openHouseOver(store)
    assert.equal(await isInitialized(house.database), false)
    const kept: string[] = []
    const first = await firstBoot(house, { keepAdminKey: (key) => kept.push(key) })
    assert.ok(first.created)
    assert.deepEqual(kept, [first.adminKey])
    assert.equal(await isInitialized(house.database), true)

    const before = await everything(house.database.read.kysely)
    assert.deepEqual(await firstBoot(house, { keepAdminKey: () => assert.fail('another key was kept') }), {
      created: false,
    })
    assert.deepEqual(await everything(house.database.read.kysely), before)
  })
}

test('of several processes that boot at once, one does', async (t) => {
  const store = await storeForTests('postgres')
  t.after(() => store.close())
  const houses = await Promise.all(Array.from({ length: 4 }, () => openHouseOver(store)))
  const kept: string[] = []
  const boots = await Promise.all(houses.map((house) => firstBoot(house, { keepAdminKey: (key) => kept.push(key) })))
  assert.equal(boots.filter(({ created }) => created).length, 1)
  assert.equal(kept.length, 1)
  const { tenant, realm, api_key: keys, one_time_token: tokens } = await everything(houses[0]!.database.read.kysely)
  assert.deepEqual(
    [tenant, realm, keys, tokens].map((rows) => rows?.length),
    [1, 2, 1, 1],
  )
})

test('a key that cannot be kept leaves no installation behind', async (t) => {
  const store = await storeForTests('sqlite')
  t.after(() => store.close())
  const house = await openHouseOver(store)
  const full = () => {
    throw new Error('the disk is full')
  }
  await assert.rejects(firstBoot(house, { keepAdminKey: full }), /the disk is full/)
  assert.equal(await isInitialized(house.database), false)
  assert.equal((await firstBoot(house, { keepAdminKey: () => {} })).created, true)
})

const TABLES = ['partner', 'tenant', 'directory', 'realm', 'signing_key', 'api_key', 'one_time_token', 'event'] as const

async function everything(kysely: Awaited<ReturnType<typeof openHouseOver>>['database']['read']['kysely']) {
  const rows: Record<string, unknown[]> = {}
  for (const table of TABLES) rows[table] = await kysely.selectFrom(table).selectAll().execute()
  return rows
}
