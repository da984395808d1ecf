// Numbers the tokens of transactions that do not lock the head of a tenant's chain.
import { sql } from 'kysely'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'

/** How many numbers a writer has for each tenant. */
export const NUMBERS = 2 ** 28
/** The least number of all writers. No place in a chain is so great. */
export const FIRST_NUMBER = 2 ** 41
/** Milliseconds. A writer's links are all there until long after its end, because none is purged that is so young. */
const LIFE = 3_600_000
const TENANTS_MAX = 10_000

/** The last writers are left: those who ask at once would have a failure, not an answer. */
const WRITERS_END = 33_554_431 - 1000

const nextWriter = prepared<object, { writer: number | null }>('token_writer_next', (kysely) => ({
  compile: () =>
    sql<{ writer: number | null }>`
      select case when last_value < ${sql.lit(WRITERS_END)} then nextval('token_writer') end as writer
      from token_writer`.compile(kysely),
}))

/**
 * Counts the tokens of each tenant, for one transaction at a time. Its numbers have no gap: those of a transaction that was
 * rolled back are taken back, and if it is not known whether one was committed, its writer is never used again.
 */
export interface TokenWriter {
  /** Numbers some tokens of a tenant. @returns the number before the first of them */
  take(tenantId: string, count: number): number
  /** Its transaction was committed. */
  committed(): void
  /** Its transaction was rolled back for certain. */
  rolledBack(): void
}

/** The writer that gave a number. */
export function writerOf(number: number): number {
  return Math.floor(number / NUMBERS)
}

/** The number before the first one of the writer that gave a number. */
export function beginningOf(number: number): number {
  return writerOf(number) * NUMBERS
}

/**
 * @returns what gives a transaction its writer, for one process on one database, by the time, milliseconds since 1970;
 *   undefined where no more are left
 */
export function openWriters(): (
  connection: Connection,
  server: object,
  now: number,
) => Promise<TokenWriter | undefined> {
  let free: NumberingWriter[] = []
  let current: object | undefined
  return async (connection, server, now) => {
    // Another server may not have what the writers wrote last.
    if (server !== current) free = []
    current = server
    const own = free
    for (let writer = free.pop(); writer !== undefined; writer = free.pop()) if (writer.isUsableAt(now)) return writer
    const [row] = await connection.run(nextWriter, {})
    if (!row) throw new Error('PostgreSQL gave no number of a writer.')
    if (row.writer === null) return undefined
    return new NumberingWriter(row.writer * NUMBERS, now + LIFE, (writer) => own.push(writer))
  }
}

class NumberingWriter implements TokenWriter {
  readonly #beginning: number
  readonly #release: (writer: NumberingWriter) => void
  readonly #last = new Map<string, number>()
  /** The last numbers before its transaction. */
  readonly #before = new Map<string, number>()
  readonly #end: number

  constructor(beginning: number, end: number, release: (writer: NumberingWriter) => void) {
    this.#beginning = beginning
    this.#end = end
    this.#release = release
  }

  /** A clock that is set back ends it too. */
  isUsableAt(now: number): boolean {
    return this.#last.size < TENANTS_MAX && now < this.#end && now >= this.#end - LIFE
  }

  take(tenantId: string, count: number): number {
    const last = this.#last.get(tenantId) ?? this.#beginning
    if (last + count >= this.#beginning + NUMBERS) throw new Error('A writer of tokens has no more numbers.')
    if (!this.#before.has(tenantId)) this.#before.set(tenantId, last)
    this.#last.set(tenantId, last + count)
    return last
  }

  committed(): void {
    this.#before.clear()
    this.#release(this)
  }

  rolledBack(): void {
    for (const [tenantId, last] of this.#before) this.#last.set(tenantId, last)
    this.committed()
  }
}

/** Finds gaps in the numbers of writers, along a chain. */
export class WriterNumbers {
  readonly #last: Map<number, number>
  readonly #isWhole: boolean

  /** @param isWhole whether the chain is walked from its beginning; otherwise a writer's first number is taken as it is */
  constructor(isWhole: boolean, last: ReadonlyMap<number, number> = new Map()) {
    this.#isWhole = isWhole
    this.#last = new Map(last)
  }

  /** The same, to look ahead. */
  copy(): WriterNumbers {
    return new WriterNumbers(this.#isWhole, this.#last)
  }

  /** Whether a link has numbers that one before it has, so that it was put in again. */
  isAgain(number: number, count: number): boolean {
    return number - count < (this.#last.get(writerOf(number)) ?? 0)
  }

  /** Whether a link follows the one before it of its writer. @param number its last token's; null where it has none */
  follows(number: number | null, count: number): boolean {
    if (number === null) return true
    const last = this.#last.get(writerOf(number)) ?? (this.#isWhole ? beginningOf(number) : number - count)
    this.#last.set(writerOf(number), number)
    return number - count === last
  }
}
