// Puts queries that read many rows to PostgreSQL: few at a time, and none for long.
import type pg from 'pg'
import type { QueryResult } from 'pg'
import type { OnWait } from './database.ts'
import { unavailable } from './errors.ts'
import type { Target } from './postgres-connection.ts'

/** How many queries may wait for their turn. */
const WAITING_MAX = 200
/** Of the connections that read, one in so many can be taken by long reads. */
const SHARE = 4
/** Milliseconds after which the server gives up a long read. */
const TIMEOUT = 3000
const BEGIN = `begin read only; set local statement_timeout = ${TIMEOUT}; set local jit = off`

/**
 * Queries that take connections of a pool, but not all of them. Each is a transaction with a time limit of its own, which
 * also holds behind a pooler, and goes to the server in one packet.
 */
export class PostgresLongReads {
  readonly #pool: () => pg.Pool
  readonly #most: number
  readonly #onWait: OnWait
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @param pool the pool at the time @param size how many connections it has at most */
  constructor(pool: () => pg.Pool, size: number, onWait: OnWait) {
    this.#pool = pool
    this.#onWait = onWait
    this.#most = Math.max(1, Math.floor(size / SHARE))
  }

  /** Where these queries are sent. */
  get target(): Target {
    return { query: (text: string, values: unknown[]) => this.#query(text, values) } as unknown as Target
  }

  async #query(text: string, values: unknown[]): Promise<QueryResult> {
    const waited = this.#onWait('long_read')
    await this.#turn().catch((error) => {
      waited()
      throw error
    })
    try {
      const client = await this.#pool().connect().finally(waited)
      return await inTransaction(client, text, values)
    } finally {
      this.#next()
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#most) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= WAITING_MAX) throw unavailable(new Error('Too many long reads wait for PostgreSQL.'))
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Passes the place on, or gives it back. */
  #next(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running -= 1
  }
}

async function inTransaction(client: pg.PoolClient, text: string, values: unknown[]): Promise<QueryResult> {
  const [begun, answer, ended] = await Promise.allSettled([
    client.query(BEGIN),
    client.query(text, values),
    client.query('commit'),
  ])
  // A connection whose transaction may still be open is not used again.
  const broken = [begun, ended].find((step) => step.status === 'rejected')
  client.release(broken?.reason as Error | undefined)
  if (answer.status === 'rejected') throw answer.reason
  if (broken) throw broken.reason
  return answer.value
}
