// Checks that what depends on a client or an agent ends with it, also where the end and a token request meet.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { agentCreate, agentRotateKey, agentUpdate } from '#domain/agent/agent.operations.ts'
import { clientReactivate, clientSuspend } from '#domain/client/client.operations.ts'
import type { Context } from '#domain/context.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, basic, introspect, postForm, tokensFor } from '#testing/token-client.ts'
import { exchangeToken, userToken } from '#testing/token-exchange.ts'
import { Parameters } from '#web/parameters.ts'
import { clientCredentials } from './client-credentials.grant.ts'
import { redeem } from './redeem.ts'

const TOKEN_ENDPOINT = 'https://id.example.com/oauth/token'

for (const dialect of DIALECTS) {
  describe(`the end of clients and agents on ${dialect}`, () => {
    let fixture: AuthorizationFixture
    before(async () => {
      fixture = await openAuthorizationFixture({ database: dialect })
    })
    after(() => fixture.close())
    const context = () => fixture.services.contextFor()
    const newAgent = (more: object = {}) =>
      callOperation(agentCreate, context(), {
        name: 'Clerk',
        allowedScopes: ['orders:read'],
        audiences: [API],
        ...more,
      })
    type Made = Awaited<ReturnType<typeof newAgent>>
    const credentials = ({ clientId, clientSecret = '' }: Made) => ({ clientId, clientSecret })
    const isActive = async (token: string) => (await introspect(fixture, fixture.client, token)).active
    const tokenOf = ({ status, body }: Answer) => {
      assert.equal(status, 200, JSON.stringify(body))
      return String(body.access_token)
    }

    /** What a token request is refused with where something happens between its checks and its write. */
    async function askWhile({ clientId }: Made, jkt: string, change: () => Promise<unknown>): Promise<string> {
      const { services } = fixture
      const client = await services.registry.client(services.tenantId, services.realm.id, clientId)
      assert.ok(client)
      const plain = context()
      const write: Context['write'] = async (work) => {
        await change()
        return plain.write(work)
      }
      const proof = { confirmation: { jkt }, tokenType: 'DPoP' as const, consume: async () => true }
      const profile = profileOf(services.realm, client)
      const asked = { client, form: new Parameters(new Map()), issuer: 'https://id.example.com', profile, proof }
      const answer = await redeem(clientCredentials, { ...asked, context: { ...plain, write } }).catch(
        ({ code }) => code,
      )
      return typeof answer === 'string' ? answer : 'a token'
    }

    test('an agent that ends, or gets another key, while it asks for a token gets none', async () => {
      const [key, next] = [await makeDpopKey(), await makeDpopKey()]
      const { jkt } = key
      const end = (change: (agent: Made) => Promise<unknown>) => async () => {
        const agent = await newAgent({ publicJwk: key.jwk as never, ownerId: fixture.bob.id })
        return askWhile(agent, jkt, () => change(agent))
      }
      const { clock } = fixture.services
      const owner = (status: string) => callOperation(userUpdate, context(), { id: fixture.bob.id, status } as never)
      const past = new Date(clock.now() + 1000).toISOString()
      const expire = async ({ id }: Made) => {
        await callOperation(agentUpdate, context(), { id, expiresAt: past })
        clock.advance(2000)
      }
      assert.equal(await end(async () => {})(), 'a token')
      const rotate = end(({ id }) => callOperation(agentRotateKey, context(), { id, publicJwk: next.jwk as never }))
      assert.equal(await rotate(), 'invalid_dpop_proof')
      const suspend = end(({ id }) => callOperation(agentUpdate, context(), { id, status: 'suspended' }))
      assert.equal(await suspend(), 'invalid_grant')
      assert.equal(await end(expire)(), 'invalid_grant')
      assert.equal(await end(() => owner('suspended'))(), 'invalid_grant')
      await owner('active')
    })

    test('of requests beside a rotation and a suspension, no token stays', async () => {
      const [key, next] = [await makeDpopKey(), await makeDpopKey()]
      for (let turns = 0; turns < 5; turns++) {
        const agent = await newAgent({ publicJwk: key.jwk as never })
        const requests = Array.from({ length: 10 }, async () => {
          const dpop = await key.prove(TOKEN_ENDPOINT, fixture.services.clock.now())
          const headers = { ...basic(credentials(agent)), dpop }
          return postForm(fixture, '/oauth/token', { grant_type: 'client_credentials' }, headers)
        })
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
        const { id } = agent
        if (turns % 2 === 0) {
          await callOperation(agentRotateKey, context(), { id, publicJwk: next.jwk as never })
        } else await callOperation(agentUpdate, context(), { id, status: 'suspended' })
        const issued = (await Promise.all(requests)).filter(({ status }) => status === 200)
        if (turns % 2 === 1) await callOperation(agentUpdate, context(), { id, status: 'active' })
        for (const { body } of issued) assert.equal(await isActive(String(body.access_token)), false)
      }
    })

    test('what was exchanged for a token of a suspended client is inactive until the client is reactivated', async () => {
      const [first, last] = [await fixture.makeClient(), await fixture.makeClient({ tokenExchangeAllowed: true })]
      const { access } = await tokensFor(fixture, first, { scope: 'openid orders:read', resource: API })
      const below = tokenOf(await exchangeToken(fixture, last, access))
      const lowest = tokenOf(await exchangeToken(fixture, last, below))
      const states = async () => [
        await isActive(below),
        await isActive(lowest),
        (await exchangeToken(fixture, last, lowest)).status,
      ]
      assert.deepEqual(await states(), [true, true, 200])
      await callOperation(clientSuspend, context(), { id: first.id })
      assert.deepEqual(await states(), [false, false, 400])
      await callOperation(clientReactivate, context(), { id: first.id })
      assert.deepEqual(await states(), [true, true, 200])
    })

    test('what other agents got from an agent is inactive once it expired', async () => {
      const [first, last] = [await newAgent(), await newAgent()]
      await callOperation(delegationGrantCreate, context(), {
        fromUserId: fixture.ada.id,
        toAgentId: first.id,
        hops: 2,
      })
      await callOperation(delegationGrantCreate, context(), { fromAgentId: first.id, toAgentId: last.id })
      const one = tokenOf(await exchangeToken(fixture, credentials(first) as never, await userToken(fixture)))
      const two = tokenOf(await exchangeToken(fixture, credentials(last) as never, one))
      assert.deepEqual([await isActive(one), await isActive(two)], [true, true])
      const { clock } = fixture.services
      const expiresAt = new Date(clock.now() + 5000).toISOString()
      await callOperation(agentUpdate, context(), { id: first.id, expiresAt })
      clock.advance(10_000)
      assert.deepEqual([await isActive(one), await isActive(two)], [false, false])
      assert.equal((await exchangeToken(fixture, credentials(last) as never, two)).body.error, 'invalid_grant')
    })
  })
}
