// The breakers of all upstreams, and the probes of those that have a health path.
import type { Clock } from '#domain/outside.ts'
import type { ProxySite } from '#domain/proxy-site/proxy-site.ts'
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

/** Knows which upstreams answer. */
export class UpstreamHealth {
  readonly #options: HealthOptions
  readonly #breakers = new Map<string, Breaker>()
  /** The health path of each upstream that is probed, and when a request last asked for it. */
  readonly #probed = new Map<string, { readonly path: string; readonly askedAt: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** The breaker of the upstream of a site that is asked for. A site with a health path is probed from now on. */
  ofSite({ upstream, healthPath }: Pick<ProxySite, 'upstream' | 'healthPath'>): Breaker {
    if (healthPath !== null) this.#watch(upstream, healthPath)
    return this.breaker(upstream)
  }

  /** The breaker of an upstream. There are as many as sites name. */
  breaker(upstream: string): Breaker {
    const known = this.#breakers.get(upstream)
    if (known) return known
    const { clock, failures, every } = this.#options
    const made = new Breaker({ clock, failures, rest: every })
    this.#breakers.set(upstream, made)
    return made
  }

  #watch(upstream: string, path: string): void {
    this.#probed.set(upstream, { path, askedAt: this.#options.clock.now() })
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
    for (const [upstream, { askedAt }] of this.#probed) if (askedAt < since) this.#probed.delete(upstream)
    await Promise.all([...this.#probed].map(([upstream, { path }]) => this.#probe(upstream, path)))
  }

  async #probe(upstream: string, path: string): Promise<void> {
    const breaker = this.breaker(upstream)
    const took = stopwatch()
    try {
      const { statusCode, body } = await this.#options.upstreams.pool(upstream).request({
        ...{ path, method: 'GET', headersTimeout: PROBE_TIMEOUT, bodyTimeout: PROBE_TIMEOUT },
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
