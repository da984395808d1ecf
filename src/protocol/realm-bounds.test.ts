// Checks the redirect URIs and origins that a realm allows.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { proofKey } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

// A realm that names where its clients may send people, and whose pages may call it, as clients and pages see it.

const CALLBACK = 'https://app.example/callback'
const OTHER = 'https://other.example/callback'
const ORIGIN = 'https://app.example'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

interface Realm {
  readonly issuer_id: string
  readonly issuer: string
}
interface Client {
  readonly id: string
  readonly client_id: string
}

const makeRealm = () => server.api<Realm>('POST', '/v1/realms', { name: 'Bounded' })
const change = (realm: Realm, body: object) => server.api('PATCH', `/v1/realms/${realm.issuer_id}`, body)
const register = (realm: Realm, body: object) =>
  server.call('POST', `/v1/realms/${realm.issuer_id}/clients`, { body: { label: 'Web', ...body } })

/** What a request for a code is answered with before anybody signs in. */
async function authorize(realm: Realm, { client_id }: Client, redirectUri: string): Promise<number> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })
  return (await new UserAgent(server.url).request(`${realm.issuer}/oauth/authorize?${query}`)).status
}

test('a client is not registered with a URI that its realm does not allow, nor sends anybody there that was', async () => {
  const realm = await makeRealm()
  const made = await register(realm, { redirect_uris: [CALLBACK, OTHER] })
  const client = made.body as Client
  assert.equal(await authorize(realm, client, OTHER), 303)
  await change(realm, { allowed_redirects: [CALLBACK, 'http://127.0.0.1/cb'] })
  assert.equal(await authorize(realm, client, CALLBACK), 303)
  assert.equal(await authorize(realm, client, OTHER), 400)

  for (const body of [{ redirect_uris: [OTHER] }, { redirect_uris: [CALLBACK], post_logout_redirect_uris: [OTHER] }]) {
    const refused = await register(realm, body)
    assert.equal(refused.status, 400)
    assert.match(JSON.stringify(refused.body), /redirect_uris: has a URI that the realm does not allow/)
  }
  const path = `/v1/realms/${realm.issuer_id}/clients/${client.id}`
  assert.equal((await server.call('PATCH', path, { body: { redirect_uris: [OTHER] } })).status, 400)
  assert.equal((await server.call('PATCH', path, { body: { label: 'Renamed' } })).status, 200)
  assert.equal((await register(realm, { redirect_uris: ['http://127.0.0.1:8123/cb'] })).status, 201)

  await change(realm, { allowed_redirects: [] })
  assert.equal(await authorize(realm, client, OTHER), 303)
})

test('only pages of the origins that a realm names may read its answers', async () => {
  const realm = await makeRealm()
  const ask = (origin: string, method = 'POST') =>
    fetch(`${realm.issuer}/oauth/token`, {
      method,
      headers: { origin, 'access-control-request-method': 'POST' },
      ...(method === 'POST' && { body: new URLSearchParams({ grant_type: 'client_credentials' }) }),
    })
  const readers = async () => {
    const seen: (string | null)[] = []
    for (const origin of [ORIGIN, 'https://evil.example', 'null']) {
      for (const method of ['POST', 'OPTIONS']) {
        const reply = await ask(origin, method)
        seen.push(reply.headers.get('access-control-allow-origin'))
        await reply.text()
      }
    }
    return seen
  }
  assert.deepEqual(await readers(), ['*', '*', '*', '*', '*', '*'])
  await change(realm, { allowed_origins: [ORIGIN] })
  assert.deepEqual(await readers(), [ORIGIN, ORIGIN, null, null, null, null])
  const reply = await ask(ORIGIN)
  assert.match(reply.headers.get('vary') ?? '', /origin/i)
  const metadata = await fetch(`${realm.issuer}/.well-known/openid-configuration`, { headers: { origin: ORIGIN } })
  assert.equal(metadata.headers.get('access-control-allow-origin'), ORIGIN)
})
