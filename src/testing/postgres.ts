// Owns the PostgreSQL database of a test: a new one on the configured or the embedded server.
import { randomBytes } from 'node:crypto'
import { chownSync, statSync } from 'node:fs'
import pg from 'pg'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

export interface TestPostgres {
  readonly url: string
  /** Drops the database. */
  close(): Promise<void>
}

/** Where a server is looked for before one is started. */
const USUAL = process.env.COUNTERSIGN_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'

interface Server {
  readonly url: string
  stop(): Promise<void>
}

let server: Promise<Server> | undefined
let users = 0

/**
 * A fresh, empty PostgreSQL database with a random name, on the server at 127.0.0.1:5432 (or
 * `COUNTERSIGN_TEST_POSTGRES_URL`) where one answers, else on one that is started for this process and stopped with
 * its last database.
 * @param directory an empty one for the database's files, on the server's machine; the server's usual place by default
 */
export async function postgresForTests({ directory }: { directory?: string } = {}): Promise<TestPostgres> {
  users += 1
  server ??= findServer()
  const { url } = await server
  const name = `countersign_test_${randomBytes(8).toString('hex')}`
  if (directory !== undefined) {
    // It must belong to the user that the server runs as.
    const [row] = await administer(url, `select current_setting('data_directory') as place`)
    chownSync(directory, statSync(String(row?.place)).uid, -1)
    await administer(url, `create tablespace ${name} location '${directory}'`)
  }
  const where = directory === undefined ? '' : ` tablespace ${name}`
  await administer(url, `create database ${name} template template0 encoding 'UTF8'${where}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    async close() {
      await administer(url, `drop database ${name} with (force)`)
      if (directory !== undefined) await administer(url, `drop tablespace ${name}`)
      users -= 1
      if (users > 0) return
      const last = server
      server = undefined
      await (await last)?.stop()
    },
  }
}

async function findServer(): Promise<Server> {
  try {
    await administer(USUAL, 'select 1')
    return { url: USUAL, stop: async () => {} }
  } catch {
    return startEmbeddedPostgres()
  }
}

async function administer(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
