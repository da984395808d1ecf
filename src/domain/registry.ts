// What the issuing path knows without asking the database: realms, clients, resources and keys, read when first needed
// and forgotten when an event says that they changed. Bounded, so that ten thousand realms cost what is used of them.
import { LRUCache } from 'lru-cache'
import type { Commit } from '#database/database.ts'
import type { EventTable } from '#database/tables/log.ts'
import type { RegisteredClient } from './client/client.ts'
import type { PublicJwk } from './outside.ts'
import type { FoundRealm } from './realm/realm.store.ts'
import { platformApi } from './resource/platform-api.ts'
import type { Resource } from './resource/resource.ts'
import type { Settings } from './settings.ts'

/** What a realm signs with and publishes. */
export interface KeyRing {
  readonly kid: string
  readonly algorithm: string
  /** Signs a JWS signing input. */
  readonly sign: (input: string) => Uint8Array | Promise<Uint8Array>
  /** Everything a verifier may need: next, active and retiring. */
  readonly published: readonly PublicJwk[]
}

/** Where the registry gets what it does not know. */
export interface RegistrySource {
  realmByIssuerId(issuerId: string): Promise<FoundRealm | undefined>
  realmByHost(host: string): Promise<FoundRealm | undefined>
  realmById(id: string): Promise<FoundRealm | undefined>
  client(tenantId: string, realmId: string, clientId: string): Promise<RegisteredClient | undefined>
  resources(tenantId: string): Promise<Resource[]>
  keyRing(tenantId: string, realmId: string): Promise<KeyRing | undefined>
}

export interface Registry {
  readonly settings: Settings
  realmByIssuerId(issuerId: string): Promise<FoundRealm | undefined>
  /** @param host a custom domain, without a port */
  realmByHost(host: string): Promise<FoundRealm | undefined>
  realmById(id: string): Promise<FoundRealm | undefined>
  /** @param clientId the identifier on the wire */
  client(tenantId: string, realmId: string, clientId: string): Promise<RegisteredClient | undefined>
  /** A tenant’s living resources by their identifiers, the admin API among them. */
  resources(tenantId: string): Promise<ReadonlyMap<string, Resource>>
  keyRing(tenantId: string, realmId: string): Promise<KeyRing | undefined>
  /** Forgets what a commit may have changed, then tells who listens. */
  hear(commit: Commit): void
  /** Calls a listener after every commit. Returns a function that ends it. */
  subscribe(listener: (commit: Commit) => void): () => void
}

const ENTRIES = 20_000
const HOSTS = 1000

/** A registry that reads through to a source and keeps what it read until it hears of a change. */
export function openRegistry(settings: Settings, source: RegistrySource): Registry {
  const realms = remembering<FoundRealm>()
  const clients = remembering<RegisteredClient>()
  const resources = remembering<ReadonlyMap<string, Resource>>()
  const keyRings = remembering<KeyRing>()
  // Unknown hosts are remembered too, but apart and few: every request to an unknown name would read otherwise.
  const hosts = remembering<{ found: FoundRealm | undefined }>(HOSTS)
  const every = [realms, hosts, clients, resources, keyRings]
  const listeners = new Set<(commit: Commit) => void>()
  const forgetRealms = () => {
    realms.forgetAll()
    hosts.forgetAll()
  }
  const forgetClient = ({ realm_id: realmId, data }: EventTable) =>
    clients.forget(`${realmId} ${JSON.parse(data).clientId}`)
  // What an event of a noun makes untrue. What was not there is not remembered, so what is made new concerns nobody.
  const untrue: Readonly<Record<string, (event: EventTable) => void>> = {
    partner: forgetRealms,
    tenant: ({ type }) => type !== 'tenant.created' && forgetRealms(),
    realm: ({ type }) => type !== 'realm.created' && forgetRealms(),
    key: ({ realm_id: realmId }) => realmId !== null && keyRings.forget(realmId),
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
    client: (tenantId, realmId, clientId) =>
      clients.get(`${realmId} ${clientId}`, () => source.client(tenantId, realmId, clientId)),
    resources: (tenantId) =>
      resources.get(tenantId, async () => {
        const platform = platformApi(settings, tenantId)
        return byIdentifier([platform, ...(await source.resources(tenantId)).filter(isNot(platform))])
      }),
    keyRing: (tenantId, realmId) => keyRings.get(realmId, () => source.keyRing(tenantId, realmId)),
    hear(commit) {
      forget(commit)
      for (const listener of listeners) listener(commit)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Whether a resource shares no name with another one. */
function isNot({ identifier, slug }: Resource): (other: Resource) => boolean {
  return (other) => other.identifier !== identifier && other.slug !== slug
}

function byIdentifier(resources: Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.map((resource) => [resource.identifier, resource]))
}

/**
 * A bounded memory of what was read. The promise itself is kept, so that many who ask at once cause one read, and that
 * what is forgotten while it is read is not remembered afterwards. What is not there is not remembered: an answer of
 * "unknown" must not outlive the moment, and strangers must not fill the memory with names that are not.
 */
export function remembering<Value extends object>(max = ENTRIES) {
  const known = new LRUCache<string, Promise<Value | undefined>>({ maxSize: max, sizeCalculation: () => 1 })
  return {
    get<Read extends Value | undefined>(key: string, read: () => Promise<Read>): Promise<Read> {
      const remembered = known.get(key)
      if (remembered) return remembered as Promise<Read>
      const reading = read()
      known.set(key, reading)
      const drop = () => {
        if (known.peek(key) === reading) known.delete(key)
      }
      reading.then((value) => value === undefined && drop(), drop)
      return reading
    },
    forget: (key: string) => void known.delete(key),
    forgetAll: () => known.clear(),
  }
}
