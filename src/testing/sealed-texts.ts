// Finds encrypted texts in a database, wherever they are.
import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Database } from '#database/database.ts'
import type { Context } from '#domain/context.ts'
import { reseal } from '#domain/master-key/reseal.service.ts'
import { SEALED_COLUMNS } from '#domain/master-key/sealed-columns.ts'

const SEALED_TEXT = /v1\.[A-Za-z0-9_-]{38,}/

/** Checks that each column with encrypted texts is listed, with what they are encrypted for: a new master key needs it. */
export async function checkSealedTexts(services: {
  readonly database: Pick<Database, 'read'>
  contextFor(): Context
}): Promise<void> {
  const { kysely } = services.database.read
  const found = new Set<string>()
  for (const { name } of await kysely.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(kysely)
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
        if (SEALED_TEXT.test(text)) found.add(`${name}.${column}`)
      }
    }
  }
  const listed = new Set(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`))
  assert.deepEqual(
    [...found].filter((column) => !listed.has(column)),
    [],
    'these have encrypted texts and are not in src/domain/master-key/sealed-columns.ts',
  )
  const { columns } = await reseal(services.contextFor(), { dryRun: true, timeoutSeconds: 60 })
  const unknown = columns.filter(({ unreadable }) => unreadable > 0)
  assert.deepEqual(unknown, [], 'these are encrypted for what is not in src/domain/master-key/sealed-columns.ts')
}
