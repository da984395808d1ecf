// Checks the operations on agents.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { userCreate } from '../user/user.operations.ts'
import {
  agentCreate,
  agentDelete,
  agentGet,
  agentList,
  agentListAuthorizations,
  agentListEvents,
  agentListTokens,
  agentRotateKey,
  agentRotateSecret,
  agentUpdate,
} from './agent.operations.ts'

for (const dialect of DIALECTS) {
  describe(`agents on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    test('an agent is made, shown, changed and told of', async () => {
      const context = services.contextFor()
      const owner = await callOperation(userCreate, context, { email: 'owner@example.com' })
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
      const { clientSecret, ...made } = await callOperation(agentCreate, context, given)
      assert.ok(clientSecret)
      assert.deepEqual(await callOperation(agentGet, context, { id: renderId('agent', made.id) }), made)
      const now = services.clock.now()
      assert.deepEqual(made, {
        ...given,
        ownerId: owner.id,
        id: made.id,
        clientId: made.clientId,
        tenantId: services.tenantId,
        status: 'active',
        expiresAt: null,
        dpopJkt: null,
        lastUsedAt: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      const changed = await callOperation(agentUpdate, context, {
        id: made.id,
        ifVersion: 1,
        rateLimitRpm: null,
        name: 'Bookkeeper',
      })
      assert.deepEqual(changed, { ...made, rateLimitRpm: null, name: 'Bookkeeper', version: 2 })
      await assert.rejects(callOperation(agentUpdate, context, { id: made.id, ifVersion: 1, name: 'x' }), {
        code: 'precondition_failed',
      })
      const known = await services.registry.client(services.tenantId, services.realm.id, made.clientId)
      const terms = { id: made.id, allowedTools: ['read'], rateLimitRpm: null, expiresAt: null, dpopJkt: null }
      assert.deepEqual(known?.agent, terms)
      const types = (await eventsAbout(context, made.id)).map(({ type }) => type)
      assert.deepEqual(types, ['agent.created', 'agent.updated'])
      const rotated = await callOperation(agentRotateSecret, context, { id: made.id })
      assert.ok(rotated.clientSecret && rotated.clientSecret !== clientSecret)
    })

    test('agents are found among those of the tenants within reach', async () => {
      const tenantId = await anotherTenant(services)
      const realm = await services.contextFor({ realm: null, tenantId }).read.realms.home()
      assert.ok(realm)
      const within = services.contextFor({ realm, reach: { kind: 'tenant', tenantId } })
      const found = await callOperation(agentCreate, within, { name: 'Finder', type: 'crawler' })
      await callOperation(agentCreate, services.contextFor(), { name: 'Finder', type: 'crawler' })
      const filters = { search: 'FIND', type: 'crawler', status: 'active' }
      const tenant = services.contextFor({ realm: null, tenantId, reach: { kind: 'tenant', tenantId } })
      const { data, count } = await callOperation(agentList, tenant, { ...filters, offset: 0 })
      assert.deepEqual([data, count], [[await callOperation(agentGet, within, { id: found.id })], { value: 1 }])
      const platform = services.contextFor({ realm: null })
      const countOf = async (query: object) =>
        (await callOperation(agentList, platform, { ...filters, ...query })).count?.value
      assert.equal(await countOf({ offset: 0 }), 2)
      assert.equal(await countOf({ tenantId, offset: 20 }), 1)
      await assert.rejects(callOperation(agentList, tenant, { tenantId: services.tenantId }), {
        code: 'access_denied',
      })
    })

    test('suspending or deleting an agent ends its tokens, and nobody else’s', async () => {
      const context = services.contextFor()
      const survivor = await callOperation(agentCreate, context, { name: 'Survivor' })
      for (const end of [
        (id: string) => callOperation(agentUpdate, context, { id, status: 'suspended' }),
        (id: string) => callOperation(agentDelete, context, { id }),
      ]) {
        const agent = await callOperation(agentCreate, context, { name: 'Doomed' })
        const holders = [agent, survivor]
        const tokens = []
        for (const { clientId } of holders) {
          const client = await services.registry.client(services.tenantId, services.realm.id, clientId)
          tokens.push(await issueTokenPair(context, { clientId: client?.id ?? '' }))
        }
        await end(agent.id)
        assert.deepEqual(await Promise.all(tokens.map((token) => pairStatus(context, token))), [
          REVOKED_PAIR,
          ACTIVE_PAIR,
        ])
      }
    })

    test('another key ends the tokens of an agent, and only a public key is one', async () => {
      const context = services.contextFor()
      const jwk = (await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)) as JWK & object
      const { d: _, ...publicJwk } = jwk
      const agent = await callOperation(agentCreate, context, { name: 'Bound', publicJwk })
      const jkt = await calculateJwkThumbprint(publicJwk)
      assert.equal(agent.dpopJkt, jkt)
      const client = await services.registry.client(services.tenantId, services.realm.id, agent.clientId)
      assert.equal(client?.agent?.dpopJkt, jkt)
      const token = await issueTokenPair(context, { clientId: client?.id ?? '' })
      for (const wrong of [jwk, { kty: 'oct', k: 'AAAA' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, {}]) {
        const rotating = callOperation(agentRotateKey, context, { id: agent.id, publicJwk: wrong })
        await assert.rejects(rotating, { code: 'invalid_input' })
      }
      assert.deepEqual(await pairStatus(context, token), ACTIVE_PAIR)
      const rotating = { id: agent.id, publicJwk: null, reason: 'lost' }
      const { eventId, ...rotated } = await callOperation(agentRotateKey, context, rotating)
      assert.ok(eventId)
      assert.deepEqual(rotated, { oldJkt: jkt, newJkt: null, revokedTokens: 1 })
      assert.deepEqual(await pairStatus(context, token), REVOKED_PAIR)
      const { data } = await callOperation(agentListEvents, context, { id: agent.id })
      const about = data.map(({ type }) => type)
      assert.deepEqual(about, ['agent.key_rotated', 'agent.created', 'client.created'])
      assert.deepEqual((await callOperation(agentListEvents, context, { id: agent.id, side: 'by' })).data, [])
    })

    test('the tokens of an agent and those who authorized it are listed, and nobody else’s', async () => {
      const context = services.contextFor()
      const agent = await callOperation(agentCreate, context, { name: 'Lister' })
      const client = await services.registry.client(services.tenantId, services.realm.id, agent.clientId)
      assert.ok(client)
      const [user, other] = [services.random.id(), services.random.id()]
      const mine = await issueTokenPair(context, { clientId: client.id, userId: user })
      await issueTokenPair(context, { userId: user })
      for (const clientId of [client.id, services.random.id()]) {
        await context.write((unit) =>
          recordConsent(context, unit, {
            realmId: services.realm.id,
            user: { id: user, email: 'ada@example.com' },
            client: { id: clientId, clientId },
            resource: '',
            scopes: ['openid'],
          }),
        )
      }
      const list = { id: agent.id, userId: user }
      assert.deepEqual(
        (await callOperation(agentListTokens, context, list)).data.map(({ id }) => id),
        [mine.id],
      )
      assert.deepEqual((await callOperation(agentListTokens, context, { ...list, userId: other })).data, [])
      const { data } = await callOperation(agentListAuthorizations, context, list)
      assert.deepEqual(
        data.map(({ userId, clientId }) => [userId, clientId]),
        [[user, client.id]],
      )
    })

    test('two changes at once are both there', async () => {
      const context = services.contextFor()
      const { id } = await callOperation(agentCreate, context, { name: 'Twice' })
      await Promise.all([
        callOperation(agentUpdate, context, { id, allowedTools: ['a'] }),
        callOperation(agentUpdate, context, { id, allowedScopes: ['b'] }),
        callOperation(agentUpdate, context, { id, description: 'c' }),
      ])
      const { allowedTools, allowedScopes, description } = await callOperation(agentGet, context, { id })
      assert.deepEqual([allowedTools, allowedScopes, description], [['a'], ['b'], 'c'])
    })

    test('agents made at once share one application, and a realm’s agents are its alone', async () => {
      const realm = await anotherRealm(services)
      const context = services.contextFor({ realm })
      const made = await Promise.all(['a', 'b', 'c'].map((name) => callOperation(agentCreate, context, { name })))
      const { data: applications } = await context.read.applications.list(realm.id, { limit: 10 })
      assert.deepEqual(
        applications.map(({ name }) => name),
        ['Agents'],
      )
      const first = await callOperation(agentList, context, { limit: '2' })
      const second = await callOperation(agentList, context, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual([...first.data, ...second.data].map(({ id }) => id).sort(), made.map(({ id }) => id).sort())
      const [{ id } = { id: '' }] = made
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const other of [services.contextFor(), stranger]) {
        const lists = [agentListTokens, agentListAuthorizations, agentListEvents]
        for (const operation of [agentGet, agentDelete, agentRotateSecret, ...lists]) {
          await assert.rejects(callOperation(operation, other, { id }), { code: 'not_found' })
        }
        await assert.rejects(callOperation(agentUpdate, other, { id, name: 'x' }), { code: 'not_found' })
        await assert.rejects(callOperation(agentRotateKey, other, { id, publicJwk: null }), { code: 'not_found' })
      }
    })
  })
}
