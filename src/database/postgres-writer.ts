import type pg from 'pg'
import { Failure } from '#kernel/error.ts'
import type { Appenders, EventDraft, IssuanceDraft, WriteConnection } from './database.ts'
import { Conflict, fromPostgres, unavailable } from './errors.ts'
import { connectionOver, PostgresUnit } from './postgres-unit.ts'
import type { EventTable } from './tables/log.ts'

export interface WriterOptions {
  readonly pool: pg.Pool
  readonly appenders: Appenders
  /** The statement by which other processes hear of events that are of interest to them. */
  readonly notify: string
  /** Milliseconds that a work may wait for anything else than its connection. */
  readonly patience: number
  /** Told of what was committed, before those who wrote are answered. Does not throw. */
  readonly committed: (events: readonly EventTable[]) => void
  /** Told why a transaction failed. */
  readonly report: (error: unknown) => void
}

interface Appends {
  readonly events: readonly EventDraft[]
  readonly issuances: readonly IssuanceDraft[]
}

interface Waiting extends Appends {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** How often a transaction that was in another's way is run again. */
const RETRIES = 3

/** Issued tokens are nobody's cache; telling every process of each would have them all wait for one lock. */
const concernsOthers = (draft: EventDraft): boolean => draft.type !== 'token.issued'

/**
 * Runs each work that queries in a transaction of its own (read committed: a work decides by conditional writes, not by
 * what it read), and commits those that only append in groups.
 */
export class PostgresWriter {
  readonly #options: WriterOptions
  readonly #active = new Set<Promise<unknown>>()
  #group: Waiting[] = []
  #scheduled = false
  #flushing = false
  #closed = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable(new Error('The database is closed.')))
    const done = this.#write(work)
    this.#active.add(done)
    const over = () => this.#active.delete(done)
    done.then(over, over)
    return done
  }

  /** Refuses further writes and waits for those there are. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#active)
  }

  async #write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const unit = new PostgresUnit(this.#options.pool)
      try {
        const result = work(unit)
        const value = result instanceof Promise ? await this.#patiently(unit, result) : result
        unit.close()
        if (unit.doom !== undefined) throw unit.doom.error
        if (unit.began) await this.#commit(unit)
        else if (unit.events.length + unit.issuances.length > 0) await this.#append(unit)
        return value
      } catch (error) {
        unit.close()
        const reason = unit.doom?.error instanceof Conflict ? unit.doom.error : error
        await this.#rollBack(unit)
        if (!(reason instanceof Conflict)) throw reason
        if (attempt === RETRIES) throw unavailable(reason)
      }
    }
  }

  /** The result, or a rejection where the work waits for something that is not its connection. */
  #patiently<T>(unit: PostgresUnit, result: Promise<T>): Promise<T> {
    const { patience } = this.#options
    return new Promise<T>((resolve, reject) => {
      const watch = setTimeout(() => {
        if (unit.busy) watch.refresh()
        else reject(new Error(`A write waited for something else than its connection for ${patience} ms.`))
      }, patience)
      result.then(resolve, reject).finally(() => clearTimeout(watch))
    })
  }

  async #commit(unit: PostgresUnit): Promise<void> {
    let events: readonly EventTable[]
    try {
      events = await this.#finish(await unit.client(), unit)
    } catch (error) {
      throw this.#lost(error)
    }
    this.#options.committed(events)
  }

  #lost(error: unknown): unknown {
    if (error instanceof Conflict) return error
    this.#options.report(error instanceof Failure ? error.cause : error)
    return unavailable(error)
  }

  /** Appends and commits. The statements follow one another without waiting; one that fails fails all after it. */
  async #finish(client: pg.PoolClient, { events, issuances }: Appends): Promise<readonly EventTable[]> {
    const { appenders, notify } = this.#options
    const failures: unknown[] = []
    const connection = connectionOver(client, (error) => failures.push(error))
    const issued = issuances.length > 0 ? appenders.issuances(connection, issuances) : undefined
    const chained = events.length > 0 ? appenders.events(connection, events) : []
    // Both, even where one fails: what the other still sends must not arrive after the rollback.
    await Promise.allSettled([chained, issued])
    // The first is the cause; those after it only say that the transaction had failed.
    if (failures.length > 0) throw failures[0]
    const [rows] = await Promise.all([chained, issued])
    if (events.some(concernsOthers)) client.query(notify).catch(() => {})
    const { command } = await client.query('commit').catch((error) => {
      const reason = fromPostgres(error)
      throw reason instanceof Conflict ? reason : unavailable(reason)
    })
    // A transaction in which a statement failed answers so to its commit.
    if (command !== 'COMMIT') throw unavailable(new Error(`PostgreSQL answered ${command} to a commit.`))
    client.release()
    return rows
  }

  async #rollBack(unit: PostgresUnit): Promise<void> {
    if (!unit.began) return
    const client = await unit.client().catch(() => undefined)
    if (client !== undefined) await release(client)
  }

  #append(unit: PostgresUnit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#group.push({ events: unit.events, issuances: unit.issuances, resolve, reject })
      if (!this.#scheduled && !this.#flushing) this.#schedule()
    })
  }

  #schedule(): void {
    this.#scheduled = true
    setImmediate(async () => {
      this.#scheduled = false
      this.#flushing = true
      const group = this.#group
      this.#group = []
      await this.#flush(group)
      this.#flushing = false
      if (this.#group.length > 0) this.#schedule()
    })
  }

  /** Never rejects. */
  async #flush(group: readonly Waiting[]): Promise<void> {
    try {
      this.#options.committed(await this.#commitGroup(group))
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (error instanceof Failure || group.length === 1) {
        const reason = this.#lost(error)
        for (const { reject } of group) reject(reason instanceof Conflict ? unavailable(reason) : reason)
        return
      }
      // Something in the group cannot be appended; each alone, so that only the one it is pays for it.
      for (const one of group) await this.#flush([one])
    }
  }

  async #commitGroup(group: readonly Waiting[]): Promise<readonly EventTable[]> {
    const appends = {
      events: group.flatMap(({ events }) => events),
      issuances: group.flatMap(({ issuances }) => issuances),
    }
    for (let attempt = 0; ; attempt++) {
      const unit = new PostgresUnit(this.#options.pool)
      try {
        return await this.#finish(await unit.client(), appends)
      } catch (error) {
        await this.#rollBack(unit)
        if (!(error instanceof Conflict) || attempt === RETRIES) throw error
      }
    }
  }
}

/** Ends a transaction that failed; a client that cannot even do that is thrown away. */
async function release(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('rollback')
    client.release()
  } catch {
    client.release(true)
  }
}
