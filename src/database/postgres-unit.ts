// One run of a work on PostgreSQL.
import type { CompiledQuery, Kysely } from 'kysely'
import type pg from 'pg'
import type { Connection, EventDraft, OnWait, TokenDraft, WriteConnection } from './database.ts'
import { fromPostgres } from './errors.ts'
import { execute, kyselyConnection, type Naming, postgresQueries, runPrepared } from './postgres-connection.ts'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

/**
 * The server ends a transaction that waits so long for its client, which may be gone: it holds the ends of chains. The limit is
 * set with each, because a pooler takes none for a connection.
 */
const BEGIN = 'begin; set local idle_in_transaction_session_timeout = 10000'

/** What a unit needs of its writer. */
export interface UnitOptions {
  readonly pool: () => pg.Pool
  readonly naming: Naming
  readonly onWait: OnWait
}

/** One run of a work: what it appends, and its transaction, which begins with its first query. */
export class PostgresUnit implements WriteConnection {
  readonly remote = true
  readonly events: EventDraft[] = []
  readonly tokens: TokenDraft[] = []
  /** What is to be undone if its transaction is rolled back. */
  undo: (() => void)[] = []
  /** The first query that failed; PostgreSQL refuses all others after it. */
  failure: { readonly error: unknown } | undefined
  readonly #pool: pg.Pool
  readonly #naming: Naming
  readonly #onWait: OnWait
  #client: Promise<pg.PoolClient> | undefined
  #open = true
  #inFlight = 0
  #queries = 0
  #seen = 0
  #kysely: Kysely<Schema> | undefined

  constructor({ pool, naming, onWait }: UnitOptions) {
    this.#pool = pool()
    this.#naming = naming
    this.#onWait = onWait
  }

  get kysely(): Kysely<Schema> {
    this.#kysely ??= postgresQueries((consumer) =>
      consumer({
        executeQuery: (query) => this.#attempt((client) => execute(client, query)),
        streamQuery: () => {
          throw new Error('A write does not stream.')
        },
      }),
    )
    return this.#kysely
  }

  run<Values extends object, Row>(statement: Prepared<Values, Row>, values: Values): Promise<Row[]> {
    return this.#attempt((client) => runPrepared(client, this.#naming, statement, values))
  }

  appendEvent(draft: EventDraft): void {
    this.#mustBeOpen()
    this.events.push(draft)
  }

  appendToken(draft: TokenDraft): void {
    this.#mustBeOpen()
    this.tokens.push(draft)
  }

  /** What its connection is of. */
  get server(): object {
    return this.#pool
  }

  /** Whether it has a transaction to end. */
  get hasTransaction(): boolean {
    return this.#client !== undefined
  }

  /** Whether it waits for the database, or did since this was last asked. */
  get busy(): boolean {
    const moved = this.#inFlight > 0 || this.#queries !== this.#seen
    this.#seen = this.#queries
    return moved
  }

  /** Refuses further queries: the work is over. */
  close(): void {
    this.#open = false
  }

  /** The transaction's client, for its end. @throws Failure `temporarily_unavailable` */
  client(): Promise<pg.PoolClient> {
    // The queries follow in the same packet; if this one fails, they fail too.
    this.#client ??= this.#connect()
    return this.#client
  }

  #connect(): Promise<pg.PoolClient> {
    const waited = this.#onWait('write')
    return this.#pool.connect().then(
      (client) => {
        waited()
        client.query(BEGIN).catch((error) => {
          this.failure ??= { error: fromPostgres(error) }
        })
        return client
      },
      (error) => {
        waited()
        throw fromPostgres(error)
      },
    )
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new Error('This write is over; its connection was kept or not awaited.')
  }

  async #attempt<T>(query: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    if (this.failure !== undefined) throw this.failure.error
    this.#inFlight += 1
    this.#queries += 1
    try {
      const client = await this.client()
      // The work may have ended before the client was there: what is sent then would run outside its transaction.
      this.#mustBeOpen()
      return await query(client)
    } catch (error) {
      this.failure ??= { error }
      throw error
    } finally {
      this.#inFlight -= 1
    }
  }
}

/**
 * A client inside its transaction, as appenders see it. Closed, it refuses further statements.
 * @param failed called with each statement that fails, in the order in which the server ran them
 */
export function connectionOver(
  client: pg.PoolClient,
  naming: Naming,
  failed: (error: unknown) => void,
): Connection & { close(): void } {
  let isOpen = true
  const watched = async <T>(send: () => Promise<T>): Promise<T> => {
    // What is sent after the end would run outside the transaction, or in that of another.
    if (!isOpen) throw new Error('This write is over; one of its statements was not awaited.')
    try {
      return await send()
    } catch (error) {
      failed(error)
      throw error
    }
  }
  const { streamQuery } = kyselyConnection(client)
  const connection = {
    executeQuery: <Row>(query: CompiledQuery) => watched(() => execute<Row>(client, query)),
    streamQuery,
  }
  return {
    remote: true,
    kysely: postgresQueries((consumer) => consumer(connection)),
    run: (statement, values) => watched(() => runPrepared(client, naming, statement, values)),
    close() {
      isOpen = false
    },
  }
}
