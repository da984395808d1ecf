// Owns the connections to the servers that requests are forwarded to: which of them may be reached, and a pool for each.
import { Resolver } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { LRUCache } from 'lru-cache'
import { Pool } from 'undici'
import { guardedLookup } from './network.ts'
import { checkUpstream, isLoopback } from './outbound-url.ts'

export interface UpstreamOptions {
  /** Whether the operator lists an origin: it may then also be internal, and without TLS. */
  readonly isListed: (origin: string) => boolean
  /** Whether loopback addresses are allowed, with HTTP, too. For development and tests. */
  readonly allowLoopback: boolean
  /** The DNS servers for all other names; those of the system by default. */
  readonly dnsServers?: readonly string[]
}

/** The servers that requests are forwarded to. */
export interface Upstreams {
  /**
   * Whether requests may be forwarded to an origin.
   * @throws Failure `unreachable_host` where it is neither listed by the operator nor a public https origin
   */
  check(origin: string): void
  /**
   * The pool of connections to an origin.
   * @param owner for whom: what one owner waits for holds up no other one
   * @throws Failure `unreachable_host` as {@link check}
   */
  pool(origin: string, owner: string): Pool
  /** Ends the pools of an owner, when their requests have ended. */
  drop(owner: string): void
  /** How names are resolved for connections to an origin; undefined for the system’s way. */
  lookup(origin: string): LookupFunction | undefined
  /** Ends the connections of all pools. */
  close(): Promise<void>
}

/** Pools whose connections are kept. The one that was used longest ago is closed first. */
const POOLS = 500
/** The most connections to one upstream. */
const CONNECTIONS = 128
/** Milliseconds until a connection must be there. */
const CONNECT_TIMEOUT = 5000
const KEEP_ALIVE = 30_000
/** Node closes idle connections five seconds after the last request: they must not be used at that moment. */
const KEEP_ALIVE_MARGIN = 1000

/** Opens pools of connections on demand. */
export function createUpstreams(options: UpstreamOptions): Upstreams {
  const { isListed, allowLoopback } = options
  const resolver = new Resolver({ timeout: 1500, tries: 2 })
  if (options.dnsServers && options.dnsServers.length > 0) resolver.setServers(options.dnsServers)
  const guarded = guardedLookup(resolver, allowLoopback)
  const pools = new LRUCache<string, Pool>({
    max: POOLS,
    // Requests under way are finished.
    dispose: (pool) => void pool.close().catch(() => {}),
  })
  const check = (origin: string) => checkUpstream(origin, { isListed, allowLoopback })
  const lookup = (origin: string) => {
    const { hostname } = new URL(origin)
    return isListed(origin) || (allowLoopback && isLoopback(hostname)) ? undefined : guarded
  }
  const pool = (origin: string, owner: string) => {
    const key = `${owner} ${origin}`
    const known = pools.get(key)
    if (known) return known
    check(origin)
    const own = lookup(origin)
    const made = new Pool(origin, {
      connections: CONNECTIONS,
      // One request at a time on a connection: the response to one never waits for another (RFC 9112 §9.3.2).
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN,
      maxHeaderSize: 32 * 1024,
      connect: { timeout: CONNECT_TIMEOUT, ...(own && { lookup: own }) },
    })
    pools.set(key, made)
    return made
  }
  return {
    check,
    pool,
    lookup,
    drop(owner) {
      for (const key of [...pools.keys()]) if (key.startsWith(`${owner} `)) pools.delete(key)
    },
    close: async () => {
      const all = [...pools.values()]
      await Promise.all(all.map((each) => each.destroy().catch(() => {})))
    },
  }
}
