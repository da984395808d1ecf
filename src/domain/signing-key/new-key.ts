import type { KeyStore, Random } from '../outside.ts'
import type { Realm } from '../realm/realm.ts'
import type { SigningKey } from './signing-key.ts'

/** The keys that a new realm starts with: one that signs, and the next one, published from the start. */
export async function firstKeys(keys: KeyStore, random: Random, realm: Realm, now: number): Promise<SigningKey[]> {
  const active = await newKey(keys, random, realm, now)
  const next = await newKey(keys, random, realm, now)
  return [{ ...active, state: 'active', activatedAt: now }, next]
}

/** A key that is published from now on and signs nothing yet. */
export async function newKey(keys: KeyStore, random: Random, realm: Realm, now: number): Promise<SigningKey> {
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
