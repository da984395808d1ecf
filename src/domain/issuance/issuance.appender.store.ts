// Writes issuances. Called by the database once per batch, inside its transaction.
import { blockChooser, fillBlock, SETTLED } from '#database/blocks.ts'
import type { Appenders } from '#database/database.ts'
import { insertAll } from '#database/insert-all.ts'
import { prepared } from '#database/prepared.ts'
import type { IssuanceTable } from '#database/tables/tokens.ts'

const insertIssuance = prepared<IssuanceTable, unknown>(
  'issuance_insert',
  (kysely, value) =>
    kysely.insertInto('issuance').values({
      id: value('id'),
      tenant_id: value('tenant_id'),
      realm_id: value('realm_id'),
      client_id: value('client_id'),
      user_id: value('user_id'),
      session_id: value('session_id'),
      family_id: value('family_id'),
      grant_type: value('grant_type'),
      audience: value('audience'),
      scopes: value('scopes'),
      kid: value('kid'),
      token_hash: value('token_hash'),
      issued_at: value('issued_at'),
      expires_at: value('expires_at'),
      revoked_at: value('revoked_at'),
      block: value('block'),
    }) as never,
)

/** @returns what writes each issuance as not revoked, for one database */
export function issuanceAppender(): Appenders['issuances'] {
  const choose = blockChooser()
  return async (connection, drafts) => {
    const block = connection.remote ? SETTLED : choose(drafts.length, drafts[0]?.issued_at ?? 0)
    const newest = drafts.reduce((most, { id }) => (id > most ? id : most), '')
    if (block !== SETTLED) await fillBlock(connection, { block, newest })
    await insertAll(
      connection,
      'issuance',
      insertIssuance as never,
      drafts.map((draft) => ({ ...draft, revoked_at: null, block })),
    )
  }
}
