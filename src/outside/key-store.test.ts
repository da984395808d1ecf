// Checks every store of signing keys with real parts: files, a PKCS#11 token of SoftHSM, and Transit over HTTP.
import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type KeyStore, SIGNING_ALGORITHMS } from '#domain/outside.ts'
import { testWith } from '#testing/real-parts.ts'
import { softHsm } from '#testing/softhsm.ts'
import { ROOT_TOKEN, startTransit, TRANSIT_ROLE } from '#testing/transit.ts'
import { until } from '#testing/until.ts'
import { createCrypto } from './crypto.ts'
import { openKeyStore } from './key-store.ts'
import type { KeyStoreSettings } from './key-store-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'))
after(() => rmSync(folder, { recursive: true }))

const masterKey = randomBytes(32)
const unset = {
  keyStore: 'database',
  keyStoreDir: join(folder, 'absent'),
  vaultAddress: undefined,
  vaultNamespace: undefined,
  vaultToken: undefined,
  vaultRoleId: undefined,
  vaultSecretId: undefined,
  vaultApproleMount: 'approle',
  vaultTransitMount: 'transit',
  vaultKeyPrefix: 'countersign-',
  pkcs11Module: undefined,
  pkcs11TokenLabel: undefined,
  pkcs11Pin: undefined,
} as const satisfies KeyStoreSettings

/** Opens the stores; what the operator would be told is in the list. */
async function open(settings: Partial<KeyStoreSettings>): Promise<{ keys: KeyStore; told: string[] }> {
  const told: string[] = []
  const keys = await openKeyStore(
    { ...unset, ...settings },
    { away: (store, { reason }) => told.push(`${store} ${reason}`), back: (store) => told.push(`${store} back`) },
  )
  return { keys: createCrypto({ masterKey, keys }).keys, told }
}

/** Makes a key of each algorithm, and verifies what it signs. @returns the handles */
async function checkStore(keys: KeyStore): Promise<string[]> {
  const handles: string[] = []
  for (const algorithm of SIGNING_ALGORITHMS) {
    const { publicJwk, handle } = await keys.generate(algorithm)
    assert.deepEqual([publicJwk.alg, publicJwk.use], [algorithm, 'sig'])
    const sign = await keys.signer(handle, algorithm)
    const inputs = Array.from({ length: 20 }, (_, at) => `header.${at}`)
    const signatures = await Promise.all(inputs.map(sign))
    const key = createPublicKey({ key: publicJwk as object, format: 'jwk' })
    for (const [at, input] of inputs.entries()) {
      const signature = signatures[at] as Uint8Array
      const digest = algorithm === 'EdDSA' ? null : 'sha256'
      assert.ok(verify(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature), algorithm)
    }
    handles.push(handle)
  }
  return handles
}

const unavailable = { code: 'temporarily_unavailable' }

test('keys in files sign, only the owner can read them, and a file that is put right is read again', async () => {
  const keyStoreDir = join(folder, 'files')
  const { keys, told } = await open({ keyStore: 'keyfile', keyStoreDir })
  const [handle = ''] = await checkStore(keys)
  const files = readdirSync(keyStoreDir)
  assert.equal(files.length, 3)
  for (const file of files) assert.equal(statSync(join(keyStoreDir, file)).mode & 0o777, 0o600)
  assert.equal(statSync(keyStoreDir).mode & 0o777, 0o700)
  assert.deepEqual(await keys.check(), { healthy: true })

  const file = join(keyStoreDir, `${handle.replace('keyfile:', '')}.pem`)
  const again = await keys.signer(handle, 'ES256')
  chmodSync(file, 0o644)
  await assert.rejects(async () => again('a.b'), unavailable)
  assert.deepEqual(told, ['keyfile exposed'])
  chmodSync(file, 0o600)
  const pem = readFileSync(file)
  writeFileSync(file, 'nonsense')
  await assert.rejects(async () => again('a.b'), unavailable)
  writeFileSync(file, pem)
  assert.equal((await again('a.b')).length, 64)
  assert.deepEqual(told, ['keyfile exposed', 'keyfile back'])
  await keys.remove(handle)
  assert.equal(readdirSync(keyStoreDir).length, 2)
  const gone = await keys.signer(handle, 'ES256')
  await assert.rejects(async () => gone('a.b'), unavailable)
  const elsewhere = await keys.signer('keyfile:../../etc/passwd', 'ES256')
  await assert.rejects(async () => elsewhere('a.b'), unavailable)
})

