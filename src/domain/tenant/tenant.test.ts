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
  tenantSurvey,
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
  await assert.rejects(
    run(tenantCreate, context, { ...SHOP, slug: 'x1', partnerId: house.random.id() }),
    failure('not_found'),
  )
})

test('settings and branding change member by member, and not beyond what they may hold', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const { id } = await run(tenantCreate, context, { ...SHOP, branding: { logo: 'a', deep: { kept: [1, null] } } })
  const change = {
    settingsMembers: { theme: null, mfa: { required: true } },
    brandingMembers: { logo: 'b', gone: null },
  }
  const after = await run(tenantUpdate, context, { id, ...change })
  assert.deepEqual(after.settings, { mfa: { required: true } })
  assert.deepEqual(after.branding, { logo: 'b', deep: { kept: [1, null] } })
  assert.equal(after.version, 2)
  const replaced = await run(tenantUpdate, context, { id, settings: { a: 1 }, settingsMembers: { b: 2 } })
  assert.deepEqual(replaced.settings, { a: 1, b: 2 })
  const [last] = (await within(house, id).read.events.list({ limit: 1, subjectId: id })).data
  assert.deepEqual([last?.type, last?.data.changed], ['tenant.updated', ['settings']])
  const large = 'x'.repeat(9000)
  await run(tenantUpdate, context, { id, settingsMembers: { large } })
  await assert.rejects(run(tenantUpdate, context, { id, settingsMembers: { other: large } }), failure('invalid_input'))
  assert.deepEqual((await run(tenantGet, context, { id })).settings, { a: 1, b: 2, large })
})

