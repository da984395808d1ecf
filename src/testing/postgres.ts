import { randomBytes } from 'node:crypto'
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
 */
export async function postgresForTests(): Promise<TestPostgres> {
  users += 1
  server ??= findServer()
  const { url } = await server
  const name = `countersign_test_${randomBytes(8).toString('hex')}`
  await administer(url, `create database ${name} template template0 encoding 'UTF8'`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    async close() {
      await administer(url, `drop database ${name} with (force)`)
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

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
