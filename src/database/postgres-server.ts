// Keeps the connections to a PostgreSQL server: pools of them, which are replaced where the server does not write any more.
import pg from 'pg'
import { Condition } from './condition.ts'
import { type Connection, type OnWait, type Trouble, unmeasured } from './database.ts'
import { fromPostgres } from './errors.ts'
import {
  clientOptions,
  kyselyConnection,
  type Naming,
  postgresQueries,
  runPrepared,
  type Target,
} from './postgres-connection.ts'
import { CHANNEL } from './postgres-listener.ts'

/** Milliseconds after which the server gives up a statement. */
const STATEMENT_TIMEOUT = 30_000
/**
 * To compile a statement takes a quarter of a second, and each of these reads little. PostgreSQL does it where it expects many
 * rows, as from a span of ids that it does not know before.
 */
const NO_JIT = '-c jit=off'
/** What a connection is asked for, the most first: a pooler may refuse it. */
const LIMITS: readonly pg.ClientConfig[] = [
  { statement_timeout: STATEMENT_TIMEOUT, options: NO_JIT },
  { statement_timeout: STATEMENT_TIMEOUT },
  { query_timeout: STATEMENT_TIMEOUT },
]
/** How poolers say that they take no such parameter. */
const REFUSED = /unsupported startup parameter|command-line options/i
/** Milliseconds within which the database must respond to a health check. */
const PING_TIMEOUT = 2000
/** Milliseconds between two replacements of the connections, at least. */
const RENEW_EVERY = 1000

/** The connections that read and those that write: two pools, so that a read never waits behind writers. */
interface Pools {
  readonly readers: pg.Pool
  readonly writers: pg.Pool
}

/** Runs a query on a connection of a pool; one whose query failed is not used again. */
async function queryIn(pool: pg.Pool, onWait: OnWait, query: [never]): Promise<pg.QueryResult> {
  const waited = onWait('read')
  const client = await pool.connect().finally(waited)
  try {
    const answer: pg.QueryResult = await client.query(...query)
    client.release()
    return answer
  } catch (error) {
    client.release(error as Error)
    throw error
  }
}

const WORDS: Readonly<Partial<Record<Trouble, string>>> = {
  full: 'PostgreSQL: the disk of the server is full (53100). Nothing can be written until there is room.',
  read_only:
    'PostgreSQL: the server is read-only (25006), perhaps after a failover; connections are made anew until one writes.',
}

/** The pools of connections to a server, which are replaced where the server does not write any more. */
export class PostgresServer {
  readonly naming: Naming
  readonly #open: () => Pools
  readonly #condition: Condition
  pools: Pools
  #mayRenew = true

