// Owns cryptography: digests, MACs, encryption of secrets, password hashes and signing keys.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Crypto, KeyStore } from '#domain/outside.ts'
import { agreementKeys } from './agreement-key.ts'
import { hasRsaKey, readCertificate } from './certificate.ts'
import { isAuthority } from './client-certificate.ts'
import { deriveKey, type KeyUse, macWith } from './derived-key.ts'
import { disguiseId, revealId } from './disguised-id.ts'
import { thumbprintOf } from './jwk.ts'
import { createLocalKeys, type Sealer } from './local-keys.ts'
import { createPasswords, type PasswordCost } from './password.ts'
import { makeKeyWithCertificate, openEnvelope, signWithKey } from './private-key.ts'
import { createPublicKeyVerifier, isPublicKey } from './public-key.ts'

const SEAL_VERSION = 'v1.'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const DERIVED_KEYS = 1024

export interface CryptoOptions {
  /** 32 bytes; the keys that encrypt are derived from it. */
  readonly masterKey: Uint8Array
  /** The master key before, which still decrypts. */
  readonly oldMasterKey?: Uint8Array | undefined
  /** 32 bytes; all other keys are derived from it. By default the master key. */
  readonly rootKey?: Uint8Array
  /** The cost of a password hash. */
  readonly passwordCost?: PasswordCost
  /** Makes the store of signing keys; by default they are encrypted in the database. */
  readonly keys?: (sealer: Sealer) => KeyStore
}

/** The cryptographic functions of the context. @throws RangeError if the master key does not have 32 bytes */
export function createCrypto(options: CryptoOptions): Crypto {
  const rootKey = createSecretKey(options.rootKey ?? options.masterKey)
  const derive = deriver(rootKey)
  const passwords = createPasswords(options.passwordCost)
  const sealer = createSealer(options)

  return {
    digest: (text) => hash('sha256', text, 'base64url'),
    digest512: (text) => hash('sha512', text, 'base64url'),
    equal: (left, right) => {
      const [one, other] = [Buffer.from(left), Buffer.from(right)]
      return one.length === other.length ? timingSafeEqual(one, other) : !timingSafeEqual(one, one)
    },
    mac: (purpose, text) => macWith(derive('mac', purpose), text),
    hmac: (secret, text) => createHmac('sha256', secret).update(text).digest('hex'),
    ...sealer,
    disguiseId: (purpose, id) => disguiseId(derive('disguise', purpose), id),
    revealId: (purpose, text) => revealId(derive('disguise', purpose), text),
    hashPassword: passwords.hash,
    verifyPassword: passwords.verify,
    needsRehash: passwords.needsRehash,
    readCertificate,
    hasRsaKey,
    isAuthority,
    verifyByKey: createPublicKeyVerifier(),
    isPublicKey,
    thumbprint: thumbprintOf,
    ...agreementKeys(rootKey),
    ...{ signWithKey, makeKeyWithCertificate, openEnvelope },
    keys: (options.keys ?? createLocalKeys)(sealer),
  }
}

/** Encrypts with the master key, and decrypts also with the one before. @throws RangeError if a key does not have 32 bytes */
export function createSealer({ masterKey, oldMasterKey }: Pick<CryptoOptions, 'masterKey' | 'oldMasterKey'>) {
  for (const key of [masterKey, oldMasterKey]) {
    if (key && key.length !== 32) throw new RangeError('A master key has 32 bytes.')
  }
  const derive = deriver(createSecretKey(masterKey))
  const deriveOld = oldMasterKey && deriver(createSecretKey(oldMasterKey))
  const openOld = (purpose: string, sealed: string) => {
    if (!deriveOld) throw unopened(purpose)
    return open(deriveOld('seal', purpose), purpose, sealed)
  }
  const sealer = {
    seal: (purpose: string, text: string) => seal(derive('seal', purpose), purpose, text),
    open: (purpose: string, sealed: string) => {
      if (!deriveOld) return open(derive('seal', purpose), purpose, sealed)
      return attempt(() => open(derive('seal', purpose), purpose, sealed)) ?? openOld(purpose, sealed)
    },
    reseal: (purpose: string, sealed: string) => {
      if (attempt(() => open(derive('seal', purpose), purpose, sealed)) !== undefined) return sealed
      const text = attempt(() => openOld(purpose, sealed))
      return text === undefined ? undefined : sealer.seal(purpose, text)
    },
  }
  return sealer
}

/** The result; undefined where it throws. */
function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Derives keys by use and purpose, and caches them. */
function deriver(masterKey: KeyObject): (use: KeyUse, purpose: string) => KeyObject {
  const derived = new LRUCache<string, KeyObject>({ max: DERIVED_KEYS })
  return (use, purpose) => {
    const name = `${use} ${purpose}`
    const known = derived.get(name)
    if (known) return known
    const key = deriveKey(masterKey, use, purpose)
    derived.set(name, key)
    return key
  }
}

/** `v1.` and the base64url of nonce, tag and ciphertext. The nonce is random: 2³² texts per purpose are safe (SP 800-38D §8.3). */
function seal(key: KeyObject, purpose: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(SEAL_VERSION + purpose))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return SEAL_VERSION + Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')
}

function open(key: KeyObject, purpose: string, sealed: string): string {
  const encoded = sealed.slice(SEAL_VERSION.length)
  const bytes = Buffer.from(encoded, 'base64url')
  const ours = sealed.startsWith(SEAL_VERSION) && bytes.toString('base64url') === encoded
  if (!ours || bytes.length < NONCE_BYTES + TAG_BYTES) throw unopened(purpose)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(SEAL_VERSION + purpose))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    throw unopened(purpose)
  }
}

const unopened = (purpose: string) =>
  new Error(`An encrypted ${purpose} cannot be decrypted: it was changed, or encrypted with another master key.`)
