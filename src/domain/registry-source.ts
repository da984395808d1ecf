// Reads the data of the registry: from the database, and from the store of private keys.
import type { Database } from '#database/database.ts'
import { brandingStore } from './branding/branding.store.ts'
import { clientStore } from './client/client.store.ts'
import type { Crypto } from './outside.ts'
import { realmRules } from './proxy/proxied-site.store.ts'
import { findSiteByHost } from './proxy-site/proxy-site.store.ts'
import { findRealmByAddress } from './realm/realm.store.ts'
import type { KeyRing, RegistrySource } from './registry.ts'
import { resourceStore } from './resource/resource.store.ts'
import { signingKeyStore } from './signing-key/signing-key.store.ts'
import { trustedIssuerStore } from './trusted-issuer/trusted-issuer.store.ts'

/** Reads committed state. A realm’s signing keys are opened once per key ring. */
export function registrySource({ read }: Pick<Database, 'read'>, crypto: Pick<Crypto, 'keys'>): RegistrySource {
  return {
    realmByIssuerId: (value) => findRealmByAddress(read, { column: 'issuer_id', value }),
    realmByHost: (value) => findRealmByAddress(read, { column: 'custom_domain', value }),
    realmById: (value) => findRealmByAddress(read, { column: 'id', value }),
    client: (tenantId, realmId, clientId) => clientStore(read, tenantId).findByClientId(realmId, clientId),
    clientOrigins: (tenantId, realmId) => clientStore(read, tenantId).origins(realmId),
    resources: (tenantId) => resourceStore(read, tenantId).all(),
    branding: async (tenantId, ownerId) => (await brandingStore(read, tenantId).find(ownerId))?.given ?? {},
    proxySite: (host) => findSiteByHost(read, host),
    proxyRules: (tenantId, realmId) => realmRules(read, tenantId, realmId),
    trustedIssuers: (tenantId, realmId) => trustedIssuerStore(read, tenantId).all(realmId),
    async keyRing(tenantId, realmId): Promise<KeyRing | undefined> {
      const keys = await signingKeyStore(read, tenantId).list(realmId)
      const active = keys.filter(({ state }) => state === 'active')
      const signers = await Promise.all(
        active.map(async ({ kid, algorithm, handle, activatesAt }) => {
          return { kid, algorithm, readyAt: activatesAt ?? 0, sign: await crypto.keys.signer(handle, algorithm) }
        }),
      )
      const [first] = signers
      if (!first) return undefined
      const byAlgorithm = new Map(signers.map((signer) => [signer.algorithm, signer]))
      return { ...first, signers: byAlgorithm, published: keys.map(({ publicJwk }) => publicJwk) }
    },
  }
}
