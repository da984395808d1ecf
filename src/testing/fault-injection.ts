// Owns fault injection: runs one operation again and again, fails the database at a different point each time, and checks
// that only whole transactions remain.
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Database } from '#database/database.ts'
import type { Limiter } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { type FailingDatabase, type Fault, failingDatabase } from './failing-database.ts'
import { openTestServices, type ServicesOptions, type TestServices } from './services.ts'

/** An operation that can be repeated after it failed. Its result is the reply to the caller. */
export type Step = () => Promise<unknown>

export interface FaultScenario {
  /** Creates what the operation needs. @returns the operation */
  prepare(): Promise<Step>
  /** How many transactions the operation makes. Each of several is all or nothing, and a retry completes the rest. */
  readonly writes: number
  /**
   * Checks the outcome of a fault; expects the Failure `temporarily_unavailable` by default.
   * @param begun whether one of its transactions was committed
   */
  readonly check?: (outcome: PromiseSettledResult<unknown>, begun: boolean) => void
  /** Checks the outcome of a retry after an earlier transaction was committed; expects success by default. */
  readonly retry?: (outcome: PromiseSettledResult<unknown>) => void
}

/** Test services with a database that fails on demand. */
export interface FaultInjectionServices extends TestServices {
  readonly faultInjection: FaultInjection
}

/** Repeated operations must not meet the rate limit. */
const UNLIMITED: Limiter = { take: async () => 0, peek: async () => 0, giveBack: async () => {}, reset: async () => {} }

/** Options for test services with a failing database. `injection` may be called once the services are open. */
export function faultInjection(): { readonly options: ServicesOptions; readonly injection: () => FaultInjection } {
  let injection: FaultInjection | undefined
  return {
    options: {
      limiter: UNLIMITED,
      async openDatabase(open, append) {
        injection = new FaultInjection(await failingDatabase(open, append))
        return injection.database
      },
    },
    injection() {
      if (!injection) throw new Error('The services are not open yet.')
      return injection
    },
  }
}

/** Opens test services with a failing database. */
export async function openFaultInjection(given: ServicesOptions = {}): Promise<FaultInjectionServices> {
  const { options, injection } = faultInjection()
  const services = await openTestServices({ proxy: true, ...given, ...options })
  return { ...services, faultInjection: injection() }
}

type Check = Required<Pick<FaultScenario, 'check'>>

/** All rows as text, by table. */
type Snapshot = ReadonlyMap<string, readonly string[]>

/** The result of a successful run. */
interface RunResult {
  /** The reply, without the values that differ between runs. */
  readonly reply: unknown
  /** How many rows of each table were added and removed. */
  readonly changed: Readonly<Record<string, string>>
}

/** Runs scenarios on a database that fails. */
export class FaultInjection {
  readonly #failing: FailingDatabase
  /** The rows after the last commit. */
  #committed: Snapshot = new Map()
  #observing = false

  constructor(failing: FailingDatabase) {
    this.#failing = failing
  }

