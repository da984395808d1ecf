// Owns the databases of tests, by dialect.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Append, Connection, Database, EventDraft } from '#database/database.ts'
import { type OpenOptions, openDatabase } from '#database/open.ts'
import type { EventTable } from '#database/tables/log.ts'
import { tokenAppender } from '#database/token-log/token-appender.ts'
import { postgresForTests } from './postgres.ts'

export const DIALECTS = ['sqlite', 'postgres'] as const
export type DialectName = (typeof DIALECTS)[number]

/** A place that a database is kept in, empty at first. */
export interface TestStore {
  readonly url: string
  /** Opens it and brings its tables up to date. Default: rows are appended by {@link plainAppend}. */
  open(options?: Partial<OpenOptions>): Promise<Database>
  /** Closes what was opened and removes the place. */
  close(): Promise<void>
}

/** A fresh place of either kind. */
export async function storeForTests(dialect: DialectName): Promise<TestStore> {
  const place = dialect === 'sqlite' ? sqlitePlace() : await postgresForTests()
  const opened: Database[] = []
  return {
    url: place.url,
    async open(options = {}) {
      const database = await openDatabase(place.url, { append: plainAppend, report: () => {}, ...options })
      opened.push(database)
      await database.migrate()
      return database
    },
    async close() {
      for (const database of opened) await database.close()
      await place.close()
    },
  }
}

function sqlitePlace() {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-database-'))
  return { url: join(directory, 'test.db'), close: async () => rmSync(directory, { recursive: true }) }
}

const appendTokens = tokenAppender()

/** Appends rows as they come, with a running number per tenant and no chain; a tenant's tokens have places of their own. */
export const plainAppend: Append = async (connection, { events, tokens }) => {
  const rows: EventTable[] = []
  for (const draft of events) rows.push({ ...draft, seq: await nextSeq(connection, draft), hash: 'plain' })
  if (rows.length > 0) await connection.kysely.insertInto('event').values(rows).execute()
  if (tokens.length === 0) return { events: rows, tokens: [] }
  links += tokens.length
  const head = { seq: links, hash: 'plain' }
  const groups = [{ tenantId: tokens[0]?.tenant_id ?? '', drafts: tokens, head }]
  const { batches, written } = await appendTokens(connection, groups, () => 'plain')
  await written
  return { events: rows, tokens: batches }
}
let links = 0

async function nextSeq(connection: Connection, draft: EventDraft): Promise<number> {
  const head = await connection.kysely
    .insertInto('event_head')
    .values({ tenant_id: draft.tenant_id, seq: 1, hash: 'plain', tokens: 0 })
    .onConflict((conflict) =>
      conflict.column('tenant_id').doUpdateSet((row) => ({ seq: row('event_head.seq', '+', 1) })),
    )
    .returning('seq')
    .executeTakeFirstOrThrow()
  return head.seq
}
