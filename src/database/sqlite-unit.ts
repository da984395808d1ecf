// One queued write to a SQLite file.
import type { Kysely } from 'kysely'
import type { EventDraft, TokenDraft, WriteConnection } from './database.ts'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import { type SqliteConnection, sqliteQueries } from './sqlite-connection.ts'

export type Work = (connection: WriteConnection) => unknown

/**
 * One queued write: its work, what it appends, and the savepoint around its queries. A savepoint makes SQLite copy each
 * page that is changed, so there is one only where the batch is run again because one of its units failed.
 */
export class SqliteUnit implements WriteConnection {
  readonly remote = false
  readonly work: Work
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
  events: EventDraft[] | undefined
  tokens: TokenDraft[] | undefined
  /** What the work returned, where it did not fail. */
  value: unknown
  failed = false
  /** How often the writer had asked for another program's lock when this was queued. */
  asked = 0
  /** To be called once its wait is over. */
  waited: (() => void) | undefined
  /** Whether it failed after it had written something that no savepoint can undo, so that the batch has to be run again. */
  get needsRetry(): boolean {
    return this.failed && (this.#flushed || (this.#wrote && !this.#guarded))
  }
  /** The error to reject with, where it failed. */
  reason: unknown
  #connection: SqliteConnection | undefined
  #guarded = false
  #savepoint = false
  #wrote = false
  /** Tokens of other units were written inside its savepoint. */
  #flushed = false
  #flush: (() => Promise<void>) | undefined
  #failure: { readonly error: unknown } | undefined
  #kysely: Kysely<Schema> | undefined

  constructor(work: Work, resolve: (value: never) => void, reject: (reason: unknown) => void) {
    this.work = work
    this.resolve = resolve
    this.reject = reject
  }

  /** Says that its wait is over: its transaction has begun. It may be begun again. */
  begin(): void {
    this.waited?.()
    this.waited = undefined
  }

  get kysely(): Kysely<Schema> {
    this.#kysely ??= sqliteQueries(async (consumer) => {
      const connection = this.#enter()
      return consumer({
        executeQuery: async (query) =>
          this.#attempt(() => {
            this.#wrote ||= query.query.kind !== 'SelectQueryNode'
            return connection.execute(query)
          }),
        streamQuery: () => {
          throw new Error('A write does not stream.')
        },
      })
    })
    return this.#kysely
  }

  run<Values extends object, Row>(statement: Prepared<Values, Row>, values: Values): Promise<Row[]> {
    try {
      const connection = this.#enter()
      this.#wrote = true
      return Promise.resolve(this.#attempt(() => connection.runPrepared(statement, values)))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async flushTokens(): Promise<void> {
    this.#enter()
    this.#flushed = true
    try {
      await this.#flush?.()
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  appendEvent(draft: EventDraft): void {
    this.#mustBeOpen()
    this.events ??= []
    this.events.push(draft)
  }

  appendToken(draft: TokenDraft): void {
    this.#mustBeOpen()
    this.tokens ??= []
    this.tokens.push(draft)
  }

  /** The tokens that it issued; the caller writes them. */
  takeTokens(): TokenDraft[] {
    const tokens = this.tokens ?? []
    this.tokens = undefined
    return tokens
  }

  /**
   * Starts the work; what it returns may be a promise.
   * @param guarded whether it gets a savepoint, so that it can fail alone
   * @param flush writes the tokens that units before it issued
   */
  start(connection: SqliteConnection, guarded: boolean, flush: () => Promise<void>): unknown {
    this.#connection = connection
    this.#flush = flush
    this.#flushed = false
    this.#guarded = guarded
    this.#savepoint = false
    this.#wrote = false
    this.#failure = undefined
    this.events = undefined
    this.tokens = undefined
    this.failed = false
    return this.work(this)
  }

  /** The work is done, and its writes stand until the transaction ends. */
  succeed(value: unknown): void {
    if (this.#failure !== undefined) {
      this.fail(this.#failure.error)
      return
    }
    if (this.#savepoint) this.#connection?.command('release unit')
    this.#connection = undefined
    this.value = value
  }

  /** Undoes what the work wrote and drops what it appended. */
  fail(reason: unknown): void {
    const connection = this.#connection
    this.#connection = undefined
    this.failed = true
    this.reason = reason
    this.events = undefined
    this.tokens = undefined
    if (!this.#savepoint || !connection?.database.isTransaction) return
    connection.command('rollback to unit')
    connection.command('release unit')
  }

  #mustBeOpen(): SqliteConnection {
    if (this.#connection === undefined) throw new Error('This write is over; its connection was kept or not awaited.')
    return this.#connection
  }

  #enter(): SqliteConnection {
    const connection = this.#mustBeOpen()
    // PostgreSQL refuses every query after one that failed; so does SQLite here, so that works behave alike on both.
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#guarded && !this.#savepoint) {
      connection.command('savepoint unit')
      this.#savepoint = true
    }
    return connection
  }

  #attempt<T>(query: () => T): T {
    try {
      return query()
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }
}
