// Checks that a revocation ends what its simulation says, no more and no less.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, callOperation, eventsAbout, issueTokenPair } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { agentCreate } from '../agent/agent.operations.ts'
import { clientCreate } from '../client/client.operations.ts'
import type { Context } from '../context.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { oneTimeKey, timeOrderedSecret } from '../one-time-token/one-time-token.ts'
import { renderRefreshToken } from '../token-family/refresh-token.ts'
import { userCreate, userUpdate } from '../user/user.operations.ts'
import { revocationCreate, revocationSimulate } from './revocation.operations.ts'
import type { RevocationReport } from './revocation.ts'

/** A token as the test knows it. */
interface Known {
  readonly id: string
  readonly clientId: string
  readonly userId: string | null
  readonly sessionId: string | null
  readonly parent: Known | null
}

for (const dialect of DIALECTS) {
  describe(`revocations on ${dialect}`, () => {
    let services: TestServices
    let context: Context
    let forest: Awaited<ReturnType<typeof plant>>
    before(async () => {
      services = await openTestServices({ database: dialect })
      context = services.contextFor()
      forest = await plant()
    })
    after(() => services.close())

    async function issue(known: Omit<Known, 'id'>): Promise<Known> {
      const id = services.random.id()
      const now = services.clock.now()
      await context.write((unit) =>
        unit.issue({
          ...{ id, tenant_id: services.tenantId, realm_id: services.realm.id, client_id: known.clientId },
          ...{ client_name: 'c', client_label: 'C', user_id: known.userId, session_id: known.sessionId },
          ...{ family_id: null, parent_id: known.parent?.id ?? null, grant_type: 'x', audience: 'https://api.example' },
          ...{ scopes: 'read', kid: 'k1', token_hash: id, issued_at: now, expires_at: now + 3_600_000 },
          ...{ confirmation: null, act: null },
        }),
      )
      return { id, ...known }
    }

    /** People, clients and an agent with tokens that were exchanged for one another; the numbers repeat in each run. */
    async function plant() {
      const people = await Promise.all(
        ['ada', 'bob', 'eve'].map((name) => callOperation(userCreate, context, { email: `${name}@example.com` })),
      )
      const [ada] = people
      const agent = await callOperation(agentCreate, context, {
        name: 'Clerk',
        ownerId: renderId('user', ada?.id ?? ''),
      })
      const agentClient = await services.registry.client(services.tenantId, services.realm.id, agent.clientId)
      const clients = [agentClient?.id ?? '']
      for (const label of ['Web', 'Report']) {
        clients.push((await callOperation(clientCreate, context, { label, grantTypes: ['client_credentials'] })).id)
      }
      const tokens: Known[] = []
      for (let index = 0; index < 60; index++) {
        const parent = index % 3 === 0 ? null : (tokens[(index * 7) % tokens.length] ?? null)
        const userId = parent ? parent.userId : (people[index % 4]?.id ?? null)
        const sessionId = userId === null ? null : (parent?.sessionId ?? services.random.id())
        tokens.push(await issue({ clientId: clients[(index * 5) % 3] ?? '', userId, sessionId, parent }))
      }
      return { people, agent, clients, tokens }
    }

    const dead = async () => {
      const ids: string[] = []
      for (const { id } of forest.tokens) if ((await context.read.issuances.find(id))?.revokedAt !== null) ids.push(id)
      return ids
    }
    const isBelow = (token: Known | null, matches: (token: Known) => boolean): boolean =>
      token !== null && (matches(token) || isBelow(token.parent, matches))

    test('what a simulation says is what the revocation ends', async () => {
      const { people, agent, clients, tokens } = forest
      const [ada, bob] = people
      const root = tokens.find(({ id }) => tokens.some(({ parent }) => parent?.id === id))
      const cases: [object, (token: Known) => boolean][] = [
        [{ tokenId: renderId('issuance', root?.id ?? '') }, ({ id }) => id === root?.id],
        [{ clientId: clients[1] }, ({ clientId }) => clientId === clients[1]],
        [{ agentId: agent.id }, ({ clientId }) => clientId === clients[0]],
        [{ userId: bob?.id }, ({ userId }) => userId === bob?.id],
        [{ userId: ada?.id }, ({ userId, clientId }) => userId === ada?.id || clientId === clients[0]],
      ]
      for (const [target, matches] of cases) {
        const before = await dead()
        const expected = tokens.filter((token) => !before.includes(token.id) && isBelow(token, matches))
        const told = await callOperation(revocationSimulate, context, target)
        assert.deepEqual(await dead(), before, 'a simulation changes nothing')
        const made = await callOperation(revocationCreate, context, { ...target, reason: 'a test' })
        assert.deepEqual(made, told, JSON.stringify(target))
        assert.equal(told.tokens.count, expected.length, JSON.stringify(target))
        assert.equal(told.tokens.descendants, expected.filter((token) => !matches(token)).length)
        assert.deepEqual((await dead()).sort(), [...before, ...expected.map(({ id }) => id)].sort())
        const ends = expected
          .map(({ id }) => id)
          .sort()
          .reverse()
          .slice(0, 20)
        assert.deepEqual(
          told.tokens.sample.map(({ id }) => id),
          ends,
        )
        const again = await callOperation(revocationSimulate, context, target)
        assert.equal(again.tokens.count, 0)
      }
      const [event] = (await eventsAbout(context, bob?.id ?? '')).filter(({ type }) => type === 'revocation.made')
      assert.equal(event?.data.reason, 'a test')
    })

    test('a person loses sessions, refresh tokens and codes too, and the report names who and what', async () => {
      const user = await callOperation(userCreate, context, { email: 'mia@example.com' })
      const client = await callOperation(clientCreate, context, { label: 'Notes', grantTypes: ['client_credentials'] })
      const holder = { userId: user.id, clientId: client.id, sessionId: services.random.id() }
      await issueTokenPair(context, holder)
      await issueTokenPair(context, { ...holder, userId: services.random.id() })
      const code = await codeOf(holder)
      const other = await codeOf({ ...holder, userId: services.random.id() })
      const told = await callOperation(revocationSimulate, context, { userId: user.id })
      const { people, clients, codes } = told
      assert.deepEqual(people, { count: 1, sample: [{ id: user.id, email: 'mia@example.com' }] })
      assert.deepEqual(clients, { count: 1, sample: [{ id: client.id, clientId: client.clientId, label: 'Notes' }] })
      assert.equal(codes, 1)
      assert.deepEqual(await callOperation(revocationCreate, context, { userId: user.id }), told)
      const now = services.clock.now()
      const consumed = (hash: string) =>
        context.write((unit) => unit.oneTimeTokens.consume('authorization_code', hash, now))
      assert.deepEqual([await consumed(code), (await consumed(other)) !== undefined], [undefined, true])
    })

    async function codeOf(payload: object): Promise<string> {
      const now = services.clock.now()
      const hash = oneTimeKey(services.crypto, timeOrderedSecret(services))
      const code = { payload, createdAt: now, expiresAt: now + 60_000 }
      await context.write((unit) => unit.oneTimeTokens.insert('authorization_code', hash, code))
      return hash
    }

    test('a consent takes the tokens of its user with it, and nobody else’s', async () => {
      const client = await callOperation(clientCreate, context, { label: 'Agenda', grantTypes: ['client_credentials'] })
      const [mia, noa] = [services.random.id(), services.random.id()]
      const consent = await context.write((unit) =>
        recordConsent(context, unit, {
          ...{
            realmId: services.realm.id,
            user: { id: mia, email: 'm@example.com' },
            client,
            resource: '',
            scopes: ['a'],
          },
        }),
      )
      const mine = await issueTokenPair(context, { clientId: client.id, userId: mia })
      const others = [{ clientId: client.id, userId: noa }, { userId: mia }]
      const kept = await Promise.all(others.map((holder) => issueTokenPair(context, holder)))
      const target = { grantId: renderId('grant', consent.id) }
      const told = await callOperation(revocationSimulate, context, target)
      assert.deepEqual([told.tokens.count, told.consents], [1, 1])
      assert.deepEqual(await callOperation(revocationCreate, context, target), told)
      const state = async (id: string) => (await context.read.issuances.find(id))?.revokedAt === null
      assert.deepEqual(
        [await state(mine.id), ...(await Promise.all(kept.map(({ id }) => state(id))))],
        [false, true, true],
      )
      const again: RevocationReport = await callOperation(revocationCreate, context, target)
      assert.deepEqual([again.tokens.count, again.consents, again.people.count], [0, 0, 0])
    })

    test('a user who owns very many agents loses what they have, as the simulation says', async () => {
      const owner = await callOperation(userCreate, context, { email: 'owner@example.com' })
      const tokens: Known[] = []
      const ownerId = renderId('user', owner.id)
      // More than SQLite allows terms of one query.
      const count = dialect === 'sqlite' ? 620 : 60
      for (let index = 0; index < count; index += 20) {
        const names = Array.from({ length: 20 }, (_, place) => `Clerk ${index + place}`)
        const agents = await Promise.all(names.map((name) => callOperation(agentCreate, context, { name, ownerId })))
        const name = agents[0]?.clientId ?? ''
        const client = await services.registry.client(services.tenantId, services.realm.id, name)
        tokens.push(await issue({ clientId: client?.id ?? '', userId: null, sessionId: null, parent: null }))
      }
      const told = await callOperation(revocationSimulate, context, { userId: owner.id })
      assert.deepEqual([told.tokens.count, told.agents.count, told.clients.count], Array(3).fill(count / 20))
      assert.deepEqual(await callOperation(revocationCreate, context, { userId: owner.id }), told)
      for (const { id } of tokens) assert.notEqual((await context.read.issuances.find(id))?.revokedAt, null)
      const another = await issue({ clientId: tokens[0]?.clientId ?? '', userId: null, sessionId: null, parent: null })
      await callOperation(userUpdate, context, { id: owner.id, status: 'suspended' })
      assert.notEqual((await context.read.issuances.find(another.id))?.revokedAt, null)
    })

    test('a token is found by its value, and a refresh token with its family', async () => {
      const { familyId, id } = await issueTokenPair(context)
      const token = renderRefreshToken(services.crypto, { familyId: familyId as never, generation: 1 })
      const told = await callOperation(revocationCreate, context, { token })
      assert.equal(told.tokens.count, 1)
      assert.notEqual((await context.read.issuances.find(id))?.revokedAt, null)
      const forged = `e30.${Buffer.from(JSON.stringify({ jti: id })).toString('base64url')}.x`
      for (const unknown of [forged, 'x', 'a.b.c', `${token.slice(0, -1)}_`]) {
        await assert.rejects(callOperation(revocationCreate, context, { token: unknown }), { code: 'not_found' })
      }
    })

    test('who may not see people, or end sessions, does neither by a revocation', async () => {
      const { id } = await callOperation(userCreate, context, { email: 'zoe@example.com' })
      const token = await issueTokenPair(context, { userId: id })
      const permissions = new Set(['revocations:read', 'revocations:write'])
      const narrow = { ...context, actor: { ...context.actor, permissions } }
      const told = await callOperation(revocationSimulate, narrow, { userId: id })
      assert.deepEqual([told.people, told.tokens.count, told.tokens.sample], [{ count: 1, sample: [] }, 1, []])
      await assert.rejects(callOperation(revocationCreate, narrow, { userId: id }), { code: 'forbidden' })
      assert.equal((await context.read.issuances.find(token.id))?.revokedAt, null)
    })

    test('a target is one, and of the realm', async () => {
      const { agent, clients, people, tokens } = forest
      const targets = [
        { tokenId: tokens[0]?.id },
        { clientId: clients[1] },
        { userId: people[0]?.id },
        { agentId: agent.id },
        { sessionId: services.random.id() },
        { grantId: services.random.id() },
      ]
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const operation of [revocationSimulate, revocationCreate]) {
        for (const target of targets)
          await assert.rejects(callOperation(operation, stranger, target), { code: 'not_found' })
        for (const wrong of [{}, { clientId: clients[1], agentId: agent.id }, { reason: 'none' }]) {
          await assert.rejects(callOperation(operation, context, wrong), { code: 'invalid_input' })
        }
      }
    })
  })
}
