// Checks that two processes on one PostgreSQL database ask a provider once for a token that many clients need at once. The
// provider is a third server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { postgresForTests } from '#testing/postgres.ts'
import { getCode, makeClient, makePerson, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { Person } from '#testing/user-agent.ts'

const REALM = '/v1/realms/default'
const TYPE = 'urn:ietf:params:oauth:token-type'

type Json = Record<string, unknown>
interface Listed {
  readonly data: readonly Json[]
}

let database: Awaited<ReturnType<typeof postgresForTests>>
let upstream: TestServer
let servers: readonly [TestServer, TestServer]
let atProvider: TestClient
let agent: TestClient
let provider: { readonly id: string }
let here: Person & { readonly id: string }
let there: Person
let subject: string

before(async () => {
  database = await postgresForTests()
  const shared = { COUNTERSIGN_DATABASE_URL: database.url, COUNTERSIGN_ADMIN_API_KEY: 'lease-test-admin-key' }
  const [provides, first] = await Promise.all([startServer(), startServer({ env: shared })])
  const env = { ...shared, COUNTERSIGN_PUBLIC_URL: first.url }
  servers = [first, await startServer({ dataDir: first.dataDir, env })]
  upstream = provides
  const grantTypes = ['authorization_code', 'refresh_token']
  atProvider = await makeClient(upstream, { grant_types: grantTypes, redirect_uris: [REDIRECT_URI] })
  there = await makePerson(upstream, 'ada@upstream.example')
  here = await makePerson(first, 'ada@here.example')
  agent = await makeClient(first, { label: 'Agent', first_party: true, scopes: ['mail:read'], audiences: '*' })
  provider = await first.api('POST', `${REALM}/broker-providers`, {
    ...{ slug: 'up', client_id: atProvider.clientId, client_secret: atProvider.secret },
    ...{ authorize_url: `${upstream.url}/oauth/authorize`, token_url: `${upstream.url}/oauth/token` },
  })
  await first.api('POST', '/v1/resources', {
    ...{ backend: 'broker', broker_provider: 'up', slug: 'mail', vending: 'token', runtime_clients: [agent.id] },
    scopes: [{ name: 'mail:read', upstream: 'email', description: 'Read' }],
  })
  const app = await makeClient(first)
  const { code, verifier } = await getCode(first, app, here, { scope: 'openid' })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  subject = String((await post(`${first.url}/oauth/token`, form, app.basic)).body.access_token)
})
after(async () => {
  for (const server of [servers[1], servers[0], upstream]) await server.stop()
  await database.close()
})

async function post(to: string, form: Record<string, string>, basic?: string): Promise<{ status: number; body: Json }> {
  const headers = { ...(basic !== undefined && { authorization: basic }) }
  const response = await fetch(to, { method: 'POST', headers, body: new URLSearchParams(form) })
  return { status: response.status, body: (await response.json()) as Json }
}

/** An exchange. A client that is told to come again does so: a machine may be too busy. */
async function vend(server: TestServer, attempts = 5): Promise<{ status: number; body: Json }> {
  const form = {
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', resource: 'mail' },
    ...{ subject_token: subject, subject_token_type: `${TYPE}:access_token` },
  }
  const answer = await post(`${server.url}/oauth/token`, form, agent.basic)
  if (answer.status !== 503 || attempts === 0) return answer
  await new Promise((resolve) => setTimeout(resolve, 1000))
  return vend(server, attempts - 1)
}

/** The refresh tokens that the provider took. */
const refreshes = async () => {
  const { data } = await upstream.api<Listed>('GET', `${REALM}/issuances?limit=200`)
  return data.filter(({ grant_type: type }) => type === 'refresh_token').length
}

/** A refresh token that a sign-in at the provider gave. */
async function newRefreshToken(): Promise<string> {
  const { code, verifier } = await getCode(upstream, atProvider, there, { scope: 'openid email offline_access' })
  const { body } = await post(`${upstream.url}/oauth/token`, {
    ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI },
    ...{ client_id: atProvider.clientId, client_secret: atProvider.secret },
  })
  return String(body.refresh_token)
}

test('a hundred at once, at two processes, need one refresh, for one connection after the other', async () => {
  for (const round of [1, 2]) {
    await servers[0].api('POST', `${REALM}/connections`, {
      ...{ user_id: here.id, provider_id: provider.id, access_token: 'stale', refresh_token: await newRefreshToken() },
      ...{ scopes: 'openid,email,offline_access', expires_at: '2020-01-01T00:00:00Z' },
    })
    const all = await Promise.all(Array.from({ length: 100 }, (_, at) => vend(servers[at % 2] as TestServer)))
    assert.deepEqual([...new Set(all.map(({ status, body }) => `${status} ${body.error ?? ''}`))], ['200 '])
    const tokens = [...new Set(all.map(({ body }) => String(body.access_token)))]
    assert.equal(tokens.length, 1)
    assert.equal(await refreshes(), round)
    const headers = { authorization: `Bearer ${tokens[0]}` }
    const userinfo = await fetch(`${upstream.url}/oauth/userinfo`, { headers })
    assert.equal(((await userinfo.json()) as Json).email, there.email)
  }
  const vended = await servers[1].api<Listed>('GET', `${REALM}/issuances?resource=mail&limit=200`)
  assert.equal(vended.data.length, 200)
  const { data } = await servers[1].api<Listed>('GET', '/v1/events?type=connection.refreshed')
  assert.equal(data.length, 2)
})
