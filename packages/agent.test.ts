// Checks the agent library against a running server and an API that the other library protects.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { type Agent, agent } from '@countersign/agent'
import { ConsentRequired, InsufficientScope, StepUpRequired, TokenRefused, Untrusted } from '@countersign/agent/failure'
import { resourceServer } from '@countersign/server'
import type { Needs } from '@countersign/server/access'
import { accessOf, protect, serveMetadata } from '@countersign/server/express'
import { decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { exchange, getCode, makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
let api: Server
let resource: string
let client: TestClient
let needs: Needs
/** How often the token endpoint was asked, and how each request to the API went. */
let asked: number
let replied: number[]

async function counting(this: unknown, input: string | URL, init?: RequestInit): Promise<Response> {
  assert.equal(this, undefined, 'Illegal invocation in workers')
  assert.notEqual(init?.redirect, 'error')
  const response = await fetch(input, init)
  if (String(input).endsWith('/oauth/token')) asked += 1
  if (String(input).startsWith(resource)) replied.push(response.status)
  return response
}

before(async () => {
  server = await startServer()
  api = createServer((request, response) => {
    const fail = (error: unknown) => response.writeHead(500).end(String(error))
    metadata(request, response, () =>
      protect(guard, needs)(request, response, (error) => {
        if (error !== undefined) return fail(error)
        const { subject, actor, scheme } = accessOf(request)
        response.end(JSON.stringify({ subject, actor, scheme }))
      }),
    )
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  resource = `http://127.0.0.1:${(api.address() as AddressInfo).port}/notes`
  const guard = resourceServer({ issuer: server.url, resource, dpop: { nonce: true } })
  const metadata = serveMetadata(guard)
  const scopes = ['notes:read', 'notes:write'].map((name) => ({ name, description: name }))
  await server.api('POST', '/v1/resources', { identifier: resource, slug: 'notes', scopes })
  client = await makeClient(server, {
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    scopes: ['openid', 'offline_access', 'notes:read', 'notes:write'],
    audiences: [resource],
    token_exchange_allowed: true,
    first_party: true,
  })
})
after(async () => {
  api?.closeAllConnections()
  api?.close()
  await server?.stop()
})
beforeEach(() => {
  needs = { scopes: ['notes:read'] }
  asked = 0
  replied = []
})

function open(options: { dpop?: boolean; now?: () => number } = {}): Agent {
  return agent({
    issuer: server.url,
    clientId: client.clientId,
    clientSecret: client.secret,
    fetch: counting,
    ...options,
  })
}

const read = async (response: Response) => (await response.json()) as Record<string, unknown>

test('an agent learns from the API what its token is for, and keeps the token', async () => {
  const call = open().fetch()
  assert.equal((await read(await call(resource))).subject, client.clientId)
  await Promise.all([call(`${resource}?page=2`), call(resource, { method: 'POST', body: 'a note' })])
  assert.deepEqual([asked, replied.slice(0, 2), replied.slice(2).sort()], [1, [401, 200], [200, 200, 401]])
  needs = { scopes: ['notes:write'] }
  for (let round = 0; round < 2; round++) assert.equal((await call(resource)).status, 200)
  assert.deepEqual([asked, replied.slice(5)], [2, [403, 200, 200]], 'it takes the scopes that the response names')
  needs = { scopes: ['notes:read'] }
  ;[asked, replied] = [1, []]
  const scoped = open().fetch({ resource, scopes: ['notes:read'] })
  await Promise.all([scoped(`${resource}/today`), scoped(resource)])
  assert.deepEqual([asked, replied], [2, [200, 200]])
})

test('a token is asked for again before it expires, and after the API refused it', async () => {
  let ahead = 0
  const me = open({ now: () => Date.now() + ahead })
  const call = me.fetch({ resource, scopes: ['notes:read'] })
  await call(resource)
  ahead = 860_000
  await call(resource)
  assert.equal(asked, 1)
  ahead = 880_000
  await call(resource)
  assert.equal(asked, 2)
  const { accessToken } = await me.token({ resource, scopes: ['notes:read'] })
  const cut = `${accessToken.slice(0, -8)}AAAAAAAA`
  const spoiled = agent({
    issuer: server.url,
    clientId: client.clientId,
    clientSecret: client.secret,
    async fetch(input, init) {
      const response = await counting(input, init)
      if (!String(input).endsWith('/oauth/token') || asked > 3) return response
      return Response.json({ ...(await read(response)), access_token: cut })
    },
  })
  assert.equal((await spoiled.fetch({ resource })(resource)).status, 200)
  assert.deepEqual([asked, replied.slice(-2)], [4, [401, 200]])
})

test('an agent with a key sends proofs and follows nonces', async () => {
  const call = open({ dpop: true }).fetch({ resource, scopes: ['notes:read'] })
  assert.equal((await read(await call(resource))).scheme, 'DPoP')
  assert.equal((await call(resource)).status, 200)
  assert.deepEqual([asked, replied], [1, [401, 200, 200]])
})

test('private_key_jwt authenticates an agent', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  const given = {
    grant_types: ['client_credentials'],
    scopes: ['notes:read'],
    audiences: [resource],
    redirect_uris: [],
  }
  const { clientId } = await makeClient(server, { ...given, auth_method: 'private_key_jwt', jwks })
  const me = agent({ issuer: server.url, clientId, privateKey: { key: privateKey, kid: 'one' } })
  assert.equal((await read(await me.fetch()(resource))).subject, clientId)
})

test('an agent acts for a person by exchange, and by the refresh token that it keeps', async () => {
  const person = await makePerson(server, 'ada@example.com')
  const scopes = ['openid', 'offline_access', 'notes:read']
  const app = await makeClient(server, { scopes, audiences: [resource], first_party: true })
  const code = await getCode(server, app, person, { scope: scopes.join(' '), resource })
  const { body } = await exchange(server, app, code, { resource })
  const me = open()
  const byExchange = await read(await me.actingFor(() => String(body.access_token)).fetch({ resource })(resource))
  const { sub } = decodeJwt(String(body.access_token))
  assert.deepEqual([byExchange.subject, byExchange.actor], [sub, { sub: client.clientId }])

  const kept = [String(body.refresh_token)]
  const itself = agent({ issuer: server.url, clientId: app.clientId, clientSecret: app.secret, fetch: counting })
  const ada = itself.refreshing({ load: () => kept.at(-1) ?? '', save: (token) => void kept.push(token) })
  await Promise.all([
    ada.token({ resource, scopes: ['notes:read'] }),
    ada.token({ resource }),
    ada.token({ scopes: ['openid'] }),
  ])
  assert.equal(new Set(kept).size, 4, 'each refresh spends the token of the one before')
  assert.equal((await read(await ada.fetch({ resource })(resource))).subject, sub)

  await post(server, '/oauth/revoke', { token: kept.at(-1) ?? '' }, { authorization: app.basic })
  const refused = await ada.token({ resource, scopes: ['notes:write'] }).catch((error) => error)
  assert.ok(refused instanceof TokenRefused && !(refused instanceof ConsentRequired))
  assert.deepEqual([refused.code, refused.status], ['invalid_grant', 400])
})

test('what a person must do is an error of its own', async () => {
  const call = open().fetch({ resource, scopes: ['notes:read'] })
  needs = { scopes: ['notes:read', 'notes:write'] }
  const scopes = await call(resource).catch((error) => error)
  assert.ok(scopes instanceof InsufficientScope)
  assert.deepEqual([scopes.scopes, scopes.resource], [['notes:read', 'notes:write'], resource])
  needs = { acrValues: ['aal2'], maxAge: 60 }
  const stepUp = await call(resource).catch((error) => error)
  assert.ok(stepUp instanceof StepUpRequired)
  assert.deepEqual([stepUp.acrValues, stepUp.maxAge, stepUp.resource], [['aal2'], 60, resource])
  for (const [error, kind] of [
    ['consent_required', ConsentRequired],
    ['insufficient_user_authentication', StepUpRequired],
  ] as const) {
    const refusing = agent({
      issuer: server.url,
      clientId: 'a',
      fetch: (input, init) =>
        init?.method === 'POST' ? Promise.resolve(Response.json({ error }, { status: 400 })) : fetch(input, init),
    })
    await assert.rejects(refusing.token(), kind)
  }
  const wrong = agent({ issuer: server.url, clientId: client.clientId, clientSecret: 'wrong' })
  await assert.rejects(wrong.token(), { name: 'TokenRefused', code: 'invalid_client', status: 401 })
})

test('no token goes to a resource that is not what it says, or that trusts somebody else', async () => {
  const { origin } = new URL(resource)
  const me = open()
  await assert.rejects(me.fetch({ resource })(`${origin}/elsewhere`), Untrusted)
  await assert.rejects(me.fetch({ resource })(`${resource}book`), Untrusted)
  await assert.rejects(me.fetch({ resource })('https://other.example/notes'), Untrusted)
  const lying = (metadata: object, address = `${origin}/metadata`) =>
    agent({
      issuer: server.url,
      clientId: client.clientId,
      clientSecret: client.secret,
      fetch: async (input) => {
        if (String(input) === address) return Response.json(metadata)
        const challenge = `Bearer realm="a, b", resource_metadata="${address}"`
        return new Response(null, { status: 401, headers: { 'www-authenticate': `Basic realm="x", ${challenge}` } })
      },
    }).fetch()(resource)
  const right = { resource, authorization_servers: [server.url] }
  await assert.rejects(lying({ ...right, resource: 'https://bank.example/accounts' }), /another resource/)
  await assert.rejects(lying({ ...right, authorization_servers: ['https://other.example'] }), /does not take tokens/)
  await assert.rejects(lying(right, 'https://other.example/metadata'), /at another place/)
  const impostor = agent({ issuer: `${server.url}/`, clientId: 'a', clientSecret: 'b' })
  await assert.rejects(impostor.token(), Untrusted)
  assert.equal(asked, 0)
})
