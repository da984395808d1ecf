// Tests which algorithms clients get that register themselves.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

const WEB = { client_name: 'App', redirect_uris: ['https://app.example/cb'] }

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

interface Realm {
  readonly issuer: string
}

const realmWith = (policy: object) => server.api<Realm>('POST', '/v1/realms', { name: crypto.randomUUID(), policy })

async function registered({ issuer }: Realm, document: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  assert.equal(response.status, 201)
  return (await response.json()) as Record<string, unknown>
}

test('a client that says nothing about algorithms gets RS256, in a new realm too, and the one of the realm under FAPI', async () => {
  const open = { registration: { mode: 'open' } }
  const realm = await realmWith(open)
  const replies = await Promise.all(Array.from({ length: 4 }, () => registered(realm, WEB)))
  assert.deepEqual(new Set(replies.map((reply) => reply.id_token_signed_response_alg)), new Set(['RS256']))
  const keys = (await (await fetch(`${realm.issuer}/.well-known/jwks.json`)).json()) as { keys: { alg: string }[] }
  assert.ok(keys.keys.some(({ alg }) => alg === 'RS256'))
  const chosen = await registered(realm, { ...WEB, id_token_signed_response_alg: 'ES256' })
  assert.equal(chosen.id_token_signed_response_alg, 'ES256')

  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const fapi = await realmWith({ ...open, profile: 'fapi-2.0' })
  const document = { ...WEB, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty, crv, x, y }] } }
  assert.equal((await registered(fapi, document)).id_token_signed_response_alg, 'ES256')
})
