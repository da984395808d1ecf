import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherRealm, anotherTenant, call, eventsAbout, holds, issueTo, LIVING, REVOKED } from '#testing/neighbours.ts'
import { userCreate } from '../user/user.operations.ts'
import {
  agentCreate,
  agentDelete,
  agentGet,
  agentList,
  agentRotateSecret,
  agentSurvey,
  agentUpdate,
} from './agent.operations.ts'

for (const dialect of DIALECTS) {
  describe(`agents on ${dialect}`, () => {
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    test('an agent is made, shown, changed and told of', async () => {
      const context = house.contextFor()
      const owner = await call(userCreate, context, { email: 'owner@example.com' })
      const given = {
        name: 'Clerk',
        description: 'Reads.',
        type: 'assistant',
        allowedTools: ['read'],
        allowedScopes: ['orders:read'],
        audiences: [],
        rateLimitRpm: 10,
        ownerId: renderId('user', owner.id),
      }
      const { clientSecret, ...made } = await call(agentCreate, context, given)
      assert.ok(clientSecret)
      assert.deepEqual(await call(agentGet, context, { id: renderId('agent', made.id) }), made)
      const now = house.clock.now()
      assert.deepEqual(made, {
        ...given,
        ownerId: owner.id,
        id: made.id,
        clientId: made.clientId,
        tenantId: house.tenantId,
        status: 'active',
        lastUsedAt: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      const changed = await call(agentUpdate, context, {
        id: made.id,
        ifVersion: 1,
        rateLimitRpm: null,
        name: 'Bookkeeper',
      })
      assert.deepEqual(changed, { ...made, rateLimitRpm: null, name: 'Bookkeeper', version: 2 })
      await assert.rejects(call(agentUpdate, context, { id: made.id, ifVersion: 1, name: 'x' }), {
        code: 'precondition_failed',
      })
      const known = await house.registry.client(house.tenantId, house.realm.id, made.clientId)
      assert.deepEqual(known?.agent, { allowedTools: ['read'], rateLimitRpm: null })
      const types = (await eventsAbout(context, made.id)).map(({ type }) => type)
      assert.deepEqual(types, ['agent.created', 'agent.updated'])
      const rotated = await call(agentRotateSecret, context, { id: made.id })
      assert.ok(rotated.clientSecret && rotated.clientSecret !== clientSecret)
    })

    test('agents are found among those of the tenants within reach', async () => {
      const tenantId = await anotherTenant(house)
      const realm = await house.contextFor({ realm: null, tenantId }).read.realms.home()
      assert.ok(realm)
      const within = house.contextFor({ realm, reach: { kind: 'tenant', tenantId } })
      const found = await call(agentCreate, within, { name: 'Finder', type: 'crawler' })
      await call(agentCreate, house.contextFor(), { name: 'Finder', type: 'crawler' })
      const filters = { search: 'FIND', type: 'crawler', status: 'active' }
      const { data, total } = await call(agentSurvey, within, filters)
      assert.deepEqual([data, total], [[{ ...(await call(agentGet, within, { id: found.id })) }], 1])
      const above = house.contextFor({ realm: null })
      assert.equal((await call(agentSurvey, above, filters)).total, 2)
      assert.equal((await call(agentSurvey, above, { ...filters, tenantId, page: 2 })).total, 1)
      await assert.rejects(call(agentSurvey, within, { tenantId: house.tenantId }), { code: 'access_denied' })
    })

    test('suspending or deleting an agent ends its tokens, and nobody else’s', async () => {
      const context = house.contextFor()
      const survivor = await call(agentCreate, context, { name: 'Survivor' })
      for (const end of [
        (id: string) => call(agentUpdate, context, { id, status: 'suspended' }),
        (id: string) => call(agentDelete, context, { id }),
      ]) {
        const agent = await call(agentCreate, context, { name: 'Doomed' })
        const holders = [agent, survivor]
        const tokens = []
        for (const { clientId } of holders) {
          const client = await house.registry.client(house.tenantId, house.realm.id, clientId)
          tokens.push(await issueTo(context, { clientId: client?.id ?? '' }))
        }
        await end(agent.id)
        assert.deepEqual(await Promise.all(tokens.map((token) => holds(context, token))), [REVOKED, LIVING])
      }
    })

    test('two changes at once are both there', async () => {
      const context = house.contextFor()
      const { id } = await call(agentCreate, context, { name: 'Twice' })
      await Promise.all([
        call(agentUpdate, context, { id, allowedTools: ['a'] }),
        call(agentUpdate, context, { id, allowedScopes: ['b'] }),
        call(agentUpdate, context, { id, description: 'c' }),
      ])
      const { allowedTools, allowedScopes, description } = await call(agentGet, context, { id })
      assert.deepEqual([allowedTools, allowedScopes, description], [['a'], ['b'], 'c'])
    })

    test('agents made at once share one application, and a realm’s agents are its alone', async () => {
      const realm = await anotherRealm(house)
      const context = house.contextFor({ realm })
      const made = await Promise.all(['a', 'b', 'c'].map((name) => call(agentCreate, context, { name })))
      const { data: applications } = await context.read.applications.list(realm.id, { limit: 10 })
      assert.deepEqual(
        applications.map(({ name }) => name),
        ['Agents'],
      )
      const first = await call(agentList, context, { limit: '2' })
      const second = await call(agentList, context, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual([...first.data, ...second.data].map(({ id }) => id).sort(), made.map(({ id }) => id).sort())
      const [{ id } = { id: '' }] = made
      const stranger = house.contextFor({ realm: await anotherRealm(house, await anotherTenant(house)) })
      for (const other of [house.contextFor(), stranger]) {
        for (const operation of [agentGet, agentDelete, agentRotateSecret]) {
          await assert.rejects(call(operation, other, { id }), { code: 'not_found' })
        }
        await assert.rejects(call(agentUpdate, other, { id, name: 'x' }), { code: 'not_found' })
      }
    })
  })
}
