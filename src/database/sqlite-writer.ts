// Runs writes to a SQLite file in groups, and resolves them once the disk has them.
import { setTimeout as pause } from 'node:timers/promises'
import type {
  Append,
  Appended,
  Connection,
  EventDraft,
  OnWait,
  TokenDraft,
  Trouble,
  WriteConnection,
} from './database.ts'
import { troubleOf, unavailable } from './errors.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { SqliteUnit } from './sqlite-unit.ts'

export interface WriterOptions {
  readonly connection: SqliteConnection
  /** The same connection as appenders see it. */
  readonly inside: Connection
  readonly append: Append
  /** Milliseconds that a work may take, and that it may wait for the lock of another program. */
  readonly patience: number
  readonly onWait: OnWait
  /** Resolves once what was committed before the call is on disk; undefined where writes need not wait for that. */
  readonly sync: (() => Promise<void>) | undefined
  /** Called right before a commit, which may cause a checkpoint: a checkpoint cannot remove what is still read. */
  readonly committing: () => void
  /** Called with what was committed, before the writes resolve. Does not throw. */
  readonly committed: (appended: Appended) => void
  /** Called where the file cannot be written for a reason that ends. */
  readonly troubled: (trouble: Trouble) => void
  /** Called with the reason where a whole transaction failed. */
  readonly report: (error: unknown) => void
}

/** A unit failed and what it wrote cannot be undone alone: the batch has to be run again without it. */
class NeedsRetry extends Error {
  readonly unit: SqliteUnit

  constructor(unit: SqliteUnit) {
    super()
    this.unit = unit
  }
}

/** The file failed, or the transaction was rolled back: nothing of the batch is kept. */
class TransactionLost extends Error {}

const NOTHING: Appended = { events: [], tokens: [] }

/** Turns of the event loop for which a batch grows, as long as each turn adds to it. */
const TURNS_MAX = 4

/** Milliseconds between two attempts to get the lock that another program holds, and until this is logged. */
const LOCK_RETRY = 10
const LOCK_NOTICE = 1000

/**
 * Runs writes one after another, those of one turn of the event loop in one transaction (group commit): 32 callers wait
 * for the disk once and not 32 times. There is no timer: a single write starts with the next turn, and a batch waits for
 * further turns only while they add to it. While the disk writes, the thread is free, and the writes that arrive then are
 * the next transaction: a page that all of them change is written once. A reader may see a commit shortly before it is
 * on disk; the writes resolve after.
 */
export class SqliteWriter {
  readonly #options: WriterOptions
  #queue: SqliteUnit[] = []
  /** What was appended before the end of the transaction under way. */
  #flushed: Appended[] = []
  #scheduled = false
  #running: Promise<void> | undefined
  #closed = false
  /** Why nothing can be written any more. */
  #fatal: unknown
  /** How often it has asked for the lock of another program, with pauses in between. */
  #asked = 0
  #timeOut: ((error: unknown) => void) | undefined
  readonly #timer: NodeJS.Timeout

