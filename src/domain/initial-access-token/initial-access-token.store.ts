// Reads and writes initial access tokens.
import type { ExpressionBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { Schema } from '#database/schema.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import {
  type InitialAccessToken,
  InitialAccessTokenFields,
  type InitialAccessTokenQuery,
} from './initial-access-token.ts'

export type InitialAccessTokenStore = ReturnType<typeof initialAccessTokenStore>

/** The initial access tokens of one tenant's realms. */
export function initialAccessTokenStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const ofRealm = (realmId: string) =>
    kysely
      .selectFrom('initial_access_token')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
  const usable = (now: number) => (is: ExpressionBuilder<Schema, 'initial_access_token'>) =>
    is.and([
      is('revoked_at', 'is', null),
      is.or([is('expires_at', 'is', null), is('expires_at', '>', now)]),
      is.or([is('uses_left', 'is', null), is('uses_left', '>', 0)]),
    ])
  return {
    /** @param secretHash SHA-256 of the token */
    async insert(token: InitialAccessToken, secretHash: string): Promise<void> {
      const row = { ...InitialAccessTokenFields.toRow(token), secret_hash: secretHash }
      await kysely.insertInto('initial_access_token').values(row).execute()
    },

    /** One page of the tokens of a realm, oldest first. */
    async list(realmId: string, { revoked, ...query }: InitialAccessTokenQuery): Promise<Page<InitialAccessToken>> {
      const tokens = revoked ? ofRealm(realmId) : ofRealm(realmId).where('revoked_at', 'is', null)
      return mapPage(await readListPage(connection, tokens, query), (row) => InitialAccessTokenFields.fromRow(row))
    },

    async find(realmId: string, id: string): Promise<InitialAccessToken | undefined> {
      const row = await ofRealm(realmId).where('id', '=', id).executeTakeFirst()
      return row && InitialAccessTokenFields.fromRow(row)
    },

    /** @returns whether the token existed and was not revoked */
    async revoke(realmId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('initial_access_token')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** @param secretHash SHA-256 of the presented token */
    async isUsable(realmId: string, secretHash: string, now: number): Promise<boolean> {
      const found = ofRealm(realmId).where('secret_hash', '=', secretHash).where(usable(now))
      return (await found.executeTakeFirst()) !== undefined
    },

    /**
     * Takes one use of a token. Only as many concurrent callers get one as it has.
     * @param secretHash SHA-256 of the presented token
     * @returns whether it had one
     */
    async consume(realmId: string, secretHash: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('initial_access_token')
        .set(({ eb }) => ({ uses_left: eb('uses_left', '-', 1) }))
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('secret_hash', '=', secretHash)
        .where(usable(now))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}
