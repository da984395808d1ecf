// Checks clients that come from another server with their id and the bcrypt hash of their secret.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hash } from '@node-rs/bcrypt'
import { startServer, type TestServer } from '#testing/server.ts'

const SECRET = 'the secret of the other server'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

async function tokenWith(clientId: string, secret: string) {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${encodeURIComponent(secret)}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

const client = (imported: object, more: object = {}) => ({
  label: 'Imported',
  grant_types: ['client_credentials'],
  imported,
  ...more,
})

test('an imported client keeps its id and its secret', async () => {
  const imported = { client_id: 'old-client.1', secret_hash: await hash(SECRET, 10) }
  const made = await server.api<Record<string, string>>('POST', '/v1/realms/default/clients', client(imported))
  assert.equal(made.client_id, 'old-client.1')
  assert.equal(made.client_secret, undefined)
  assert.ok(!JSON.stringify(made).includes('$2'))
  for (const secret of ['wrong', `${SECRET} `]) {
    const { status, body } = await tokenWith('old-client.1', secret)
    assert.deepEqual([status, body.error], [401, 'invalid_client'])
  }
  const first = performance.now()
  assert.equal((await tokenWith('old-client.1', SECRET)).status, 200)
  const took = performance.now() - first
  const all = await Promise.all(Array.from({ length: 50 }, () => tokenWith('old-client.1', SECRET)))
  assert.ok(all.every(({ status }) => status === 200))
  assert.ok(took > 0)
  assert.equal((await tokenWith('old-client.1', 'wrong')).status, 401)

  const again = await server.call('POST', '/v1/realms/default/clients', { body: client(imported) })
  assert.deepEqual([again.status, (again.body as Record<string, string>).error], [409, 'already_exists'])

  const rotated = await server.api<Record<string, string>>(
    'POST',
    `/v1/realms/default/clients/${made.id}/rotate-secret`,
  )
  assert.equal((await tokenWith('old-client.1', SECRET)).status, 401)
  assert.equal((await tokenWith('old-client.1', rotated.client_secret ?? '')).status, 200)
})

test('what is no bcrypt hash, no id or no client with a secret is refused', async () => {
  const secret_hash = await hash(SECRET, 4)
  const wrong = [
    client({ client_id: 'a', secret_hash: 'plain' }),
    client({ client_id: 'a', secret_hash: secret_hash.replace('$04$', '$31$') }),
    client({ client_id: 'https://example.com/client', secret_hash }),
    client({ client_id: 'a' }),
    client({ client_id: 'a', secret_hash }, { auth_method: 'none' }),
  ]
  for (const body of wrong) {
    const { status } = await server.call('POST', '/v1/realms/default/clients', { body })
    assert.equal(status, 400, JSON.stringify(body))
  }
})
