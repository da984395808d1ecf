import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { administratorCreate } from '#domain/administrator/administrator.operations.ts'
import { partnerCreate } from '#domain/partner/partner.operations.ts'
import { realmCreate, realmDelete } from '#domain/realm/realm.operations.ts'
import { tenantCreate, tenantDelete, tenantSuspend } from '#domain/tenant/tenant.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import type { Context } from '../context.ts'
import { userCreate, userDelete, userSurvey } from './user.operations.ts'
import { userStore } from './user.store.ts'

/** The addresses of a page, and how many there are. */
async function survey(context: Context, query: object = {}): Promise<[string[], number]> {
  const { data, total } = await run(userSurvey, context, query)
  return [data.map(({ email }) => email), total]
}

/** Two tenants of a partner and one of the operator’s, with people and an administrator each. */
async function town(house: TestHouse) {
  const context = house.contextFor()
  const acme = await run(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const made = []
  for (const [slug, partnerId] of [
    ['shop', acme.id],
    ['bank', acme.id],
    ['mill', undefined],
  ] as const) {
    const tenant = await run(tenantCreate, context, { name: slug, slug, partnerId })
    const above = house.contextFor({ realm: null, tenantId: tenant.id })
    await run(administratorCreate, above, { email: `admin@${slug}.example` })
    const realm = (await above.read.realms.home())!
    const inside = house.contextFor({ realm })
    await run(userCreate, inside, { email: `ann@${slug}.example`, name: 'Zoe' })
    await run(userCreate, inside, { email: `bob@${slug}.example`, name: 'Ann', status: 'suspended' })
    made.push({
      ...tenant,
      realm,
      within: house.contextFor({ realm: null, tenantId: tenant.id, reach: { kind: 'tenant', tenantId: tenant.id } }),
    })
  }
  const [shop, bank, mill] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]]
  const partner = house.contextFor({ realm: null, reach: { kind: 'partner', partnerId: acme.id } })
  return { acme, shop, bank, mill, partner, all: house.contextFor({ realm: null }) }
}

for (const dialect of DIALECTS) {
  test(`users are surveyed within reach, and administrators are none of them (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const { acme, shop, bank, mill, partner, all } = await town(house)
    const [inShop, inBank, inMill] = ['shop', 'bank', 'mill'].map((slug) => [
      `ann@${slug}.example`,
      `bob@${slug}.example`,
    ])
    assert.deepEqual(await survey(all), [[...inShop!, ...inBank!, ...inMill!], 6])
    assert.deepEqual(await survey(partner), [[...inShop!, ...inBank!], 4])
    assert.deepEqual(await survey(mill.within), [inMill, 2])
    assert.deepEqual(await survey(all, { tenantId: bank.id }), [inBank, 2])
    assert.deepEqual(await survey(all, { partnerId: acme.id, status: 'suspended' }), [[inShop![1], inBank![1]], 2])
    assert.deepEqual(await survey(all, { page: 2, perPage: 4 }), [inMill, 6])
    assert.deepEqual(await survey(all, { page: 9 }), [[], 6])
    assert.deepEqual(await survey(house.contextFor({ realm: shop.realm })), [inShop, 2], 'of the realm that is named')
    assert.deepEqual(await survey(house.contextFor({ realm: null, reach: { kind: 'none' } })), [[], 0])
    await assert.rejects(survey(partner, { tenantId: mill.id }), failure('access_denied'))
    await assert.rejects(survey(partner, { partnerId: mill.partnerId }), failure('access_denied'))
    await assert.rejects(survey(shop.within, { tenantId: bank.id }), failure('access_denied'))

    const other = await run(realmCreate, house.contextFor({ realm: null, tenantId: shop.id }), { name: 'Other' })
    const { realm } = (await house.registry.realmByIssuerId(other.issuerId))!
    await run(userCreate, house.contextFor({ realm }), { email: 'carl@shop.example' })
    assert.deepEqual(await survey(shop.within), [[...inShop!, 'carl@shop.example'], 3])
    await run(realmDelete, house.contextFor({ realm }))
    await run(userDelete, house.contextFor({ realm: bank.realm }), {
      id: (await run(userSurvey, bank.within)).data[0]!.id,
    })
    await run(tenantSuspend, all, { id: bank.id })
    await run(tenantDelete, all, { id: mill.id })
    assert.deepEqual(await survey(all), [[...inShop!, inBank![1]], 3])
    assert.equal((await survey(all, { perPage: 1 }))[1], 3)
    assert.equal((await survey(partner, { perPage: 1, status: 'suspended' }))[1], 2)
    assert.equal((await survey(shop.within, { perPage: 1, status: 'active' }))[1], 1)
  })

  test(`pages of any length follow one another to the end, whatever they are narrowed to (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const { acme, shop, all, partner } = await town(house)
    const lists: [Context, object][] = [
      [all, {}],
      [all, { status: 'active' }],
      [all, { status: 'suspended' }],
      [all, { partnerId: acme.id }],
      [partner, {}],
      [shop.within, {}],
    ]
    for (const [context, narrowed] of lists) {
      const [whole, total] = await survey(context, { ...narrowed, perPage: 100 })
      assert.equal(whole.length, total)
      for (let perPage = 1; perPage <= total; perPage++) {
        const walked: string[] = []
        for (let page = 1; page <= Math.ceil(total / perPage); page++) {
          const [emails, count] = await survey(context, { ...narrowed, page, perPage })
          assert.equal(count, total)
          walked.push(...emails)
        }
        assert.deepEqual(walked, whole, JSON.stringify([narrowed, perPage]))
        assert.deepEqual(await survey(context, { ...narrowed, page: total + 1, perPage }), [[], total])
      }
    }
    await run(userCreate, house.contextFor({ realm: shop.realm }), { email: 'new@shop.example' })
    assert.equal((await survey(all))[1], 7)
    assert.equal((await survey(all, { status: 'active', page: 2, perPage: 3 }))[1], 4)
  })

  test(`a search finds addresses before names, over pages of any length (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const { all, partner } = await town(house)
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
        const [emails, total] = await survey(all, { search: 'ANN', page, perPage })
        assert.equal(total, found.length)
        assert.ok(emails.length > 0)
        walked.push(...emails)
      }
      assert.deepEqual(walked, found)
      assert.deepEqual(await survey(all, { search: 'ann', page: 8, perPage }), [[], 6])
    }
    const [emails] = await survey(partner, { search: 'ann', status: 'suspended' })
    assert.deepEqual(emails, ['bob@shop.example', 'bob@bank.example'])
    assert.deepEqual(await survey(all, { search: 'admin' }), [[], 0])
    assert.deepEqual(await survey(all, { search: '%' }), [[], 0])
  })
}

test('a page is read in the order of an index, whatever it is narrowed to', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  await town(house)
  const { read } = house.database
  const asked: CompiledQuery[] = []
  const kysely = read.kysely.withPlugin({
    transformQuery: ({ node, queryId }) => {
      asked.push(read.kysely.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const users = userStore({ ...read, kysely }, house.tenantId)
  const page = { page: 1, perPage: 1 }
  for (const more of [{}, { tenantId: house.tenantId }, { status: 'active' }, { search: 'zoe' }] as const) {
    for (const reach of [{ kind: 'platform' }, { kind: 'tenant', tenantId: house.tenantId }] as const) {
      await users.survey(reach, { ...page, ...more })
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
