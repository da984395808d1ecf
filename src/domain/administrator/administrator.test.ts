// Checks the operations on administrators and who may call them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccess } from '#testing/access.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { adminRealmOf } from '../admin-realm/admin-realm.service.ts'
import { consumeBootstrap } from '../bootstrap.ts'
import { partnerCreate } from '../partner/partner.operations.ts'
import {
  administratorCreate,
  administratorDelete,
  administratorGet,
  administratorList,
  administratorSessionList,
  administratorSessionRevoke,
  administratorSetPassword,
  administratorUpdate,
} from './administrator.operations.ts'

const PASSWORD = 'correct horse battery staple'

/** A caller with all permissions in one tenant, or with the given ones. */
function within(services: TestServices, tenantId: string, permissions = ['*']) {
  return services.contextFor({ reach: { kind: 'tenant', tenantId }, tenantId, realm: null, permissions })
}

test('AD-03 AD-04 nobody makes, changes or deletes an administrator above themselves', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const platform = services.contextFor({ realm: null })
  const boss = await runOperation(administratorCreate, platform, { email: 'boss@example.com', role: 'super_admin' })
  assert.deepEqual([boss.role, boss.status, boss.hasPassword], ['super_admin', 'active', false])
  const tenantAdmin = within(services, services.tenantId)
  const peer = await runOperation(administratorCreate, tenantAdmin, { email: 'peer@example.com', password: PASSWORD })
  assert.deepEqual([peer.role, peer.hasPassword], ['tenant_admin', true])

  const above = { email: 'x@example.com', role: 'super_admin' }
  await assert.rejects(runOperation(administratorCreate, tenantAdmin, above), failure('forbidden'))
  await assert.rejects(
    runOperation(administratorUpdate, tenantAdmin, { id: peer.id, role: 'super_admin' }),
    failure('forbidden'),
  )
  await assert.rejects(
    runOperation(administratorUpdate, tenantAdmin, { id: boss.id, status: 'suspended' }),
    failure('forbidden'),
  )
  await assert.rejects(
    runOperation(administratorSetPassword, tenantAdmin, { id: boss.id, password: PASSWORD }),
    failure('forbidden'),
  )
  await assert.rejects(runOperation(administratorDelete, tenantAdmin, { id: boss.id }), failure('forbidden'))
  const less = within(services, services.tenantId, ['administrators:*'])
  await assert.rejects(runOperation(administratorCreate, less, { email: 'y@example.com' }), failure('forbidden'))
  await assert.rejects(runOperation(administratorDelete, less, { id: peer.id }), failure('forbidden'))
  assert.deepEqual((await runOperation(administratorList, tenantAdmin)).data, [boss, peer])
  assert.equal(
    (await runOperation(administratorUpdate, platform, { id: peer.id, role: 'super_admin' })).role,
    'super_admin',
  )
})

test('an administrator is one tenant’s, and a super_admin the first one’s', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const tenantId = await anotherTenant(services)
  const theirs = services.contextFor({ realm: null, tenantId })
  const ann = await runOperation(administratorCreate, theirs, { email: 'ann@example.com' })
  await assert.rejects(
    runOperation(administratorGet, within(services, services.tenantId), { id: ann.id }),
    failure('not_found'),
  )
  await assert.rejects(
    runOperation(administratorDelete, within(services, services.tenantId), { id: ann.id }),
    failure('not_found'),
  )
  const role = 'super_admin'
  await assert.rejects(
    runOperation(administratorCreate, theirs, { email: 'b@example.com', role }),
    failure('invalid_input'),
  )
  await assert.rejects(runOperation(administratorUpdate, theirs, { id: ann.id, role }), failure('invalid_input'))
  await assert.rejects(
    runOperation(administratorCreate, theirs, { email: 'ANN@example.com' }),
    failure('already_exists'),
  )
  await runOperation(administratorDelete, theirs, { id: ann.id })
  assert.deepEqual((await runOperation(administratorList, theirs)).data, [])
})

