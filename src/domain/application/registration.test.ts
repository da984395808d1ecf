// Checks the registration of applications.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { applicationCreate, applicationDelete } from '#domain/application/application.operations.ts'
import type { Context } from '#domain/context.ts'
import { partnerCreate } from '#domain/partner/partner.operations.ts'
import { tenantCreate } from '#domain/tenant/tenant.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { registrationCreate, registrationGet, registrationList, registrationUpdate } from './registration.operations.ts'

for (const dialect of DIALECTS) {
  describe(`registered applications on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const service = (context: Context, name: string, more: object = {}) =>
      callOperation(registrationCreate, context, { name, type: 'service', ...more })

    /** A tenant of a partner, and contexts of its administrator and of the partner’s. */
    async function place(maxApplicationsPerTenant: number | null = null) {
      const above = services.contextFor({ realm: null })
      const slug = `p-${services.random.id()}`
      const partner = await callOperation(partnerCreate, above, { name: 'Acme', slug, maxApplicationsPerTenant })
      const tenant = await callOperation(tenantCreate, above, { name: 'Shop', slug, partnerId: partner.id })
      const inside = services.contextFor({ realm: null, tenantId: tenant.id })
      const realm = await inside.read.realms.home()
      assert.ok(realm)
      return {
        partner,
        tenant: services.contextFor({ realm, reach: { kind: 'tenant', tenantId: tenant.id } }),
        partnerAtFirst: services.contextFor({ reach: { kind: 'partner', partnerId: partner.id } }),
        tenantAtFirst: services.contextFor({ reach: { kind: 'tenant', tenantId: tenant.id } }),
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
        callOperation(applicationCreate, tenant, { name: 'b' }),
        service(tenant, 'c'),
        callOperation(applicationCreate, tenant, { name: 'd' }),
      ])
      assert.deepEqual(
        outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : [])),
        ['limit_reached', 'limit_reached'],
      )
      const { data, count } = await callOperation(registrationList, tenant, { offset: 0 })
      assert.equal(count?.value, 2)
      await callOperation(applicationDelete, tenant, { id: data[0]?.id ?? '' })
      await service(tenant, 'e')
    })

    test('two changes at once are both there', async () => {
      const { tenant } = await place()
      const { id } = await service(tenant, 'Twice')
      await Promise.all([
        callOperation(registrationUpdate, tenant, { id, scopes: ['a'] }),
        callOperation(registrationUpdate, tenant, { id, accessTokenLifetime: 60, description: 'x' }),
      ])
      const { scopes, accessTokenLifetime, description } = await callOperation(registrationGet, tenant, { id })
      assert.deepEqual([scopes, accessTokenLifetime, description], [['a'], 60, 'x'])
    })

    test('what is offered above lies in the first tenant’s realm, and who it is offered to only sees it', async () => {
      const { partner, tenant, partnerAtFirst, tenantAtFirst } = await place()
      const { id } = await service(partnerAtFirst, 'Of Acme', { level: 'partner' })
      assert.equal((await callOperation(registrationGet, tenantAtFirst, { id })).partnerId, partner.id)
      for (const context of [tenant, partnerAtFirst]) {
        assert.ok((await callOperation(registrationList, context, { offset: 0 })).data.some((shown) => shown.id === id))
      }
      const filters = { partnerId: partner.id, level: 'partner', type: 'service', search: 'of a' }
      const { data, count } = await callOperation(registrationList, services.contextFor({ realm: null }), {
        ...filters,
        offset: 0,
      })
      assert.deepEqual([data.map((shown) => shown.id), count?.value], [[id], 1])
      const stranger = await place()
      await assert.rejects(callOperation(registrationGet, stranger.tenantAtFirst, { id }), { code: 'access_denied' })
      await assert.rejects(callOperation(registrationGet, stranger.partnerAtFirst, { id }), { code: 'access_denied' })
      for (const context of [tenantAtFirst, stranger.partnerAtFirst]) {
        await assert.rejects(callOperation(registrationUpdate, context, { id, description: 'x' }), {
          code: 'forbidden',
        })
        await assert.rejects(callOperation(applicationDelete, context, { id }), { code: 'forbidden' })
      }
      await assert.rejects(service(tenantAtFirst, 'Above', { level: 'global' }), { code: 'forbidden' })
      const elsewhere = services.contextFor({ realm: tenant.scope.realm ?? null })
      await assert.rejects(service(elsewhere, 'Elsewhere', { level: 'global' }), { code: 'not_found' })
    })

    test('the name that agents are grouped by is not for what gives its clients more', async () => {
      const context = services.contextFor()
      await assert.rejects(service(context, 'Agents', { level: 'global' }), { code: 'already_exists' })
      const { id } = await service(context, 'Other', { level: 'global' })
      await assert.rejects(callOperation(registrationUpdate, context, { id, name: 'Agents' }), {
        code: 'already_exists',
      })
    })
  })
}
