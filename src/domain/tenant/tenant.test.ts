// Checks the operations on tenants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countAccess, createAccess } from '#testing/access.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
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

const LOGO = 'data:image/png;base64,AA'
const SHOP = { name: 'Shop', slug: 'shop', settings: { theme: { dark: true } } }

/** A context of a caller with the reach of one tenant. */
function within(services: TestServices, tenantId: string) {
  return services.contextFor({ reach: { kind: 'tenant', tenantId }, tenantId, realm: null })
}

test('a tenant is created for the operator’s own partner, with a realm for its people and a hidden one for its administrators', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const shop = await runOperation(tenantCreate, context, SHOP)
  assert.deepEqual([shop.slug, shop.status, shop.settings, shop.branding], ['shop', 'active', SHOP.settings, {}])
  assert.deepEqual(await runOperation(tenantGet, context, { id: shop.id }), shop)
  const homes = (await runOperation(realmList, within(services, shop.id))).data
  assert.deepEqual(
    homes.map(({ name, tenantId, enabled }) => [name, tenantId, enabled]),
    [[SHOP.name, shop.id, true]],
  )
  assert.equal((await runOperation(realmCreate, within(services, shop.id), { name: 'Customers' })).tenantId, shop.id)

  const rows = await services.database.read.kysely
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
  const admin = await services.database.read.kysely
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

test('TN-01 whose reach is one tenant sees and changes that one only', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const platform = services.contextFor()
  const shop = await runOperation(tenantCreate, platform, SHOP)
  const bank = await runOperation(tenantCreate, platform, { name: 'Bank', slug: 'bank' })
  assert.equal((await runOperation(tenantList, platform)).data.length, 3)

  const inside = within(services, shop.id)
  assert.deepEqual((await runOperation(tenantList, inside)).data, [shop])
  assert.deepEqual((await runOperation(tenantList, inside, { partnerId: services.random.id() })).data, [])
  assert.equal((await runOperation(tenantUpdate, inside, { id: shop.id, name: 'My shop' })).name, 'My shop')
  await assert.rejects(runOperation(tenantGet, inside, { id: bank.id }), failure('not_found'))
  await assert.rejects(runOperation(tenantUpdate, inside, { id: bank.id, name: 'Mine' }), failure('not_found'))
  await assert.rejects(runOperation(tenantUpdate, inside, { id: shop.id, slug: 'bank-2' }), failure('forbidden'))
  const foreign = {
    ...(await platform.read.acrossTenants.tenants.find({ kind: 'platform' }, bank.id))!,
    name: 'Mine',
    version: 2,
  }
  const reach = { kind: 'tenant', tenantId: shop.id } as const
  assert.equal(await inside.write((unit) => unit.acrossTenants.tenants.update(reach, foreign)), 'stale')
  assert.equal((await runOperation(tenantGet, platform, { id: bank.id })).name, 'Bank')
  const nobody = services.contextFor({ reach: { kind: 'none' } })
  assert.deepEqual((await runOperation(tenantList, nobody)).data, [])
})

test('a slug is one tenant’s, and a change is for the version it was meant for', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const shop = await runOperation(tenantCreate, context, SHOP)
  await assert.rejects(runOperation(tenantCreate, context, SHOP), failure('already_exists'))
  await assert.rejects(runOperation(tenantUpdate, context, { id: shop.id, slug: 'default' }), failure('already_exists'))
  const after = await runOperation(tenantUpdate, context, {
    id: shop.id,
    slug: 'store',
    branding: { a: [1] },
    ifVersion: 1,
  })
  assert.deepEqual([after.slug, after.branding, after.settings, after.version], ['store', { a: [1] }, SHOP.settings, 2])
  const stale = { id: shop.id, name: 'x', ifVersion: 1 }
  await assert.rejects(runOperation(tenantUpdate, context, stale), failure('precondition_failed'))
  await assert.rejects(
    runOperation(tenantCreate, context, { ...SHOP, slug: 'x1', partnerId: services.random.id() }),
    failure('not_found'),
  )
})

test('UN-06 a tenant is not called by a reserved word, nor by what a path would resolve', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor({ realm: null })
  for (const slug of ['self', 'admin', 'api', 'www', 'well-known', '.well-known', '..', '%2e', 'a/b', 'Admin']) {
    await assert.rejects(
      runOperation(tenantCreate, context, { name: 'Northwind', slug }),
      failure('invalid_input'),
      slug,
    )
  }
  assert.equal(
    (await runOperation(tenantCreate, context, { name: 'Northwind', slug: 'admin-tools' })).slug,
    'admin-tools',
  )
})

