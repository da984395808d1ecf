import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { call } from '#testing/neighbours.ts'
import type { Context } from '../context.ts'
import { partnerCreate } from '../partner/partner.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import { applicationCreate, applicationDelete } from './application.operations.ts'
import {
  applicationReconfigure,
  applicationRegister,
  applicationShow,
  applicationSurvey,
} from './registration.operations.ts'

for (const dialect of DIALECTS) {
  describe(`registered applications on ${dialect}`, () => {
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    const service = (context: Context, name: string, more: object = {}) =>
      call(applicationRegister, context, { name, type: 'service', ...more })

    /** A tenant of a partner, and contexts of its administrator and of the partner’s. */
    async function place(maxApplicationsPerTenant: number | null = null) {
      const above = house.contextFor({ realm: null })
      const slug = `p-${house.random.id()}`
      const partner = await call(partnerCreate, above, { name: 'Acme', slug, maxApplicationsPerTenant })
      const tenant = await call(tenantCreate, above, { name: 'Shop', slug, partnerId: partner.id })
      const inside = house.contextFor({ realm: null, tenantId: tenant.id })
      const realm = await inside.read.realms.home()
      assert.ok(realm)
      return {
        partner,
        tenant: house.contextFor({ realm, reach: { kind: 'tenant', tenantId: tenant.id } }),
        partnerAtFirst: house.contextFor({ reach: { kind: 'partner', partnerId: partner.id } }),
        tenantAtFirst: house.contextFor({ reach: { kind: 'tenant', tenantId: tenant.id } }),
      }
    }

    test('of many who take a name at once one gets it, and the others leave no client behind', async () => {
      const { tenant } = await place()
      const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => service(tenant, 'Once')))
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.deepEqual(
        lost.map(({ reason }) => reason.code),
        ['already_exists', 'already_exists', 'already_exists'],
      )
      const { data } = await tenant.read.clients.list(tenant.scope.realm?.id ?? '', { limit: 10 })
      assert.equal(data.length, 1)
    })

    test('a limit holds among those who ask at once, whatever makes the application', async () => {
      const { tenant } = await place(2)
      const outcomes = await Promise.allSettled([
        service(tenant, 'a'),
        call(applicationCreate, tenant, { name: 'b' }),
        service(tenant, 'c'),
        call(applicationCreate, tenant, { name: 'd' }),
      ])
      assert.deepEqual(
        outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])),
        ['limit_reached', 'limit_reached'],
      )
      const { data, total } = await call(applicationSurvey, tenant, {})
      assert.equal(total, 2)
      await call(applicationDelete, tenant, { id: data[0]?.id ?? '' })
      await service(tenant, 'e')
    })

    test('two changes at once are both there', async () => {
      const { tenant } = await place()
      const { id } = await service(tenant, 'Twice')
      await Promise.all([
        call(applicationReconfigure, tenant, { id, scopes: ['a'] }),
        call(applicationReconfigure, tenant, { id, accessTokenLifetime: 60, description: 'x' }),
      ])
      const { scopes, accessTokenLifetime, description } = await call(applicationShow, tenant, { id })
      assert.deepEqual([scopes, accessTokenLifetime, description], [['a'], 60, 'x'])
    })

    test('what is offered above lies in the first tenant’s realm, and who it is offered to only sees it', async () => {
      const { partner, tenant, partnerAtFirst, tenantAtFirst } = await place()
      const { id } = await service(partnerAtFirst, 'Of Acme', { level: 'partner' })
      assert.equal((await call(applicationShow, tenantAtFirst, { id })).partnerId, partner.id)
      for (const context of [tenant, partnerAtFirst]) {
        assert.ok((await call(applicationSurvey, context, {})).data.some((shown) => shown.id === id))
      }
      const filters = { partnerId: partner.id, level: 'partner', type: 'service', search: 'of a' }
      const { data, total } = await call(applicationSurvey, house.contextFor({ realm: null }), filters)
      assert.deepEqual([data.map((shown) => shown.id), total], [[id], 1])
      const stranger = await place()
      await assert.rejects(call(applicationShow, stranger.tenantAtFirst, { id }), { code: 'access_denied' })
      await assert.rejects(call(applicationShow, stranger.partnerAtFirst, { id }), { code: 'access_denied' })
      for (const context of [tenantAtFirst, stranger.partnerAtFirst]) {
        await assert.rejects(call(applicationReconfigure, context, { id, description: 'x' }), { code: 'forbidden' })
        await assert.rejects(call(applicationDelete, context, { id }), { code: 'forbidden' })
      }
      await assert.rejects(service(tenantAtFirst, 'Above', { level: 'global' }), { code: 'forbidden' })
      const elsewhere = house.contextFor({ realm: tenant.scope.realm ?? null })
      await assert.rejects(service(elsewhere, 'Elsewhere', { level: 'global' }), { code: 'not_found' })
    })

    test('the name that agents are grouped by is not for what gives its clients more', async () => {
      const context = house.contextFor()
      await assert.rejects(service(context, 'Agents', { level: 'global' }), { code: 'already_exists' })
      const { id } = await service(context, 'Other', { level: 'global' })
      await assert.rejects(call(applicationReconfigure, context, { id, name: 'Agents' }), { code: 'already_exists' })
    })
  })
}
