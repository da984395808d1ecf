// Owns the delivery of webhooks: it finds webhooks with events to deliver and works through a few of them at once. It is
// notified of commits, but only notes them and searches a moment later, so that no commit waits for it.

import { TOKEN_ISSUED } from '#domain/event/event.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { serverActor } from '#domain/server-actor.ts'
import { type SignalWriter, workThrough } from '#domain/webhook/deliver.service.ts'
import { typesOfPatterns } from '#domain/webhook/webhook.ts'
import {
  type DueWebhook,
  dueWebhooks,
  freeQueues,
  subscriptions,
  webhooksWithNewEvents,
} from '#domain/webhook/webhook-queue.store.ts'

type Commit = Parameters<Parameters<Services['registry']['subscribe']>[0]>[0]

/** How many webhooks are worked through at once: in all, for one host, for one tenant. */
const CONCURRENCY = { all: 32, host: 4, tenant: 8 }

export interface WebhookWorkerOptions {
  /** Writes what the receivers of streams get. */
  readonly writeSignal?: SignalWriter
  /** Milliseconds from a commit until a search, so that a burst of commits causes one search. */
  readonly delay?: number
  /** Milliseconds between two searches for due webhooks. */
  readonly tick?: number
  /** Milliseconds between two searches for events of other processes, or of one that died. */
  readonly sweep?: number
}

/**
 * Delivers until it is stopped.
 * @param report called with the error of a failed round; its webhooks are tried again
 * @returns a function that stops it: attempts in progress are aborted, and made again by the process that delivers next
 */
export function startWebhooks(
  services: Services,
  report: (job: string, error: unknown) => void,
  options: WebhookWorkerOptions = {},
): () => Promise<void> {
  const worker = new WebhookWorker(services, (error) => report('deliver webhooks', error), options)
  worker.start()
  return () => worker.stop()
}

interface Work {
  readonly webhookId: string
  readonly tenantId: string
  readonly host: string
}

class WebhookWorker {
  readonly #services: Services
  readonly #report: (error: unknown) => void
  readonly #options: Required<WebhookWorkerOptions>
  readonly #holder: string
  readonly #stopping = new AbortController()
  readonly #timers: NodeJS.Timeout[] = []
  #unsubscribe: () => void = () => {}
  /** By tenant, the types of events that some webhook subscribes to; undefined until they are read. */
  #subscribed: Map<string, Set<string>> | undefined
  /** How often the subscriptions changed. */
  #subscriptionsVersion = 0
  /** By tenant, the types of committed events that some webhook subscribes to. */
  #committed = new Map<string, Set<string>>()
  #searchesAll = true
  #searching: Promise<void> | undefined
  #nextSearch: NodeJS.Timeout | undefined
  /** The two maps are keyed by webhook id. */
  readonly #waiting = new Map<string, Work>()
  readonly #running = new Map<string, Promise<void>>()
  /** How many webhooks are worked through, by host and by tenant. */
  readonly #busy = new Map<string, number>()

  constructor(services: Services, report: (error: unknown) => void, options: WebhookWorkerOptions) {
    this.#services = services
    this.#report = report
    this.#options = { delay: 50, tick: 1000, sweep: 30_000, writeSignal: async () => 'resting', ...options }
    this.#holder = services.random.id()
  }

