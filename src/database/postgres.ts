import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Appenders, Commit, Database } from './database.ts'
import { exclusiveQueries, POSTGRES } from './dialect.ts'
import { fromPostgres, unavailable } from './errors.ts'
import { migrateToLatest } from './migrations/timeline.ts'
import { clientOptions, kyselyConnection, postgresQueries, runPrepared } from './postgres-connection.ts'
import { CHANNEL, PostgresListener } from './postgres-listener.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { tellAll, warn } from './tell.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string
  /** Connections to keep at most, half of them for reading, besides the one that listens; 10 unless told. */
  readonly poolSize?: number
  readonly appenders: Appenders
  /** Milliseconds that a write may wait for anything else than its connection; 5000 unless told. */
  readonly patience?: number
  /** Told of failures that callers only see as `temporarily_unavailable`, and of listeners that throw. */
  readonly report?: (error: unknown) => void
}

/** Milliseconds after which the server gives up a statement. */
const STATEMENT_TIMEOUT = 30_000

/**
 * Opens a PostgreSQL database, which any number of processes may share.
 * @throws Error, with a sentence for the operator, where it cannot be reached or is not in UTF-8
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, appenders, report = warn } = options
  const config = clientOptions(url)
  // Two pools, so that a read never stands in line behind writers that wait for each other's locks.
  const size = Math.max(2, options.poolSize ?? 10)
  const [readers, writers] = [
    openPool(config, Math.floor(size / 2), report),
    openPool(config, Math.ceil(size / 2), report),
  ]
  const listeners = new Set<(commit: Commit) => void>()
  const tell = (commit: Commit) => tellAll(listeners, commit, report)
  const self = randomUUID()
  const listener = new PostgresListener({
    client: () => clientOptions(url),
    self,
    missed: () => tell({ missed: true }),
    report,
  })
  await begin([readers, writers], listener, url)
  const writer = new PostgresWriter({
    pool: writers,
    appenders,
    notify: `notify ${CHANNEL}, '${self}'`,
    patience: options.patience ?? 5000,
    committed: (events) => tell({ events }),
    report,
  })
  const reading = kyselyConnection(readers)
  let closed: Promise<void> | undefined
  return {
    dialect: 'postgres',
    read: {
      remote: true,
      kysely: postgresQueries((consumer) => consumer(reading)),
      run: (statement, values) => runPrepared(readers, statement, values),
    },
    write: (work) => writer.write(work),
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    migrate: () => migrate(url),
    async ping() {
      if (closed !== undefined) throw unavailable(new Error('The database is closed.'))
      await readers.query('select 1').catch((error) => {
        throw fromPostgres(error)
      })
    },
    close() {
      closed ??= (async () => {
        await writer.close()
        await listener.stop()
        await Promise.all([readers.end(), writers.end()])
      })()
      return closed
    },
  }
}

function openPool(config: pg.ClientConfig, max: number, report: (error: unknown) => void): pg.Pool {
  const pool = new pg.Pool({ ...config, max, pipeline: true, statement_timeout: STATEMENT_TIMEOUT } as pg.PoolConfig)
  pool.on('error', (error) => report(fromPostgres(error)))
  // A client that breaks while it is lent out tells so twice: to the query under way, which answers for it, and as an
  // event, which would end the process if nobody listened.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

async function begin(pools: readonly [pg.Pool, pg.Pool], listener: PostgresListener, url: string): Promise<void> {
  try {
    const { rows } = await pools[0].query<{ server_encoding: string }>('show server_encoding')
    if (rows[0]?.server_encoding !== 'UTF8') throw new Error('its encoding must be UTF8')
    await listener.start()
  } catch (error) {
    await Promise.all(pools.map((pool) => pool.end()))
    throw new Error(`The PostgreSQL database at ${place(url)} cannot be used: ${reason(error)}.`)
  }
}

/** The address without the password. */
function place(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return message || code || 'no answer'
}

/** On a connection of its own, without the time limit for statements: an index on a large table takes its time. */
async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client(clientOptions(url))
  client.on('error', () => {})
  try {
    await client.connect()
    return await migrateToLatest(exclusiveQueries(POSTGRES, kyselyConnection(client)), POSTGRES)
  } catch (error) {
    throw error instanceof Error && !('code' in error) ? error : fromPostgres(error)
  } finally {
    await client.end().catch(() => {})
  }
}
