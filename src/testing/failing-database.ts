import { type KyselyPlugin, sql } from 'kysely'
import type { Appenders, Connection, Database, WriteConnection } from '#database/database.ts'
import { Failure } from '#kernel/error.ts'

/** What fails next: the n-th statement of a write from now on (1 is the next one), its commit, or nothing. */
export type Fault = number | 'commit' | undefined

export interface FailingDatabase {
  readonly database: Database
  /** Sets the next fault, once. Statements of works and of appenders count alike. */
  fail(fault: Fault): void
  /** Whether the fault that was set last has happened. */
  happened(): boolean
}

/**
 * A database whose writes fail where a test says so: a statement as if the database had gone, a commit for real, by a
 * constraint that is only looked at then.
 * @param open opens the real database with the given appenders
 */
export async function failingDatabase(
  open: (appenders: Appenders) => Promise<Database>,
  appenders: Appenders,
): Promise<FailingDatabase> {
  let fault: Fault
  const step = () => {
    if (typeof fault !== 'number') return
    fault = fault === 1 ? undefined : fault - 1
    if (fault === undefined) throw new Failure('temporarily_unavailable')
  }
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      step()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const faulty = (connection: Connection): Connection => ({
    remote: connection.remote,
    get kysely() {
      return connection.kysely.withPlugin(plugin)
    },
    async run(statement, values) {
      step()
      return connection.run(statement, values)
    },
  })
  const trap = async (connection: Connection) => {
    if (fault !== 'commit') return
    fault = undefined
    await setTrap(connection, database.dialect)
  }
  const database: Database = await open({
    async events(connection, drafts) {
      await trap(connection)
      return appenders.events(faulty(connection), drafts)
    },
    async issuances(connection, drafts) {
      await trap(connection)
      return appenders.issuances(faulty(connection), drafts)
    },
  })
  const write: Database['write'] = (work) =>
    database.write(async (connection) => {
      let queried = false
      const counted: WriteConnection = {
        remote: connection.remote,
        get kysely() {
          queried = true
          return connection.kysely.withPlugin(plugin)
        },
        async run(statement, values) {
          queried = true
          step()
          return connection.run(statement, values)
        },
        appendEvent: (draft) => connection.appendEvent(draft),
        appendIssuance: (draft) => connection.appendIssuance(draft),
      }
      const value = await work(counted)
      if (queried) await trap(connection)
      return value
    })
  return {
    database: { ...database, write },
    fail(next) {
      fault = next
    },
    happened: () => fault === undefined,
  }
}

/** Writes what only the commit will find fault with. */
async function setTrap({ kysely }: Connection, dialect: Database['dialect']): Promise<void> {
  if (dialect === 'sqlite') {
    await sql`pragma defer_foreign_keys = on`.execute(kysely)
    const orphan = { id: 'trap', tenant_id: 'no such tenant', name: 'trap', created_at: 0 }
    await kysely.insertInto('directory').values(orphan).execute()
    return
  }
  await sql`create temporary table trap (n bigint unique deferrable initially deferred) on commit drop`.execute(kysely)
  await sql`insert into trap values (1), (1)`.execute(kysely)
}
