// Checks lists of users of several tenants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { administratorCreate } from '#domain/administrator/administrator.operations.ts'
import { partnerCreate } from '#domain/partner/partner.operations.ts'
import { realmCreate, realmDelete } from '#domain/realm/realm.operations.ts'
import { tenantCreate, tenantDelete, tenantSuspend } from '#domain/tenant/tenant.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import type { Context } from '../context.ts'
import { userCreate, userDelete, userList } from './user.operations.ts'
import { usersAcrossTenants } from './user-across-tenants.store.ts'

/** The addresses of a page, and how many there are. */
async function list(context: Context, query: object = {}): Promise<[string[], number]> {
  const { data, count } = await runOperation(userList, context, { offset: 0, limit: 20, ...query })
  return [data.map(({ email }) => email), count?.value ?? -1]
}

/** Two tenants of a partner and one of the operator’s, with people and an administrator each. */
async function town(services: TestServices) {
  const context = services.contextFor()
  const acme = await runOperation(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const made = []
  for (const [slug, partnerId] of [
    ['shop', acme.id],
    ['bank', acme.id],
    ['mill', undefined],
  ] as const) {
    const tenant = await runOperation(tenantCreate, context, { name: slug, slug, partnerId })
    const above = services.contextFor({ realm: null, tenantId: tenant.id })
    await runOperation(administratorCreate, above, { email: `admin@${slug}.example` })
    const realm = (await above.read.realms.home())!
    const inside = services.contextFor({ realm })
    await runOperation(userCreate, inside, { email: `ann@${slug}.example`, name: 'Zoe' })
    await runOperation(userCreate, inside, { email: `bob@${slug}.example`, name: 'Ann', status: 'suspended' })
    made.push({
      ...tenant,
      realm,
      within: services.contextFor({ realm: null, tenantId: tenant.id, reach: { kind: 'tenant', tenantId: tenant.id } }),
    })
  }
  const [shop, bank, mill] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]]
  const partner = services.contextFor({ realm: null, reach: { kind: 'partner', partnerId: acme.id } })
  return { acme, shop, bank, mill, partner, all: services.contextFor({ realm: null }) }
}