  constructor(open: () => Pools, pools: Pools, naming: Naming, report: (error: unknown) => void) {
    this.#open = open
    this.pools = pools
    this.naming = naming
    // Each beat finds out whether the server is still read-only.
    const probe = async (trouble: Trouble) => trouble === 'full' && (await this.#fillsPages())
    this.#condition = new Condition({ words: WORDS, over: 'PostgreSQL: the server writes again.', probe, report })
  }

  /** A connection that reads committed state. */
  read(onWait: OnWait = unmeasured): Connection {
    const target = {
      query: (...query: [never]) => queryIn(this.pools.readers, onWait, query),
    } as unknown as Target
    const reading = kyselyConnection(target)
    return {
      remote: true,
      kysely: postgresQueries((consumer) => consumer(reading)),
      run: (statement, values) => runPrepared(target, this.naming, statement, values),
    }
  }

  /** Notifies on the channel of commits, and looks whether the server still writes. Does not throw. */
  async beat(payload: string): Promise<void> {
    try {
      const { rows } = await this.pools.readers.query<{ read_only: string }>(
        `select current_setting('transaction_read_only') as read_only,
           case when pg_is_in_recovery() then null else pg_notify($1, $2) end`,
        [CHANNEL, payload],
      )
      if (rows[0]?.read_only === 'on') this.suffers('read_only')
      else this.#condition.leave('read_only')
    } catch {
      // The listener reports that it lost the connection.
    }
  }

  /** After a failover the old connections lead to a server that only reads; new ones lead to the one that writes. */
  suffers(trouble: Trouble): void {
    this.#condition.enter(trouble)
    if (trouble !== 'read_only' || !this.#mayRenew) return
    this.#mayRenew = false
    setTimeout(() => {
      this.#mayRenew = true
    }, RENEW_EVERY).unref()
    const old = this.pools
    this.pools = this.#open()
    for (const pool of [old.readers, old.writers]) pool.end().catch(() => {})
  }

  get trouble(): Trouble | undefined {
    return this.#condition.trouble
  }

  /** @throws Failure `temporarily_unavailable` */
  async ping(): Promise<void> {
    this.#condition.mustBeGood()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), PING_TIMEOUT)
    })
    try {
      await Promise.race([this.pools.readers.query('select 1'), late])
    } catch (error) {
      throw fromPostgres(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether a table that ends with its transaction gets a megabyte of the disk. */
  async #fillsPages(): Promise<boolean> {
    await this.pools.writers.query(
      `create temporary table countersign_probe on commit drop as
         select repeat(md5(n::text), 60) as filling from generate_series(1, 512) as n`,
    )
    return true
  }

  async end(): Promise<void> {
    this.#condition.stop()
    await Promise.all([this.pools.readers.end(), this.pools.writers.end()])
  }
}

/**
 * Connects, and finds out whether a pooler is in between: its process number is not that of the server. Then statements
 * have no names, and where the pooler does not take the server's limit for statements, the client keeps it.
 * @param options.poolSize connections to keep at most, half of them for reading; 10 by default
 * @throws Error, with a sentence for the operator, where it cannot be reached or is not in UTF-8
 */
export async function connectServer(
  options: { readonly url: string } & PoolOptions,
  report: (error: unknown) => void,
): Promise<PostgresServer> {
  const { url } = options
  const opener = (limit: pg.ClientConfig) => () => {
    const config = { ...clientOptions(url), ...limit }
    return {
      readers: openPool(config, readersOf(options), report),
      writers: openPool(config, sizeOf(options) - readersOf(options), report),
    }
  }
  for (const limit of LIMITS) {
    const open = opener(limit)
    const pools = open()
    try {
      return new PostgresServer(open, pools, { named: !(await isPooled(pools.readers)) }, report)
    } catch (error) {
      await Promise.all([pools.readers.end(), pools.writers.end()])
      if (limit === LIMITS.at(-1) || !REFUSED.test(reason(error))) throw unusable(url, error)
    }
  }
  throw unusable(url, new Error('no answer'))
}

interface PoolOptions {
  readonly poolSize?: number
}

function sizeOf({ poolSize }: PoolOptions): number {
  return Math.max(2, poolSize ?? 10)
}

/** How many connections read. */
export function readersOf(options: PoolOptions): number {
  return Math.floor(sizeOf(options) / 2)
}

async function isPooled(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ encoding: string; pid: number }>(
      `select current_setting('server_encoding') as encoding, pg_backend_pid() as pid`,
    )
    if (rows[0]?.encoding !== 'UTF8') throw new Error('its encoding must be UTF8')
    return rows[0].pid !== (client as unknown as { processID: number }).processID
  } finally {
    client.release()
  }
}

function openPool(config: pg.ClientConfig, max: number, report: (error: unknown) => void): pg.Pool {
  const pool = new pg.Pool({ ...config, max, pipeline: true } as pg.PoolConfig)
  pool.on('error', (error) => report(fromPostgres(error)))
  // A client that breaks while it is in use reports it twice: to the query under way, and as an event, which would end the
  // process if nobody listened.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Why a server cannot be used, without the password. */
export function unusable(url: string, error: unknown): Error {
  return new Error(`The PostgreSQL database at ${place(url)} cannot be used: ${reason(error)}.`)
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
