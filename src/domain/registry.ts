// The registry: a bounded cache of the realms, clients, resources and keys from which tokens are issued. Entries are
// read at first use and removed when an event reports a change.
import { LRUCache } from 'lru-cache'
import type { Commit } from '#database/database.ts'
import type { EventTable } from '#database/tables/log.ts'
import type { Branding } from './branding/branding.ts'
import type { RegisteredClient } from './client/client.ts'
import type { Clock, PublicJwk, SigningAlgorithm } from './outside.ts'
import type { ProxiedSite, RealmRules } from './proxy/proxied-site.ts'
import type { ProxySite } from './proxy-site/proxy-site.ts'
import type { RealmWithStatus } from './realm/realm.store.ts'
import { platformApi } from './resource/platform-api.ts'
import type { Resource } from './resource/resource.ts'
import type { Settings } from './settings.ts'
import type { IssuerTrust } from './trusted-issuer/trusted-issuer.ts'

/** An active key. */
export interface Signer {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** When every copy of the JWKS has the key. Milliseconds since 1970. */
  readonly readyAt: number
  /** Signs a JWS signing input. */
  readonly sign: (input: string) => Uint8Array | Promise<Uint8Array>
}

/** The keys of a realm. The key ring itself signs with the realm's first algorithm. */
export interface KeyRing extends Signer {
  /** The active key of each algorithm of the realm. */
  readonly signers: ReadonlyMap<SigningAlgorithm, Signer>
  /** All public keys that a verifier may need: next, active and retiring. */
  readonly published: readonly PublicJwk[]
}

/** The source of entries that are not in the cache. */
export interface RegistrySource {
  realmByIssuerId(issuerId: string): Promise<RealmWithStatus | undefined>
  realmByHost(host: string): Promise<RealmWithStatus | undefined>
  realmById(id: string): Promise<RealmWithStatus | undefined>
  client(tenantId: string, realmId: string, clientId: string): Promise<RegisteredClient | undefined>
  clientOrigins(tenantId: string, realmId: string): Promise<ReadonlySet<string>>
  resources(tenantId: string): Promise<Resource[]>
  branding(tenantId: string, ownerId: string): Promise<Branding>
  trustedIssuers(tenantId: string, realmId: string): Promise<IssuerTrust[]>
  proxySite(host: string): Promise<ProxySite | undefined>
  proxyRules(tenantId: string, realmId: string): Promise<RealmRules>
  keyRing(tenantId: string, realmId: string): Promise<KeyRing | undefined>
}

export interface Registry {
  readonly settings: Settings
  realmByIssuerId(issuerId: string): Promise<RealmWithStatus | undefined>
  /** @param host a custom domain, without a port */
  realmByHost(host: string): Promise<RealmWithStatus | undefined>
  realmById(id: string): Promise<RealmWithStatus | undefined>
  /** @param clientId the `client_id` */
  client(tenantId: string, realmId: string, clientId: string): Promise<RegisteredClient | undefined>
  /** The web origins that the clients of a realm list. */
  clientOrigins(tenantId: string, realmId: string): Promise<ReadonlySet<string>>
  /** A tenant’s resources by identifier, including the admin API. */
  resources(tenantId: string): Promise<ReadonlyMap<string, Resource>>
  /** The trusted issuers of a realm by `iss`. */
  trustedIssuers(tenantId: string, realmId: string): Promise<ReadonlyMap<string, IssuerTrust>>
  /** The site of the database at a host, and its rules. @param host as `hostOf` has it */
  proxiedSite(host: string): Promise<ProxiedSite | undefined>
  keyRing(tenantId: string, realmId: string): Promise<KeyRing | undefined>
  /** What was given for a client or an organization; empty for nothing. */
  branding(tenantId: string, ownerId: string): Promise<Branding>
  /** Has sites of the proxy read again. */
  forgetSites(): void
  /** The enabled rules of a realm. */
  realmRules(tenantId: string, realmId: string): Promise<RealmRules>
  /** How many rules of sites are loaded. */
  loadedSiteRules(): number
  /** Removes the entries that a commit may have changed, then calls the listeners. */
  onCommit(commit: Commit): void
  /** Calls a listener after every commit. Returns a function that ends this. */
  subscribe(listener: (commit: Commit) => void): () => void
}

