// Owns which store makes the signing keys, and finds the store of a key by its handle.
import { existsSync } from 'node:fs'
import type { KeyStore, KeyStoreName, KeyStoreState } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { createFileKeys } from './file-keys.ts'
import type { KeyStoreSettings } from './key-store-settings.ts'
import { createLocalKeys, type Sealer, type Sign } from './local-keys.ts'
import { KeyStoreError, type OutsideKeys } from './outside-keys.ts'
import { createPkcs11Keys } from './pkcs11-keys.ts'
import { createTransitKeys } from './transit-keys.ts'

/** Is told when a store fails, and when it works again. */
export interface KeyStoreWatcher {
  away(store: KeyStoreName, error: KeyStoreError): void
  back(store: KeyStoreName): void
}

/** How the handles of each store begin. All others are of the database. */
const PREFIXES = { keyfile: 'keyfile:', vault_transit: 'vault:', pkcs11: 'pkcs11:' } as const
type Outside = keyof typeof PREFIXES

/** How long the result of a check is used again, in milliseconds: anybody can ask for the health. */
const CHECK_AGE = 5000

/**
 * Opens the stores that are configured. New keys are made in the one of `key_store`; the keys in the others sign until
 * they are rotated.
 * @throws ConfigurationError if a store cannot be used with these settings
 */
export async function openKeyStore(
  settings: KeyStoreSettings,
  watcher: KeyStoreWatcher,
): Promise<(sealer: Sealer) => KeyStore> {
  const outside = await openOutside(settings)
  const watched = Object.fromEntries(
    Object.entries(outside).map(([name, store]) => [name, watch(name as Outside, store, watcher)]),
  )
  return (sealer) => routed(settings.keyStore, { database: createLocalKeys(sealer), ...watched })
}

type Stores = { readonly database: KeyStore } & { readonly [Name in Outside]?: KeyStore }

async function openOutside(settings: KeyStoreSettings): Promise<{ readonly [Name in Outside]?: OutsideKeys }> {
  const { keyStore, keyStoreDir, vaultAddress, pkcs11Module } = settings
  const pkcs11 = pkcs11Module === undefined ? undefined : await createPkcs11Keys({ ...settings, pkcs11Module })
  return {
    ...((keyStore === 'keyfile' || existsSync(keyStoreDir)) && { keyfile: createFileKeys(keyStoreDir) }),
    ...(vaultAddress !== undefined && { vault_transit: createTransitKeys({ ...settings, vaultAddress }) }),
    ...(pkcs11 && { pkcs11 }),
  }
}

/** Makes failures of a store ones that callers get, and tells the operator of the first one and of the end. */
function watch(name: Outside, store: OutsideKeys, watcher: KeyStoreWatcher): KeyStore {
  let isAway = false
  const watched = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    try {
      const value = await work()
      if (isAway) watcher.back(name)
      isAway = false
      return value
    } catch (error) {
      if (!(error instanceof KeyStoreError)) throw error
      if (error.reason === 'unsupported') throw new Failure('invalid_request', error.message)
      if (!isAway) watcher.away(name, error)
      isAway = true
      throw new Failure('temporarily_unavailable', 'The store of the signing keys cannot be used now. Try again later.')
    }
  }
  const prefix = PREFIXES[name]
  const ownHandle = (handle: string) => handle.slice(prefix.length)
  const check = async (): Promise<KeyStoreState> => {
    let reason: string | undefined
    await watched(async () => {
      await store.check().catch((error) => {
        if (error instanceof KeyStoreError) reason = error.reason
        throw error
      })
    }).catch(() => {
      reason ??= 'failed'
    })
    return reason === undefined ? { healthy: true } : { healthy: false, reason }
  }
  return {
    name,
    generate: async (algorithm) => {
      const { publicJwk, handle } = await watched(() => store.generate(algorithm))
      return { publicJwk, handle: prefix + handle }
    },
    signer: async (handle, algorithm) => {
      const sign = await store.signer(ownHandle(handle), algorithm)
      return (input) => watched(() => sign(input))
    },
    remove: (handle) => watched(() => store.remove(ownHandle(handle))).catch(() => {}),
    check: keptFor(CHECK_AGE, check),
  }
}

/** A signature needs nothing of this: the function that signs is that of the store. */
function routed(name: KeyStoreName, stores: Stores): KeyStore {
  const first = stores[name]
  if (!first) throw new Error(`The store ${name} is not open.`)
  /** Undefined for a store that is not configured any more. */
  const storeOf = (handle: string): KeyStore | undefined => {
    const owner = (Object.keys(PREFIXES) as Outside[]).find((each) => handle.startsWith(PREFIXES[each]))
    return stores[owner ?? 'database']
  }
  return {
    name,
    generate: first.generate,
    signer: async (handle, algorithm) => storeOf(handle)?.signer(handle, algorithm) ?? notConfigured,
    remove: async (handle) => storeOf(handle)?.remove(handle),
    check: first.check,
  }
}

const notConfigured: Sign = async () => {
  throw new Failure('temporarily_unavailable', 'The signing key is in a store that is not configured any more.')
}

/** A function whose result is used again for some time, also by callers who come while it works. */
function keptFor<Value>(milliseconds: number, work: () => Promise<Value>): () => Promise<Value> {
  let kept: { readonly at: number; readonly value: Promise<Value> } | undefined
  return () => {
    const now = performance.now()
    if (kept && now - kept.at < milliseconds) return kept.value
    kept = { at: now, value: work() }
    return kept.value
  }
}
