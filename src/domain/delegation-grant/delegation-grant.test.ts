// Checks the operations on delegation grants.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, callOperation } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { agentCreate } from '../agent/agent.operations.ts'
import { clientCreate, clientDelete } from '../client/client.operations.ts'
import { userCreate, userDelete, userUpdate } from '../user/user.operations.ts'
import {
  delegationGrantCreate,
  delegationGrantGet,
  delegationGrantList,
  delegationGrantRevoke,
} from './delegation-grant.operations.ts'

let made = 0
async function parties(services: TestServices, given: object = {}) {
  const context = services.contextFor()
  const { id: fromUserId } = await callOperation(userCreate, context, { email: `from-${made++}@example.com` })
  const client = await callOperation(clientCreate, context, {
    ...{ label: 'Acts', grantTypes: ['client_credentials'], ...given },
  })
  return { context, fromUserId, toClientId: client.id }
}

for (const dialect of DIALECTS) {
  describe(`delegation grants on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('a grant is created, shown, found by its parties, revoked, and told of', async () => {
      const { context, fromUserId, toClientId } = await parties(services)
      const expiresAt = new Date(services.clock.now() + 60_000).toISOString()
      const grant = await callOperation(delegationGrantCreate, context, {
        ...{ fromUserId, toClientId, hops: 2, scopes: 'orders:read orders:write', tokenBudget: 5, expiresAt },
      })
      assert.deepEqual(grant, {
        id: grant.id,
        realmId: services.realm.id,
        ...{ fromUserId, fromClientId: null, toClientId },
        ...{ hops: 2, scopes: ['orders:read', 'orders:write'], resources: null, tokenBudget: 5, tokensIssued: 0 },
        ...{ createdAt: services.clock.now(), expiresAt: services.clock.now() + 60_000, revokedAt: null },
      })
      assert.deepEqual(await callOperation(delegationGrantGet, context, { id: grant.id }), grant)
      const found = async (query: object) =>
        (await callOperation(delegationGrantList, context, query)).data.map(({ id }) => id)
      assert.deepEqual(await found({ fromUserId }), [grant.id])
      assert.deepEqual(await found({ toClientId }), [grant.id])
      assert.deepEqual(await found({ fromClientId: toClientId }), [])
      await callOperation(delegationGrantRevoke, context, { id: grant.id })
      await callOperation(delegationGrantRevoke, context, { id: grant.id })
      assert.deepEqual(await found({ fromUserId }), [])
      assert.deepEqual(await found({ fromUserId, revoked: 'true' }), [grant.id])
      const { data } = await context.read.events.list({ limit: 10, subjectId: grant.id })
      assert.deepEqual(
        data.map(({ type }) => type),
        ['delegation_grant.revoked', 'delegation_grant.created'],
      )
    })

    test('only whole and possible grants are made', async () => {
      const { context, fromUserId, toClientId } = await parties(services)
      const refused = (input: object, code: string) =>
        assert.rejects(runOperation(delegationGrantCreate, context, input), failure(code as 'not_found'))
      await refused({ toClientId }, 'invalid_input')
      await refused({ fromUserId }, 'invalid_input')
      await refused({ fromUserId, fromClientId: toClientId, toClientId }, 'invalid_input')
      await refused({ fromClientId: toClientId, toClientId }, 'invalid_input')
      await refused({ fromUserId, toClientId, hops: 11 }, 'invalid_input')
      await refused({ fromUserId, toClientId, expiresAt: '2020-01-01T00:00:00Z' }, 'invalid_input')
      await refused({ fromUserId, toClientId, resources: ['https://unknown.example/'] }, 'invalid_target')
      await refused({ fromUserId: services.random.id(), toClientId }, 'not_found')
      await refused({ fromUserId, toClientId: services.random.id() }, 'not_found')
      await refused({ fromUserId, toAgentId: services.random.id() }, 'not_found')
      const { toClientId: open } = await parties(services, {
        ...{ authMethod: 'none', grantTypes: ['authorization_code'], redirectUris: ['https://app.example/cb'] },
      })
      await refused({ fromUserId, toClientId: open }, 'invalid_input')
      const { toClientId: mighty } = await parties(services, { tokenExchangeAllowed: true })
      await refused({ fromUserId, toClientId: mighty }, 'conflict')
      await callOperation(userUpdate, context, { id: fromUserId, status: 'suspended' })
      await refused({ fromUserId, toClientId }, 'conflict')
    })

    test('an agent is named by its own id, and grants end with their parties', async () => {
      const { context, fromUserId, toClientId } = await parties(services)
      const agent = await callOperation(agentCreate, context, { name: 'Reader' })
      const one = await callOperation(delegationGrantCreate, context, { fromUserId, toAgentId: agent.id })
      const two = await callOperation(delegationGrantCreate, context, { fromAgentId: agent.id, toClientId })
      assert.equal(two.fromClientId, one.toClientId)
      const isLive = async ({ id }: { id: string }) =>
        (await callOperation(delegationGrantGet, context, { id })).revokedAt === null
      await callOperation(userDelete, context, { id: fromUserId })
      assert.deepEqual([await isLive(one), await isLive(two)], [false, true])
      await callOperation(clientDelete, context, { id: toClientId })
      assert.equal(await isLive(two), false)
    })

    test('a budget is not exceeded, however many take from it at once', async () => {
      const { context, fromUserId, toClientId } = await parties(services)
      const { id } = await callOperation(delegationGrantCreate, context, { fromUserId, toClientId, tokenBudget: 3 })
      const now = services.clock.now()
      const taken = await Promise.all(
        Array.from({ length: 10 }, () => context.write((unit) => unit.delegationGrants.use(id, now))),
      )
      assert.equal(taken.filter(Boolean).length, 3)
      assert.equal((await callOperation(delegationGrantGet, context, { id })).tokensIssued, 3)
    })

    test('a grant of another realm or tenant is unknown', async () => {
      const { context, fromUserId, toClientId } = await parties(services)
      const { id } = await callOperation(delegationGrantCreate, context, { fromUserId, toClientId })
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const other of [sibling, stranger]) {
        for (const operation of [delegationGrantGet, delegationGrantRevoke]) {
          await assert.rejects(
            callOperation(operation, other, { id: renderId('delegation_grant', id) }),
            failure('not_found'),
          )
        }
        assert.deepEqual((await callOperation(delegationGrantList, other, { toClientId })).data, [])
      }
    })
  })
}
