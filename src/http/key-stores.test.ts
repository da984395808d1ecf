// Checks a server whose signing keys are outside of the database: it signs, rotates, reloads, and says what is wrong.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { testWith } from '#testing/real-parts.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { softHsm } from '#testing/softhsm.ts'
import { startTransit, TRANSIT_ROLE } from '#testing/transit.ts'
import { until } from '#testing/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-key-stores-'))
after(() => rmSync(folder, { recursive: true }))

/** Asks for tokens as a program does. */
async function programAt(server: TestServer, signingAlgorithm: string) {
  const client = await server.api<{ client_id: string; client_secret: string }>('POST', '/v1/realms/default/clients', {
    label: `Program ${signingAlgorithm}`,
    grant_types: ['client_credentials'],
    id_token_signed_response_alg: signingAlgorithm,
  })
  return async () => {
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.client_id,
        client_secret: client.client_secret,
      }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
}

/** Signs with a key of the store, rotates at once, and signs with the next. */
async function checkRotation(
  server: TestServer,
): Promise<() => Promise<{ status: number; body: Record<string, string> }>> {
  const ask = await programAt(server, 'ES256')
  const jwks = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`), { cooldownDuration: 0 })
  const kidOf = async () => {
    const { status, body } = await ask()
    assert.equal(status, 200, JSON.stringify(body))
    return (await jwtVerify(body.access_token ?? '', jwks)).protectedHeader.kid
  }
  const first = await kidOf()
  await server.api('POST', '/v1/realms/default/keys/rotate', { immediate: true })
  const second = await kidOf()
  assert.notEqual(second, first)
  const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  assert.ok(
    keys.some(({ kid }) => kid === first),
    'the old key stays published',
  )
  return ask
}

async function keyStoreOf(server: TestServer) {
  const response = await fetch(`${server.adminUrl}/health`)
  const { checks } = (await response.json()) as { checks: { key_store: object } }
  return [response.status, checks.key_store]
}

test('a server with keys in files signs and rotates, reloads on HUP, and says what is wrong', async () => {
  const dataDir = join(folder, 'files')
  const server = await startServer({
    dataDir: folder,
    env: { COUNTERSIGN_KEY_STORE: 'keyfile', COUNTERSIGN_KEY_STORE_DIR: dataDir },
  })
  try {
    const ask = await checkRotation(server)
    assert.deepEqual(await keyStoreOf(server), [200, { status: 'healthy', store: 'keyfile' }])
    for (const file of readdirSync(dataDir)) chmodSync(join(dataDir, file), 0o644)
    server.process.kill('SIGHUP')
    await until(() => server.output().includes('signing keys reloaded'), server.output)
    const { status, body } = await ask()
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
    assert.match(body.error_description ?? '', /store of the signing keys cannot be used/)
    await until(() => server.output().includes('Run: chmod 600'), server.output)
    for (const file of readdirSync(dataDir)) chmodSync(join(dataDir, file), 0o600)
    assert.equal((await ask()).status, 200)
  } finally {
    await server.stop()
  }
})

test('a server with keys in Transit signs and rotates, and waits for a Vault that is away', async () => {
  const transit = await startTransit()
  const server = await startServer({
    env: {
      COUNTERSIGN_KEY_STORE: 'vault_transit',
      COUNTERSIGN_VAULT_ADDRESS: transit.url,
      COUNTERSIGN_VAULT_ROLE_ID: TRANSIT_ROLE.roleId,
      COUNTERSIGN_VAULT_SECRET_ID: TRANSIT_ROLE.secretId,
    },
  })
  try {
    const ask = await checkRotation(server)
    const before = transit.keys().length
    await server.api('POST', '/v1/realms/default/keys/rotate', {})
    await server.api('POST', '/v1/realms/default/keys/rotate', {})
    assert.equal(transit.keys().length, before, 'a rotation that is only scheduled leaves no key behind')
    transit.seal(true)
    const { status, body } = await ask()
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
    const rotation = await server.call('POST', '/v1/realms/default/keys/rotate', { body: { immediate: true } })
    assert.equal(rotation.status, 503)
    assert.equal((await fetch(`${server.url}/.well-known/jwks.json`)).status, 200)
    await until(async () => (await keyStoreOf(server))[0] === 503, server.output)
    assert.equal((await fetch(`${server.adminUrl}/health/ready`)).status, 200)
    transit.seal(false)
    assert.equal((await ask()).status, 200)
    assert.ok(!server.output().includes(TRANSIT_ROLE.secretId) && !server.output().includes('hvs.'))
  } finally {
    await server.stop()
    await transit.close()
  }
})

testWith(['softhsm2'], 'a server with keys on a PKCS#11 token signs and rotates', async () => {
  const { env, settings } = softHsm(join(folder, 'hsm'))
  const server = await startServer({
    env: {
      ...env,
      COUNTERSIGN_KEY_STORE: 'pkcs11',
      COUNTERSIGN_PKCS11_MODULE: settings.pkcs11Module,
      COUNTERSIGN_PKCS11_TOKEN_LABEL: settings.pkcs11TokenLabel,
      COUNTERSIGN_PKCS11_PIN: settings.pkcs11Pin,
    },
  })
  try {
    const ask = await checkRotation(server)
    const many = await Promise.all(Array.from({ length: 40 }, ask))
    assert.ok(many.every(({ status }) => status === 200))
  } finally {
    await server.stop()
  }
})
