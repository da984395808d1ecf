// Delivers webhooks: finds those with something to do, and works through a few of them at once. It hears of commits, but
// does nothing in their way: what it hears it notes, and looks into it a moment later.
import { type House, openContext } from '#domain/open-context.ts'
import { workThrough } from '#domain/webhook/deliver.service.ts'
import { typesOfPatterns } from '#domain/webhook/webhook.ts'
import {
  behindWebhooks,
  type Due,
  dueWebhooks,
  freeQueues,
  subscriptions,
} from '#domain/webhook/webhook-queue.store.ts'
import { SERVER } from './server-actor.ts'

type Commit = Parameters<Parameters<House['registry']['subscribe']>[0]>[0]

/** How many are worked through at once: in all, for one host, for one tenant. */
const AT_ONCE = { all: 32, host: 4, tenant: 8 }

export interface WebhookWorkerOptions {
  /** Milliseconds from a commit until it is looked into, so that a burst of them is looked into once. */
  readonly delay?: number
  /** Milliseconds between looks for what is due. */
  readonly tick?: number
  /** Milliseconds between looks for what no commit told of, since its process died or was another one. */
  readonly sweep?: number
}

/**
 * Delivers until it is told to end.
 * @param report told of rounds that failed; what they left is tried again
 * @returns a function that ends it: tries under way are broken off, to be made again by whoever delivers next
 */
export function startWebhooks(
  house: House,
  report: (job: string, error: unknown) => void,
  options: WebhookWorkerOptions = {},
): () => Promise<void> {
  const worker = new WebhookWorker(house, (error) => report('deliver webhooks', error), options)
  worker.start()
  return () => worker.stop()
}

interface Work {
  readonly webhookId: string
  readonly tenantId: string
  readonly host: string
}

class WebhookWorker {
  readonly #house: House
  readonly #report: (error: unknown) => void
  readonly #options: Required<WebhookWorkerOptions>
  readonly #holder: string
  readonly #stopping = new AbortController()
  readonly #timers: NodeJS.Timeout[] = []
  #unsubscribe: () => void = () => {}
  /** By tenant, the types of events that some webhook subscribes to; undefined until they are read. */
  #wanted: Map<string, Set<string>> | undefined
  /** How often that was out of date. */
  #edition = 0
  /** By tenant, the types of what happened and some webhook subscribes to. */
  #news = new Map<string, Set<string>>()
  #everything = true
  #looking: Promise<void> | undefined
  #lookAgain: NodeJS.Timeout | undefined
  /** Both by webhook. */
  readonly #waiting = new Map<string, Work>()
  readonly #running = new Map<string, Promise<void>>()
  /** How many are worked through by host, and by tenant. */
  readonly #busy = new Map<string, number>()

  constructor(house: House, report: (error: unknown) => void, options: WebhookWorkerOptions) {
    this.#house = house
    this.#report = report
    this.#options = { delay: 50, tick: 1000, sweep: 30_000, ...options }
    this.#holder = house.random.id()
  }