test('settings and branding change member by member, and not beyond what they may hold', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(tenantCreate, context, {
    ...SHOP,
    branding: { logo: LOGO, deep: { kept: [1, null] } },
  })
  const change = {
    settingsMembers: { theme: null, mfa: { required: false } },
    brandingMembers: { logo: `${LOGO}BB`, gone: null },
  }
  const after = await runOperation(tenantUpdate, context, { id, ...change })
  assert.deepEqual(after.settings, { mfa: { required: false } })
  assert.deepEqual(after.branding, { logo: `${LOGO}BB`, deep: { kept: [1, null] } })
  assert.equal(after.version, 2)
  const replaced = await runOperation(tenantUpdate, context, { id, settings: { a: 1 }, settingsMembers: { b: 2 } })
  assert.deepEqual(replaced.settings, { a: 1, b: 2 })
  const [last] = (await within(services, id).read.events.list({ limit: 1, subjectId: id })).data
  assert.deepEqual([last?.type, last?.data.changed], ['tenant.updated', ['settings']])
  const large = 'x'.repeat(9000)
  await runOperation(tenantUpdate, context, { id, settingsMembers: { large } })
  await assert.rejects(
    runOperation(tenantUpdate, context, { id, settingsMembers: { other: large } }),
    failure('invalid_input'),
  )
  assert.deepEqual((await runOperation(tenantGet, context, { id })).settings, { a: 1, b: 2, large })
})

test('a status may change with the rest, by the platform only, and to what it is already changes nothing', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(tenantCreate, context, SHOP)
  const { version } = await runOperation(tenantUpdate, context, { id, name: 'Shut', status: 'suspended' })
  assert.equal(version, 2)
  assert.equal((await runOperation(tenantUpdate, context, { id, status: 'suspended' })).version, 2)
  await assert.rejects(runOperation(tenantUpdate, within(services, id), { id, status: 'active' }), failure('forbidden'))
  await runOperation(tenantUpdate, context, { id, status: 'active' })
  const { data } = await within(services, id).read.events.list({ limit: 10, subjectId: id })
  assert.deepEqual(
    data.map(({ type }) => type),
    ['tenant.reactivated', 'tenant.suspended', 'tenant.updated', 'tenant.created'],
  )
})

test('a suspended tenant’s realms and keys stand still until it is reactivated', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(tenantCreate, context, SHOP)
  const { issuerId } = await runOperation(realmCreate, within(services, id), { name: 'Customers' })
  const { key } = await runOperation(apiKeyCreate, within(services, id), { name: 'k', permissions: ['*'] })
  const state = async () => [
    (await services.registry.realmByIssuerId(issuerId))?.tenantStatus,
    (await findApiKeyByDigest(services.database.read, services.crypto.digest(key))) !== undefined,
  ]
  assert.deepEqual(await state(), ['active', true])
  assert.equal((await runOperation(tenantSuspend, context, { id })).status, 'suspended')
  assert.equal((await runOperation(tenantSuspend, context, { id })).version, 2)
  assert.deepEqual(await state(), ['suspended', false])
  assert.equal((await runOperation(tenantReactivate, context, { id })).status, 'active')
  assert.deepEqual(await state(), ['active', true])
})

