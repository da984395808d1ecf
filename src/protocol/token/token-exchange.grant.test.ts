// Checks token exchange (RFC 8693).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { type Answer, basic, introspect, postForm, tokensFor } from '#testing/token-client.ts'

const TOKEN = 'https://id.example.com/oauth/token'
let fixture: AuthorizationFixture
let agents: ClientWithSecret[]
before(async () => {
  fixture = await openAuthorizationFixture()
  agents = []
  for (let at = 0; at < 7; at++)
    agents.push(await fixture.makeClient({ label: `Agent ${at}`, tokenExchangeAllowed: true }))
})
after(() => fixture.close())

const agent = (at: number) => agents[at] as ClientWithSecret
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const fieldsFor = (token: string, more: Record<string, string> = {}) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: token,
  subject_token_type: ACCESS_TOKEN,
  ...more,
})

function exchange(
  by: ClientWithSecret,
  token: string,
  more: Record<string, string> = {},
  headers = {},
): Promise<Answer> {
  return postForm(fixture, '/oauth/token', fieldsFor(token, more), { ...basic(by), ...headers })
}
const asked = { scope: 'openid email orders:read orders:write', resource: API }
const userToken = async () => (await tokensFor(fixture, fixture.client, asked)).access

test('five act for one another, the sixth does not; each narrows, none widens', async () => {
  let token = await userToken()
  const { sub, exp } = await introspect(fixture, fixture.client, token)
  for (let at = 0; at < 5; at++) {
    const { status, body } = await exchange(agent(at), token, at === 2 ? { scope: 'orders:read' } : {})
    assert.deepEqual([status, body.issued_token_type], [200, ACCESS_TOKEN], JSON.stringify(body))
    token = String(body.access_token)
  }
  const claims = await introspect(fixture, fixture.client, token)
  assert.deepEqual([claims.sub, claims.scope, claims.client_id], [sub, 'orders:read', agent(4).clientId])
  assert.ok(Number(claims.exp) <= Number(exp))
  let chain = claims.act as { sub: string; act?: typeof chain } | undefined
  for (let at = 4; at >= 0; at--, chain = chain?.act) assert.equal(chain?.sub, agent(at).clientId)
  assert.equal((await exchange(agent(5), token)).body.error, 'invalid_grant')
  assert.equal((await exchange(agent(4), token, { scope: 'orders:write' })).body.error, 'invalid_scope')
})

test('a token is exchanged sixteen times in a row, by one client too, and what is below a revoked one ends', async () => {
  const first = await exchange(agent(0), await userToken())
  const chain = [String(first.body.access_token)]
  while (chain.length < 16) {
    const { status, body } = await exchange(agent(0), chain.at(-1) ?? '')
    assert.equal(status, 200, JSON.stringify(body))
    chain.push(String(body.access_token))
  }
  const { status, body } = await exchange(agent(0), chain.at(-1) ?? '')
  assert.deepEqual([status, body.error], [400, 'invalid_grant'])
  assert.match(String(body.error_description), /16 times in a row/)
  assert.equal((await exchange(agent(0), chain[14] ?? '')).status, 200)
  await postForm(fixture, '/oauth/revoke', { token: chain[3] ?? '' }, basic(agent(0)))
  const active = await Promise.all(chain.map(async (token) => (await introspect(fixture, agent(0), token)).active))
  assert.deepEqual(active, [...Array(3).fill(true), ...Array(13).fill(false)])
})

test('the parent is recorded with the token and told with its event', async () => {
  const { body } = await exchange(agent(0), await userToken())
  const events = await fixture.events('token.issued')
  const { data } = events.at(-1) as unknown as { data: { parent?: string; grantType: string } }
  assert.match(data.grantType, /token-exchange$/)
  assert.match(String(data.parent), /^[0-9a-f-]{36}$/)
  assert.ok(body.access_token)
})

test('TX-01 who is not allowed to exchange does not', async () => {
  assert.equal((await exchange(fixture.client, await userToken())).body.error, 'unauthorized_client')
})

test('TX-04 a revoked token, a foreign one and an ID token are worth nothing', async () => {
  const token = await userToken()
  await postForm(fixture, '/oauth/revoke', { token }, basic(fixture.client))
  assert.equal((await exchange(agent(0), token)).body.error, 'invalid_grant')
  assert.equal((await exchange(agent(0), 'a.b.c')).body.error, 'invalid_grant')
  assert.equal((await exchange(agent(0), token, { subject_token_type: 'urn:x' })).body.error, 'invalid_request')
})

test('TX-07 a bound token does not become one that is not', async () => {
  const [holder, other] = [await makeDpopKey(), await makeDpopKey()]
  const prove = async (key: typeof holder) => ({ dpop: await key.prove(TOKEN, fixture.services.clock.now()) })
  const own = await exchange(agent(0), await userToken(), {}, await prove(holder))
  assert.equal(own.body.token_type, 'DPoP')
  const token = String(own.body.access_token)
  for (const by of [agent(0), agent(1)]) assert.equal((await exchange(by, token)).body.error, 'invalid_dpop_proof')
  assert.equal((await exchange(agent(0), token, {}, await prove(other))).body.error, 'invalid_grant')
  assert.equal((await exchange(agent(1), token, {}, await prove(other))).body.token_type, 'DPoP')
})

test('a sign-in that is not good enough any more is not exchanged, though the grant does not say so', async () => {
  const { services } = fixture
  const strict = new FormBrowser(services, { ...services.realm, minAal: 2 })
  const { status, text } = await strict.post('/oauth/token', fieldsFor(await userToken()), basic(agent(0)))
  assert.deepEqual([status, JSON.parse(text).error], [400, 'invalid_grant'])
})

test('TX-04 a token, or an actor token, that is revoked while it is exchanged gives rise to nothing', async () => {
  const token = await userToken()
  const program = await fixture.makeClient({ tokenExchangeAllowed: true, grantTypes: ['client_credentials'] })
  const fields = { grant_type: 'client_credentials', resource: API }
  const own = String((await postForm(fixture, '/oauth/token', fields, basic(program))).body.access_token)
  const actor = { actor_token: own, actor_token_type: ACCESS_TOKEN }
  assert.equal((await exchange(program, token, actor)).status, 200)
  await refusedWhileRevoked(own, program, fieldsFor(token, actor))
  await refusedWhileRevoked(token, agent(0), fieldsFor(token))
})

async function refusedWhileRevoked(revoking: string, by: ClientWithSecret, fields: Record<string, string>) {
  const { services } = fixture
  const { jti } = await introspect(fixture, fixture.client, revoking)
  let revoked = false
  const write: typeof services.database.write = async (work) => {
    if (!revoked) {
      revoked = true
      await services.contextFor().write((unit) => unit.issuances.revoke(String(jti), services.clock.now()))
    }
    return services.database.write(work)
  }
  const slow = { ...services, database: { ...services.database, write } }
  const browser = new FormBrowser(services, services.realm, { services: slow })
  const { status, text } = await browser.post('/oauth/token', fields, basic(by))
  assert.deepEqual([status, JSON.parse(text).error], [400, 'invalid_grant'], text)
}