  start(): void {
    this.#unsubscribe = this.#house.registry.subscribe((commit) => this.#hear(commit))
    const { tick, sweep } = this.#options
    this.#every(tick, () => {})
    this.#every(sweep, () => {
      this.#everything = true
      this.#forgetWanted()
    })
    // A SQLite file has one server, so what is held there is held by one that is gone.
    const { database, clock } = this.#house
    const freed =
      database.dialect === 'sqlite'
        ? database.write((connection) => freeQueues(connection, clock.now()))
        : Promise.resolve()
    this.#looking = freed.catch(this.#report).then(() => {
      this.#looking = undefined
      this.#soon()
    })
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#lookAgain)
    this.#stopping.abort()
    await this.#looking
    await Promise.all(this.#running.values())
  }

  #every(milliseconds: number, note: () => void): void {
    const timer = setInterval(() => {
      note()
      this.#look()
    }, milliseconds)
    timer.unref()
    this.#timers.push(timer)
  }

  /** Those who wrote wait while this runs, so it only notes. */
  #hear(commit: Commit): void {
    // What another process wrote it delivers itself; that it may have changed a webhook, the sweep finds.
    if ('missed' in commit) return
    for (const { tenant_id: tenantId, type } of commit.events) {
      if (type.startsWith('webhook.')) this.#forgetWanted()
      if (this.#wanted === undefined || this.#wanted.get(tenantId)?.has(type)) this.#note(tenantId, type)
    }
    if (this.#news.size > 0) this.#soon()
  }

  #forgetWanted(): void {
    this.#wanted = undefined
    this.#edition += 1
  }

  #note(tenantId: string, type: string): void {
    const types = this.#news.get(tenantId)
    if (types) types.add(type)
    else this.#news.set(tenantId, new Set([type]))
  }

  #soon(): void {
    if (this.#lookAgain !== undefined || this.#stopping.signal.aborted) return
    this.#lookAgain = setTimeout(() => {
      this.#lookAgain = undefined
      this.#look()
    }, this.#options.delay)
    this.#lookAgain.unref()
  }

  #look(): void {
    if (this.#stopping.signal.aborted) return
    // A look that is under way may have read before what this one is about.
    if (this.#looking !== undefined) return this.#soon()
    this.#looking = this.#find()
      .catch(this.#report)
      .finally(() => {
        this.#looking = undefined
        this.#admit()
      })
  }

  async #find(): Promise<void> {
    const { read } = this.#house.database
    const news = this.#news
    const everything = this.#everything
    this.#news = new Map()
    this.#everything = false
    try {
      if (this.#wanted === undefined) await this.#readWanted()
      const due = await dueWebhooks(read, this.#house.clock.now())
      const behind = await behindWebhooks(read, everything ? undefined : [...news.keys()])
      for (const one of due) this.#await(one)
      for (const one of behind) {
        const types = news.get(one.tenantId)
        if (everything || (types && !typesOfPatterns(one.events).isDisjointFrom(types))) this.#await(one)
      }
    } catch (error) {
      this.#everything = true
      throw error
    }
  }

  async #readWanted(): Promise<void> {
    const edition = this.#edition
    const wanted = new Map<string, Set<string>>()
    for (const { tenantId, events } of await subscriptions(this.#house.database.read)) {
      wanted.set(tenantId, (wanted.get(tenantId) ?? new Set()).union(typesOfPatterns(events)))
    }
    // One that changed while it was read is read again.
    if (edition === this.#edition) this.#wanted = wanted
  }

  #await({ webhookId, tenantId, url }: Due): void {
    this.#waiting.set(webhookId, { webhookId, tenantId, host: URL.parse(url)?.host ?? '' })
  }

  /** Begins with those that wait, as far as there is room. */
  #admit(): void {
    for (const work of this.#waiting.values()) {
      if (this.#stopping.signal.aborted || this.#running.size >= AT_ONCE.all) return
      if (this.#running.has(work.webhookId) || !this.#hasRoom(work)) continue
      this.#waiting.delete(work.webhookId)
      this.#begin(work)
    }
  }

  #hasRoom({ host, tenantId }: Work): boolean {
    return (this.#busy.get(host) ?? 0) < AT_ONCE.host && (this.#busy.get(tenantId) ?? 0) < AT_ONCE.tenant
  }

  #occupy({ host, tenantId }: Work, by: number): void {
    for (const name of [host, tenantId]) {
      const count = (this.#busy.get(name) ?? 0) + by
      if (count > 0) this.#busy.set(name, count)
      else this.#busy.delete(name)
    }
  }

  #begin(work: Work): void {
    const { webhookId, tenantId } = work
    const context = openContext(this.#house, SERVER, { tenantId })
    const deliverer = { holder: this.#holder, signal: this.#stopping.signal }
    this.#occupy(work, 1)
    const done = workThrough(context, webhookId, deliverer)
      .then((more) => {
        if (more) this.#waiting.set(webhookId, work)
      }, this.#report)
      .finally(() => {
        this.#running.delete(webhookId)
        this.#occupy(work, -1)
        this.#admit()
      })
    this.#running.set(webhookId, done)
  }
}
