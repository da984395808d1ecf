// Where the registry gets what it does not know: the database, and the store of private keys.
import type { Database } from '#database/database.ts'
import { clientStore } from './client/client.store.ts'
import type { Crypto } from './outside.ts'
import { findRealmByAddress } from './realm/realm.store.ts'
import type { KeyRing, RegistrySource } from './registry.ts'
import { resourceStore } from './resource/resource.store.ts'
import { signingKeyStore } from './signing-key/signing-key.store.ts'

/** Reads committed state; a realm’s signing key is opened once per ring. */
export function registrySource({ read }: Pick<Database, 'read'>, crypto: Pick<Crypto, 'keys'>): RegistrySource {
  return {
    realmByIssuerId: (value) => findRealmByAddress(read, { column: 'issuer_id', value }),
    realmByHost: (value) => findRealmByAddress(read, { column: 'custom_domain', value }),
    realmById: (value) => findRealmByAddress(read, { column: 'id', value }),
    client: (tenantId, realmId, clientId) => clientStore(read, tenantId).findByClientId(realmId, clientId),
    resources: (tenantId) => resourceStore(read, tenantId).all(),
    async keyRing(tenantId, realmId): Promise<KeyRing | undefined> {
      const keys = await signingKeyStore(read, tenantId).list(realmId)
      const active = keys.find(({ state }) => state === 'active')
      if (!active) return undefined
      const { kid, algorithm, handle } = active
      const sign = await crypto.keys.signer(handle, algorithm)
      return { kid, algorithm, sign, published: keys.map(({ publicJwk }) => publicJwk) }
    },
  }
}
