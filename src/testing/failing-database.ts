// Owns a database that fails at a chosen statement or commit.
import { type Kysely, type KyselyPlugin, sql } from 'kysely'
import type { Append, Connection, Database, WriteConnection } from '#database/database.ts'
import { Conflict } from '#database/errors.ts'
import type { Schema } from '#database/schema.ts'
import { Failure } from '#kernel/error.ts'
import { partnerRow } from './rows.ts'

/**
 * What happens next, counted from now on, 1 being the next: the n-th statement of the writes fails, the n-th commit
 * fails, or the n-th write’s work is undone when it is through and run again, as one that was in another’s way is.
 */
export type Fault =
  | { readonly statement: number }
  | { readonly commit: number }
  | { readonly again: number }
  | undefined

/** How much was written so far. */
export interface Tally {
  /** Of works and of appenders alike. */
  readonly statements: number
  readonly writes: number
  /** Writes that had something to commit. */
  readonly commits: number
}

export interface FailingDatabase {
  readonly database: Database
  /** Sets the next fault, once. */
  fail(fault: Fault): void
  /** Whether the fault that was set last has happened. */
  happened(): boolean
  tally(): Tally
}

/**
 * A database whose writes fail where a test says so: a statement as if the database had gone, a commit for real, by a
 * constraint that is only looked at then.
 * @param open opens the real database with what appends
 */
export async function failingDatabase(
  open: (append: Append) => Promise<Database>,
  append: Append,
): Promise<FailingDatabase> {
  let fault: { readonly kind: string; left: number } | undefined
  let trapped = false
  const tally = { statements: 0, writes: 0, commits: 0 }
  const isDue = (kind: 'statement' | 'commit' | 'again') => {
    if (fault?.kind !== kind) return false
    fault.left -= 1
    if (fault.left > 0) return false
    fault = undefined
    return true
  }
  const step = () => {
    tally.statements += 1
    if (isDue('statement')) throw new Failure('temporarily_unavailable')
  }
  const trap = async (connection: Connection) => {
    if (!trapped) return
    trapped = false
    await setTrap(connection.kysely, database.dialect)
  }
  const database: Database = await open(async (connection, appends) => {
    // What gets its place in a chain later belongs to no write.
    if (appends.events.length + appends.tokens.length === 0) return append(connection, appends)
    await trap(connection)
    return append(watched(connection, step), appends)
  })
  const write: Database['write'] = (work) => {
    tally.writes += 1
    const carriedOut = async (connection: WriteConnection) => {
      const run = watchedRun(connection, step)
      const value = await work(run.connection)
      run.end()
      if (!run.queried() && !run.appended()) return value
      tally.commits += 1
      if (isDue('commit')) trapped = true
      if (run.queried()) await trap(connection)
      return value
    }
    return isDue('again') ? twice(database, carriedOut) : database.write(carriedOut)
  }
  return {
    database: { ...database, write },
    fail(next) {
      trapped = false
      const [chosen] = Object.entries(next ?? {}) as [string, number][]
      fault = chosen && { kind: chosen[0], left: chosen[1] }
    },
    happened: () => fault === undefined && !trapped,
    tally: () => ({ ...tally }),
  }
}

/** The connection, with something done before each of its statements. */
function watched(connection: Connection, before: () => void): Connection {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      before()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    remote: connection.remote,
    get kysely() {
      return connection.kysely.withPlugin(plugin)
    },
    async run(statement, values) {
      before()
      return connection.run(statement, values)
    },
  }
}

/** One run of a work: after a statement that failed none succeeds, and nor does the work, as both databases have it. */
function watchedRun(connection: WriteConnection, step: () => void) {
  let queried = false
  let appended = false
  let failure: { readonly error: unknown } | undefined
  const end = () => {
    if (failure) throw failure.error
  }
  const inside = watched(connection, () => {
    end()
    queried = true
    try {
      step()
    } catch (error) {
      failure = { error }
      throw error
    }
  })
  const watchedConnection: WriteConnection = {
    remote: inside.remote,
    get kysely() {
      return inside.kysely
    },
    run: inside.run,
    ...(connection.flushTokens && { flushTokens: () => connection.flushTokens?.() ?? Promise.resolve() }),
    appendEvent(draft) {
      appended = true
      connection.appendEvent(draft)
    },
    appendToken(draft) {
      appended = true
      connection.appendToken(draft)
    },
  }
  return { connection: watchedConnection, end, queried: () => queried, appended: () => appended }
}

/** Has a work run, undone and run again, by what makes the database do so. */
async function twice<T>(database: Database, work: (connection: WriteConnection) => Promise<T>): Promise<T> {
  if (database.dialect === 'postgres') {
    let runs = 0
    return database.write(async (connection) => {
      const value = await work(connection)
      runs += 1
      if (runs === 1) throw new Conflict('Another transaction was in the way.')
      return value
    })
  }
  // A neighbour in the same transaction that fails with something written.
  const [outcome] = await Promise.allSettled([
    database.write(work),
    database.write(async ({ kysely }) => {
      await kysely.insertInto('partner').values(partnerRow()).execute()
      throw new Error('the neighbour fails')
    }),
  ])
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

/** Writes what only the commit will find fault with. */
async function setTrap(kysely: Kysely<Schema>, dialect: Database['dialect']): Promise<void> {
  if (dialect === 'sqlite') {
    await sql`pragma defer_foreign_keys = on`.execute(kysely)
    const orphan = { id: 'trap', tenant_id: 'no such tenant', name: 'trap', created_at: 0 }
    await kysely.insertInto('directory').values(orphan).execute()
    return
  }
  await sql`create temporary table trap (n bigint unique deferrable initially deferred) on commit drop`.execute(kysely)
  await sql`insert into trap values (1), (1)`.execute(kysely)
}
