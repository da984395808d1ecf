// Checks the steps that bring older installations up to date.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant } from '#testing/domain-fixtures.ts'
import { runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { adminClientCreate, adminClientGet } from './admin-client/admin-client.operations.ts'
import { backfillAdminRealms, backfillHomeRealms } from './boot-step.ts'

for (const dialect of DIALECTS) {
  test(`an installation without clients for the terminal gets them, each once (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    await anotherTenant(services)
    assert.equal(await backfillAdminRealms(services), 0, 'new tenants have theirs')
    await services.database.write(({ kysely }) =>
      kysely.deleteFrom('client').where('client_id', '=', CLI_CLIENT).execute(),
    )
    const mended = await Promise.all([backfillAdminRealms(services), backfillAdminRealms(services)])
    assert.equal(Math.max(...mended), 2)
    const rows = await services.database.read.kysely
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
    assert.equal(await backfillAdminRealms(services), 0)
  })
}

test('a client for the terminal from before device codes gets that grant, and says so', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const before = JSON.stringify(['authorization_code', 'refresh_token'])
  await services.database.write(({ kysely }) =>
    kysely.updateTable('client').set({ grant_types: before }).where('client_id', '=', CLI_CLIENT).execute(),
  )
  assert.equal(await backfillAdminRealms(services), 1)
  const row = await services.database.read.kysely
    .selectFrom('client')
    .select(['grant_types', 'version'])
    .where('client_id', '=', CLI_CLIENT)
    .executeTakeFirstOrThrow()
  assert.deepEqual(
    [JSON.parse(row.grant_types), row.version],
    [['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], 2],
  )
  assert.equal(await backfillAdminRealms(services), 0)
})

for (const dialect of DIALECTS) {
  test(`a tenant from before tenants came with a realm gets one, once (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const tenantId = await anotherTenant(services)
    assert.equal(await backfillHomeRealms(services), 0)
    await services.database.write(({ kysely }) =>
      kysely
        .updateTable('realm')
        .set({ kind: 'realm' })
        .where('tenant_id', '=', tenantId)
        .where('kind', '=', 'default')
        .execute(),
    )
    await Promise.all([backfillHomeRealms(services), backfillHomeRealms(services)])
    const context = services.contextFor({ realm: null, tenantId })
    const names = (await context.read.realms.list({ limit: 10 })).data.map(({ name, kind }) => [name, kind])
    assert.deepEqual(names, [
      ['Another', 'realm'],
      ['Another', 'default'],
    ])
    assert.equal(await backfillHomeRealms(services), 0)
  })
}

test('clients follow the admin API to another address', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor({ realm: null })
  const { id } = await runOperation(adminClientCreate, context, { label: 'ci' })
  const settings = { ...services.registry.settings, adminUrl: 'https://api.example.com' }
  assert.equal(await backfillAdminRealms({ ...services, registry: { ...services.registry, settings } }), 1)
  assert.deepEqual((await runOperation(adminClientGet, context, { id })).audiences, ['https://api.example.com'])
})
