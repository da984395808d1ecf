// Creates signing keys.
import type { Context, Unit } from '../context.ts'
import type { KeyStore, Random } from '../outside.ts'
import type { Realm } from '../realm/realm.ts'
import { readyAt, type SigningKey } from './signing-key.ts'

/** The realm and the algorithm of new keys. */
export type KeysOf = Pick<Realm, 'id' | 'tenantId' | 'algorithm'>

/** The first keys of a realm: an active one, and a next one, which is published from the start. */
export async function firstKeys(keys: KeyStore, random: Random, realm: KeysOf, now: number): Promise<SigningKey[]> {
  const active = await newKey(keys, random, realm, now)
  const next = await newKey(keys, random, realm, now)
  return [{ ...active, state: 'active', activatedAt: now }, next]
}

/** A new key, which is published but not active. */
export async function newKey(keys: KeyStore, random: Random, realm: KeysOf, now: number): Promise<SigningKey> {
  const { publicJwk, handle } = await keys.generate(realm.algorithm)
  return {
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    kid: publicJwk.kid,
    algorithm: realm.algorithm,
    state: 'next',
    publicJwk,
    handle,
    publishedAt: now,
    activatesAt: null,
    activatedAt: null,
    retiresAt: null,
  }
}

/** Keys of one more algorithm for a realm, ready to be written with {@link insertAlgorithm}. */
export async function keysOfAlgorithm(
  { crypto, random, clock }: Pick<Context, 'crypto' | 'random' | 'clock'>,
  realm: KeysOf & Pick<Realm, 'createdAt'>,
  algorithm: SigningKey['algorithm'],
): Promise<SigningKey[]> {
  const now = clock.now()
  const made = await firstKeys(crypto.keys, random, { ...realm, algorithm }, now)
  const ready = readyAt({ publishedAt: now }, realm.createdAt)
  return made.map((key) => (key.state === 'active' && ready > now ? { ...key, activatesAt: ready } : key))
}

/** Writes the keys of one more algorithm inside a write. @returns whether the realm had none of it */
export async function insertAlgorithm(unit: Unit, made: readonly SigningKey[]): Promise<boolean> {
  const [first] = made
  if (!first) return false
  const known = await unit.signingKeys.list(first.realmId)
  if (known.some(({ algorithm }) => algorithm === first.algorithm)) return false
  // The one that signs goes first: of two processes that add keys at once, one finds that of the other.
  for (const key of made.toSorted((one, other) => Number(other.state === 'active') - Number(one.state === 'active'))) {
    if (!(await unit.signingKeys.insert(key))) return false
    unit.emit('key.created', {
      subject: { type: 'signing_key', id: key.id, label: key.kid },
      realmId: key.realmId,
      data: { kid: key.kid, algorithm: key.algorithm },
    })
  }
  return true
}