test('keys in Transit sign in batches, and never leave it', async () => {
  const transit = await startTransit()
  try {
    const { roleId: vaultRoleId, secretId: vaultSecretId } = TRANSIT_ROLE
    const settings = { keyStore: 'vault_transit', vaultAddress: transit.url, vaultRoleId, vaultSecretId } as const
    const { keys, told } = await open(settings)
    const [handle = ''] = await checkStore(keys)
    assert.equal(transit.keys().length, 3)
    assert.ok(transit.keys().every((name) => name.startsWith('countersign-')))
    const signatures = transit.requests.filter((line) => line.includes('/sign/'))
    assert.ok(signatures.length < 15, `${signatures.length} requests for 60 signatures`)

    const sign = await keys.signer(handle, 'ES256')
    transit.endTokens()
    assert.equal((await sign('a.b')).length, 64, 'a token that ended is replaced')
    transit.seal(true)
    await assert.rejects(async () => sign('a.b'), unavailable)
    assert.deepEqual(await keys.check(), { healthy: false, reason: 'unreachable' })
    await assert.rejects(keys.generate('ES256'), unavailable)
    transit.seal(false)
    assert.equal((await sign('a.b')).length, 64)
    assert.deepEqual(told, ['vault_transit unreachable', 'vault_transit back'])
    await keys.remove(handle)
    assert.equal(transit.keys().length, 2)
    await assert.rejects(async () => sign('a.b'), unavailable)

    const wrong = await open({ ...settings, vaultSecretId: 'wrong' })
    await assert.rejects(wrong.keys.generate('ES256'), unavailable)
    assert.deepEqual(wrong.told, ['vault_transit refused'])
  } finally {
    await transit.close()
  }
})

test('a token of Vault is renewed before it ends; one without an end is used as it is', async () => {
  const transit = await startTransit({ leaseSeconds: 2 })
  try {
    const { roleId: vaultRoleId, secretId: vaultSecretId } = TRANSIT_ROLE
    const { keys } = await open({ keyStore: 'vault_transit', vaultAddress: transit.url, vaultRoleId, vaultSecretId })
    const { handle } = await keys.generate('ES256')
    const sign = await keys.signer(handle, 'ES256')
    await until(async () => {
      await sign('a.b')
      return transit.requests.filter((line) => line.endsWith('/renew-self')).length >= 2
    }, String)
    assert.equal(transit.requests.filter((line) => line.endsWith('/login')).length, 1)
    const root = await open({ keyStore: 'vault_transit', vaultAddress: transit.url, vaultToken: ROOT_TOKEN })
    assert.equal((await (await root.keys.signer(handle, 'ES256'))('a.b')).length, 64)
  } finally {
    await transit.close()
  }
})

testWith(['softhsm2'], 'keys on a PKCS#11 token sign, and never leave it', async () => {
  const hsm = softHsm(join(folder, 'hsm'))
  const { keys, told } = await open({ keyStore: 'pkcs11', ...hsm.settings })
  const [handle = ''] = await checkStore(keys)
  assert.deepEqual(await keys.check(), { healthy: true })
  await keys.remove(handle)
  const gone = await keys.signer(handle, 'ES256')
  await assert.rejects(async () => gone('a.b'), unavailable)
  assert.deepEqual(told, ['pkcs11 missing'])
  const wrong = await open({ keyStore: 'pkcs11', ...hsm.settings, pkcs11TokenLabel: 'another' })
  await assert.rejects(wrong.keys.generate('ES256'), unavailable)
  await assert.rejects(open({ keyStore: 'pkcs11', ...hsm.settings, pkcs11Module: '/nowhere.so' }), /pkcs11_module/)
})

test('a key of a store that is not configured any more is told as such, and all others sign', async () => {
  const keyStoreDir = join(folder, 'earlier')
  const files = await open({ keyStore: 'keyfile', keyStoreDir })
  const old = await files.keys.generate('ES256')
  const now = await open({ keyStoreDir })
  assert.equal(now.keys.name, 'database')
  assert.equal((await (await now.keys.signer(old.handle, 'ES256'))('a.b')).length, 64)
  const without = await open({})
  const sign = await without.keys.signer(old.handle, 'ES256')
  await assert.rejects(async () => sign('a.b'), /a store that is not configured any more/)
  const own = await without.keys.generate('ES256')
  assert.equal((await (await without.keys.signer(own.handle, 'ES256'))('a.b')).length, 64)
})
