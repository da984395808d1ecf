import type { Appenders, Connection, EventDraft, IssuanceDraft, WriteConnection } from './database.ts'
import { unavailable } from './errors.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { SqliteUnit } from './sqlite-unit.ts'
import type { EventTable } from './tables/log.ts'

export interface WriterOptions {
  readonly connection: SqliteConnection
  /** The same connection as appenders see it. */
  readonly inside: Connection
  readonly appenders: Appenders
  /** Milliseconds that a work may take before it is given up. */
  readonly patience: number
  /** Resolves once what was committed before the call is on disk; undefined where nobody waits for that. */
  readonly sync: (() => Promise<void>) | undefined
  /** Told right before a commit, which may bring about a checkpoint: what somebody still reads cannot be cleared away. */
  readonly committing: () => void
  /** Told of what was committed, before those who wrote are answered. Does not throw. */
  readonly committed: (events: readonly EventTable[]) => void
  /** Told why a whole transaction failed. */
  readonly report: (error: unknown) => void
}

/** A unit failed and nothing keeps what it wrote from the others. */
class Stained extends Error {
  readonly unit: SqliteUnit

  constructor(unit: SqliteUnit) {
    super()
    this.unit = unit
  }
}

/** The file is sick, or a transaction is gone: nothing of the batch can stand. */
class Lost extends Error {}

/** For how many turns of the event loop a batch grows, as long as each adds to it. */
const MOST_TURNS = 4

/**
 * Runs writes one after another, those of one turn of the event loop in one transaction (group commit): with 32 callers
 * the disk is waited for once, not 32 times. There is no timer: a lone write starts with the next turn, and a batch waits
 * for further turns only while they bring more. While the disk is waited for the thread is free, and what arrives
 * meanwhile makes up the next transaction: a page that all of them change is then written once. Who reads may see a
 * commit in the moment before the disk has it; who wrote it is answered after.
 */
export class SqliteWriter {
  readonly #options: WriterOptions
  #queue: SqliteUnit[] = []
  #scheduled = false
  #running: Promise<void> | undefined
  #closed = false
  /** Why nothing can be written any more. */
  #broken: unknown
  #giveUp: ((error: unknown) => void) | undefined
  readonly #watch: NodeJS.Timeout

