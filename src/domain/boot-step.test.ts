import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse } from '#testing/house.ts'
import { anotherTenant } from '#testing/neighbours.ts'
import { run } from '#testing/run.ts'
import { adminClientCreate, adminClientGet } from './admin-client/admin-client.operations.ts'
import { CLI_CLIENT } from './admin-realm/admin-realm.ts'
import { mendAdminRealms, mendHomeRealms } from './boot-step.ts'

for (const dialect of DIALECTS) {
  test(`an installation without clients for the terminal gets them, each once (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    await anotherTenant(house)
    assert.equal(await mendAdminRealms(house), 0, 'new tenants have theirs')
    await house.database.write(({ kysely }) =>
      kysely.deleteFrom('client').where('client_id', '=', CLI_CLIENT).execute(),
    )
    const mended = await Promise.all([mendAdminRealms(house), mendAdminRealms(house)])
    assert.equal(Math.max(...mended), 2)
    const rows = await house.database.read.kysely
      .selectFrom('client')
      .innerJoin('realm', 'realm.id', 'client.realm_id')
      .select(['realm.kind', 'client.auth_method', 'client.audiences', 'client.redirect_uris'])
      .where('client.client_id', '=', CLI_CLIENT)
      .execute()
    assert.equal(rows.length, 2)
    for (const row of rows) {
      assert.deepEqual(
        [row.kind, row.auth_method, JSON.parse(row.audiences), JSON.parse(row.redirect_uris)],
        ['admin', 'none', ['https://admin.example.com'], ['http://127.0.0.1/callback', 'http://[::1]/callback']],
      )
    }
    assert.equal(await mendAdminRealms(house), 0)
  })
}

test('a client for the terminal from before device codes gets that grant, and says so', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const before = JSON.stringify(['authorization_code', 'refresh_token'])
  await house.database.write(({ kysely }) =>
    kysely.updateTable('client').set({ grant_types: before }).where('client_id', '=', CLI_CLIENT).execute(),
  )
  assert.equal(await mendAdminRealms(house), 1)
  const row = await house.database.read.kysely
    .selectFrom('client')
    .select(['grant_types', 'version'])
    .where('client_id', '=', CLI_CLIENT)
    .executeTakeFirstOrThrow()
  assert.deepEqual(
    [JSON.parse(row.grant_types), row.version],
    [['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], 2],
  )
  assert.equal(await mendAdminRealms(house), 0)
})

for (const dialect of DIALECTS) {
  test(`a tenant from before tenants came with a realm gets one, once (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const tenantId = await anotherTenant(house)
    assert.equal(await mendHomeRealms(house), 0)
    await house.database.write(({ kysely }) =>
      kysely
        .updateTable('realm')
        .set({ kind: 'realm' })
        .where('tenant_id', '=', tenantId)
        .where('kind', '=', 'default')
        .execute(),
    )
    await Promise.all([mendHomeRealms(house), mendHomeRealms(house)])
    const context = house.contextFor({ realm: null, tenantId })
    const names = (await context.read.realms.list({ limit: 10 })).data.map(({ name, kind }) => [name, kind])
    assert.deepEqual(names, [
      ['Another', 'realm'],
      ['Another', 'default'],
    ])
    assert.equal(await mendHomeRealms(house), 0)
  })
}

test('clients follow the admin API to another address', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor({ realm: null })
  const { id } = await run(adminClientCreate, context, { label: 'ci' })
  const settings = { ...house.registry.settings, adminUrl: 'https://api.example.com' }
  assert.equal(await mendAdminRealms({ ...house, registry: { ...house.registry, settings } }), 1)
  assert.deepEqual((await run(adminClientGet, context, { id })).audiences, ['https://api.example.com'])
})
