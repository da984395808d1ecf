// The reverse proxy of a process: its listener, its state, and what the admin API may ask of it.
import { createServer, type Server } from 'node:http'
import type { Services } from '#domain/open-context.ts'
import type { SiteRule } from '#domain/proxy/proxied-site.ts'
import {
  FIGURES_MAX,
  type ProxyLifecycle,
  type ProxyStatus,
  type RuleInOrder,
  type RulesQuery,
  type SimulatedDecision,
} from '#domain/proxy/proxy.ts'
import type { ProxyControl, ProxyPlace } from '#domain/proxy/proxy-control.ts'
import type { Caller } from '#domain/proxy-rule/condition.ts'
import type { Asked, RuleIndex } from '#domain/proxy-rule/engine.ts'
import { hostOf, plainHost } from '#domain/proxy-site/proxy-site.ts'
import { sitesOfRealm } from '#domain/proxy-site/sites-of-realm.ts'
import { Failure } from '#kernel/error.ts'
import { decodeCursor, encodeCursor, type Page, unknownCursor } from '#kernel/page.ts'
import { stopwatch } from '#outside/stopwatch.ts'
import { createUpstreams, type Upstreams } from '#outside/upstreams.ts'
import { Callers } from './callers.ts'
import { Figures } from './figures.ts'
import { type HandlerParts, handle } from './handler.ts'
import { identityHeaders } from './identity-headers.ts'
import { IdentityTokens } from './identity-token.ts'
import { peersOf } from './peers.ts'
import { type PlacedSite, Sites } from './sites.ts'
import { handleUpgrade } from './upgrade.ts'
import { UpstreamHealth } from './upstream-health.ts'

/** What the proxy is opened with. */
export interface ProxyOptions {
  readonly address: { readonly host: string; readonly port: number }
  /** The file of sites and rules; undefined for none. */
  readonly rulesFile: string | undefined
  /** Origins that sites of the database may name although they are internal. */
  readonly listedUpstreams: readonly string[]
  readonly allowLoopback: boolean
  readonly dnsServers: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly breakerFailures: number
  readonly breakerSeconds: number
  /** Milliseconds that requests under way get when it stops. */
  readonly grace: number
  readonly log: {
    warn(message: string, data?: object): void
    error(message: string, error: unknown): void
    info(message: string, data?: object): void
  }
}

/** Milliseconds for the head of a request, and between two pieces of its body. */
const HEADERS_TIMEOUT = 10_000
const IDLE_TIMEOUT = 120_000
const MAX_HEADER_BYTES = 32 * 1024

/** The proxy of this process. */
export class ProxyServer implements ProxyControl {
  readonly #services: Services
  readonly #options: ProxyOptions
  readonly #parts: HandlerParts
  #server: Server | undefined
  #state: ProxyLifecycle['state'] = 'stopped'
  #startedAt: number | null = null
  #lastError: string | null = null

