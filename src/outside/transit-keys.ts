// Owns the key store of HashiCorp Vault and OpenBao: the secrets engine Transit. Private keys never leave it.
import { createPublicKey, randomUUID } from 'node:crypto'
import type { SigningAlgorithm } from '#domain/outside.ts'
import type { KeyStoreSettings } from './key-store-settings.ts'
import { ed25519PublicKey, publicJwkOf } from './local-keys.ts'
import { KeyStoreError, type OutsideKeys } from './outside-keys.ts'
import { type AskVault, openVault, type VaultSettings } from './vault.ts'

/** The settings of the store. */
export type TransitSettings = VaultSettings & Pick<KeyStoreSettings, 'vaultTransitMount' | 'vaultKeyPrefix'>

const KEY_TYPES = { ES256: 'ecdsa-p256', RS256: 'rsa-2048', EdDSA: 'ed25519' } as const satisfies Record<
  SigningAlgorithm,
  string
>
/** How many signatures one request asks for at most. */
const BATCH_MOST = 64
/** Requests of one key at once. While they are under way, the next signatures are gathered. */
const FLIGHTS = 2

/**
 * The key store in Transit. Each signing key is a key of its own there, with one version; its handle is its name. Signatures
 * that are asked for at the same time share a request.
 */
export function createTransitKeys(settings: TransitSettings): OutsideKeys {
  const ask = openVault(settings)
  const { vaultTransitMount: mount, vaultKeyPrefix } = settings
  return {
    generate: async (algorithm) => {
      const name = `${vaultKeyPrefix}${randomUUID()}`
      await ask('POST', `${mount}/keys/${name}`, { type: KEY_TYPES[algorithm], exportable: false })
      const read = await ask('GET', `${mount}/keys/${name}`)
      const { public_key: text } = (read?.keys as Record<string, { public_key?: string }> | undefined)?.['1'] ?? {}
      if (text === undefined) throw new KeyStoreError('failed', `Vault did not show the public key of ${name}.`)
      return { publicJwk: publicJwkOf(publicKeyOf(text, algorithm), algorithm), handle: name }
    },
    signer: async (name, algorithm) => batched((inputs) => sign(ask, `${mount}/sign/${name}`, algorithm, inputs)),
    remove: async (name) => {
      await ask('POST', `${mount}/keys/${name}/config`, { deletion_allowed: true })
      await ask('DELETE', `${mount}/keys/${name}`)
    },
    check: async () => {
      await ask('GET', 'auth/token/lookup-self')
    },
  }
}

function publicKeyOf(text: string, algorithm: SigningAlgorithm) {
  return algorithm === 'EdDSA' ? ed25519PublicKey(Buffer.from(text, 'base64')) : createPublicKey(text)
}

/** Transit signs each input of a batch; the signatures of ECDSA are R and S, as JWS wants them. */
async function sign(
  ask: AskVault,
  path: string,
  algorithm: SigningAlgorithm,
  inputs: readonly string[],
): Promise<Uint8Array[]> {
  const reply = await ask('POST', path, {
    batch_input: inputs.map((input) => ({ input: Buffer.from(input).toString('base64') })),
    ...(algorithm !== 'EdDSA' && { hash_algorithm: 'sha2-256' }),
    ...(algorithm === 'ES256' && { marshaling_algorithm: 'jws' }),
    ...(algorithm === 'RS256' && { signature_algorithm: 'pkcs1v15' }),
  })
  const results = reply?.batch_results as { signature?: string; error?: string }[] | undefined
  if (!reply || results?.length !== inputs.length) throw new KeyStoreError('missing', `Vault has no key at ${path}.`)
  return results.map(({ signature }) => {
    // vault:v1:…
    const encoded = signature?.split(':')[2]
    if (encoded === undefined) throw new KeyStoreError('failed', `Vault made no signature at ${path}.`)
    return Buffer.from(encoded, 'base64url')
  })
}

/** Gathers what is asked for while requests are under way, and asks for all of it at once. */
function batched(work: (inputs: readonly string[]) => Promise<Uint8Array[]>): (input: string) => Promise<Uint8Array> {
  interface Waiting {
    readonly input: string
    readonly resolve: (signature: Uint8Array) => void
    readonly reject: (error: unknown) => void
  }
  const waiting: Waiting[] = []
  let flights = 0
  const start = async (): Promise<void> => {
    flights++
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH_MOST)
      try {
        const signatures = await work(batch.map(({ input }) => input))
        for (const [at, { resolve }] of batch.entries()) resolve(signatures[at] as Uint8Array)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    flights--
  }
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      // The turn of the event loop may ask for more.
      if (flights < FLIGHTS && waiting.length === 1) setImmediate(start)
    })
}
