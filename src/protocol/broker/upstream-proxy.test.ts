// Checks what the proxy to the APIs of providers passes on, against an API that tells what it got.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import { getCode, makeClient, makePerson, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const REALM = '/v1/realms/default'
const TYPE = 'urn:ietf:params:oauth:token-type'

interface Got {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
}
type Json = Record<string, unknown>

let server: TestServer
let api: Server
let apiUrl: string
let agent: TestClient
let subject: string
let resource: { readonly id: string }
let provider: { readonly id: string }
let person: { readonly id: string }

before(async () => {
  api = createServer((request, response) => {
    const { method, url: path, headers } = request
    response.end(JSON.stringify({ method, path, headers }))
  })
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  server = await startServer()
  const app = await makeClient(server)
  const ada = await makePerson(server, 'ada@here.example')
  person = ada
  agent = await makeClient(server, {
    ...{ label: 'Agent', scopes: ['openid', 'notes:read'], audiences: '*', first_party: true },
  })
  provider = await server.api('POST', `${REALM}/broker-providers`, {
    ...{ slug: 'notes', protocol: 'api_key', header_name: 'X-Key', header_prefix: '', api_url: `${apiUrl}/v1` },
  })
  resource = await server.api('POST', '/v1/resources', {
    ...{ backend: 'broker', broker_provider: 'notes', slug: 'notes', runtime_clients: [agent.id] },
    scopes: [{ name: 'notes:read', description: 'Read' }],
    proxy_rules: [{ methods: ['GET'], path: '/**' }],
  })
  await connect()
  const { code, verifier } = await getCode(server, app, ada, { scope: 'openid' })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  subject = String((await ask(form, { authorization: app.basic })).access_token)
})
after(async () => {
  await server.stop()
  api.close()
})

const connect = () =>
  server.api('POST', `${REALM}/connections`, { user_id: person.id, provider_id: provider.id, access_token: 'a-key' })

async function ask(form: Record<string, string>, headers: Record<string, string>): Promise<Json> {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  })
  const body = (await response.json()) as Json
  assert.equal(response.status, 200, JSON.stringify(body))
  return body
}

const exchange = (headers: Record<string, string> = {}) =>
  ask(
    {
      ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', resource: 'notes' },
      ...{ subject_token: subject, subject_token_type: `${TYPE}:access_token`, requested_token_type: `${TYPE}:jwt` },
    },
    { authorization: agent.basic, ...headers },
  )

const call = (path: string, headers: Record<string, string>) =>
  fetch(`${server.url}/connect/notes/proxy${path}`, { headers })

test('an API gets the key and the request, and nothing that says another method or names the client', async () => {
  const { access_token: token } = await exchange()
  const response = await call('/notes/1?full=yes', {
    ...{ authorization: `Bearer ${token}`, 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE' },
    ...{ 'x-method-override': 'DELETE', 'x-key': 'another', 'x-forwarded-for': '192.0.2.1', accept: 'text/plain' },
    ...{ x_http_method_override: 'DELETE', x_key: 'another', 'x.forwarded.for': '192.0.2.1' },
  })
  const { method, path, headers } = (await response.json()) as Got
  assert.deepEqual(
    [method, path, headers['x-key'], headers.accept],
    ['GET', '/v1/notes/1?full=yes', 'a-key', 'text/plain'],
  )
  const names = Object.keys(headers).filter((name) => /method|authorization|forwarded|x_/.test(name))
  assert.deepEqual(names, [])
})

test('a path that servers read in different ways is not passed on', async () => {
  const { access_token: token } = await exchange()
  const headers = { authorization: `Bearer ${token}` }
  for (const path of [
    ...['/notes/..;/admin', '/notes/.;x=1/admin', '/notes/%252e%252e/admin', '/notes%25', '/notes%3b/admin'],
    ...['/notes%2fadmin', '/notes%5cadmin', '/notes%0d%0aadmin', '/notes//admin'],
  ]) {
    const { status } = await call(path, headers)
    assert.equal(status, 403, path)
  }
  assert.equal((await call('/notes/a;b=c', headers)).status, 200)
})

test('the key goes only below the api_url of the provider, also after that was changed', async () => {
  const { access_token: token } = await exchange()
  const at = async (headers = { authorization: `Bearer ${token}` }) => {
    const response = await call('/notes', headers)
    const { path, error } = (await response.json()) as { path?: string; error?: string }
    return path ?? error
  }
  for (const proxyUrl of [
    `${apiUrl}/v10`,
    `${apiUrl}/v1/../v2`,
    `${apiUrl}/v1/..;/v2`,
    `${apiUrl}/v1?a=b`,
    `${apiUrl}/v1/#`,
  ]) {
    const { status } = await server.call('PATCH', `/v1/resources/${resource.id}`, { body: { proxy_url: proxyUrl } })
    assert.equal(status, 400, proxyUrl)
  }
  await server.api('PATCH', `/v1/resources/${resource.id}`, { proxy_url: `${apiUrl}/v1/deep/` })
  assert.equal(await at(), '/v1/deep/notes')
  const move = (path: string) =>
    server.api('PATCH', `${REALM}/broker-providers/${provider.id}`, { api_url: apiUrl + path })
  await move('/v2')
  assert.equal(await at(), 'invalid_target')
  await move('/v1')
  await server.api('PATCH', `/v1/resources/${resource.id}`, { proxy_url: null })
  assert.equal(await at(), '/v1/notes')
})

test('a token that is bound to a key is used with a proof by it', async () => {
  const key = await makeDpopKey()
  const token = String(
    (await exchange({ dpop: await key.prove(`${server.url}/oauth/token`, Date.now()) })).access_token,
  )
  const url = `${server.url}/connect/notes/proxy/notes`
  const prove = (by: typeof key, htu = url) => by.prove(htu, Date.now(), { htm: 'GET', ath: ath(token) })
  const presented = async (dpop?: string) =>
    (await call('/notes', { authorization: `DPoP ${token}`, ...(dpop !== undefined && { dpop }) })).status
  assert.equal(await presented(await prove(key)), 200)
  assert.equal(await presented(), 401)
  assert.equal(await presented(await prove(await makeDpopKey())), 401)
  assert.equal(await presented(await prove(key, `${server.url}/connect/notes/proxy/other`)), 401)
  assert.equal((await call('/notes', { authorization: `Bearer ${token}` })).status, 401)
})
