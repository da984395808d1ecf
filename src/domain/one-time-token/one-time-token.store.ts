// Reads and writes one-time tokens.
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { OneTimeTokenTable } from '#database/tables/tokens.ts'
import { ownedBy } from '#database/token-log/owner-condition.ts'
import { CODE_LIFETIME_MAX, type OneTimeKind, type OneTimeToken, timePrefix } from './one-time-token.ts'

export type OneTimeTokenStore = ReturnType<typeof oneTimeTokenStore>

interface Key {
  kind: string
  tenant_id: string
  hash: string
}

const insertToken = prepared<Key & { payload: string; created_at: number; expires_at: number }, { hash: string }>(
  'one_time_token_insert',
  (kysely, value) =>
    kysely
      .insertInto('one_time_token')
      .values({
        kind: value('kind'),
        tenant_id: value('tenant_id'),
        hash: value('hash'),
        payload: value('payload'),
        created_at: value('created_at'),
        expires_at: value('expires_at'),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('hash'),
)

const consumeToken = prepared<Key & { now: number }, Selectable<OneTimeTokenTable>>(
  'one_time_token_consume',
  (kysely, value) =>
    kysely
      .updateTable('one_time_token')
      .set({ consumed_at: value('now') })
      .where('kind', '=', value('kind'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('hash', '=', value('hash'))
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', value('now'))
      .returningAll(),
)

const findToken = prepared<Key, Selectable<OneTimeTokenTable>>('one_time_token_find', (kysely, value) =>
  kysely
    .selectFrom('one_time_token')
    .selectAll()
    .where('kind', '=', value('kind'))
    .where('tenant_id', '=', value('tenant_id'))
    .where('hash', '=', value('hash')),
)

/** The one-time tokens of one tenant, stored under the digest of their secret. */
export function oneTimeTokenStore(connection: Connection, tenantId: string) {
  const key = (kind: OneTimeKind, hash: string): Key => ({ kind, tenant_id: tenantId, hash })
  return {
    /**
     * Inserts a token, unless one with the same digest exists. This also reserves an identifier, which works only once.
     * @param token.expiresAt milliseconds since 1970
     * @returns false if one existed
     */
    async insert(
      kind: OneTimeKind,
      hash: string,
      token: { payload: unknown; createdAt: number; expiresAt: number },
    ): Promise<boolean> {
      const rows = await connection.run(insertToken, {
        ...key(kind, hash),
        payload: JSON.stringify(token.payload),
        created_at: token.createdAt,
        expires_at: token.expiresAt,
      })
      return rows.length === 1
    },

    /**
     * Consumes a token. Only one of several concurrent callers gets it. Undefined if it does not exist, was spent or
     * has expired.
     */
    async consume<Payload>(kind: OneTimeKind, hash: string, now: number): Promise<OneTimeToken<Payload> | undefined> {
      const [row] = await connection.run(consumeToken, { ...key(kind, hash), now })
      return row && toToken<Payload>(row)
    },

    /** Finds a token, spent or not. */
    async find<Payload>(kind: OneTimeKind, hash: string): Promise<OneTimeToken<Payload> | undefined> {
      const [row] = await connection.run(findToken, key(kind, hash))
      return row && toToken<Payload>(row)
    },

    /** Writes a token over one with the same digest, spent or not: only the newest one works. */
    async put(
      kind: OneTimeKind,
      hash: string,
      token: { payload: unknown; createdAt: number; expiresAt: number },
    ): Promise<void> {
      const values = {
        payload: JSON.stringify(token.payload),
        created_at: token.createdAt,
        expires_at: token.expiresAt,
        consumed_at: null,
      }
      await connection.kysely
        .insertInto('one_time_token')
        .values({ ...key(kind, hash), ...values })
        .onConflict((conflict) => conflict.columns(['kind', 'tenant_id', 'hash']).doUpdateSet(values))
        .execute()
    },

    /** How many authorization codes of an owner can be redeemed. */
    countCodes: (owner: CodeOwner, now: number): Promise<number> => countCodes(connection, tenantId, owner, now),

    /** Spends the authorization codes of an owner. @returns how many could be redeemed */
    async consumeCodes(owner: CodeOwner, now: number): Promise<number> {
      const { numAffectedRows } = await sql`update one_time_token set consumed_at = ${now}
        where ${openCodes(connection, tenantId, owner, now)}`.execute(connection.kysely)
      return Number(numAffectedRows ?? 0)
    },

    /** Replaces the payload of an unspent token. @returns whether an unspent token existed */
    async replace(kind: OneTimeKind, hash: string, payload: unknown): Promise<boolean> {
      const { numUpdatedRows } = await connection.kysely
        .updateTable('one_time_token')
        .set({ payload: JSON.stringify(payload) })
        .where('kind', '=', kind)
        .where('tenant_id', '=', tenantId)
        .where('hash', '=', hash)
        .where('consumed_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** Whose authorization codes are meant: those that have all of these. */
export type CodeOwner = Readonly<Partial<Record<'clientId' | 'agentsOf' | 'userId' | 'sessionId' | 'familyId', string>>>

async function countCodes(connection: Connection, tenantId: string, owner: CodeOwner, now: number): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`select count(*) as count from one_time_token
    where ${openCodes(connection, tenantId, owner, now)}`.execute(connection.kysely)
  return Number(rows[0]?.count ?? 0)
}

// The hash of a code begins with its time, so that only those of the last minutes are read.
function openCodes({ remote }: Connection, tenantId: string, owner: CodeOwner, now: number): RawBuilder<unknown> {
  const member = (name: string) =>
    remote ? sql`payload::json ->> ${sql.lit(name)}` : sql`json_extract(payload, ${sql.lit(`$.${name}`)})`
  const own = ownedBy(tenantId, owner, member)
  return sql`kind = 'authorization_code' and tenant_id = ${tenantId} and hash >= ${timePrefix(now - CODE_LIFETIME_MAX)}
    and consumed_at is null and expires_at > ${now} and ${sql.join(own, sql` and `)}`
}

function toToken<Payload>(row: Selectable<OneTimeTokenTable>): OneTimeToken<Payload> {
  return {
    payload: JSON.parse(row.payload),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at,
  }
}
