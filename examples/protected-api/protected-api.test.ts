// Runs the example of an API that verifies tokens.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exchange, getCode, makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { startProtectedApi } from './protected-api.ts'

const AUDIENCE = 'https://api.example.com/notes'
const OTHER = 'https://api.example.com/orders'

let server: TestServer
let client: TestClient
let api: Awaited<ReturnType<typeof startProtectedApi>>

before(async () => {
  server = await startServer()
  for (const identifier of [AUDIENCE, OTHER]) {
    await server.api('POST', '/v1/resources', {
      identifier,
      scopes: ['notes:read', 'notes:write'].map((name) => ({ name })),
    })
  }
  client = await makeClient(server, { scopes: ['openid', 'notes:read', 'notes:write'], audiences: [AUDIENCE, OTHER] })
  api = await startProtectedApi({ issuer: server.url, audience: AUDIENCE })
})
after(async () => {
  await api.close()
  await server.stop()
})

async function tokenFor(fields: Record<string, string>): Promise<string> {
  const form = { grant_type: 'client_credentials', ...fields }
  const { body } = await post(server, '/oauth/token', form, { authorization: client.basic })
  return String(body.access_token)
}

async function call(method: string, authorization?: string) {
  const response = await fetch(`${api.url}/notes`, { method, ...(authorization && { headers: { authorization } }) })
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.json() }
}

test('a token with the scope gets in', async () => {
  const both = await tokenFor({ resource: AUDIENCE, scope: 'notes:read notes:write' })
  const { status, body } = await call('GET', `Bearer ${both}`)
  assert.equal(status, 200)
  assert.equal((body as { caller: string }).caller, client.clientId)
  assert.equal((await call('POST', `Bearer ${both}`)).status, 201)
})

test('a token without the scope is refused, and is told which it lacks', async () => {
  const { status, challenge } = await call(
    'POST',
    `Bearer ${await tokenFor({ resource: AUDIENCE, scope: 'notes:read' })}`,
  )
  assert.equal(status, 403)
  assert.equal(challenge, 'Bearer realm="notes", error="insufficient_scope", scope="notes:write"')
})

test('without a token the API says how to come back, and names no error', async () => {
  const { status, challenge } = await call('GET')
  assert.equal(status, 401)
  assert.equal(challenge, 'Bearer realm="notes"')
})

test('what is no access token for this API is refused', async () => {
  const person = await makePerson(server, 'ada@example.com')
  const { body } = await exchange(server, client, await getCode(server, client, person, { scope: 'openid' }))
  const good = await tokenFor({ resource: AUDIENCE, scope: 'notes:read' })
  const [head, payload = '', signature] = good.split('.')
  const more = Buffer.from(payload, 'base64url').toString().replace('notes:read', 'notes:write')
  const refused = {
    'a token for another API': await tokenFor({ resource: OTHER, scope: 'notes:read' }),
    'an ID token': String(body.id_token),
    'a token of the realm itself': String(body.access_token),
    'a changed token': [head, Buffer.from(more).toString('base64url'), signature].join('.'),
    'any text': 'abc',
  }
  for (const [what, token] of Object.entries(refused)) {
    const { status, challenge } = await call('GET', `Bearer ${token}`)
    assert.equal(status, 401, what)
    assert.match(challenge ?? '', /error="invalid_token"/, what)
  }
  assert.equal((await call('GET', 'Basic YTpi')).status, 401)
  assert.equal((await call('GET', `Bearer ${good}`)).status, 200)
})
