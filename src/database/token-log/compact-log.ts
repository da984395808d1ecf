// The token log of one tenant: compact rows, and the tokens of earlier versions beside them.
import { sql } from 'kysely'
import { decodeCursor } from '#kernel/page.ts'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'
import { floorIdBytes, idToBytes, idToBytesOrNull, isUuid } from './bytes.ts'
import { fullRows } from './links.ts'
import { newestTokens } from './newest-tokens.ts'
import { previousLog } from './previous/previous-log.ts'
import {
  countAbove,
  holdToken,
  readClientsAbove,
  revokeOne,
  revokeSelected,
  revokeToken,
  revokeUnder,
} from './revocation.ts'
import type { TokenLog, TokenQuery, TokenRecord } from './token-log.ts'
import { type FullRow, type PresentedRow, toPresentedToken, toTokenRecord } from './token-row.ts'

type RecordRow = FullRow & { readonly revoked_at: number | null }

const BEYOND_IDS = Buffer.alloc(16, 0xff)

// Asked for each token that is presented, so it reads only what that takes.
const findPresentedRow = prepared<{ id: Uint8Array; tenant_id: string }, PresentedRow>(
  'issued_token_find',
  (kysely, value) =>
    kysely
      .selectFrom('issued_token')
      .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
      .leftJoin('revoked_token', 'revoked_token.id', 'issued_token.id')
      .select([
        'issued_token.id',
        'realm_id',
        'client_id',
        'user_id',
        'parent_id',
        'audience',
        'scopes',
        'hash',
        'expires_at',
        'revoked_at',
      ])
      .where('issued_token.id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id')),
)

/** The tokens of one tenant. */
export function compactLog(connection: Connection, tenantId: string): TokenLog {
  const previous = previousLog(connection, tenantId)
  return {
    async find(id) {
      if (!isUuid(id)) return undefined
      const [row] = await recordsOf(connection, tenantId, [idToBytes(id)])
      return row ? toTokenRecord(row) : previous.find(id)
    },

    async findPresented(id) {
      if (!isUuid(id)) return undefined
      const [row] = await connection.run(findPresentedRow, { id: idToBytes(id), tenant_id: tenantId })
      return row ? toPresentedToken(row) : previous.findPresented(id)
    },

    hold: async (id, now) =>
      isUuid(id) && ((await holdToken(connection, tenantId, id, now)) || (await previous.hold(id, now))),

    countAbove: async (id, limit) => (isUuid(id) ? countAbove(connection, tenantId, id, limit) : 0),

    clientsAbove: async (id, limit) => (isUuid(id) ? readClientsAbove(connection, tenantId, id, limit) : []),

    async list(query) {
      const [tokens, earlier] = await Promise.all([listCompact(connection, tenantId, query), previous.list(query)])
      if (earlier.length === 0) return tokens
      return [...tokens, ...earlier].sort((left, right) => (left.id < right.id ? 1 : -1)).slice(0, query.limit + 1)
    },

    revoke: async (id, now) =>
      isUuid(id) && ((await revokeToken(connection, tenantId, id, now)) || (await previous.revoke(id, now))),

    async revokeTree(id, now) {
      if (!isUuid(id)) return 0
      const revoked = await revokeOne(connection, tenantId, id, now)
      return revoked > 0 ? revoked : Number(await previous.revoke(id, now))
    },

    async revokeWhere(which, now, oldest) {
      const revoked = await revokeSelected(connection, tenantId, which, now, idToBytes(oldest))
      return revoked + (await previous.revokeWhere(which, now, oldest))
    },

    revokeUnder: (grantId, now) => revokeUnder(connection, tenantId, grantId, now),
  }
}

async function listCompact(connection: Connection, tenantId: string, query: TokenQuery): Promise<TokenRecord[]> {
  const { realmId, clientId, userId, audience, since, until, cursor } = query
  if (userId !== undefined && !isUuid(userId)) return []
  const ends = [until === undefined ? BEYOND_IDS : floorIdBytes(until)]
  if (cursor !== undefined) ends.push(idOfCursor(decodeCursor(cursor)))
  const ids = await newestTokens(connection, {
    tenantId,
    realmId,
    clientId,
    audience,
    userId: idToBytesOrNull(userId ?? null) ?? undefined,
    from: floorIdBytes(since ?? 0),
    before: ends.sort(Buffer.compare)[0] as Buffer,
    limit: query.limit + 1,
  })
  const rows = await recordsOf(connection, tenantId, ids)
  return rows.map(toTokenRecord).sort((left, right) => (left.id < right.id ? 1 : -1))
}

/** The id that a cursor holds. Any other text is compared by its beginning, as far as that is hexadecimal. */
function idOfCursor(text: string): Buffer {
  return isUuid(text) ? idToBytes(text) : Buffer.from(text.replaceAll('-', ''), 'hex')
}

async function recordsOf({ kysely }: Connection, tenantId: string, ids: readonly Uint8Array[]): Promise<RecordRow[]> {
  if (ids.length === 0) return []
  const own = sql`where token.id in (${sql.join(ids)}) and profile.tenant_id = ${tenantId}`
  const { rows } = await fullRows(sql`issued_token as token`, own).execute(kysely)
  return rows as RecordRow[]
}
