// Checks delegation grants in token exchanges: what they allow, what they limit at every hop, and what ends with them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { decodeJwt } from 'jose'
import { agentCreate, agentUpdate } from '#domain/agent/agent.operations.ts'
import { delegationGrantCreate, delegationGrantRevoke } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { grantRevoke } from '#domain/grant/grant.operations.ts'
import { issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, askForToken, exchangeCode, introspect, postForm } from '#testing/token-client.ts'
import { exchangeToken, setRealmPolicy, userToken } from '#testing/token-exchange.ts'

const refusal = ({ status, body }: Answer) => [status, body.error]
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}

for (const dialect of DIALECTS) {
  describe(`delegation by grants on ${dialect}`, () => {
    let fixture: AuthorizationFixture
    before(async () => {
      fixture = await openAuthorizationFixture({ database: dialect })
      await setRealmPolicy(fixture, { statusList: true })
    })
    after(() => fixture.close())

    const context = () => fixture.services.contextFor()
    const agent = async (given: object = {}) => {
      const scopes = ['orders:read', 'orders:write']
      const made = await callOperation(agentCreate, context(), {
        name: 'Agent',
        allowedScopes: scopes,
        audiences: [API],
        ...given,
      })
      return { ...made, clientSecret: made.clientSecret ?? '' }
    }
    type Agent = Awaited<ReturnType<typeof agent>>
    const grant = (from: object, to: Agent, more: object = {}) =>
      callOperation(delegationGrantCreate, context(), { ...from, toAgentId: to.id, ...more })
    const ada = () => ({ fromUserId: fixture.ada.id })
    const lastReason = async () => (await fixture.events('token_request.refused')).at(-1)?.data.reason
    const isActive = async (token: string) => (await introspect(fixture, fixture.client, token)).active

    /** The bit of a token in its status list, as an API reads it some minutes later. */
    async function bitOf(status: unknown): Promise<number> {
      const { idx, uri } = (status as { status_list: { idx: number; uri: string } }).status_list
      fixture.services.clock.advance(61_000)
      const { text } = await fixture.newBrowser().get(new URL(uri).pathname)
      const { lst } = (decodeJwt(text).status_list ?? {}) as { lst: string }
      const bits = inflateSync(Buffer.from(lst, 'base64url'))
      return ((bits[idx >> 3] ?? 0) >> (idx & 7)) & 1
    }

    /** Ada’s token, and those of three agents, each with a grant from the one before. */
    async function chain() {
      const [one, two, three] = [await agent(), await agent(), await agent()]
      const grants = [
        await grant(ada(), one, { hops: 3 }),
        await grant({ fromAgentId: one.id }, two, { hops: 2, scopes: ['orders:read'] }),
        await grant({ fromAgentId: two.id }, three),
      ]
      const first = await userToken(fixture)
      const second = tokenOf(await exchangeToken(fixture, one, first))
      const third = tokenOf(await exchangeToken(fixture, two, second))
      const last = tokenOf(await exchangeToken(fixture, three, third))
      return { agents: [one, two, three] as const, grants, tokens: [first, second, third, last] as const }
    }

    test('each hop needs a grant, narrows, and is named with its parent', async () => {
      const { agents, tokens } = await chain()
      const [one, two, three] = agents
      const shown = await Promise.all(tokens.map((token) => introspect(fixture, fixture.client, token)))
      assert.deepEqual(
        shown.slice(1).map(({ scope, client_id }) => [scope, client_id]),
        [
          ['orders:read orders:write', one.clientId],
          ['orders:read', two.clientId],
          ['orders:read', three.clientId],
        ],
      )
      assert.ok(new Set(shown.map(({ sub }) => sub)).size === 1)
      const act = { sub: three.clientId, act: { sub: two.clientId, act: { sub: one.clientId } } }
      assert.deepEqual(shown[3]?.act, act)
      const issued = (await fixture.events('token.issued')).slice(-3)
      assert.deepEqual(
        issued.map(({ data }) => data.parent),
        shown.slice(0, 3).map(({ jti }) => jti),
      )
      // The agent of another chain has no grant from this one.
      assert.deepEqual(refusal(await exchangeToken(fixture, await agent(), tokens[1])), [400, 'unauthorized_client'])
      assert.deepEqual(refusal(await exchangeToken(fixture, three, tokens[1])), [400, 'unauthorized_client'])
    })

    test('what is revoked at a level ends everything below it, at introspection, userinfo and the status list', async () => {
      const { tokens } = await chain()
      for (const level of [3, 2, 1, 0]) {
        const { jti, status } = await introspect(fixture, fixture.client, tokens[level] ?? '')
        assert.equal(await bitOf(status), 0)
        assert.deepEqual(
          await Promise.all(tokens.map(isActive)),
          [0, 1, 2, 3].map((at) => at <= level),
        )
        await callOperation(issuanceRevoke, context(), { id: String(jti) })
        assert.deepEqual(
          await Promise.all(tokens.map(isActive)),
          [0, 1, 2, 3].map((at) => at < level),
        )
        assert.equal(await bitOf(status), 1)
      }
      const userinfo = await postForm(fixture, '/oauth/userinfo', {}, { authorization: `Bearer ${tokens[0]}` })
      assert.equal(userinfo.status, 401)
    })

    test('a revoked grant ends its tokens and what came of them, and nothing else', async () => {
      const { agents, grants, tokens } = await chain()
      await callOperation(delegationGrantRevoke, context(), { id: grants[1]?.id })
      assert.deepEqual(await Promise.all(tokens.map(isActive)), [true, true, false, false])
      assert.deepEqual(refusal(await exchangeToken(fixture, agents[1], tokens[1])), [400, 'unauthorized_client'])
      await callOperation(delegationGrantRevoke, context(), { id: grants[0]?.id })
      assert.deepEqual(await Promise.all(tokens.map(isActive)), [true, false, false, false])
    })

    test('what ends of a person ends with the agents too, and of that person only', async () => {
      const one = await agent()
      await grant(ada(), one)
      await grant({ fromUserId: fixture.bob.id }, one)
      const tokenOfPerson = async (person: { email: string }) => {
        const request = fixture.request({ scope: 'openid orders:read', resource: API })
        const { code = '' } = answerOf(await authorizeInBrowser(fixture.newBrowser(), request, person))
        return tokenOf(await exchangeToken(fixture, one, tokenOf(await exchangeCode(fixture, fixture.client, code))))
      }
      const bobs = await tokenOfPerson(fixture.bob)
      const { realm } = fixture.services
      const ends: readonly (() => Promise<unknown>)[] = [
        async () => {
          const query = { limit: 10, userId: fixture.ada.id, clientId: fixture.client.id, revoked: false }
          const { data } = await context().read.grants.list(realm.id, query)
          for (const { id } of data) await callOperation(grantRevoke, context(), { id })
        },
        async () => {
          const { data } = await context().read.sessions.list(realm.id, { limit: 10, userId: fixture.ada.id })
          for (const { id } of data) await callOperation(sessionRevoke, context(), { id })
        },
        () => callOperation(userUpdate, context(), { id: fixture.ada.id, status: 'suspended' }),
      ]
      for (const end of ends) {
        const mine = await tokenOfPerson(fixture.ada)
        assert.equal(await isActive(mine), true)
        await end()
        assert.deepEqual([await isActive(mine), await isActive(bobs)], [false, true])
      }
      await callOperation(userUpdate, context(), { id: fixture.ada.id, status: 'active' })
    })

    test('a grant of one hop is handed to nobody, also with grants of their own', async () => {
      const [one, two] = [await agent(), await agent()]
      await grant(ada(), one)
      await grant({ fromAgentId: one.id }, two)
      await grant(ada(), two)
      const token = tokenOf(await exchangeToken(fixture, one, await userToken(fixture)))
      assert.deepEqual(refusal(await exchangeToken(fixture, two, token)), [400, 'invalid_grant'])
      assert.equal(await lastReason(), 'delegation_hops_used')
      const mighty = await fixture.makeClient({ tokenExchangeAllowed: true })
      assert.deepEqual(refusal(await exchangeToken(fixture, mighty, token)), [400, 'invalid_grant'])
      assert.equal((await exchangeToken(fixture, two, await userToken(fixture))).status, 200)
      // For itself it can still ask for less.
      assert.equal((await exchangeToken(fixture, one, token, { scope: 'orders:read' })).body.scope, 'orders:read')
    })

    test('scopes, resources and the expiry of a grant limit its tokens', async () => {
      const one = await agent()
      const now = fixture.services.clock.now()
      const expiresAt = new Date(now + 60_000).toISOString()
      await grant(ada(), one, { scopes: ['orders:read'], resources: [API], expiresAt })
      const token = await userToken(fixture)
      assert.deepEqual(refusal(await exchangeToken(fixture, one, token, { scope: 'orders:write' })), [
        400,
        'invalid_scope',
      ])
      const { scope, exp, aud } = await introspect(fixture, one, tokenOf(await exchangeToken(fixture, one, token)))
      assert.deepEqual([scope, exp, aud], ['orders:read', Math.floor((now + 60_000) / 1000), API])
      const other = await agent()
      await grant(ada(), other, { resources: ['https://other.example.com/'] })
      assert.deepEqual(refusal(await exchangeToken(fixture, other, token)), [400, 'invalid_target'])
      fixture.services.clock.advance(61_000)
      assert.deepEqual(refusal(await exchangeToken(fixture, one, token)), [400, 'unauthorized_client'])
    })

    test('a budget is spent once, also by many at once', async () => {
      const one = await agent()
      const { id } = await grant(ada(), one, { tokenBudget: 2 })
      const token = await userToken(fixture)
      const answers = await Promise.all(Array.from({ length: 6 }, () => exchangeToken(fixture, one, token)))
      const given = answers.filter(({ status }) => status === 200)
      assert.equal(given.length, 2)
      assert.deepEqual(refusal(await exchangeToken(fixture, one, token)), [400, 'invalid_grant'])
      assert.equal(await lastReason(), 'delegation_ended')
      // To ask for less takes from it too.
      assert.deepEqual(refusal(await exchangeToken(fixture, one, tokenOf(given[0] as Answer))), [400, 'invalid_grant'])
      await callOperation(delegationGrantRevoke, context(), { id })
      assert.deepEqual(await Promise.all(given.map((answer) => isActive(tokenOf(answer)))), [false, false])
    })

    test('grants that are used up hide none that has tokens left', async () => {
      const one = await agent()
      const { id } = await grant(ada(), one)
      for (let at = 0; at < 20; at++) await grant(ada(), one, { tokenBudget: 1 })
      const token = await userToken(fixture)
      for (let at = 0; at < 22; at++) tokenOf(await exchangeToken(fixture, one, token))
      await callOperation(delegationGrantRevoke, context(), { id })
      assert.deepEqual(refusal(await exchangeToken(fixture, one, token)), [400, 'invalid_grant'])
      assert.equal(await lastReason(), 'delegation_ended')
    })

    test('a grant or an agent that ends within the second gives no token', async () => {
      const [one, two] = [await agent(), await agent()]
      const { clock } = fixture.services
      clock.advance(1000 - (clock.now() % 1000))
      const expiresAt = new Date(clock.now() + 400).toISOString()
      await grant(ada(), one, { expiresAt })
      await grant(ada(), two)
      await callOperation(agentUpdate, context(), { id: two.id, expiresAt })
      const token = await userToken(fixture)
      assert.deepEqual(refusal(await exchangeToken(fixture, one, token)), [400, 'unauthorized_client'])
      assert.deepEqual(refusal(await exchangeToken(fixture, two, token)), [400, 'invalid_grant'])
    })

    test('the tools of a token are those that every agent of its chain may use', async () => {
      const chain: readonly [readonly string[] | null, readonly string[] | undefined][] = [
        [null, undefined],
        [
          ['search', 'read'],
          ['search', 'read'],
        ],
        [null, ['search', 'read']],
        [['read', 'send'], ['read']],
        [['send'], []],
      ]
      let token = await userToken(fixture)
      let from: object = ada()
      for (const [allowedTools, expected] of chain) {
        const one = await agent({ allowedTools })
        await grant(from, one, { hops: 5 })
        token = tokenOf(await exchangeToken(fixture, one, token))
        assert.deepEqual((await introspect(fixture, one, token)).allowed_tools, expected)
        from = { fromAgentId: one.id }
      }
    })

    test('a grant is from one person: it is worth nothing for another one, and for programs', async () => {
      const one = await agent()
      await grant({ fromUserId: fixture.bob.id }, one)
      assert.deepEqual(refusal(await exchangeToken(fixture, one, await userToken(fixture))), [
        400,
        'unauthorized_client',
      ])
      const program = await fixture.makeClient({ grantTypes: ['client_credentials'] })
      const own = tokenOf(await askForToken(fixture, program, { grant_type: 'client_credentials', resource: API }))
      assert.deepEqual(refusal(await exchangeToken(fixture, one, own)), [400, 'unauthorized_client'])
      await grant({ fromClientId: program.id }, one)
      const { sub, act } = await introspect(fixture, one, tokenOf(await exchangeToken(fixture, one, own)))
      assert.deepEqual([sub, act], [program.clientId, { sub: one.clientId }])
    })

    test('every hop of a bound chain proves its key, and none becomes a bearer token', async () => {
      const [one, two] = [await agent(), await agent()]
      await grant(ada(), one, { hops: 2 })
      await grant({ fromAgentId: one.id }, two)
      const keys = [await makeDpopKey(), await makeDpopKey()] as const
      const proof = (key: (typeof keys)[number]) =>
        key.prove('https://id.example.com/oauth/token', fixture.services.clock.now()).then((dpop) => ({ dpop }))
      const first = await exchangeToken(fixture, one, await userToken(fixture), {}, await proof(keys[0]))
      const token = tokenOf(first)
      assert.deepEqual(refusal(await exchangeToken(fixture, two, token)), [400, 'invalid_dpop_proof'])
      const second = await exchangeToken(fixture, two, token, {}, await proof(keys[1]))
      assert.deepEqual([first.body.token_type, second.body.token_type], ['DPoP', 'DPoP'])
      const { cnf } = await introspect(fixture, two, tokenOf(second))
      assert.deepEqual(cnf, { jkt: keys[1].jkt })
    })
  })
}
