// Does one thing again and again, each time with the database failing elsewhere, and sees to it that whatever stands
// then was committed whole.
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Database } from '#database/database.ts'
import type { Limiter } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { type FailingDatabase, type Fault, failingDatabase } from './failing-database.ts'
import { type HouseOptions, openTestHouse, type TestHouse } from './house.ts'

/** Something that is done, and that can be done again after it failed. Its result is what the caller is told. */
export type Act = () => Promise<unknown>

export interface Rehearsed {
  /** Makes what must be there first. @returns what is to be rehearsed */
  prepare(): Promise<Act>
  /** How many transactions it makes; where it makes several, each is all or nothing, and a retry gets to the end. */
  readonly writes: number
  /**
   * How its caller is told of a fault; by Failure `temporarily_unavailable` unless told.
   * @param begun whether one of its transactions stands
   */
  readonly told?: (outcome: PromiseSettledResult<unknown>, begun: boolean) => void
  /** What a retry comes to where an earlier transaction stands; success unless told. */
  readonly retry?: (outcome: PromiseSettledResult<unknown>) => void
}

/** A house whose database fails as a rehearsal wants it. */
export interface RehearsalHouse extends TestHouse {
  readonly rehearsal: Rehearsal
}

/** Whoever does the same thing twenty times in a row is not to be told to wait. */
const PATIENT: Limiter = { take: async () => 0, giveBack: async () => {}, reset: async () => {} }

/** Options of a house whose database fails as a rehearsal wants it; there is one once the house is open. */
export function rehearsing(): { readonly options: HouseOptions; readonly rehearsal: () => Rehearsal } {
  let rehearsal: Rehearsal | undefined
  return {
    options: {
      limiter: PATIENT,
      async openDatabase(open, appenders) {
        rehearsal = new Rehearsal(await failingDatabase(open, appenders))
        return rehearsal.database
      },
    },
    rehearsal() {
      if (!rehearsal) throw new Error('The house is not open yet.')
      return rehearsal
    },
  }
}

/** Opens a test house to rehearse in. */
export async function openRehearsal(given: HouseOptions = {}): Promise<RehearsalHouse> {
  const { options, rehearsal } = rehearsing()
  const house = await openTestHouse({ ...given, ...options })
  return { ...house, rehearsal: rehearsal() }
}

type Told = Required<Pick<Rehearsed, 'told'>>

/** Every row there is, as text, by its table. */
type Snapshot = ReadonlyMap<string, readonly string[]>

/** What a run that went well came to. */
interface Course {
  /** What the caller was told, but for what differs from one time to the next. */
  readonly told: unknown
  /** How many rows of each table there are that were not there before, and how many are there no more. */
  readonly changed: Readonly<Record<string, string>>
}

/** Rehearses on a database that fails. */
export class Rehearsal {
  readonly #failing: FailingDatabase
  /** Where it stood after the last commit. */
  #standing: Snapshot = new Map()
  #following = false

  constructor(failing: FailingDatabase) {
    this.#failing = failing
  }

  /** The failing database, watched. */
  get database(): Database {
    const { database } = this.#failing
    return {
      ...database,
      write: async (work) => {
        const value = await database.write(work)
        if (this.#following) this.#standing = await snapshotOf(database)
        return value
      },
    }
  }

  /**
   * Does it once as it should go, once with each fault, and once with each of its works run twice.
   * @returns how many transactions it made; none for what only reads
   * @throws AssertionError where anything but whole transactions stands, or a later success is another one
   */
  async run({ prepare, writes, told = isUnavailable, retry = succeeds }: Rehearsed): Promise<number> {
    this.#failing.fail(undefined)
    const { statements, commits, writes: works, course } = await this.#first(await prepare())
    if (statements === 0 && commits === 0) return 0
    assert.equal(commits, writes, 'how many transactions it makes')
    const faults: Fault[] = []
    for (let statement = 1; statement <= statements; statement++) faults.push({ statement })
    for (let commit = 1; commit <= commits; commit++) faults.push({ commit })

    let act = await prepare()
    let before = await this.#snapshot()
    for (const fault of faults) {
      if (!(await this.#stopped(act, fault, { before, told }))) continue
      retry((await Promise.allSettled([act()]))[0])
      act = await prepare()
      before = await this.#snapshot()
    }
    assert.deepEqual(await this.#course(act), course, 'after all the failures it does what it does without')
    for (let again = 1; again <= works; again++) {
      assert.deepEqual(await this.#course(await prepare(), { again }), course, `work ${again} was run twice`)
    }
    return commits
  }

  #snapshot(): Promise<Snapshot> {
    return snapshotOf(this.#failing.database)
  }

  async #first(act: Act) {
    const before = this.#failing.tally()
    const course = await this.#course(act)
    const after = this.#failing.tally()
    const statements = after.statements - before.statements
    return { course, statements, commits: after.commits - before.commits, writes: after.writes - before.writes }
  }

  /** Does it, and it succeeds. */
  async #course(act: Act, fault?: Fault): Promise<Course> {
    const before = await this.#snapshot()
    this.#failing.fail(fault)
    const told = plain(await act())
    assert(this.#failing.happened(), `${JSON.stringify(fault)} did not happen`)
    return { told, changed: difference(before, await this.#snapshot()) }
  }

  /** Does it with a fault. @returns whether an earlier transaction stands */
  async #stopped(act: Act, fault: Fault, { before, told }: { before: Snapshot } & Told): Promise<boolean> {
    const what = JSON.stringify(fault)
    this.#standing = before
    this.#following = true
    this.#failing.fail(fault)
    const [outcome] = await Promise.allSettled([act()])
    this.#following = false
    assert(this.#failing.happened(), `${what} did not happen`)
    const after = await this.#snapshot()
    if (!same(this.#standing, after)) {
      assert.deepEqual(Object.fromEntries(after), Object.fromEntries(this.#standing), `${what} left half of it`)
    }
    const begun = !same(before, after)
    told(outcome, begun)
    return begun
  }
}

/** Whoever did it is told that it cannot be done now. */
export function isUnavailable(outcome: PromiseSettledResult<unknown>): void {
  const reason = outcome.status === 'rejected' ? outcome.reason : undefined
  if (reason instanceof Failure && reason.code === 'temporarily_unavailable') return
  assert.fail(`the failure was not told: ${reason?.stack ?? 'it succeeded'}`)
}

/** Whoever did it is told that it is done. */
export function succeeds(outcome: PromiseSettledResult<unknown>): void {
  if (outcome.status === 'rejected') throw outcome.reason
}

async function tablesOf({ dialect, read: { kysely } }: Database): Promise<string[]> {
  const { rows } = await (dialect === 'sqlite'
    ? sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by name`
    : sql<{ name: string }>`select table_name as name from information_schema.tables
        where table_schema = 'public' order by table_name`
  ).execute(kysely)
  return rows.map(({ name }) => name)
}

const tables = new WeakMap<object, Promise<string[]>>()

async function snapshotOf(database: Database): Promise<Snapshot> {
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

// Whether a count is the first of its kind is of no interest.
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

/** A value without its texts, which hold ids, secrets and names. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (_, member) => (typeof member === 'string' ? 'text' : member)))
}
