// Reads and writes delegation grants, and what tokens that were issued by them pass on.
import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type IndexedList, type IndexFilter, listIndexed } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import { revocableRows } from '#database/revocable-rows.ts'
import type { Schema } from '#database/schema.ts'
import type { DelegatedTokenTable, DelegationGrantTable } from '#database/tables/delegation.ts'
import { idToBytes } from '#database/token-log/bytes.ts'
import { type Page, toPage } from '#kernel/page.ts'
import {
  type Delegated,
  type DelegationGrant,
  DelegationGrantFields,
  type DelegationGrantFilter,
} from './delegation-grant.ts'

export type DelegationGrantStore = ReturnType<typeof delegationGrantStore>

/** Whose grants are revoked together. */
export type DelegationOwner = { readonly userId: string } | { readonly clientId: string }

type Row = Selectable<DelegationGrantTable>

const findDelegated = prepared<{ id: Uint8Array; tenant_id: string }, Selectable<DelegatedTokenTable>>(
  'delegated_token_find',
  (kysely, value) =>
    kysely
      .selectFrom('delegated_token')
      .selectAll()
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id')),
)

interface Parties {
  readonly tenant_id: string
  readonly realm_id: string
  readonly to_client_id: string
  readonly from_user_id: string
  readonly from_client_id: string
  readonly now: number
}

type Build = Parameters<typeof prepared<Parties, Row>>[1]

const newestApplicable = (kysely: Parameters<Build>[0], value: Parameters<Build>[1]) =>
  kysely
    .selectFrom('delegation_grant')
    .selectAll()
    .where('to_client_id', '=', value('to_client_id'))
    .where('tenant_id', '=', value('tenant_id'))
    .where('realm_id', '=', value('realm_id'))
    .where('revoked_at', 'is', null)
    .where((is) =>
      is.or([is('from_user_id', '=', value('from_user_id')), is('from_client_id', '=', value('from_client_id'))]),
    )
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', value('now'))]))
    .orderBy('id', 'desc')
    .limit(1)

const hasTokensLeft = (is: ExpressionBuilder<Schema, 'delegation_grant'>) =>
  is.or([is('token_budget', 'is', null), is('tokens_issued', '<', sql.ref<number>('token_budget'))])

const findApplicable = prepared<Parties, Row>('delegation_grant_applicable', (kysely, value) =>
  newestApplicable(kysely, value).where(hasTokensLeft),
)
const findUsedUp = prepared<Parties, Row>('delegation_grant_used_up', newestApplicable)

/** The rows of a query: one more than a page. */
export function indexedDelegations(
  tenantId: string,
  realmId: string,
  { limit, cursor, fromUserId, fromClientId, toClientId, revoked }: DelegationGrantFilter,
): IndexedList<string> {
  const parties = Object.entries({ from_user_id: fromUserId, from_client_id: fromClientId, to_client_id: toClientId })
  const criteria = parties.flatMap(([column, value]): IndexFilter[] => (value ? [{ column, values: [value] }] : []))
  return revocableRows('delegation_grant', tenantId, realmId, { limit, cursor, criteria, revoked })
}

/** The delegation grants of one tenant's realms. */
export function delegationGrantStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...delegatedTokens(connection, tenantId),
    ...revocations(connection, tenantId),

    async insert(grant: DelegationGrant): Promise<void> {
      await kysely.insertInto('delegation_grant').values(DelegationGrantFields.toRow(grant)).execute()
    },

    async find(realmId: string, id: string): Promise<DelegationGrant | undefined> {
      const row = await kysely
        .selectFrom('delegation_grant')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && DelegationGrantFields.fromRow(row)
    },

    /** One page of a realm's grants, newest first. */
    async list(realmId: string, query: DelegationGrantFilter): Promise<Page<DelegationGrant>> {
      const rows = await listIndexed<Row, string>(connection, indexedDelegations(tenantId, realmId, query))
      const page = toPage(rows, query.limit, (row) => row.id)
      return { ...page, data: page.data.map((row) => DelegationGrantFields.fromRow(row)) }
    },

    /**
     * The grant by which a client may act for a user, or with the tokens of a client: the newest that has tokens left, or
     * else the newest that is used up. @param now grants that expire until then have ended
     */
    async applicable(
      realmId: string,
      toClientId: string,
      from: { readonly userId: string | null; readonly clientId: string | null },
      now: number,
    ): Promise<DelegationGrant | undefined> {
      const parties = {
        tenant_id: tenantId,
        realm_id: realmId,
        to_client_id: toClientId,
        from_user_id: from.userId ?? '',
        from_client_id: from.clientId ?? '',
        now,
      }
      const [left] = await connection.run(findApplicable, parties)
      const [row] = left ? [left] : await connection.run(findUsedUp, parties)
      return row && DelegationGrantFields.fromRow(row)
    },

    /**
     * Takes one token of a grant's budget. Only as many concurrent callers get one as it has. Who revokes the grant waits
     * until the write ends.
     * @returns false if it was revoked, has expired or is used up
     */
    async use(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('delegation_grant')
        .set(({ eb }) => ({ tokens_issued: eb('tokens_issued', '+', 1) }))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', now)]))
        .where(hasTokensLeft)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function revocations({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns whether it was not revoked before */
    async revoke(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('delegation_grant')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Revokes the grants from a user, or those from and to a client. */
    async revokeWhere(owner: DelegationOwner, now: number): Promise<void> {
      const columns = 'userId' in owner ? (['from_user_id'] as const) : (['from_client_id', 'to_client_id'] as const)
      for (const column of columns) {
        await kysely
          .updateTable('delegation_grant')
          .set({ revoked_at: now })
          .where('tenant_id', '=', tenantId)
          .where(column, '=', 'userId' in owner ? owner.userId : owner.clientId)
          .where('revoked_at', 'is', null)
          .execute()
      }
    },
  }
}

function delegatedTokens(connection: Connection, tenantId: string) {
  return {
    /** What a token passes on; undefined for one that was not issued by a grant. @param tokenId its `jti` */
    async delegated(tokenId: string): Promise<Delegated | undefined> {
      const [row] = await connection.run(findDelegated, { id: idToBytes(tokenId), tenant_id: tenantId })
      if (!row) return undefined
      const [resources, scopes] = [row.resources, row.scopes].map((text) => JSON.parse(text ?? 'null'))
      return { grantId: row.grant_id, hopsLeft: row.hops_left, resources, scopes }
    },

    /** Records what a token passes on, in the write that records the token. */
    async recordToken(
      tokenId: string,
      { grantId, hopsLeft, resources, scopes }: Delegated,
      expiresAt: number,
    ): Promise<void> {
      const row = {
        id: idToBytes(tokenId),
        tenant_id: tenantId,
        grant_id: grantId,
        hops_left: hopsLeft,
        resources: resources && JSON.stringify(resources),
        scopes: scopes && JSON.stringify(scopes),
        expires_at: expiresAt,
      }
      await connection.kysely.insertInto('delegated_token').values(row).execute()
    },
  }
}
