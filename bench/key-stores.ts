// Measures how long a signature takes in each store of signing keys: node bench/key-stores.ts
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCrypto } from '#outside/crypto.ts'
import { openKeyStore } from '#outside/key-store.ts'
import { softHsm } from '#testing/softhsm.ts'
import { ROOT_TOKEN, startTransit } from '#testing/transit.ts'

const ROUNDS = 500
const AT_ONCE = 32

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-keys-'))
const transit = await startTransit()
const settings = {
  keyStoreDir: join(folder, 'keys'),
  vaultAddress: transit.url,
  vaultNamespace: undefined,
  vaultToken: ROOT_TOKEN,
  vaultRoleId: undefined,
  vaultSecretId: undefined,
  vaultApproleMount: 'approle',
  vaultTransitMount: 'transit',
  vaultKeyPrefix: 'countersign-',
  ...softHsm(join(folder, 'hsm')).settings,
}
const watcher = { away: () => {}, back: () => {} }

console.log(`${cpus()[0]?.model}, ${ROUNDS} signatures one after the other, and ${AT_ONCE} at once\n`)
console.log(
  '| store | algorithm | one: median ms | one: p99 ms | at once: signatures/s |\n| --- | --- | --- | --- | --- |',
)
for (const keyStore of ['database', 'keyfile', 'vault_transit', 'pkcs11'] as const) {
  const { keys } = createCrypto({
    masterKey: randomBytes(32),
    keys: await openKeyStore({ ...settings, keyStore }, watcher),
  })
  for (const algorithm of ['ES256', 'RS256'] as const) {
    const { handle } = await keys.generate(algorithm)
    const sign = await keys.signer(handle, algorithm)
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now()
      await sign(`header.${round}`)
      times.push(performance.now() - begin)
    }
    times.sort((left, right) => left - right)
    const begin = performance.now()
    const caller = async () => {
      for (let round = 0; round < ROUNDS / 10; round++) await sign(`header.${round}`)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, caller))
    const rate = (AT_ONCE * ROUNDS) / 10 / ((performance.now() - begin) / 1000)
    const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(2)
    console.log(`| ${keyStore} | ${algorithm} | ${at(0.5)} | ${at(0.99)} | ${Math.round(rate)} |`)
  }
}
await transit.close()
rmSync(folder, { recursive: true })
process.exit(0)