  /** The failing database. Each commit is observed. */
  get database(): Database {
    const { database } = this.#failing
    return {
      ...database,
      write: async (work) => {
        const value = await database.write(work)
        if (this.#observing) this.#committed = await snapshotOf(database)
        return value
      },
    }
  }

  /**
   * Runs the operation once without a fault, once with each fault, and once with each of its works run twice.
   * @returns how many transactions it made; 0 for an operation that only reads
   * @throws AssertionError where a partial transaction remains, or a later success differs from the first one
   */
  async run({ prepare, writes, check = isUnavailable, retry = succeeds }: FaultScenario): Promise<number> {
    this.#failing.fail(undefined)
    const { statements, commits, writes: works, expected } = await this.#first(await prepare())
    if (statements === 0 && commits === 0) return 0
    assert.equal(commits, writes, 'number of transactions')
    const faults: Fault[] = []
    for (let statement = 1; statement <= statements; statement++) faults.push({ statement })
    for (let commit = 1; commit <= commits; commit++) faults.push({ commit })

    let step = await prepare()
    let before = await this.#snapshot()
    for (const fault of faults) {
      if (!(await this.#fault(step, fault, { before, check }))) continue
      retry((await Promise.allSettled([step()]))[0])
      step = await prepare()
      before = await this.#snapshot()
    }
    assert.deepEqual(await this.#result(step), expected, 'after all the failures the result is the same as without')
    for (let again = 1; again <= works; again++) {
      assert.deepEqual(await this.#result(await prepare(), { again }), expected, `work ${again} was run twice`)
    }
    return commits
  }

  #snapshot(): Promise<Snapshot> {
    return snapshotOf(this.#failing.database)
  }

  async #first(step: Step) {
    const before = this.#failing.tally()
    const expected = await this.#result(step)
    const after = this.#failing.tally()
    const statements = after.statements - before.statements
    return { expected, statements, commits: after.commits - before.commits, writes: after.writes - before.writes }
  }

  /** Runs the operation and expects success. */
  async #result(step: Step, fault?: Fault): Promise<RunResult> {
    const before = await this.#snapshot()
    this.#failing.fail(fault)
    const reply = plain(await step())
    assert(this.#failing.happened(), `${JSON.stringify(fault)} did not happen`)
    return { reply, changed: difference(before, await this.#snapshot()) }
  }

  /** Runs the operation with a fault. @returns whether an earlier transaction was committed */
  async #fault(step: Step, fault: Fault, { before, check }: { before: Snapshot } & Check): Promise<boolean> {
    const what = JSON.stringify(fault)
    this.#committed = before
    this.#observing = true
    this.#failing.fail(fault)
    const [outcome] = await Promise.allSettled([step()])
    this.#observing = false
    assert(this.#failing.happened(), `${what} did not happen`)
    const after = await this.#snapshot()
    if (!same(this.#committed, after)) {
      assert.deepEqual(
        Object.fromEntries(after),
        Object.fromEntries(this.#committed),
        `${what} left a partial transaction`,
      )
    }
    const begun = !same(before, after)
    check(outcome, begun)
    return begun
  }
}

/** Asserts that the caller got the Failure `temporarily_unavailable`. */
export function isUnavailable(outcome: PromiseSettledResult<unknown>): void {
  const reason = outcome.status === 'rejected' ? outcome.reason : undefined
  if (reason instanceof Failure && reason.code === 'temporarily_unavailable') return
  assert.fail(`the failure was not reported: ${reason?.stack ?? 'it succeeded'}`)
}

/** Asserts that the operation succeeded. */
export function succeeds(outcome: PromiseSettledResult<unknown>): void {
  if (outcome.status === 'rejected') throw outcome.reason
}

// How a full-text index of SQLite cuts its words into pages depends on what was written before.
const PAGES_OF_INDEX = /_(data|idx)$/

async function tablesOf({ dialect, read: { kysely } }: Database): Promise<string[]> {
  const { rows } = await (dialect === 'sqlite'
    ? sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by name`
    : sql<{ name: string }>`select table_name as name from information_schema.tables
        where table_schema = 'public' order by table_name`
  ).execute(kysely)
  return rows.map(({ name }) => name).filter((name) => !PAGES_OF_INDEX.test(name))
}

const tables = new WeakMap<object, Promise<string[]>>()

async function snapshotOf(database: Database): Promise<Snapshot> {
  await database.read.placeTokens?.()
  const known = tables.get(database.read) ?? tablesOf(database)
  tables.set(database.read, known)
  const rows = await Promise.all(
    (await known).map(async (name) => {
      const result = await sql`select * from ${sql.table(name)}`.execute(database.read.kysely)
      return [name, result.rows.map((row) => JSON.stringify(row)).sort()] as const
    }),
  )
  return new Map(rows)
}

function same(left: Snapshot, right: Snapshot): boolean {
  return [...left].every(([name, rows]) => {
    const others = right.get(name) ?? []
    return rows.length === others.length && rows.every((row, at) => row === others[at])
  })
}

// An upsert may add a row or replace one.
const UPSERTED = new Set(['counter', 'event_head'])

function difference(before: Snapshot, after: Snapshot): Record<string, string> {
  const changed: Record<string, string> = {}
  for (const [name, rows] of after) {
    const [old, now] = [new Set(before.get(name)), new Set(rows)]
    const [added, removed] = [now.difference(old).size, old.difference(now).size]
    if (added + removed > 0) changed[name] = UPSERTED.has(name) ? `+${added}` : `+${added} -${removed}`
  }
  return changed
}

/** A value without its strings, which hold ids, secrets and names. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (_, member) => (typeof member === 'string' ? 'text' : member)))
}