for (const dialect of DIALECTS) {
  test(`users are listed within reach, and administrators are none of them (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const { acme, shop, bank, mill, partner, all } = await town(services)
    const [inShop, inBank, inMill] = ['shop', 'bank', 'mill'].map((slug) => [
      `ann@${slug}.example`,
      `bob@${slug}.example`,
    ])
    assert.deepEqual(await list(all), [[...inShop!, ...inBank!, ...inMill!], 6])
    assert.deepEqual(await list(partner), [[...inShop!, ...inBank!], 4])
    assert.deepEqual(await list(mill.within), [inMill, 2])
    assert.deepEqual(await list(all, { tenantId: bank.id }), [inBank, 2])
    assert.deepEqual(await list(all, { partnerId: acme.id, status: 'suspended' }), [[inShop![1], inBank![1]], 2])
    assert.deepEqual(await list(all, { offset: 4, limit: 4 }), [inMill, 6])
    assert.deepEqual(await list(all, { offset: 160 }), [[], 6])
    assert.deepEqual(await list(services.contextFor({ realm: shop.realm })), [inShop, 2], 'of the realm that is named')
    assert.deepEqual(await list(services.contextFor({ realm: null, reach: { kind: 'none' } })), [[], 0])
    await assert.rejects(list(partner, { tenantId: mill.id }), failure('access_denied'))
    await assert.rejects(list(partner, { partnerId: mill.partnerId }), failure('access_denied'))
    await assert.rejects(list(shop.within, { tenantId: bank.id }), failure('access_denied'))

    const other = await runOperation(realmCreate, services.contextFor({ realm: null, tenantId: shop.id }), {
      name: 'Other',
    })
    const { realm } = (await services.registry.realmByIssuerId(other.issuerId))!
    await runOperation(userCreate, services.contextFor({ realm }), { email: 'carl@shop.example' })
    assert.deepEqual(await list(shop.within), [[...inShop!, 'carl@shop.example'], 3])
    await runOperation(realmDelete, services.contextFor({ realm }))
    await runOperation(userDelete, services.contextFor({ realm: bank.realm }), {
      id: (await runOperation(userList, bank.within)).data[0]!.id,
    })
    await runOperation(tenantSuspend, all, { id: bank.id })
    await runOperation(tenantDelete, all, { id: mill.id })
    assert.deepEqual(await list(all), [[...inShop!, inBank![1]], 3])
    assert.equal((await list(all, { limit: 1 }))[1], 3)
    assert.equal((await list(partner, { limit: 1, status: 'suspended' }))[1], 2)
    assert.equal((await list(shop.within, { limit: 1, status: 'active' }))[1], 1)
  })

  test(`pages of any length follow one another to the end, whatever they are narrowed to (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const { acme, shop, all, partner } = await town(services)
    const lists: [Context, object][] = [
      [all, {}],
      [all, { status: 'active' }],
      [all, { status: 'suspended' }],
      [all, { partnerId: acme.id }],
      [partner, {}],
      [shop.within, {}],
    ]
    for (const [context, narrowed] of lists) {
      const [whole, total] = await list(context, { ...narrowed, limit: 100 })
      assert.equal(whole.length, total)
      for (let perPage = 1; perPage <= total; perPage++) {
        const walked: string[] = []
        for (let page = 1; page <= Math.ceil(total / perPage); page++) {
          const [emails, count] = await list(context, { ...narrowed, offset: (page - 1) * perPage, limit: perPage })
          assert.equal(count, total)
          walked.push(...emails)
        }
        assert.deepEqual(walked, whole, JSON.stringify([narrowed, perPage]))
        assert.deepEqual(await list(context, { ...narrowed, offset: total * perPage, limit: perPage }), [[], total])
      }
    }
    await runOperation(userCreate, services.contextFor({ realm: shop.realm }), { email: 'new@shop.example' })
    assert.equal((await list(all))[1], 7)
    assert.equal((await list(all, { status: 'active', offset: 3, limit: 3 }))[1], 4)
  })

  test(`a search finds addresses before names, over pages of any length (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const { all, partner } = await town(services)
    const found = [
      'ann@bank.example',
      'ann@mill.example',
      'ann@shop.example',
      'bob@shop.example',
      'bob@bank.example',
      'bob@mill.example',
    ]
    for (const perPage of [1, 2, 3, 4, 5, 6, 7]) {
      const walked: string[] = []
      for (let page = 1; walked.length < found.length; page++) {
        const [emails, total] = await list(all, { search: 'ANN', offset: (page - 1) * perPage, limit: perPage })
        assert.equal(total, found.length)
        assert.ok(emails.length > 0)
        walked.push(...emails)
      }
      assert.deepEqual(walked, found)
      assert.deepEqual(await list(all, { search: 'ann', offset: 7 * perPage, limit: perPage }), [[], 6])
    }
    const [emails] = await list(partner, { search: 'ann', status: 'suspended' })
    assert.deepEqual(emails, ['bob@shop.example', 'bob@bank.example'])
    assert.deepEqual(await list(all, { search: 'admin' }), [[], 0])
    assert.deepEqual(await list(all, { search: '%' }), [[], 0])
  })
}

test('a page is read in the order of an index, whatever it is narrowed to', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  await town(services)
  const { read } = services.database
  const asked: CompiledQuery[] = []
  const kysely = read.kysely.withPlugin({
    transformQuery: ({ node, queryId }) => {
      asked.push(read.kysely.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const users = usersAcrossTenants({ kysely })
  const page = { offset: 0, limit: 1 }
  for (const more of [{}, { tenantId: services.tenantId }, { status: 'active' }, { search: 'zoe' }] as const) {
    for (const reach of [{ kind: 'platform' }, { kind: 'tenant', tenantId: services.tenantId }] as const) {
      await users.list(reach, { ...page, ...more })
    }
  }
  const plans = new Set<string>()
  // How many there are is counted in any order, and rows are read by their ids.
  const pages = asked.filter(({ sql }) => /^select "id" from "user"/.test(sql))
  assert.ok(pages.length >= 8)
  for (const { sql, parameters } of pages) {
    const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
    const { rows } = await read.kysely.executeQuery<{ detail: string }>(explained)
    const steps = rows.map(({ detail }) => detail)
    assert.ok(!steps.some((step) => step.includes('USE TEMP B-TREE')), steps.join('; '))
    for (const step of steps) if (/^(SEARCH|SCAN) user\b/.test(step)) plans.add(step)
  }
  const found = (index: string, terms: string) => `SEARCH user USING INDEX user_${index} (${terms})`
  assert.deepEqual([...plans].sort(), [
    'SCAN user USING INDEX user_directory_id_id_status_admin_role',
    found('directory_id_email_key', 'directory_id=? AND email_key>? AND email_key<?'),
    found('directory_id_id_status_admin_role', 'directory_id=?'),
    found('directory_id_name_key_id_email_key_status', 'directory_id=? AND name_key>? AND name_key<?'),
    found('email_key_directory_id_id_status', 'email_key>? AND email_key<?'),
    found('name_key_directory_id_id_email_key_status', 'name_key>? AND name_key<?'),
  ])
})
