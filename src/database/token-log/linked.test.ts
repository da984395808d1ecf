// Checks that PostgreSQL reads only the tokens of the links that are asked for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openTestServices } from '#testing/services.ts'
import { tokenBurst } from '#testing/token-burst.ts'
import type { Connection } from '../database.ts'
import { rowsOfLinks } from './links.ts'
import { purgeLinkedTokens } from './purge.ts'

const LINKS = 20
const TOKENS_PER_LINK = 32
const OTHERS = 100_000

/** How often the transaction read the whole table of tokens. */
async function wholeReads({ kysely }: Connection): Promise<number> {
  const { rows } = await sql<{ scans: number }>`
    select seq_scan as scans from pg_stat_xact_user_tables where relname = 'issued_token'`.execute(kysely)
  return rows[0]?.scans ?? 0
}

test('the tokens of some links are found without reading the whole log, to be read and to be purged', async (t) => {
  const services = await openTestServices({ database: 'postgres' })
  t.after(() => services.close())
  const context = services.contextFor({ tenantId: services.random.id() })
  const token = { clientId: services.random.id(), userId: null, audience: 'https://api' }
  for (let link = 0; link < LINKS; link++) {
    await tokenBurst(
      context,
      Array.from({ length: TOKENS_PER_LINK }, () => token),
    )
    services.clock.advance(1000)
  }
  const { tenantId } = context.scope
  const { read } = services.database
  await read.placeTokens?.([tenantId])
  await services.database.write(async ({ kysely }) => {
    await sql`insert into issued_token (id, profile, seq, hash, delay, expires_at, part)
      select decode(md5(n::text), 'hex'), 0, 0, '\\x00', 0, 0, 0 from generate_series(1, ${sql.lit(OTHERS)}) as n`.execute(
      kysely,
    )
    await sql`analyze issued_token`.execute(kysely)
  })
  const half = (LINKS * TOKENS_PER_LINK) / 2
  const walked = await services.database.write(async (connection) => {
    const rows = await rowsOfLinks(connection, tenantId, { from: 1, to: half })
    return { rows: rows.length, scans: await wholeReads(connection) }
  })
  assert.deepEqual(walked, { rows: half, scans: 0 })
  const span = { after: 0, through: half, links: false }
  const purged = await services.database.write(async (connection) => {
    const { deleted } = await purgeLinkedTokens(connection, tenantId, span, 256)
    return { deleted, scans: await wholeReads(connection) }
  })
  assert.deepEqual(purged, { deleted: 256, scans: 0 })
})
