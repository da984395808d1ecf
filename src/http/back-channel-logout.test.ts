// Checks that clients are told of the end of a session.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { exchange, getCode, makeClient, makePerson, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// A client's back-channel logout endpoint that can be told how to answer.
interface Endpoint {
  readonly url: string
  readonly tokens: string[]
  statuses: number[]
}

interface Delivery {
  readonly id: string
  readonly client_id: string
  readonly status: string
  readonly attempts: number
  readonly error: string | null
  readonly response_status: number | null
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

let server: TestServer
let web: Server
let ada: Person & { id: string }
const endpoints = new Map<string, Endpoint>()

before(async () => {
  server = await startServer()
  web = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const endpoint = endpoints.get(request.url ?? '')
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
      endpoint?.tokens.push(new URLSearchParams(body).get('logout_token') ?? '')
      response.writeHead(endpoint?.statuses.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  ada = await makePerson(server, 'ada@northwind.example')
})
after(async () => {
  await server?.stop()
  web?.closeAllConnections()
  web?.close()
})

function endpoint(...statuses: number[]): Endpoint {
  const path = `/logout/${endpoints.size}`
  const made = { url: `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`, tokens: [], statuses }
  endpoints.set(path, made)
  return made
}

async function clientAt({ url }: Endpoint, more: Record<string, unknown> = {}): Promise<TestClient> {
  return makeClient(server, { first_party: true, backchannel_logout_uri: url, ...more })
}

/** Signs the person in at clients with one browser. @returns the session */
async function signIn(agent: UserAgent, ...clients: TestClient[]): Promise<string> {
  for (const client of clients) {
    const { status } = await exchange(server, client, await getCode(server, client, ada, {}, agent))
    assert.equal(status, 200)
  }
  const { data } = await server.api<{ data: { id: string }[] }>('GET', `/v1/realms/default/sessions?user_id=${ada.id}`)
  return data[0]?.id ?? ''
}

async function deliveriesOf(client: TestClient): Promise<Delivery[]> {
  const path = `/v1/realms/default/logout-deliveries?client_id=${client.id}`
  return (await server.api<{ data: Delivery[] }>('GET', path)).data
}

async function settled(client: TestClient): Promise<Delivery> {
  for (let round = 0; round < 300; round++) {
    const [delivery] = await deliveriesOf(client)
    if (delivery && delivery.status !== 'queued') return delivery
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the delivery is not settled')
}

async function verified(token: string | undefined, client: TestClient): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const expected = { issuer: server.url, audience: client.clientId, typ: 'logout+jwt', maxTokenAge: '2 minutes' }
  return (await jwtVerify(token ?? '', keys, expected)).payload
}

const revoke = (session: string) => server.api('POST', `/v1/realms/default/sessions/${session}/revoke`)

test('each client of a session is told of its end, with a token that it can verify, and no other client', async () => {
  const [first, second, other] = [endpoint(), endpoint(), endpoint()]
  const clients = [await clientAt(first), await clientAt(second)] as const
  const absent = await clientAt(other)
  const session = await signIn(new UserAgent(server.url), ...clients)
  await revoke(session)
  for (const [index, { tokens }] of [first, second].entries()) {
    const client = clients[index] as TestClient
    assert.deepEqual([(await settled(client)).status, tokens.length], ['delivered', 1])
    const { sub, sid, events, exp, iat, jti, nonce } = await verified(tokens[0], client)
    assert.deepEqual([sub, sid, events, nonce], [ada.id, session, { [EVENT]: {} }, undefined])
    assert.ok(jti && exp && iat && exp - iat <= 120)
  }
  assert.deepEqual([other.tokens, await deliveriesOf(absent)], [[], []])
  const { data } = await server.api<{ data: { data: { session_id: string; client_id: string } }[] }>(
    'GET',
    '/v1/events?type=logout.delivered',
  )
  const delivered = data.filter((event) => event.data.session_id === session)
  assert.deepEqual(
    delivered.map((event) => event.data.client_id).sort(),
    clients.map(({ clientId }) => clientId).sort(),
  )
})

test('a sign-out, a suspension and a new password end a session for the clients too', async () => {
  const ends = {
    'sign-out': async (agent: UserAgent) => {
      const page = await agent.request(`${server.url}/oauth/logout`)
      await agent.submit(await agent.follow(page), { decision: 'sign_out' })
    },
    suspension: async () => {
      await server.api('PATCH', `/v1/realms/default/users/${ada.id}`, { status: 'suspended' })
      await server.api('PATCH', `/v1/realms/default/users/${ada.id}`, { status: 'active' })
    },
    'new password': async () => {
      await server.api('POST', `/v1/realms/default/users/${ada.id}/password`, { password: ada.password })
    },
  }
  for (const [what, end] of Object.entries(ends)) {
    const told = endpoint()
    const client = await clientAt(told)
    const agent = new UserAgent(server.url)
    const session = await signIn(agent, client)
    await end(agent)
    assert.equal((await settled(client)).status, 'delivered', what)
    assert.equal((await verified(told.tokens[0], client)).sid, session, what)
  }
})

test('an endpoint that is down is tried again; one that refuses is not', async () => {
  const [down, refusing] = [endpoint(503), endpoint(400)]
  const clients = [await clientAt(down), await clientAt(refusing)] as const
  await revoke(await signIn(new UserAgent(server.url), ...clients))
  const [later, never] = [await settled(clients[0]), await settled(clients[1])]
  assert.deepEqual([later.status, later.attempts, later.error], ['delivered', 2, null])
  assert.notEqual(down.tokens[0], down.tokens[1], 'each attempt has a token of its own, which is short-lived')
  assert.deepEqual([never.status, never.attempts, never.error, never.response_status], ['failed', 1, 'status', 400])
})

test('a suspended client is told nothing', async () => {
  const told = endpoint(503)
  const client = await clientAt(told)
  await revoke(await signIn(new UserAgent(server.url), client))
  while (told.tokens.length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await server.api('POST', `/v1/realms/default/clients/${client.id}/suspend`)
  assert.equal((await settled(client)).status, 'withdrawn')
  assert.equal(told.tokens.length, 1)
})

test('the metadata says so, and an internal address is refused when it is saved', async () => {
  const metadata = await (await fetch(`${server.url}/.well-known/openid-configuration`)).json()
  assert.deepEqual([metadata.backchannel_logout_supported, metadata.backchannel_logout_session_supported], [true, true])
  await assert.rejects(makeClient(server, { backchannel_logout_uri: 'https://10.0.0.7/logout' }), /backchannel/)
})
