import type { Kysely } from 'kysely'
import type { EventDraft, IssuanceDraft, WriteConnection } from './database.ts'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import { type SqliteConnection, sqliteQueries } from './sqlite-connection.ts'

export type Work = (connection: WriteConnection) => unknown

/**
 * One queued write: its work, what it appends, and the savepoint that its queries stand in. A savepoint makes SQLite copy
 * each page that is changed, so there is none unless the batch is run again because one of its units failed.
 */
export class SqliteUnit implements WriteConnection {
  readonly remote = false
  readonly work: Work
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
  events: EventDraft[] | undefined
  issuances: IssuanceDraft[] | undefined
  /** What the work returned, where it did not fail. */
  value: unknown
  failed = false
  /** Whether something that it wrote would stand if the transaction did now: without a savepoint, though it failed. */
  get stains(): boolean {
    return this.failed && this.#wrote && !this.#guarded
  }
  /** What to reject with, where it failed. */
  reason: unknown
  #connection: SqliteConnection | undefined
  #guarded = false
  #savepoint = false
  #wrote = false
  #doom: { readonly error: unknown } | undefined
  #kysely: Kysely<Schema> | undefined

  constructor(work: Work, resolve: (value: never) => void, reject: (reason: unknown) => void) {
    this.work = work
    this.resolve = resolve
    this.reject = reject
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

  appendEvent(draft: EventDraft): void {
    this.#mustBeOpen()
    this.events ??= []
    this.events.push(draft)
  }

  appendIssuance(draft: IssuanceDraft): void {
    this.#mustBeOpen()
    this.issuances ??= []
    this.issuances.push(draft)
  }

  /**
   * Starts the work; what it returns may be a promise.
   * @param guarded whether it is to stand in a savepoint, so that it can fail alone
   */
  start(connection: SqliteConnection, guarded: boolean): unknown {
    this.#connection = connection
    this.#guarded = guarded
    this.#savepoint = false
    this.#wrote = false
    this.#doom = undefined
    this.events = undefined
    this.issuances = undefined
    this.failed = false
    return this.work(this)
  }

  /** The work is done, and its writes stand until the transaction ends. */
  succeed(value: unknown): void {
    if (this.#doom !== undefined) {
      this.fail(this.#doom.error)
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
    this.issuances = undefined
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
    // PostgreSQL refuses every query after one that failed; a work must not get away with one here and not there.
    if (this.#doom !== undefined) throw this.#doom.error
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
      this.#doom ??= { error }
      throw error
    }
  }
}