for (const dialect of DIALECTS) {
  test(`deleting a tenant ends everything in it and nothing else (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const { id } = await runOperation(tenantCreate, context, SHOP)
    const { issuerId } = await runOperation(realmCreate, within(services, id), { name: 'Customers' })
    const { realm } = (await services.registry.realmByIssuerId(issuerId))!
    const people: string[] = []
    for (const at of [services.contextFor({ realm }), context]) {
      const user = await runOperation(userCreate, at, { email: 'ann@example.com' })
      const client = await runOperation(clientCreate, at, { label: 'App', redirectUris: ['https://app.example/'] })
      const place = { realmId: at.scope.realm!.id, clientId: client.id }
      await createAccess(services.database, { id: user.id, tenantId: at.scope.tenantId }, place, services.clock.now())
      people.push(user.id)
    }
    const { key } = await runOperation(apiKeyCreate, within(services, id), { name: 'k', permissions: ['*'] })

    await runOperation(tenantDelete, context, { id })
    await assert.rejects(runOperation(tenantGet, context, { id }), failure('not_found'))
    await assert.rejects(runOperation(tenantDelete, context, { id }), failure('not_found'))
    assert.equal(await services.registry.realmByIssuerId(issuerId), undefined)
    const one = { sessions: 1, families: 1, issuances: 1, grants: 1 }
    assert.deepEqual(await countAccess(services.database, people[0]!), {
      sessions: 0,
      families: 0,
      issuances: 0,
      grants: 0,
    })
    assert.deepEqual(await countAccess(services.database, people[1]!), one)
    assert.equal(await findApiKeyByDigest(services.database.read, services.crypto.digest(key)), undefined)
    assert.notEqual(
      await findApiKeyByDigest(services.database.read, services.crypto.digest(services.adminKey)),
      undefined,
    )
    assert.equal((await runOperation(tenantCreate, context, SHOP)).slug, 'shop')
  })

  test(`a partner’s limit holds, however many are created at once (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const { id } = await runOperation(partnerCreate, context, { name: 'Acme', slug: 'acme', maxTenants: 3 })
    const attempts = Array.from({ length: 10 }, (_, index) =>
      runOperation(tenantCreate, context, { name: 'T', slug: `tenant-${index}`, partnerId: id }),
    )
    const outcomes = await Promise.allSettled(attempts)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('limit_reached')(outcome.reason)
    assert.equal((await runOperation(tenantList, context, { partnerId: id })).data.length, 3)
    await runOperation(partnerUpdate, context, { id, maxTenants: 4 })
    await runOperation(tenantCreate, context, { name: 'T', slug: 'tenant-x', partnerId: id })
  })
}

