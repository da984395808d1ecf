// Reads and writes authenticators, and counts those of a user that are second factors.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { changeUser } from '../user/user-row.store.ts'
import { type Authenticator, AuthenticatorFields, digestsOf } from './authenticator.ts'
import { CREDENTIAL } from './credential.ts'

export type AuthenticatorStore = ReturnType<typeof authenticatorStore>

/** More than a user can have. */
const ROWS_MAX = 100

/**
 * The authenticators of one tenant's users. Whoever adds or removes one holds the row of the user, so that the number of
 * second factors is right.
 */
export function authenticatorStore({ kysely, ...connection }: Connection, tenantId: string) {
  const ofUser = (userId: string) =>
    kysely.selectFrom('authenticator').selectAll().where('tenant_id', '=', tenantId).where('user_id', '=', userId)
  // Recovery codes are for users who lost a second factor, and are none without one.
  async function recount(userId: string, now: number): Promise<void> {
    const { count } = await kysely
      .selectFrom('authenticator')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('kind', '<>', 'recovery_code')
      .executeTakeFirstOrThrow()
    await changeUser(kysely, tenantId, userId)
      .set((row) => ({ second_factors: Number(count), version: row('version', '+', 1), updated_at: now }))
      .execute()
  }

  return {
    ...usesStore(kysely, tenantId),

    /** One page of a user's authenticators, oldest first. */
    async list(
      userId: string,
      { kind, ...query }: ListQuery & { readonly kind?: Authenticator['kind'] | undefined },
    ): Promise<Page<Authenticator>> {
      const some = kind === undefined ? ofUser(userId) : ofUser(userId).where('kind', '=', kind)
      const rows = await readListPage({ kysely, ...connection }, some, query)
      return mapPage(rows, (row) => AuthenticatorFields.fromRow(row))
    },

    /** All of a user's authenticators, oldest first. */
    async allOf(userId: string): Promise<Authenticator[]> {
      const rows = await ofUser(userId).orderBy('id').limit(ROWS_MAX).execute()
      return rows.map((row) => AuthenticatorFields.fromRow(row))
    },

    /** @returns false if there is a passkey with this credential already */
    async insert(authenticator: Authenticator): Promise<boolean> {
      const rows = await kysely
        .insertInto('authenticator')
        .values(AuthenticatorFields.toRow(authenticator))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      if (rows.length === 0) return false
      await recount(authenticator.userId, authenticator.createdAt)
      return true
    },

    /** @returns whether it was there */
    async delete({ id, userId }: Authenticator, now: number): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('authenticator')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst()
      if (numDeletedRows !== 1n) return false
      await recount(userId, now)
      return true
    },

    /** Deletes all of a user. @returns what was deleted */
    async deleteOfUser(userId: string, now: number): Promise<Pick<Authenticator, 'kind'>[]> {
      const rows = await kysely
        .deleteFrom('authenticator')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .returningAll()
        .execute()
      if (rows.length > 0) await recount(userId, now)
      return rows.map((row) => AuthenticatorFields.fromRow(row))
    },
  }
}

function usesStore(kysely: Connection['kysely'], tenantId: string) {
  const change = (userId: string, id: string) =>
    kysely
      .updateTable('authenticator')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('id', '=', id)
  return {
    /** The passkey with a credential. @param key of the credential: see `credentialKey` */
    async findByCredential(key: string): Promise<Authenticator | undefined> {
      const row = await kysely
        .selectFrom('authenticator')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('credential_key', '=', key)
        .executeTakeFirst()
      return row && AuthenticatorFields.fromRow(row)
    },

    /**
     * Records a use with a greater counter than every earlier one. Of several concurrent uses with one counter, only one is
     * recorded.
     * @returns whether it was recorded
     */
    async advance({ id, userId }: Authenticator, counter: number, now: number): Promise<boolean> {
      const { numUpdatedRows } = await change(userId, id)
        .set({ counter, last_used_at: now })
        .where(({ or, eb }) => or([eb('counter', 'is', null), eb('counter', '<', counter)]))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /**
     * Records a use of a passkey. The signature counter has to grow, unless the passkey has none: then it is always 0
     * (WebAuthn §6.1.1). Of several concurrent uses with one counter, only one is recorded.
     * @returns whether it was recorded
     */
    async recordUse({ id, userId, credential }: Authenticator, signCount: number, now: number): Promise<boolean> {
      const { numUpdatedRows } = await change(userId, id)
        .set({ counter: signCount, credential: CREDENTIAL.toColumn(credential), last_used_at: now })
        .where(({ or, and, eb }) =>
          or([eb('counter', '<', signCount), and([eb('counter', '=', 0), eb('counter', '=', signCount)])]),
        )
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async rename({ id, userId }: Authenticator, name: string): Promise<void> {
      await change(userId, id).set({ name }).execute()
    },

    /**
     * Spends a recovery code. Of several concurrent callers with one code, only one spends it.
     * @param digest the keyed digest of the code
     * @returns how many codes are left; undefined if the user has no such code any more
     */
    async spendCode(userId: string, digest: string, now: number): Promise<{ id: string; left: number } | undefined> {
      const row = await kysely
        .selectFrom('authenticator')
        .select(['id', 'secret'])
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('kind', '=', 'recovery_code')
        .forUpdate()
        .executeTakeFirst()
      if (!row) return undefined
      const digests = digestsOf(row.secret)
      const left = digests.filter((one) => one !== digest)
      if (left.length === digests.length) return undefined
      await change(userId, row.id)
        .set({ secret: JSON.stringify(left), last_used_at: now })
        .execute()
      return { id: row.id, left: left.length }
    },
  }
}