test('an administrator of a partner is made from above, and administers what is in the partner’s tenants', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const platform = services.contextFor({ realm: null })
  const { id: partnerId } = await runOperation(partnerCreate, platform, { name: 'North', slug: 'north' })
  const input = { email: 'pa@example.com', role: 'partner_admin', partnerId }
  const made = await runOperation(administratorCreate, platform, input)
  assert.deepEqual([made.role, made.partnerId], ['partner_admin', partnerId])

  const tenantId = await anotherTenant(services)
  const theirs = services.contextFor({ realm: null, tenantId })
  const invalid = failure('invalid_input')
  await assert.rejects(runOperation(administratorCreate, theirs, { ...input, email: 'a@example.com' }), invalid)
  await assert.rejects(
    runOperation(administratorCreate, platform, { ...input, email: 'a@example.com', partnerId: null }),
    invalid,
  )
  await assert.rejects(runOperation(administratorCreate, platform, { email: 'a@example.com', partnerId }), invalid)
  const unknown = { ...input, email: 'a@example.com', partnerId: services.random.id() }
  await assert.rejects(runOperation(administratorCreate, platform, unknown), invalid)

  const forbidden = failure('forbidden')
  const byPartner = services.contextFor({ reach: { kind: 'partner', partnerId }, tenantId, realm: null })
  assert.equal((await runOperation(administratorCreate, byPartner, { email: 'ta@example.com' })).role, 'tenant_admin')
  await assert.rejects(runOperation(administratorCreate, within(services, services.tenantId), input), forbidden)
  await assert.rejects(
    runOperation(administratorDelete, within(services, services.tenantId), { id: made.id }),
    forbidden,
  )
  await assert.rejects(
    runOperation(administratorUpdate, within(services, services.tenantId), { id: made.id, status: 'suspended' }),
    forbidden,
  )

  const lowered = await runOperation(administratorUpdate, platform, { id: made.id, role: 'tenant_admin' })
  assert.deepEqual([lowered.role, lowered.partnerId], ['tenant_admin', null])
})

for (const dialect of DIALECTS) {
  test(`AD-11 one super_admin is always left, however many go at once (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor({ realm: null })
    const email = 'first@example.com'
    const first = await consumeBootstrap(context, { secret: services.bootstrapSecret, email, password: PASSWORD })
    const ends = [
      () => runOperation(administratorDelete, context, { id: first.id }),
      () => runOperation(administratorUpdate, context, { id: first.id, status: 'suspended' }),
      () => runOperation(administratorUpdate, context, { id: first.id, role: 'tenant_admin' }),
    ]
    for (const end of ends) await assert.rejects(end, failure('conflict'))
    assert.equal((await runOperation(administratorUpdate, context, { id: first.id, name: 'Ada' })).name, 'Ada')

    const others = []
    for (const name of ['b', 'c', 'd']) {
      others.push(
        await runOperation(administratorCreate, context, { email: `${name}@example.com`, role: 'super_admin' }),
      )
    }
    const all = [first, ...others]
    const outcomes = await Promise.allSettled(
      all.map(({ id }, at) =>
        at % 2 === 0
          ? runOperation(administratorDelete, context, { id })
          : runOperation(administratorUpdate, context, { id, role: 'tenant_admin' }),
      ),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('conflict')(outcome.reason)
    assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1)
    const { data } = await runOperation(administratorList, context)
    assert.equal(data.filter(({ role, status }) => role === 'super_admin' && status === 'active').length, 1)
  })
}

for (const dialect of DIALECTS) {
  test(`sessions of administrators are listed, and ended by whoever may change the administrator, on ${dialect}`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const platform = services.contextFor({ realm: null })
    const boss = await runOperation(administratorCreate, platform, { email: 'boss@example.com', role: 'super_admin' })
    const peer = await runOperation(administratorCreate, platform, { email: 'peer@example.com' })
    const realm = await adminRealmOf(platform)
    const place = { realmId: realm.id, clientId: services.random.id() }
    for (const { id } of [boss, peer]) {
      await createAccess(services.database, { id, tenantId: services.tenantId }, place, services.clock.now())
    }
    const own = within(services, services.tenantId)
    const sessions = async (more = {}) => (await runOperation(administratorSessionList, own, more)).data
    assert.deepEqual(new Set((await sessions()).map(({ userEmail }) => userEmail)), new Set([boss.email, peer.email]))
    const [ofBoss] = await sessions({ userId: boss.id })
    const [ofPeer] = await sessions({ userId: peer.id })
    assert.ok(ofBoss && ofPeer && !('secretHash' in ofBoss))

    await assert.rejects(runOperation(administratorSessionRevoke, own, { id: ofBoss.id }), failure('forbidden'))
    const foreign = within(services, await anotherTenant(services))
    assert.deepEqual((await runOperation(administratorSessionList, foreign)).data, [])
    await assert.rejects(runOperation(administratorSessionRevoke, foreign, { id: ofPeer.id }), failure('not_found'))
    await runOperation(administratorSessionRevoke, own, { id: ofPeer.id })
    await runOperation(administratorSessionRevoke, own, { id: ofPeer.id })
    assert.deepEqual(
      (await sessions()).map(({ id }) => id),
      [ofBoss.id],
    )
    const ended = await services.database.read.kysely
      .selectFrom('event')
      .select('subject_id')
      .where('type', '=', 'session.ended')
      .execute()
    assert.deepEqual(
      ended.map((row) => row.subject_id),
      [ofPeer.id],
    )
  })
}