  constructor(options: WriterOptions) {
    this.#options = options
    this.#timer = setTimeout(() => {
      this.#timeOut?.(new Error(`A write waited for something else than its connection for ${options.patience} ms.`))
    }, options.patience)
    this.#timer.unref()
  }

  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable(new Error('The database is closed.')))
    if (this.#fatal !== undefined) return Promise.reject(unavailable(this.#fatal))
    return new Promise<T>((resolve, reject) => {
      const unit = new SqliteUnit(work, resolve as (value: never) => void, reject)
      unit.asked = this.#asked
      unit.waited = this.#options.onWait('write')
      this.#queue.push(unit)
      if (!this.#scheduled) this.#schedule()
    })
  }

  /** Runs something on the connection while no write is under way. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running
    const done = task().finally(() => this.#options.sync?.())
    this.#runAlone(
      done.then(
        () => {},
        () => {},
      ),
    )
    return done
  }

  /** Why nothing can be written until the server is started again; undefined as long as something can. */
  get fatal(): unknown {
    return this.#fatal
  }

  /** Refuses further writes and waits for those there are. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined || this.#queue.length > 0) {
      await (this.#running ?? new Promise((resolve) => setImmediate(resolve)))
    }
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#scheduled = true
    let waiting = this.#queue.length
    let turns = 1
    const turn = () => {
      if (this.#running === undefined && this.#queue.length > waiting && turns < TURNS_MAX) {
        waiting = this.#queue.length
        turns += 1
        setImmediate(turn)
        return
      }
      this.#scheduled = false
      if (this.#running !== undefined || this.#queue.length === 0) return
      const units = this.#queue
      this.#queue = []
      this.#runAlone(this.#flush(units))
    }
    setImmediate(turn)
  }

  #runAlone(task: Promise<void>): void {
    this.#running = task.then(() => {
      this.#running = undefined
      if (this.#queue.length > 0 && !this.#scheduled) this.#schedule()
    })
  }

  /** Never rejects. */
  async #flush(units: readonly SqliteUnit[]): Promise<void> {
    let appended: Appended
    try {
      if (this.#fatal !== undefined) throw new TransactionLost('', { cause: this.#fatal })
      appended = await this.#transaction(units)
    } catch (error) {
      if (error instanceof TransactionLost || units.length === 1) return this.#rejectAll(units, error)
      // Something in the batch cannot be appended: retry one by one, so that only the faulty write fails.
      for (const unit of units) await this.#flush([unit])
      return
    }
    if (this.#options.sync !== undefined && !(await this.#onDisk(this.#options.sync))) {
      for (const unit of units) unit.reject(unavailable(this.#fatal))
      return
    }
    appended.committed?.()
    this.#options.committed(appended)
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
      // The kernel may have dropped what it failed to write, so that a second try would prove nothing.
      this.#fatal = error
      this.#options.report(error)
      return false
    }
  }

  #rejectAll(units: readonly SqliteUnit[], error: unknown): void {
    const cause = error instanceof TransactionLost ? error.cause : error
    if (!this.#noteTrouble(cause)) this.#options.report(cause)
    for (const unit of units) unit.reject(unavailable(cause))
  }

  #noteTrouble(error: unknown): boolean {
    const trouble = troubleOf(error)
    if (trouble !== undefined) this.#options.troubled(trouble)
    return trouble !== undefined
  }

  /**
   * Begins a transaction. SQLite itself would wait for another program's lock on this thread, so it is asked again and again.
   * @returns the units to run: those that have not waited too long; without any, there is no transaction
   */
  async #begin(units: readonly SqliteUnit[]): Promise<readonly SqliteUnit[]> {
    let waiting = units
    for (let attempt = 1; waiting.length > 0; attempt++) {
      try {
        this.#options.connection.command('begin immediate')
        break
      } catch (error) {
        if (troubleOf(error) !== 'locked') throw new TransactionLost('', { cause: error })
        if (attempt * LOCK_RETRY === LOCK_NOTICE) this.#options.troubled('locked')
        await pause(LOCK_RETRY)
        this.#asked += 1
        waiting = this.#rejectLate(waiting, error)
        this.#queue = this.#rejectLate(this.#queue, error)
      }
    }
    return waiting
  }

  /** Rejects the units that have waited too long. @param units in the order of their arrival @returns the others */
  #rejectLate(units: SqliteUnit[], reason: unknown): SqliteUnit[]
  #rejectLate(units: readonly SqliteUnit[], reason: unknown): readonly SqliteUnit[]
  #rejectLate(units: readonly SqliteUnit[], reason: unknown): readonly SqliteUnit[] {
    const since = this.#asked - this.#options.patience / LOCK_RETRY
    const inTime = units.findIndex(({ asked }) => asked > since)
    if (inTime === 0 || units.length === 0) return units
    const late = inTime === -1 ? units : units.slice(0, inTime)
    for (const unit of late) {
      unit.fail(reason)
      unit.reject(reason)
    }
    return units.slice(late.length)
  }

  async #transaction(all: readonly SqliteUnit[], guarded = false): Promise<Appended> {
    const { connection } = this.#options
    const database = connection.database
    const units = await this.#begin(all)
    if (units.length === 0) return NOTHING
    for (const unit of units) unit.begin()
    try {
      this.#flushed = []
      for (const [index, unit] of units.entries()) {
        const flush = () => this.#flushTokens(units.slice(0, index))
        const performed = this.#perform(unit, guarded, flush)
        if (performed !== undefined) await performed
        if (unit.needsRetry) throw new NeedsRetry(unit)
      }
      const appended = await this.#append(units)
      this.#options.committing()
      this.#command('commit')
      return appended
    } catch (error) {
      if (database.isTransaction) connection.command('rollback')
      if (!(error instanceof NeedsRetry)) throw error
      // It has failed, and nothing of it is left; the others are run again without it.
      const others = units.filter((unit) => unit !== error.unit)
      return others.length === 0 ? NOTHING : this.#transaction(others, true)
    }
  }

  async #append(units: readonly SqliteUnit[]): Promise<Appended> {
    const { inside, append } = this.#options
    const events: EventDraft[] = []
    const tokens: TokenDraft[] = []
    for (const unit of units) {
      for (const draft of unit.events ?? []) events.push(draft)
      for (const draft of unit.tokens ?? []) tokens.push(draft)
    }
    const flushed = this.#flushed
    if (events.length + tokens.length === 0 && flushed.length === 0) return NOTHING
    return merged([...flushed, await this.#withTimeout(append(inside, { events, tokens }))])
  }

  /** Writes the tokens that units issued, before another unit of the transaction looks for them. */
  async #flushTokens(units: readonly SqliteUnit[]): Promise<void> {
    const { inside, append } = this.#options
    const tokens = units.flatMap((unit) => unit.takeTokens())
    if (tokens.length > 0) this.#flushed.push(await append(inside, { events: [], tokens }))
  }

  /** Returns a promise only where there is something to wait for: an await costs more than a work that only appends. */
  #perform(unit: SqliteUnit, guarded: boolean, flush: () => Promise<void>): Promise<void> | undefined {
    try {
      const result = unit.start(this.#options.connection, guarded, flush)
      if (result instanceof Promise) {
        return this.#withTimeout(result).then(
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
      throw new TransactionLost('', { cause: error })
    }
    // A full disk or a read error rolls the whole transaction back (https://www.sqlite.org/lang_transaction.html §3).
    const isFull = unit.failed && this.#noteTrouble(unit.reason)
    if (unit.failed && !this.#options.connection.database.isTransaction) {
      throw new TransactionLost('', { cause: isFull ? unit.reason : new Error('SQLite rolled the transaction back.') })
    }
  }

  #command(statement: string): void {
    try {
      this.#options.connection.command(statement)
    } catch (error) {
      throw new TransactionLost('', { cause: error })
    }
  }

  /** The promise, or a rejection where it takes longer than a work that only awaits its connection. */
  #withTimeout<T>(promise: Promise<T>): Promise<T> {
    this.#timer.refresh()
    return new Promise<T>((resolve, reject) => {
      this.#timeOut = reject
      promise.then(resolve, reject)
    })
  }
}

function merged(parts: readonly Appended[]): Appended {
  const [only, ...others] = parts
  if (only && others.length === 0) return only
  return {
    events: parts.flatMap(({ events }) => events),
    tokens: parts.flatMap(({ tokens }) => tokens),
    committed: () => {
      for (const { committed } of parts) committed?.()
    },
  }
}
