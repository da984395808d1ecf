import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Appenders, Connection, Database, EventDraft } from '#database/database.ts'
import { type OpenOptions, openDatabase } from '#database/open.ts'
import type { EventTable } from '#database/tables/log.ts'
import { postgresForTests } from './postgres.ts'

export const DIALECTS = ['sqlite', 'postgres'] as const
export type DialectName = (typeof DIALECTS)[number]

/** A place that a database is kept in, empty at first. */
export interface TestStore {
  readonly url: string
  /** Opens it and brings its tables up to date; rows are appended by {@link plainAppenders} unless told otherwise. */
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
      const database = await openDatabase(place.url, { appenders: plainAppenders, report: () => {}, ...options })
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

/** Appends rows as they come, with a running number per tenant and no chain. */
export const plainAppenders: Appenders = {
  async events(connection, drafts) {
    const rows: EventTable[] = []
    for (const draft of drafts) rows.push({ ...draft, seq: await nextSeq(connection, draft), hash: 'plain' })
    await connection.kysely.insertInto('event').values(rows).execute()
    return rows
  },
  async issuances(connection, drafts) {
    await connection.kysely
      .insertInto('issuance')
      .values(drafts.map((draft) => ({ ...draft, block: 0 })))
      .execute()
  },
}

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