  constructor(services: Services, options: ProxyOptions) {
    this.#services = services
    this.#options = options
    const { clock, random } = services
    const sites = new Sites(services, options.rulesFile)
    const upstreams = upstreamsOf(options, sites)
    services.registry.subscribe((commit) => {
      if ('missed' in commit) return
      for (const { type, subject_id: id } of commit.events) {
        if ((type === 'proxy_site.updated' || type === 'proxy_site.deleted') && id !== null) this.#drop(id)
      }
    })
    this.#parts = {
      services,
      sites,
      upstreams,
      peers: peersOf(options.trustedProxies),
      pseudonym: `countersign-${random.text(8, 'abcdefghijklmnopqrstuvwxyz0123456789')}`,
      callers: new Callers(services),
      figures: new Figures(),
      tokens: new IdentityTokens(services),
      health: new UpstreamHealth({
        clock,
        upstreams,
        failures: options.breakerFailures,
        every: options.breakerSeconds * 1000,
      }),
      report: (message, error) => options.log.error(message, error),
    }
  }

  /** Reads the file and watches it. @throws Failure `conflict` where it has an error */
  open(): void {
    this.#parts.sites.load()
    this.#parts.sites.watch(() => {
      this.reload().then(
        () => this.#options.log.info('The rules of the proxy were read again.'),
        (error) =>
          this.#options.log.warn('The rules of the proxy were not read again.', { reason: String(error.message) }),
      )
    })
  }

  /** The addresses it listens at. */
  get listening(): Server[] {
    return this.#server ? [this.#server] : []
  }

  async start(): Promise<void> {
    if (this.#server) return
    const { host, port } = this.#options.address
    const server = createServer(
      {
        // A body of any length may take its time; only its silence ends it.
        requestTimeout: 0,
        headersTimeout: HEADERS_TIMEOUT,
        keepAliveTimeout: 72_000,
        connectionsCheckingInterval: 2000,
        maxHeaderSize: MAX_HEADER_BYTES,
        insecureHTTPParser: false,
      },
      (request, response) => void handle(this.#parts, request, response),
    )
    server.setTimeout(IDLE_TIMEOUT)
    server.on('upgrade', (request, socket, head) => void handleUpgrade(this.#parts, request, socket, head))
    server.on('connect', (_request, socket) =>
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    )
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, resolve)
      })
    } catch (error) {
      this.#lastError = (error as Error).message
      throw new Failure(
        'conflict',
        `The proxy cannot listen at ${host}:${port}: ${(error as NodeJS.ErrnoException).code}.`,
      )
    }
    // The listeners of the server hold the process; this one comes and goes.
    server.unref()
    this.#server = server
    this.#state = 'running'
    this.#startedAt = this.#services.clock.now()
    this.#lastError = null
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    this.#state = 'stopped'
    this.#startedAt = null
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    const grace = setTimeout(() => server.closeAllConnections(), this.#options.grace)
    await closed
    clearInterval(idle)
    clearTimeout(grace)
  }

  /** Stops for good. */
  async close(): Promise<void> {
    await this.stop()
    this.#parts.sites.close()
    this.#parts.health.close()
    await this.#parts.upstreams.close()
  }

  async reload(): Promise<void> {
    const before = this.#state
    this.#state = 'reloading'
    try {
      for (const key of this.#parts.sites.load()) this.#drop(key)
      this.#services.registry.forgetSites()
      this.#parts.callers.forget()
      this.#lastError = null
    } catch (error) {
      this.#lastError = (error as Error).message
      throw error
    } finally {
      this.#state = before
    }
  }

  /** Forgets what is kept about a site. */
  #drop(key: string): void {
    const { health, figures, upstreams } = this.#parts
    for (const each of [health, figures, upstreams]) each.drop(key)
  }

  async lifecycle(place?: ProxyPlace): Promise<ProxyLifecycle> {
    const { sites } = this.#parts
    const { registry } = this.#services
    return {
      state: this.#state,
      listeners: this.listening.length,
      rulesLoaded: place ? await this.#rulesOf(place) : sites.fileRules() + registry.loadedSiteRules(),
      startedAt: this.#startedAt,
      lastError: place ? null : this.#lastError,
    }
  }

  async #rulesOf({ tenantId, realmId }: ProxyPlace): Promise<number> {
    const { registry } = this.#services
    const issuerId = (await registry.realmById(realmId))?.realm.issuerId
    const ofFile = issuerId === undefined ? 0 : this.#parts.sites.fileRules(issuerId)
    return ofFile + (await registry.realmRules(tenantId, realmId)).count
  }

  async status(place: ProxyPlace): Promise<ProxyStatus> {
    const { callers, figures, health } = this.#parts
    const { realmId } = place
    const sites = await this.#sitesOf(place)
    const rules: ProxyStatus['rules'] = []
    for (const index of new Set(listsOf(sites).map((list) => list.index))) {
      for (const rule of index.rules) {
        const of = figures.rule(realmId, rule)
        if (!of || rules.length >= FIGURES_MAX) continue
        const { allowed, denied, differs } = of
        rules.push({ ruleId: idOf(rule), name: rule.name, mode: rule.mode, allowed, denied, differs })
      }
    }
    const known = callers.countOf(realmId)
    return {
      enabled: this.#server !== undefined,
      cachedCallers: known.callers,
      cachedStrangers: known.strangers,
      sites: sites.map(({ site, proxied }) => {
        const breaker = health.breaker(site)
        const { allowed, denied, failed } = figures.site(proxied)
        return {
          siteId: site.id,
          publicUrl: site.publicUrl,
          upstream: site.upstream,
          state: breaker.state,
          failures: breaker.failures,
          lastCheckAt: breaker.lastCheckAt,
          lastLatencyMs: breaker.lastLatency,
          lastStatus: breaker.lastStatus,
          healthUrl: site.healthPath === null ? null : site.upstream + site.healthPath,
          requests: allowed + denied,
          ...{ allowed, denied, failed },
        }
      }),
      rules,
    }
  }

  async rules(place: ProxyPlace, { limit, cursor }: RulesQuery): Promise<Page<RuleInOrder>> {
    const start = cursor === undefined ? 0 : Number(decodeCursor(cursor))
    if (!Number.isSafeInteger(start)) throw unknownCursor()
    const data: RuleInOrder[] = []
    let before = 0
    for (const { index, publicUrl } of listsOf(await this.#sitesOf(place))) {
      const from = Math.max(0, start - before)
      for (const rule of index.rules.slice(from, from + limit + 1 - data.length)) {
        data.push({ ...shownRule(rule), ruleId: idOf(rule), publicUrl })
      }
      before += index.rules.length
      if (data.length > limit) break
    }
    const nextCursor = data.length > limit ? encodeCursor(String(start + limit)) : null
    return { data: data.slice(0, limit), nextCursor }
  }

  async simulate(
    place: ProxyPlace,
    host: string | undefined,
    asked: Asked,
    caller: Caller,
  ): Promise<SimulatedDecision> {
    const sites = await this.#sitesOf(place)
    const wanted = host === undefined ? sites : sites.filter(({ site }) => hostOf(site.publicUrl) === plainHost(host))
    const [placed] = wanted
    if (!placed) throw new Failure('not_found', 'The realm has no proxy site at this host.')
    if (wanted.length > 1) throw new Failure('invalid_request', 'The realm has several proxy sites: name the host.')
    const took = stopwatch()
    const { rule, allowed, reason, shadow } = placed.proxied.rules.decide(asked, caller)
    const evalUs = Math.round(took() * 1e6) / 1e3
    return {
      matchedRule: rule && matched(rule),
      decision: verdict(allowed),
      reason,
      injectedHeaders: allowed ? identityHeaders(caller) : {},
      shadow: shadow ? { rule: matched(shadow.rule), decision: verdict(shadow.allowed) } : null,
      evalUs,
    }
  }

  async publicUrlAt(realmId: string, host: string): Promise<string | undefined> {
    const placed = await this.#parts.sites.at(host)
    return placed?.realm.id === realmId ? placed.site.publicUrl : undefined
  }

  async #sitesOf({ tenantId, realmId }: ProxyPlace): Promise<PlacedSite[]> {
    const hosts = await sitesOfRealm(this.#services, { tenantId, realmId })
    return this.#parts.sites.ofRealm(realmId, hosts)
  }
}