  start(): void {
    this.#unsubscribe = this.#services.registry.subscribe((commit) => this.#onCommit(commit))
    const { tick, sweep } = this.#options
    this.#every(tick, () => {})
    this.#every(sweep, () => {
      this.#searchesAll = true
      this.#forgetSubscriptions()
    })
    // A SQLite file has one server, so every queue that is held there is held by a process that has ended.
    const { database, clock } = this.#services
    const freed =
      database.dialect === 'sqlite'
        ? database.write((connection) => freeQueues(connection, clock.now()))
        : Promise.resolve()
    this.#searching = freed.catch(this.#report).then(() => {
      this.#searching = undefined
      this.#searchSoon()
    })
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#nextSearch)
    this.#stopping.abort()
    await this.#searching
    await Promise.all(this.#running.values())
  }

  #every(milliseconds: number, note: () => void): void {
    const timer = setInterval(() => {
      note()
      this.#search()
    }, milliseconds)
    timer.unref()
    this.#timers.push(timer)
  }

  /** The commit waits while this runs, so it only notes what happened. */
  #onCommit(commit: Commit): void {
    // Another process delivers what it wrote. The sweep finds webhooks that it changed.
    if ('missed' in commit) return
    for (const { tenant_id: tenantId, type } of commit.events) {
      if (type.startsWith('webhook.') || type.startsWith('signal_stream.')) this.#forgetSubscriptions()
      if (this.#subscribed === undefined || this.#subscribed.get(tenantId)?.has(type)) this.#note(tenantId, type)
    }
    for (const { tenantId, count } of commit.tokens) {
      // Another process gave them their places, and delivers them.
      if (count === 0) continue
      const types = this.#subscribed?.get(tenantId)
      if (this.#subscribed === undefined || types?.has(TOKEN_ISSUED)) this.#note(tenantId, TOKEN_ISSUED)
    }
    if (this.#committed.size > 0) this.#searchSoon()
  }

  #forgetSubscriptions(): void {
    this.#subscribed = undefined
    this.#subscriptionsVersion += 1
  }

  #note(tenantId: string, type: string): void {
    const types = this.#committed.get(tenantId)
    if (types) types.add(type)
    else this.#committed.set(tenantId, new Set([type]))
  }

  #searchSoon(): void {
    if (this.#nextSearch !== undefined || this.#stopping.signal.aborted) return
    this.#nextSearch = setTimeout(() => {
      this.#nextSearch = undefined
      this.#search()
    }, this.#options.delay)
    this.#nextSearch.unref()
  }

  #search(): void {
    if (this.#stopping.signal.aborted) return
    // The search in progress may have read before this commit.
    if (this.#searching !== undefined) return this.#searchSoon()
    this.#searching = this.#find()
      .catch(this.#report)
      .finally(() => {
        this.#searching = undefined
        this.#startWaiting()
      })
  }

  async #find(): Promise<void> {
    const { read } = this.#services.database
    const committed = this.#committed
    const searchesAll = this.#searchesAll
    this.#committed = new Map()
    this.#searchesAll = false
    try {
      if (this.#subscribed === undefined) await this.#readSubscriptions()
      const due = await dueWebhooks(read, this.#services.clock.now())
      const behind = await webhooksWithNewEvents(read, searchesAll ? undefined : [...committed.keys()])
      for (const one of due) this.#addWaiting(one)
      for (const one of behind) {
        const types = committed.get(one.tenantId)
        if (searchesAll || (types && !typesOfPatterns(one.events).isDisjointFrom(types))) this.#addWaiting(one)
      }
    } catch (error) {
      this.#searchesAll = true
      throw error
    }
  }

  async #readSubscriptions(): Promise<void> {
    const version = this.#subscriptionsVersion
    const subscribed = new Map<string, Set<string>>()
    for (const { tenantId, events } of await subscriptions(this.#services.database.read)) {
      subscribed.set(tenantId, (subscribed.get(tenantId) ?? new Set()).union(typesOfPatterns(events)))
    }
    // If a subscription changed during the read, all are read again.
    if (version === this.#subscriptionsVersion) this.#subscribed = subscribed
  }

  #addWaiting({ webhookId, tenantId, url }: DueWebhook): void {
    this.#waiting.set(webhookId, { webhookId, tenantId, host: URL.parse(url)?.host ?? '' })
  }

  /** Starts waiting webhooks up to the limits. */
  #startWaiting(): void {
    for (const work of this.#waiting.values()) {
      if (this.#stopping.signal.aborted || this.#running.size >= CONCURRENCY.all) return
      if (this.#running.has(work.webhookId) || !this.#isBelowLimits(work)) continue
      this.#waiting.delete(work.webhookId)
      this.#start(work)
    }
  }

  #isBelowLimits({ host, tenantId }: Work): boolean {
    return (this.#busy.get(host) ?? 0) < CONCURRENCY.host && (this.#busy.get(tenantId) ?? 0) < CONCURRENCY.tenant
  }

  #count({ host, tenantId }: Work, by: number): void {
    for (const name of [host, tenantId]) {
      const count = (this.#busy.get(name) ?? 0) + by
      if (count > 0) this.#busy.set(name, count)
      else this.#busy.delete(name)
    }
  }

  #start(work: Work): void {
    const { webhookId, tenantId } = work
    const context = openContext(this.#services, serverActor('job'), { tenantId })
    const { writeSignal } = this.#options
    const deliverer = { holder: this.#holder, signal: this.#stopping.signal, writeSignal }
    this.#count(work, 1)
    const done = workThrough(context, webhookId, deliverer)
      .then((more) => {
        if (more) this.#waiting.set(webhookId, work)
      }, this.#report)
      .finally(() => {
        this.#running.delete(webhookId)
        this.#count(work, -1)
        this.#startWaiting()
      })
    this.#running.set(webhookId, done)
  }
}
