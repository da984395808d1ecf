// Checks that key rotation under load breaks no verification.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, type JWK, jwtVerify } from 'jose'
import { makeClient, post, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

// Rotates keys of a real server while it issues tokens. A resource server reads the JWKS every five minutes and never
// in between.

const ROUNDS = 40
const CALLERS = 4

let server: TestServer
let client: TestClient
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  client = await makeClient(server, { grant_types: ['client_credentials'] })
})
after(() => server.stop())

interface Rotation {
  readonly status: 'rotated' | 'scheduled'
  readonly active: { readonly kid: string }
  readonly next: { readonly kid: string; readonly activates_at: string | null }
}

// The realm has RS256 keys besides, which nothing here is signed with.
const kidsOf = (all: readonly JWK[] = []) => all.filter(({ alg }) => alg === 'ES256').map(({ kid }) => String(kid))

test('rotating three times in a row under load fails no verification', async () => {
  const fetched: string[] = []
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`), {
    cacheMaxAge: 300_000,
    cooldownDuration: 300_000,
  })
  const signers = new Map<string, number>()
  const verify = async () => {
    const { body } = await post(
      server,
      '/oauth/token',
      { grant_type: 'client_credentials' },
      { authorization: client.basic },
    )
    const token = String(body.access_token)
    const { protectedHeader } = await jwtVerify(token, keys, { issuer: server.url, typ: 'at+jwt' })
    const kid = String(protectedHeader.kid)
    signers.set(kid, (signers.get(kid) ?? 0) + 1)
    return token
  }
  const first = await verify()
  fetched.push(...kidsOf(keys.jwks()?.keys))

  const rotations: Rotation[] = []
  const load = Array.from({ length: CALLERS }, async () => {
    for (let round = 0; round < ROUNDS; round++) await verify()
  })
  const rotating = (async () => {
    for (let turn = 0; turn < 3; turn++) {
      while ([...signers.values()].reduce((sum, count) => sum + count, 0) < (turn + 1) * ROUNDS) {
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      rotations.push(await server.api<Rotation>('POST', '/v1/realms/default/keys/rotate', {}))
    }
  })()
  await Promise.all([...load, rotating])

  assert.deepEqual(
    rotations.map(({ status }) => status),
    ['rotated', 'scheduled', 'scheduled'],
  )
  assert.deepEqual([...signers.keys()], fetched, 'both keys of the first copy signed, and no other')
  assert.deepEqual(kidsOf(keys.jwks()?.keys), fetched, 'the copy was never renewed')
  await jwtVerify(first, keys, { issuer: server.url })

  const { data } = await server.api<{
    data: { kid: string; algorithm: string; state: string; activates_at: string | null }[]
  }>('GET', '/v1/realms/default/keys')
  assert.deepEqual(
    data.filter(({ algorithm }) => algorithm === 'ES256').map(({ state }) => state),
    ['retiring', 'active', 'next'],
  )
  const scheduled = data.find(({ algorithm, state }) => algorithm === 'ES256' && state === 'next')
  const wait = Date.parse(scheduled?.activates_at ?? '') - Date.now()
  assert.ok(wait > 300_000 && wait <= 360_000, `the third key signs in ${wait} ms`)
})