/** The rules that sites meet, each once: those of the file’s sites, those that all of these have, then those of the database. */
function listsOf(sites: readonly PlacedSite[]): { readonly index: RuleIndex<SiteRule>; publicUrl: string | null }[] {
  return [sites.filter(({ site }) => site.id === null), sites.filter(({ site }) => site.id !== null)].flatMap(
    (some) => [
      ...some.map(({ site, proxied }) => ({ index: proxied.rules.own, publicUrl: site.publicUrl })),
      ...some.slice(0, 1).map(({ proxied }) => ({ index: proxied.rules.shared, publicUrl: null })),
    ],
  )
}

function upstreamsOf(options: ProxyOptions, sites: Sites): Upstreams {
  const { listedUpstreams, allowLoopback, dnsServers } = options
  return createUpstreams({
    // The operator wrote the file: its upstreams are listed by that.
    isListed: (origin) => listedUpstreams.includes(origin) || sites.isFileUpstream(origin),
    ...{ allowLoopback, dnsServers },
  })
}

const verdict = (allowed: boolean) => (allowed ? ('allow' as const) : ('deny' as const))

/** The id of a rule of the database; null for one of the file. */
function idOf({ id, source }: SiteRule): string | null {
  return source === 'file' ? null : id
}

function shownRule({ source, name, path, methods, require, scopes, tier, machinesOnly, mode }: SiteRule) {
  return { source, name, path, methods: [...methods], require, scopes: [...scopes], tier, machinesOnly, mode }
}

function matched(rule: SiteRule) {
  const { name, path, methods, require, scopes } = rule
  return { ruleId: idOf(rule), name, path, methods: [...methods], require, scopes: [...scopes] }
}
