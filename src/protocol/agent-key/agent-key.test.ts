// Checks what an agent's terms make of its tokens: its key, its tools, its rate, its expiry and its owner.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JWK } from 'jose'
import { agentCreate, agentUpdate } from '#domain/agent/agent.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, basic, type Credentials, introspect, postForm } from '#testing/token-client.ts'

const ISSUER = 'https://id.example.com'
const [TOKEN, KEY] = [`${ISSUER}/oauth/token`, `${ISSUER}/oauth/agent-key`]
type Key = Awaited<ReturnType<typeof makeDpopKey>>

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const now = () => fixture.services.clock.now()
const makeAgent = (given: object = {}) =>
  callOperation(agentCreate, fixture.services.contextFor(), {
    ...{ name: 'Clerk', allowedScopes: ['orders:read'], audiences: [API], ...given },
  })

async function ask(agent: Credentials, key?: Key): Promise<Answer> {
  const headers = { ...basic(agent), ...(key && { dpop: await key.prove(TOKEN, now()) }) }
  return postForm(fixture, '/oauth/token', { grant_type: 'client_credentials' }, headers)
}
const isActive = async (agent: Credentials, { body }: Answer) =>
  (await introspect(fixture, agent, String(body.access_token))).active

function rotate(agent: Credentials, header: string, proof: string): Promise<Answer> {
  return postForm(fixture, '/oauth/agent-key', { new_key_proof: proof }, { ...basic(agent), dpop: header })
}

test('an agent with a key gets only tokens that are bound to it, and says so in them', async () => {
  const [key, other] = [await makeDpopKey(), await makeDpopKey()]
  const agent = await makeAgent({ publicJwk: key.jwk, allowedTools: ['search'] })
  for (const refused of [await ask(agent), await ask(agent, other)]) {
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof'], JSON.stringify(refused.body))
  }
  const got = await ask(agent, key)
  assert.equal(got.body.token_type, 'DPoP', JSON.stringify(got.body))
  const { cnf, allowed_tools: tools, scope } = await introspect(fixture, agent, String(got.body.access_token))
  assert.deepEqual([cnf, tools, scope], [{ jkt: key.jkt }, ['search'], 'orders:read'])
})

test('an agent replaces its key by a proof of both keys, once, and its tokens end', async () => {
  const [old, next, other] = [await makeDpopKey(), await makeDpopKey(), await makeDpopKey()]
  const agent = await makeAgent({ publicJwk: old.jwk as JWK })
  const token = await ask(agent, old)
  const stranger = await makeAgent({ publicJwk: other.jwk })
  const refused = [
    await rotate(agent, await other.prove(KEY, now()), await next.prove(KEY, now())),
    await rotate(agent, await old.prove(TOKEN, now()), await next.prove(KEY, now())),
    await rotate(agent, await old.prove(KEY, now()), await next.prove(TOKEN, now())),
    await rotate(agent, await old.prove(KEY, now()), 'x'),
    await rotate(stranger, await old.prove(KEY, now()), await next.prove(KEY, now())),
    await rotate(await makeAgent(), await old.prove(KEY, now()), await next.prove(KEY, now())),
    await rotate(fixture.client, await old.prove(KEY, now()), await next.prove(KEY, now())),
  ]
  assert.deepEqual(
    refused.map(({ status, body }) => [status, body.error]),
    [[403, 'access_denied'], ...Array(3).fill([400, 'invalid_dpop_proof']), ...Array(3).fill([403, 'access_denied'])],
  )
  assert.equal(await isActive(agent, token), true)
  const proofs = await Promise.all(
    [1, 2, 3].map(async () => [await old.prove(KEY, now()), await next.prove(KEY, now())]),
  )
  const answers = await Promise.all(proofs.map(([first = '', second = '']) => rotate(agent, first, second)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403])
  const { body } = answers.find(({ status }) => status === 200) ?? { body: {} }
  assert.deepEqual(body, { old_jkt: old.jkt, new_jkt: next.jkt, revoked_tokens: 1 })
  assert.equal(await isActive(agent, token), false)
  assert.deepEqual([(await ask(agent, old)).status, (await ask(agent, next)).status], [400, 200])
  const back = await rotate(agent, await next.prove(KEY, now()), await old.prove(KEY, now()))
  assert.equal(back.status, 200)
  const [first = '', second = ''] = proofs[0] ?? []
  assert.equal((await rotate(agent, first, second)).body.error, 'invalid_dpop_proof', 'proofs are good once')
})

test('an agent gets as many tokens a minute as its rate says, and is told when to come again', async () => {
  const agent = await makeAgent({ rateLimitRpm: 2 })
  const answers = [await ask(agent), await ask(agent), await ask(agent)]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 429],
  )
  assert.match(String(answers[2]?.headers['retry-after']), /^\d+$/)
  fixture.services.clock.advance(61_000)
  assert.equal((await ask(agent)).status, 200)
})

test('an agent that expires stops then, and no token of it lives longer', async () => {
  const agent = await makeAgent({ expiresAt: new Date(now() + 600_000).toISOString() })
  const token = await ask(agent)
  assert.ok(Number(token.body.expires_in) <= 600, JSON.stringify(token.body))
  fixture.services.clock.advance(300_000)
  assert.equal(await isActive(agent, token), true)
  const change = { id: agent.id, expiresAt: new Date(now() + 1000).toISOString() }
  await callOperation(agentUpdate, fixture.services.contextFor(), change)
  fixture.services.clock.advance(1000)
  assert.deepEqual([(await ask(agent)).status, await isActive(fixture.client, token)], [401, false])
  await callOperation(agentUpdate, fixture.services.contextFor(), { id: agent.id, expiresAt: null })
  assert.equal((await ask(agent)).status, 200)
})

test('an agent stops with its owner', async () => {
  const context = fixture.services.contextFor()
  const agent = await makeAgent({ ownerId: fixture.bob.id })
  const token = await ask(agent)
  await callOperation(userUpdate, context, { id: fixture.bob.id, status: 'suspended' })
  assert.equal((await ask(agent)).status, 401)
  await callOperation(userUpdate, context, { id: fixture.bob.id, status: 'active' })
  assert.deepEqual([await isActive(agent, token), (await ask(agent)).status], [false, 200])
})
