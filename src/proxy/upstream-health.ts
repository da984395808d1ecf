// The breakers of all sites, and the probes of those that have a health path.
import { LRUCache } from 'lru-cache'
import type { Clock } from '#domain/outside.ts'
import { type SiteSettings, siteKey } from '#domain/proxy/proxied-site.ts'
import { stopwatch } from '#outside/stopwatch.ts'
import type { Upstreams } from '#outside/upstreams.ts'
import { Breaker } from './breaker.ts'

export interface HealthOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly upstreams: Upstreams
  /** Failures in a row that open a breaker. */
  readonly failures: number
  /** Milliseconds between two probes, and until an upstream is tried again. */
  readonly every: number
}

const PROBE_TIMEOUT = 3000
/** How long after its last request an upstream is probed, in milliseconds. */
const PROBED_AFTER = 10 * 60_000

/** Sites whose breakers are kept; the one that was asked for longest ago goes first. */
const BREAKERS = 10_000

type Probed = Pick<SiteSettings, 'id' | 'realmId' | 'publicUrl' | 'upstream' | 'healthPath'>

/** Knows at which sites the upstream answers. Each site counts for itself, so that none closes an upstream for another one. */
export class UpstreamHealth {
  readonly #options: HealthOptions
  readonly #breakers = new LRUCache<string, Breaker>({ max: BREAKERS })
  /** The sites that are probed, and when a request last asked for them. */
  readonly #probed = new Map<string, { readonly site: Probed; readonly askedAt: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** The breaker of a site that is asked for. One with a health path is probed from now on. */
  ofSite(site: Probed): Breaker {
    if (site.healthPath !== null) this.#watch(site)
    return this.breaker(site)
  }

  /** The breaker of a site. */
  breaker(site: Probed): Breaker {
    const key = siteKey(site)
    const known = this.#breakers.get(key)
    if (known) return known
    const { clock, failures, every } = this.#options
    const made = new Breaker({ clock, failures, rest: every })
    this.#breakers.set(key, made)
    return made
  }

  /** Forgets a site. @param key its `siteKey` */
  drop(key: string): void {
    this.#breakers.delete(key)
    this.#probed.delete(key)
  }

  #watch(site: Probed): void {
    this.#probed.set(siteKey(site), { site, askedAt: this.#options.clock.now() })
    if (this.#timer) return
    this.#timer = setInterval(() => void this.#probeAll(), this.#options.every)
    this.#timer.unref()
  }

  /** Ends all probes. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#probed.clear()
  }

  async #probeAll(): Promise<void> {
    const since = this.#options.clock.now() - PROBED_AFTER
    for (const [key, { askedAt }] of this.#probed) if (askedAt < since) this.#probed.delete(key)
    await Promise.all([...this.#probed.values()].map(({ site }) => this.#probe(site)))
  }

  async #probe(site: Probed): Promise<void> {
    const { upstream, healthPath } = site
    const breaker = this.breaker(site)
    const took = stopwatch()
    try {
      const { statusCode, body } = await this.#options.upstreams.pool(upstream, siteKey(site)).request({
        ...{ path: healthPath ?? '/', method: 'GET', headersTimeout: PROBE_TIMEOUT, bodyTimeout: PROBE_TIMEOUT },
        signal: AbortSignal.timeout(PROBE_TIMEOUT),
      })
      await body.dump()
      const milliseconds = took()
      // A refusal is no health: only what says so is well.
      if (statusCode >= 200 && statusCode < 300) breaker.succeeded(statusCode, milliseconds)
      else breaker.failed(statusCode, milliseconds)
    } catch {
      breaker.failed(0, took())
    }
  }
}
