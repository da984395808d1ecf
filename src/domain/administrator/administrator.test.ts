import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherTenant } from '#testing/neighbours.ts'
import { failure, run } from '#testing/run.ts'
import { consumeBootstrap } from '../bootstrap.ts'
import { partnerCreate } from '../partner/partner.operations.ts'
import {
  administratorCreate,
  administratorDelete,
  administratorGet,
  administratorList,
  administratorSetPassword,
  administratorUpdate,
} from './administrator.operations.ts'

const PASSWORD = 'correct horse battery staple'

/** A caller who may do everything in one tenant, or only some of it. */
function within(house: TestHouse, tenantId: string, permissions = ['*']) {
  return house.contextFor({ reach: { kind: 'tenant', tenantId }, tenantId, realm: null, permissions })
}

test('nobody makes, changes or deletes an administrator above themselves', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const platform = house.contextFor({ realm: null })
  const boss = await run(administratorCreate, platform, { email: 'boss@example.com', role: 'super_admin' })
  assert.deepEqual([boss.role, boss.status, boss.hasPassword], ['super_admin', 'active', false])
  const tenantAdmin = within(house, house.tenantId)
  const peer = await run(administratorCreate, tenantAdmin, { email: 'peer@example.com', password: PASSWORD })
  assert.deepEqual([peer.role, peer.hasPassword], ['tenant_admin', true])

  const above = { email: 'x@example.com', role: 'super_admin' }
  await assert.rejects(run(administratorCreate, tenantAdmin, above), failure('forbidden'))
  await assert.rejects(
    run(administratorUpdate, tenantAdmin, { id: peer.id, role: 'super_admin' }),
    failure('forbidden'),
  )
  await assert.rejects(
    run(administratorUpdate, tenantAdmin, { id: boss.id, status: 'suspended' }),
    failure('forbidden'),
  )
  await assert.rejects(
    run(administratorSetPassword, tenantAdmin, { id: boss.id, password: PASSWORD }),
    failure('forbidden'),
  )
  await assert.rejects(run(administratorDelete, tenantAdmin, { id: boss.id }), failure('forbidden'))
  const less = within(house, house.tenantId, ['administrators:*'])
  await assert.rejects(run(administratorCreate, less, { email: 'y@example.com' }), failure('forbidden'))
  await assert.rejects(run(administratorDelete, less, { id: peer.id }), failure('forbidden'))
  assert.deepEqual((await run(administratorList, tenantAdmin)).data, [boss, peer])
  assert.equal((await run(administratorUpdate, platform, { id: peer.id, role: 'super_admin' })).role, 'super_admin')
})

test('an administrator is one tenant’s, and a super_admin the first one’s', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const tenantId = await anotherTenant(house)
  const theirs = house.contextFor({ realm: null, tenantId })
  const ann = await run(administratorCreate, theirs, { email: 'ann@example.com' })
  await assert.rejects(run(administratorGet, within(house, house.tenantId), { id: ann.id }), failure('not_found'))
  await assert.rejects(run(administratorDelete, within(house, house.tenantId), { id: ann.id }), failure('not_found'))
  const role = 'super_admin'
  await assert.rejects(run(administratorCreate, theirs, { email: 'b@example.com', role }), failure('invalid_input'))
  await assert.rejects(run(administratorUpdate, theirs, { id: ann.id, role }), failure('invalid_input'))
  await assert.rejects(run(administratorCreate, theirs, { email: 'ANN@example.com' }), failure('already_exists'))
  await run(administratorDelete, theirs, { id: ann.id })
  assert.deepEqual((await run(administratorList, theirs)).data, [])
})

test('an administrator of a partner is made from above, and administers what is in the partner’s tenants', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const platform = house.contextFor({ realm: null })
  const { id: partnerId } = await run(partnerCreate, platform, { name: 'North', slug: 'north' })
  const input = { email: 'pa@example.com', role: 'partner_admin', partnerId }
  const made = await run(administratorCreate, platform, input)
  assert.deepEqual([made.role, made.partnerId], ['partner_admin', partnerId])

  const tenantId = await anotherTenant(house)
  const theirs = house.contextFor({ realm: null, tenantId })
  const invalid = failure('invalid_input')
  await assert.rejects(run(administratorCreate, theirs, { ...input, email: 'a@example.com' }), invalid)
  await assert.rejects(
    run(administratorCreate, platform, { ...input, email: 'a@example.com', partnerId: null }),
    invalid,
  )
  await assert.rejects(run(administratorCreate, platform, { email: 'a@example.com', partnerId }), invalid)
  const unknown = { ...input, email: 'a@example.com', partnerId: house.random.id() }
  await assert.rejects(run(administratorCreate, platform, unknown), invalid)

  const forbidden = failure('forbidden')
  const byPartner = house.contextFor({ reach: { kind: 'partner', partnerId }, tenantId, realm: null })
  assert.equal((await run(administratorCreate, byPartner, { email: 'ta@example.com' })).role, 'tenant_admin')
  await assert.rejects(run(administratorCreate, within(house, house.tenantId), input), forbidden)
  await assert.rejects(run(administratorDelete, within(house, house.tenantId), { id: made.id }), forbidden)
  await assert.rejects(
    run(administratorUpdate, within(house, house.tenantId), { id: made.id, status: 'suspended' }),
    forbidden,
  )

  const lowered = await run(administratorUpdate, platform, { id: made.id, role: 'tenant_admin' })
  assert.deepEqual([lowered.role, lowered.partnerId], ['tenant_admin', null])
})

for (const dialect of DIALECTS) {
  test(`one super_admin is always left, however many go at once (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor({ realm: null })
    const email = 'first@example.com'
    const first = await consumeBootstrap(context, { secret: house.bootstrapSecret, email, password: PASSWORD })
    const ends = [
      () => run(administratorDelete, context, { id: first.id }),
      () => run(administratorUpdate, context, { id: first.id, status: 'suspended' }),
      () => run(administratorUpdate, context, { id: first.id, role: 'tenant_admin' }),
    ]
    for (const end of ends) await assert.rejects(end, failure('conflict'))
    assert.equal((await run(administratorUpdate, context, { id: first.id, name: 'Ada' })).name, 'Ada')

    const others = []
    for (const name of ['b', 'c', 'd']) {
      others.push(await run(administratorCreate, context, { email: `${name}@example.com`, role: 'super_admin' }))
    }
    const all = [first, ...others]
    const outcomes = await Promise.allSettled(
      all.map(({ id }, at) =>
        at % 2 === 0
          ? run(administratorDelete, context, { id })
          : run(administratorUpdate, context, { id, role: 'tenant_admin' }),
      ),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('conflict')(outcome.reason)
    assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1)
    const { data } = await run(administratorList, context)
    assert.equal(data.filter(({ role, status }) => role === 'super_admin' && status === 'active').length, 1)
  })
}