const ENTRIES = 20_000
const HOSTS = 1000
const BRANDINGS = 1000
/** Rules of the proxy. */
const RULES = 200_000

/** Creates a registry that reads missing entries from a source. */
export function openRegistry(settings: Settings, source: RegistrySource, clock: Clock): Registry {
  const realms = cacheOf<RealmWithStatus>()
  const clients = cacheOf<RegisteredClient>()
  const origins = cacheOf<ReadonlySet<string>>()
  const resources = cacheOf<ReadonlyMap<string, Resource>>()
  const keyRings = cacheOf<KeyRing>()
  const issuers = cacheOf<ReadonlyMap<string, IssuerTrust>>()
  // Unknown hosts are cached too, because otherwise every request to an unknown name would query the database. They
  // have a small cache of their own.
  const hosts = cacheOf<{ found: RealmWithStatus | undefined }>(HOSTS)
  const brandings = cacheOf<Branding>(BRANDINGS)
  const sites = siteMemory(source)
  const every = [realms, hosts, sites, clients, origins, resources, keyRings, brandings, issuers]
  const listeners = new Set<(commit: Commit) => void>()
  const forgetRealms = () => {
    for (const memory of [realms, hosts]) memory.forgetAll()
  }
  // The clients of a partner's applications depend on it as well.
  const forgetPartner = () => {
    forgetRealms()
    clients.forgetAll()
    origins.forgetAll()
  }
  const forgetClient = ({ realm_id: realmId, data }: EventTable) => {
    clients.forget(`${realmId} ${JSON.parse(data).clientId}`)
    if (realmId !== null) origins.forget(realmId)
  }
  // The entries that events of a noun remove. Missing entries are not cached, so events about new objects remove
  // nothing.
  const untrue: Readonly<Record<string, (event: EventTable) => void>> = {
    partner: forgetPartner,
    tenant: ({ type }) => type !== 'tenant.created' && forgetRealms(),
    realm: ({ type }) => type !== 'realm.created' && forgetRealms(),
    organization: ({ type }) => type === 'organization.deleted' && brandings.forgetAll(),
    branding: () => {
      forgetRealms()
      brandings.forgetAll()
    },
    key: ({ realm_id: realmId }) => realmId !== null && keyRings.forget(realmId),
    ...sites.untrue,
    trusted_issuer: ({ realm_id: realmId }) => realmId !== null && issuers.forget(realmId),
    client: forgetClient,
    agent: forgetClient,
    resource: ({ tenant_id: tenantId }) => resources.forget(tenantId),
  }
  const forget = (commit: Commit) => {
    if ('missed' in commit) for (const memory of every) memory.forgetAll()
    else for (const event of commit.events) untrue[event.type.slice(0, event.type.indexOf('.'))]?.(event)
  }
  return {
    settings,
    realmByIssuerId: (issuerId) => realms.get(`i:${issuerId}`, () => source.realmByIssuerId(issuerId)),
    realmByHost: async (host) =>
      (await hosts.get(host, async () => ({ found: await source.realmByHost(host) })))?.found,
    realmById: (id) => realms.get(`r:${id}`, () => source.realmById(id)),
    ...sites.answers,
    client: (tenantId, realmId, clientId) =>
      clients
        .get(`${realmId} ${clientId}`, () => source.client(tenantId, realmId, clientId))
        .then((client) => asOf(client, clock.now())),
    clientOrigins: (tenantId, realmId) => origins.get(realmId, () => source.clientOrigins(tenantId, realmId)),
    resources: (tenantId) =>
      resources.get(tenantId, async () => {
        const platform = platformApi(settings, tenantId)
        return byIdentifier([platform, ...(await source.resources(tenantId)).filter(isNot(platform))])
      }),
    branding: (tenantId, ownerId) => brandings.get(`${tenantId} ${ownerId}`, () => source.branding(tenantId, ownerId)),
    trustedIssuers: (tenantId, realmId) =>
      issuers.get(realmId, async () => {
        const all = await source.trustedIssuers(tenantId, realmId)
        return new Map(all.map((trust) => [trust.issuer, trust]))
      }),
    keyRing: (tenantId, realmId) => keyRings.get(realmId, () => source.keyRing(tenantId, realmId)),
    onCommit(commit) {
      forget(commit)
      for (const listener of listeners) listener(commit)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The sites of the proxy, and the rules of realms. As for hosts of realms, unknown ones are kept too. */
function siteMemory(source: Pick<RegistrySource, 'proxySite' | 'proxyRules'>) {
  const sites = cacheOf<{ found: ProxySite | undefined }>(HOSTS)
  const rules = ruleMemory(source)
  return {
    forgetAll() {
      sites.forgetAll()
      rules.forgetAll()
    },
    untrue: {
      proxy_site: () => sites.forgetAll(),
      proxy_rule: ({ realm_id: realmId }: EventTable) => realmId !== null && rules.forget(realmId),
    },
    answers: {
      proxiedSite: async (host: string): Promise<ProxiedSite | undefined> => {
        const site = (await sites.get(host, async () => ({ found: await source.proxySite(host) })))?.found
        return site && { site, rules: (await rules.get(site.tenantId, site.realmId)).of(site.applicationId) }
      },
      realmRules: rules.get,
      forgetSites() {
        sites.forgetAll()
        rules.forgetAll()
      },
      loadedSiteRules: rules.count,
    },
  }
}

/** The rules of realms, each rule once. Those of realms that were asked for longest ago go first. */
function ruleMemory(source: Pick<RegistrySource, 'proxyRules'>) {
  const loaded = new LRUCache<string, RealmRules>({ maxSize: RULES, sizeCalculation: ({ count }) => count + 1 })
  const loading = new Map<string, Promise<RealmRules>>()
  return {
    async get(tenantId: string, realmId: string): Promise<RealmRules> {
      const known = loaded.get(realmId) ?? loading.get(realmId)
      if (known) return known
      const reading = source.proxyRules(tenantId, realmId)
      loading.set(realmId, reading)
      // Rules that changed meanwhile are not kept.
      const isCurrent = () => loading.get(realmId) === reading && loading.delete(realmId)
      reading.then((rules) => isCurrent() && loaded.set(realmId, rules), isCurrent)
      return reading
    },
    forget(realmId: string) {
      loaded.delete(realmId)
      loading.delete(realmId)
    },
    forgetAll() {
      loaded.clear()
      loading.clear()
    },
    /** How many rules are loaded. */
    count: () => loaded.calculatedSize - loaded.size,
  }
}

/** A client as it is at a time: that of an agent that expired is suspended, though no event said so. */
function asOf(client: RegisteredClient | undefined, now: number): RegisteredClient | undefined {
  const expiresAt = client?.agent?.expiresAt ?? null
  return client && expiresAt !== null && expiresAt <= now ? { ...client, status: 'suspended' } : client
}

/** Whether a resource has no name in common with another one. */
function isNot({ identifier, slug }: Resource): (other: Resource) => boolean {
  return (other) => other.identifier !== identifier && other.slug !== slug
}

function byIdentifier(resources: Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.map((resource) => [resource.identifier, resource]))
}

/**
 * A bounded cache of promises. Concurrent readers share one query, and an entry that is removed during its query is not
 * added again. Missing objects are not cached: the answer "unknown" could become wrong, and attackers could fill the
 * cache with names that do not exist.
 */
export function cacheOf<Value extends object>(max = ENTRIES) {
  const cache = new LRUCache<string, Promise<Value | undefined>>({ maxSize: max, sizeCalculation: () => 1 })
  return {
    get<Read extends Value | undefined>(key: string, read: () => Promise<Read>): Promise<Read> {
      const remembered = cache.get(key)
      if (remembered) return remembered as Promise<Read>
      const reading = read()
      cache.set(key, reading)
      const drop = () => {
        if (cache.peek(key) === reading) cache.delete(key)
      }
      reading.then((value) => value === undefined && drop(), drop)
      return reading
    },
    forget: (key: string) => void cache.delete(key),
    forgetAll: () => cache.clear(),
  }
}
