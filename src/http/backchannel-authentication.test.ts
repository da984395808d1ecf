// Drives backchannel authentication (OpenID Connect CIBA) on a running server: with openid-client, and with receivers that
// are told of the answer.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import * as openid from 'openid-client'
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import { makeClientKey } from '#testing/assertion.ts'
import { isActive, makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

/** What a client was told. */
interface Told {
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

const TOKEN = 'a-bearer-token-of-the-client.0123456789'
/** In the place of a status: there is no response. */
const LOST = 0
const told = new Map<string, Told[]>()
const statuses = new Map<string, number[]>()

let server: TestServer
let web: Server
let ada: Person & { id: string }
let made = 0

before(async () => {
  server = await startServer()
  web = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const path = request.url ?? ''
    told.set(path, [...(told.get(path) ?? []), { headers: request.headers, body: JSON.parse(body) }])
    const status = statuses.get(path)?.shift() ?? 204
    if (status === LOST) request.socket.destroy()
    else response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  ada = await makePerson(server, 'ada@northwind.example')
})
after(async () => {
  await server?.stop()
  web?.closeAllConnections()
  web?.close()
})

const asker = (more: Record<string, unknown> = {}) =>
  makeClient(server, { grant_types: [CIBA_GRANT, 'refresh_token'], redirect_uris: [], ...more })

/** A client that is told, and what it was told. @param answers of its endpoint, before 204 */
async function toldClient(mode: 'ping' | 'push', ...answers: number[]) {
  const path = `/cb/${++made}`
  statuses.set(path, answers)
  const client = await asker({
    backchannel_token_delivery_mode: mode,
    backchannel_client_notification_endpoint: `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`,
  })
  const count = async (wanted: number) => {
    await until(async () => (told.get(path)?.length ?? 0) >= wanted)
    return told.get(path) ?? []
  }
  return { client, count }
}

async function ask(client: TestClient, more: Record<string, string> = {}, person = ada): Promise<string> {
  const form = { scope: 'openid email', login_hint: person.email, ...more }
  const { status, body } = await post(server, '/oauth/bc-authorize', form, { authorization: client.basic })
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.auth_req_id)
}

const poll = (client: TestClient, id: string) =>
  post(server, '/oauth/token', { grant_type: CIBA_GRANT, auth_req_id: id }, { authorization: client.basic })
const decide = (decision: 'approve' | 'deny' = 'approve', person: Person = ada) =>
  new UserAgent(server.url).decideApproval(server.url, person, decision)
const settled = async (client: TestClient) => {
  const path = `/v1/realms/default/backchannel-authentications?client_id=${client.id}`
  const { data } = await server.api<{ data: Record<string, unknown>[] }>('GET', path)
  return data[0]
}

test('openid-client asks, polls, and has tokens once the person approved', async () => {
  const { clientId, secret } = await asker()
  const options = { execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(new URL(server.url), clientId, secret, undefined, options)
  const metadata = config.serverMetadata()
  assert.deepEqual(metadata.backchannel_token_delivery_modes_supported, ['poll', 'ping', 'push'])
  const person = await makePerson(server, 'grace@northwind.example')
  const asked = { scope: 'openid email', login_hint: person.email, binding_message: 'K7-Q2' }
  const response = await openid.initiateBackchannelAuthentication(config, asked)
  assert.deepEqual([response.expires_in, response.interval], [600, 5])
  const page = await decide('approve', person)
  assert.match(page.text, /Done/)
  const tokens = await openid.pollBackchannelAuthenticationGrant(config, { ...response, interval: 1 })
  assert.equal(tokens.claims()?.sub, person.id)
  assert.equal(tokens.scope, 'openid email')
  const denied = await openid.initiateBackchannelAuthentication(config, asked)
  await decide('deny', person)
  await assert.rejects(openid.pollBackchannelAuthenticationGrant(config, { ...denied, interval: 1 }), {
    error: 'access_denied',
  })
})

test('a client in ping mode is told that there is an answer, again if it did not take it', async () => {
  const { client, count } = await toldClient('ping', 503)
  const id = await ask(client, { client_notification_token: TOKEN })
  assert.equal((await poll(client, id)).body.error, 'authorization_pending')
  await decide()
  const [first, second] = await count(2)
  for (const { headers, body } of [first, second] as Told[]) {
    assert.equal(headers.authorization, `Bearer ${TOKEN}`)
    assert.deepEqual(body, { auth_req_id: id })
  }
  assert.equal((await poll(client, id)).status, 200)
  await until(async () => (await settled(client))?.attempts === 2 && (await settled(client))?.error === null)
})

test('a client in push mode is sent the tokens, the same in each attempt, or an error', async () => {
  const { client, count } = await toldClient('push', 500)
  const id = await ask(client, { client_notification_token: TOKEN })
  assert.equal((await poll(client, id)).body.error, 'unauthorized_client')
  await decide()
  const [first, second] = (await count(2)) as [Told, Told]
  assert.deepEqual(first.body, second.body)
  assert.equal(second.headers.authorization, `Bearer ${TOKEN}`)
  assert.equal(second.headers['content-type'], 'application/json')
  const { auth_req_id: told, id_token: idToken, access_token: access } = second.body
  assert.equal(told, id)
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(String(idToken), keys, { issuer: server.url, audience: client.clientId })
  assert.equal(payload['urn:openid:params:jwt:claim:auth_req_id'], id)
  assert.equal(payload['urn:openid:params:jwt:claim:rt_hash'], halfHash(String(second.body.refresh_token)))
  assert.equal(payload.at_hash, halfHash(String(access)))
  assert.ok(await isActive(server, client, String(access)))

  const denied = await ask(client, { client_notification_token: TOKEN })
  await decide('deny')
  const third = (await count(3))[2]
  assert.deepEqual([third?.body.auth_req_id, third?.body.error], [denied, 'access_denied'])
  await ask(client, { client_notification_token: TOKEN, requested_expiry: '1' })
  assert.equal((await count(4))[3]?.body.error, 'expired_token')
})

test('tokens that a client does not take are revoked', async () => {
  const { client, count } = await toldClient('push', 400)
  const id = await ask(client, { client_notification_token: TOKEN })
  await decide()
  const [refused] = await count(1)
  assert.equal(refused?.body.auth_req_id, id)
  await until(async () => (await settled(client))?.error === 'status')
  assert.equal(await isActive(server, client, String(refused?.body.access_token)), false)
  const { data } = await server.api<{ data: object[] }>('GET', '/v1/events?type=backchannel_authentication.failed')
  assert.equal(data.length, 1)
  assert.ok(!JSON.stringify(data).includes(TOKEN))
})

test('a client is told where it was when it asked, and keeps tokens that it refuses the second time', async () => {
  const { client, count } = await toldClient('push', LOST, 400)
  await ask(client, { client_notification_token: TOKEN })
  await server.api('PATCH', `/v1/realms/default/clients/${client.id}`, {
    backchannel_client_notification_endpoint: `http://127.0.0.1:${(web.address() as AddressInfo).port}/elsewhere`,
  })
  await decide()
  const [, second] = await count(2)
  await until(async () => (await settled(client))?.error === 'status')
  assert.ok(await isActive(server, client, String(second?.body.access_token)))
  assert.equal(told.has('/elsewhere'), false)
})

test('SS-01 a notification endpoint in a private network, and one that a mode does not need, are refused', async () => {
  const refused = async (more: Record<string, unknown>) => {
    const body = { label: 'X', grant_types: [CIBA_GRANT], redirect_uris: [], ...more }
    return (await server.call('POST', '/v1/realms/default/clients', { body })).status
  }
  const at = (url: string) => ({
    backchannel_token_delivery_mode: 'ping',
    backchannel_client_notification_endpoint: url,
  })
  for (const url of [
    'http://169.254.169.254/',
    'https://10.0.0.1/x',
    'ftp://app.example/',
    'https://[::ffff:7f00:1]/',
  ]) {
    assert.equal(await refused(at(url)), 400, url)
  }
  assert.equal(await refused({ backchannel_token_delivery_mode: 'push' }), 400)
  assert.equal(await refused({ backchannel_client_notification_endpoint: 'https://app.example/cb' }), 400)
  assert.equal(await refused({ auth_method: 'none' }), 400)
  assert.equal(
    await refused({
      ...at('https://app.example/cb'),
      backchannel_token_delivery_mode: 'push',
      dpop_bound_access_tokens: true,
    }),
    400,
  )
  assert.equal(await refused(at('https://app.example/cb')), 201)
  const { client } = await toldClient('ping')
  const form = { scope: 'openid', login_hint: ada.email }
  const reply = async (more: Record<string, string>) =>
    (await post(server, '/oauth/bc-authorize', { ...form, ...more }, { authorization: client.basic })).body.error
  assert.equal(await reply({}), 'invalid_request')
  assert.equal(await reply({ client_notification_token: 'short' }), 'invalid_request')
})

test('a client that signs its requests sends no others', async () => {
  const key = await makeClientKey('ES256')
  const client = await asker({
    jwks: { keys: [key.jwk] },
    backchannel_authentication_request_signing_alg: 'ES256',
  })
  const sign = (claims: JWTPayload) =>
    new SignJWT({ scope: 'openid', login_hint: ada.email, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'oauth-authz-req+jwt' })
      .setIssuer(client.clientId)
      .setAudience(server.url)
      .setExpirationTime('2m')
      .sign(key.privateKey)
  const send = (form: Record<string, string>) =>
    post(server, '/oauth/bc-authorize', form, { authorization: client.basic })
  const now = Math.floor(Date.now() / 1000)
  const whole = { iat: now, nbf: now, jti: 'one' }
  assert.equal((await send({ request: await sign(whole) })).status, 200)
  assert.equal((await send({ request: await sign({ iat: now, nbf: now }) })).body.error, 'invalid_request_object')
  assert.equal((await send({ scope: 'openid', login_hint: ada.email })).body.error, 'invalid_request')
  const outside = await send({ request: await sign({ ...whole, login_hint: undefined }), login_hint: ada.email })
  assert.equal(outside.body.error, 'invalid_request')
})

test('a client that registers itself gets the grant with an initial access token only', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
  const metadata = {
    grant_types: [CIBA_GRANT, 'authorization_code'],
    redirect_uris: ['https://app.example/callback'],
    backchannel_token_delivery_mode: 'ping',
    backchannel_client_notification_endpoint: 'https://app.example/cb',
  }
  const register = async (body: object, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const response = await fetch(`${server.url}/oauth/register`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const initial = async () => {
    const path = '/v1/realms/default/initial-access-tokens'
    return (await server.api<{ token: string }>('POST', path, { name: `Token ${++made}` })).token
  }
  assert.equal((await register(metadata)).error, 'invalid_client_metadata')
  const stranger = await register({
    ...metadata,
    ...{ backchannel_token_delivery_mode: null },
    backchannel_client_notification_endpoint: null,
  })
  assert.deepEqual(stranger.grant_types, ['authorization_code'])
  const vouched = await register(metadata, await initial())
  assert.deepEqual(vouched.grant_types, ['authorization_code', CIBA_GRANT])
  assert.equal(vouched.backchannel_token_delivery_mode, 'ping')
  assert.equal(vouched.backchannel_client_notification_endpoint, 'https://app.example/cb')
  const withCode = await register({ ...metadata, backchannel_user_code_parameter: true }, await initial())
  assert.equal(withCode.error, 'invalid_client_metadata')
})

/** OpenID Connect Core §3.1.3.6, for ES256. */
function halfHash(token: string): string {
  const bytes = createHash('sha256').update(token).digest()
  return bytes.subarray(0, 16).toString('base64url')
}