  constructor(options: WriterOptions) {
    this.#options = options
    this.#watch = setTimeout(() => {
      this.#giveUp?.(new Error(`A write waited for something else than its connection for ${options.patience} ms.`))
    }, options.patience)
    this.#watch.unref()
  }

  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable(new Error('The database is closed.')))
    if (this.#broken !== undefined) return Promise.reject(unavailable(this.#broken))
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(new SqliteUnit(work, resolve as (value: never) => void, reject))
      if (!this.#scheduled) this.#schedule()
    })
  }

  /** Runs something on the connection while no write is under way. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running
    const done = task().finally(() => this.#options.sync?.())
    this.#occupy(
      done.then(
        () => {},
        () => {},
      ),
    )
    return done
  }

  /** Refuses further writes and waits for those there are. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined || this.#queue.length > 0) {
      await (this.#running ?? new Promise((resolve) => setImmediate(resolve)))
    }
    clearTimeout(this.#watch)
  }

  #schedule(): void {
    this.#scheduled = true
    let waiting = this.#queue.length
    let turns = 1
    const turn = () => {
      if (this.#running === undefined && this.#queue.length > waiting && turns < MOST_TURNS) {
        waiting = this.#queue.length
        turns += 1
        setImmediate(turn)
        return
      }
      this.#scheduled = false
      if (this.#running !== undefined || this.#queue.length === 0) return
      const units = this.#queue
      this.#queue = []
      this.#occupy(this.#flush(units))
    }
    setImmediate(turn)
  }

  #occupy(task: Promise<void>): void {
    this.#running = task.then(() => {
      this.#running = undefined
      if (this.#queue.length > 0 && !this.#scheduled) this.#schedule()
    })
  }

  /** Never rejects. */
  async #flush(units: readonly SqliteUnit[]): Promise<void> {
    let events: readonly EventTable[]
    try {
      if (this.#broken !== undefined) throw new Lost('', { cause: this.#broken })
      events = await this.#transaction(units)
    } catch (error) {
      if (error instanceof Lost || units.length === 1) return this.#abandon(units, error)
      // Something in the batch cannot be appended; each alone, so that only the one it is pays for it.
      for (const unit of units) await this.#flush([unit])
      return
    }
    if (this.#options.sync !== undefined && !(await this.#onDisk(this.#options.sync))) {
      for (const unit of units) unit.reject(unavailable(this.#broken))
      return
    }
    this.#options.committed(events)
    for (const unit of units) {
      if (unit.failed) unit.reject(unit.reason)
      else unit.resolve(unit.value as never)
    }
  }

  async #onDisk(sync: () => Promise<void>): Promise<boolean> {
    try {
      await sync()
      return true
    } catch (error) {
      // What the kernel failed to write it may have dropped, so that a second try would prove nothing.
      this.#broken = error
      this.#options.report(error)
      return false
    }
  }

  #abandon(units: readonly SqliteUnit[], error: unknown): void {
    const cause = error instanceof Lost ? error.cause : error
    this.#options.report(cause)
    for (const unit of units) unit.reject(unavailable(cause))
  }

  async #transaction(units: readonly SqliteUnit[], guarded = false): Promise<readonly EventTable[]> {
    const { connection } = this.#options
    const database = connection.database
    try {
      this.#step('begin immediate')
      for (const unit of units) {
        const performed = this.#perform(unit, guarded)
        if (performed !== undefined) await performed
        if (unit.stains) throw new Stained(unit)
      }
      const rows = await this.#append(units)
      this.#options.committing()
      this.#step('commit')
      return rows
    } catch (error) {
      if (database.isTransaction) connection.command('rollback')
      if (!(error instanceof Stained)) throw error
      // It has failed, and nothing of it is left; the others are done again without it.
      const others = units.filter((unit) => unit !== error.unit)
      return others.length === 0 ? [] : this.#transaction(others, true)
    }
  }

  async #append(units: readonly SqliteUnit[]): Promise<readonly EventTable[]> {
    const { inside, appenders } = this.#options
    const events: EventDraft[] = []
    const issuances: IssuanceDraft[] = []
    for (const unit of units) {
      for (const draft of unit.events ?? []) events.push(draft)
      for (const draft of unit.issuances ?? []) issuances.push(draft)
    }
    if (issuances.length > 0) await this.#soon(appenders.issuances(inside, issuances))
    return events.length > 0 ? this.#soon(appenders.events(inside, events)) : []
  }

  /** A promise only where there is something to wait for: an await costs more than a work that only appends. */
  #perform(unit: SqliteUnit, guarded: boolean): Promise<void> | undefined {
    try {
      const result = unit.start(this.#options.connection, guarded)
      if (result instanceof Promise) {
        return this.#soon(result).then(
          (value) => this.#end(unit, () => unit.succeed(value)),
          (error) => this.#end(unit, () => unit.fail(error)),
        )
      }
      unit.succeed(result)
    } catch (error) {
      this.#end(unit, () => unit.fail(error))
    }
    return undefined
  }

  #end(unit: SqliteUnit, end: () => void): void {
    try {
      end()
    } catch (error) {
      throw new Lost('', { cause: error })
    }
    // A full disk or a read error rolls the whole transaction back (https://www.sqlite.org/lang_transaction.html §3).
    if (unit.failed && !this.#options.connection.database.isTransaction) {
      throw new Lost('', { cause: new Error('SQLite rolled the transaction back.') })
    }
  }

  #step(statement: string): void {
    try {
      this.#options.connection.command(statement)
    } catch (error) {
      throw new Lost('', { cause: error })
    }
  }

  /** The promise, or a rejection where it takes longer than anything that only awaits its connection. */
  #soon<T>(promise: Promise<T>): Promise<T> {
    this.#watch.refresh()
    return new Promise<T>((resolve, reject) => {
      this.#giveUp = reject
      promise.then(resolve, reject)
    })
  }
}