test('a status may change with the rest, by the platform only, and to what it is already changes nothing', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const { id } = await run(tenantCreate, context, SHOP)
  const { version } = await run(tenantUpdate, context, { id, name: 'Shut', status: 'suspended' })
  assert.equal(version, 2)
  assert.equal((await run(tenantUpdate, context, { id, status: 'suspended' })).version, 2)
  await assert.rejects(run(tenantUpdate, within(house, id), { id, status: 'active' }), failure('forbidden'))
  await run(tenantUpdate, context, { id, status: 'active' })
  const { data } = await within(house, id).read.events.list({ limit: 10, subjectId: id })
  assert.deepEqual(
    data.map(({ type }) => type),
    ['tenant.reactivated', 'tenant.suspended', 'tenant.updated', 'tenant.created'],
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

for (const dialect of DIALECTS) {
  test(`a tenant goes to a partner that has room for it, and to no other (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const { id, partnerId: from } = await run(tenantCreate, context, SHOP)
    const made = await run(realmCreate, within(house, id), { name: 'Customers' })
    const { realm } = (await house.registry.realmByIssuerId(made.issuerId))!
    for (const email of ['ann@example.com', 'bob@example.com'])
      await run(userCreate, house.contextFor({ realm }), { email })
    await run(clientCreate, house.contextFor({ realm }), { label: 'App', redirectUris: ['https://app.example/'] })
    const partner = (slug: string, limits: object) => run(partnerCreate, context, { name: slug, slug, ...limits })
    const [full, few, idle, small, right] = await Promise.all([
      partner('full', { maxTenants: 0 }),
      partner('few', { maxUsersPerTenant: 1 }),
      partner('idle', { status: 'suspended' }),
      partner('small', { maxApplicationsPerTenant: 0 }),
      partner('right', { maxTenants: 1, maxUsersPerTenant: 2, maxApplicationsPerTenant: 1 }),
    ])
    const move = (partnerId: string, at = context) => run(tenantUpdate, at, { id, partnerId, name: 'Moved' })
    for (const { id: to } of [full, few, small]) await assert.rejects(move(to), failure('limit_reached'))
    await assert.rejects(move(idle.id), failure('conflict'))
    await assert.rejects(move(house.random.id()), failure('not_found'))
    await assert.rejects(move(right.id, within(house, id)), failure('forbidden'))
    const first = { id: house.tenantId, partnerId: right.id }
    await assert.rejects(run(tenantUpdate, context, first), failure('conflict'))
    const { name, version } = await run(tenantGet, context, { id })
    assert.deepEqual([name, version], ['Shop', 1])

    const there = async () => (await house.registry.realmByIssuerId(made.issuerId))?.partnerId
    assert.equal(await there(), from)
    assert.equal((await move(right.id)).partnerId, right.id)
    assert.equal(await there(), right.id)
    const { data } = await within(house, id).read.events.list({ limit: 1, subjectId: id })
    assert.deepEqual([data[0]?.type, data[0]?.data], ['tenant.transferred', { slug: 'shop', from, to: right.id }])
    await assert.rejects(
      run(userCreate, house.contextFor({ realm }), { email: 'c@example.com' }),
      failure('limit_reached'),
    )
  })

  test(`of settings that are changed at once, none is lost (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const { id } = await run(tenantCreate, context, { ...SHOP, settings: {} })
    const names = Array.from({ length: 8 }, (_, index) => `member-${index}`)
    await Promise.all(names.map((name) => run(tenantUpdate, context, { id, settingsMembers: { [name]: true } })))
    assert.deepEqual(Object.keys((await run(tenantGet, context, { id })).settings).sort(), names)
  })

  test(`of many tenants that a partner is given at once, it gets as many as it may have (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const slugs = Array.from({ length: 8 }, (_, index) => `tenant-${index}`)
    const tenants = await Promise.all(slugs.map((slug) => run(tenantCreate, context, { name: slug, slug })))
    const limited = { name: 'Acme', slug: 'acme', maxTenants: 3 }
    const [acme, other] = [
      await run(partnerCreate, context, limited),
      await run(partnerCreate, context, { ...limited, slug: 'other', maxTenants: null }),
    ]
    const moves = tenants.flatMap(({ id }) =>
      [acme.id, other.id].map((partnerId) => run(tenantUpdate, context, { id, partnerId })),
    )
    for (const outcome of await Promise.allSettled(moves)) {
      if (outcome.status === 'rejected' && outcome.reason.code !== 'conflict') failure('limit_reached')(outcome.reason)
    }
    assert.ok((await run(tenantList, context, { partnerId: acme.id })).data.length <= 3)
  })
}

test('tenants are listed by numbered pages, of those within reach', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const context = house.contextFor()
  const acme = await run(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const tenants = [
    await run(tenantCreate, context, { name: 'Alpha', slug: 'one', partnerId: acme.id }),
    await run(tenantCreate, context, { name: 'beta', slug: 'alpha-2', partnerId: acme.id, status: 'suspended' }),
    await run(tenantCreate, context, { name: 'alpha 3', slug: 'three' }),
  ]
  const slugs = async (query: object, at = context) => {
    const { data, total } = await run(tenantSurvey, at, query)
    return [data.map(({ slug }) => slug), total]
  }
  assert.deepEqual(await slugs({ search: 'ALPHA' }), [['one', 'alpha-2', 'three'], 3])
  assert.deepEqual(await slugs({ search: 'alpha', page: 2, perPage: 2 }), [['three'], 3])
  assert.deepEqual(await slugs({ page: 2, perPage: 1 }), [['one'], 4])
  assert.deepEqual(await slugs({ status: 'suspended' }), [['alpha-2'], 1])
  assert.deepEqual(await slugs({ partnerId: acme.id }), [['one', 'alpha-2'], 2])
  const partner = house.contextFor({ reach: { kind: 'partner', partnerId: acme.id } })
  assert.deepEqual(await slugs({}, partner), [['one', 'alpha-2'], 2])
  const inside = within(house, tenants[2]!.id)
  assert.deepEqual(await slugs({ search: 'alpha' }, inside), [['three'], 1])
  for (const at of [partner, inside]) {
    const foreign = at === partner ? tenants[2]!.partnerId : acme.id
    await assert.rejects(run(tenantSurvey, at, { partnerId: foreign }), failure('access_denied'))
  }
  assert.deepEqual(await slugs({ partnerId: tenants[2]!.partnerId }, inside), [['three'], 1])
})

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