for (const dialect of DIALECTS) {
  test(`TN-07 a tenant goes to a partner that has room for it, and to no other (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const { id, partnerId: from } = await runOperation(tenantCreate, context, SHOP)
    const made = await runOperation(realmCreate, within(services, id), { name: 'Customers' })
    const { realm } = (await services.registry.realmByIssuerId(made.issuerId))!
    for (const email of ['ann@example.com', 'bob@example.com'])
      await runOperation(userCreate, services.contextFor({ realm }), { email })
    await runOperation(clientCreate, services.contextFor({ realm }), {
      label: 'App',
      redirectUris: ['https://app.example/'],
    })
    const partner = (slug: string, limits: object) =>
      runOperation(partnerCreate, context, { name: slug, slug, ...limits })
    const [full, few, idle, small, right] = await Promise.all([
      partner('full', { maxTenants: 0 }),
      partner('few', { maxUsersPerTenant: 1 }),
      partner('idle', { status: 'suspended' }),
      partner('small', { maxApplicationsPerTenant: 0 }),
      partner('right', { maxTenants: 1, maxUsersPerTenant: 2, maxApplicationsPerTenant: 1 }),
    ])
    const move = (partnerId: string, at = context) => runOperation(tenantUpdate, at, { id, partnerId, name: 'Moved' })
    for (const { id: to } of [full, few, small]) await assert.rejects(move(to), failure('limit_reached'))
    await assert.rejects(move(idle.id), failure('conflict'))
    await assert.rejects(move(services.random.id()), failure('not_found'))
    await assert.rejects(move(right.id, within(services, id)), failure('forbidden'))
    const first = { id: services.tenantId, partnerId: right.id }
    await assert.rejects(runOperation(tenantUpdate, context, first), failure('conflict'))
    const { name, version } = await runOperation(tenantGet, context, { id })
    assert.deepEqual([name, version], ['Shop', 1])

    const there = async () => (await services.registry.realmByIssuerId(made.issuerId))?.partnerId
    assert.equal(await there(), from)
    assert.equal((await move(right.id)).partnerId, right.id)
    assert.equal(await there(), right.id)
    const { data } = await within(services, id).read.events.list({ limit: 1, subjectId: id })
    const moved = { slug: 'shop', before: { partnerId: from }, after: { partnerId: right.id } }
    assert.deepEqual([data[0]?.type, data[0]?.data], ['tenant.transferred', moved])
    await assert.rejects(
      runOperation(userCreate, services.contextFor({ realm }), { email: 'c@example.com' }),
      failure('limit_reached'),
    )
  })

  test(`of settings that are changed at once, none is lost (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const { id } = await runOperation(tenantCreate, context, { ...SHOP, settings: {} })
    const names = Array.from({ length: 8 }, (_, index) => `member-${index}`)
    await Promise.all(
      names.map((name) => runOperation(tenantUpdate, context, { id, settingsMembers: { [name]: true } })),
    )
    assert.deepEqual(Object.keys((await runOperation(tenantGet, context, { id })).settings).sort(), names)
  })

  test(`of many tenants that a partner is given at once, it gets as many as it may have (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const slugs = Array.from({ length: 8 }, (_, index) => `tenant-${index}`)
    const tenants = await Promise.all(slugs.map((slug) => runOperation(tenantCreate, context, { name: slug, slug })))
    const limited = { name: 'Acme', slug: 'acme', maxTenants: 3 }
    const [acme, other] = [
      await runOperation(partnerCreate, context, limited),
      await runOperation(partnerCreate, context, { ...limited, slug: 'other', maxTenants: null }),
    ]
    const moves = tenants.flatMap(({ id }) =>
      [acme.id, other.id].map((partnerId) => runOperation(tenantUpdate, context, { id, partnerId })),
    )
    for (const outcome of await Promise.allSettled(moves)) {
      if (outcome.status === 'rejected' && outcome.reason.code !== 'conflict') failure('limit_reached')(outcome.reason)
    }
    assert.ok((await runOperation(tenantList, context, { partnerId: acme.id })).data.length <= 3)
  })
}

test('tenants are listed by numbered pages, of those within reach', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const acme = await runOperation(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const tenants = [
    await runOperation(tenantCreate, context, { name: 'Alpha', slug: 'one', partnerId: acme.id }),
    await runOperation(tenantCreate, context, {
      name: 'beta',
      slug: 'alpha-2',
      partnerId: acme.id,
      status: 'suspended',
    }),
    await runOperation(tenantCreate, context, { name: 'alpha 3', slug: 'three' }),
  ]
  const slugs = async (query: object, at = context) => {
    const { data, count } = await runOperation(tenantList, at, { offset: 0, ...query })
    return [data.map(({ slug }) => slug), count?.value]
  }
  assert.deepEqual(await slugs({ search: 'ALPHA' }), [['one', 'alpha-2', 'three'], 3])
  assert.deepEqual(await slugs({ search: 'alpha', offset: 2, limit: 2 }), [['three'], 3])
  assert.deepEqual(await slugs({ offset: 1, limit: 1 }), [['one'], 4])
  assert.deepEqual(await slugs({ status: 'suspended' }), [['alpha-2'], 1])
  assert.deepEqual(await slugs({ partnerId: acme.id }), [['one', 'alpha-2'], 2])
  const partner = services.contextFor({ reach: { kind: 'partner', partnerId: acme.id } })
  assert.deepEqual(await slugs({}, partner), [['one', 'alpha-2'], 2])
  const inside = within(services, tenants[2]!.id)
  assert.deepEqual(await slugs({ search: 'alpha' }, inside), [['three'], 1])
  for (const at of [partner, inside]) {
    const foreign = at === partner ? tenants[2]!.partnerId : acme.id
    assert.deepEqual(await slugs({ partnerId: foreign }, at), [[], 0])
  }
  assert.deepEqual(await slugs({ partnerId: tenants[2]!.partnerId }, inside), [['three'], 1])
})

test('the first tenant can be neither suspended, deleted nor renamed in URLs', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const id = services.tenantId
  await assert.rejects(runOperation(tenantDelete, context, { id }), failure('conflict'))
  await assert.rejects(runOperation(tenantSuspend, context, { id }), failure('conflict'))
  await assert.rejects(runOperation(tenantUpdate, context, { id, slug: 'other' }), failure('conflict'))
  assert.equal((await services.registry.realmByIssuerId('default'))?.tenantStatus, 'active')
})

test('what looks on and does nothing cannot be switched on', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(tenantCreate, context, SHOP)
  for (const change of [
    { settings: { mfa: { required: true } } },
    { settings: { mfa: true } },
    { settings: { mfa_required: true } },
    { settingsMembers: { mfa: { enabled: true, methods: ['totp'] } } },
    { branding: { color: 'red' } },
    { branding: { logo: 'https://cdn.example/logo.png' } },
    { brandingMembers: { color: '#12345' } },
    { brandingMembers: { logo: 'data:text/html,x' } },
  ]) {
    await assert.rejects(runOperation(tenantUpdate, context, { id, ...change }), failure('invalid_input'))
  }
})
