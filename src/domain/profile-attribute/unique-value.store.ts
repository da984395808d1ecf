// Reads and writes who has which value of the attributes that are unique in a directory.
import type { Connection } from '#database/database.ts'

export type UniqueValueStore = ReturnType<typeof uniqueValueStore>

/** Whose value it is. */
export interface Holder {
  readonly directoryId: string
  readonly userId: string
  readonly name: string
}

/** The unique values of one tenant's directories. */
export function uniqueValueStore({ kysely }: Connection, tenantId: string) {
  const ofDirectory = (directoryId: string) =>
    kysely.selectFrom('directory').select('id').where('tenant_id', '=', tenantId).where('id', '=', directoryId)
  const namesIn = async (directoryId: string) => {
    const rows = await kysely
      .selectFrom('realm')
      .select('unique_attributes')
      .where('tenant_id', '=', tenantId)
      .where('directory_id', '=', directoryId)
      .where('unique_attributes', 'is not', null)
      .where('deleted_at', 'is', null)
      .execute()
    return new Set(rows.flatMap((row) => JSON.parse(row.unique_attributes ?? '[]') as string[]))
  }
  return {
    /** The unique attributes of a directory. No realm changes them until the write ends. */
    async namesFor(directoryId: string): Promise<ReadonlySet<string>> {
      await ofDirectory(directoryId).forShare().execute()
      return namesIn(directoryId)
    },

    /** The unique attributes of a directory, for who changes them: no user is written until the write ends. */
    async lockNames(directoryId: string): Promise<ReadonlySet<string>> {
      await ofDirectory(directoryId).forUpdate().execute()
      return namesIn(directoryId)
    },

    /** @returns false if another user has the value */
    async claim({ directoryId, userId, name }: Holder, digest: string): Promise<boolean> {
      const rows = await kysely
        .insertInto('unique_value')
        .values({ directory_id: directoryId, name, digest, tenant_id: tenantId, user_id: userId })
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .execute()
      return rows.length === 1
    },

    /** Who has a value; undefined for nobody. */
    async holderOf(directoryId: string, name: string, digest: string): Promise<string | undefined> {
      const row = await kysely
        .selectFrom('unique_value')
        .select('user_id')
        .where('tenant_id', '=', tenantId)
        .where('directory_id', '=', directoryId)
        .where('name', '=', name)
        .where('digest', '=', digest)
        .executeTakeFirst()
      return row?.user_id
    },

    async release({ userId, name }: Holder): Promise<void> {
      await kysely
        .deleteFrom('unique_value')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('name', '=', name)
        .execute()
    },

    async releaseAll(userId: string): Promise<void> {
      await kysely.deleteFrom('unique_value').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
    },

    /** Forgets all values of an attribute that is not unique any more. */
    async forget(directoryId: string, name: string): Promise<void> {
      await kysely
        .deleteFrom('unique_value')
        .where('tenant_id', '=', tenantId)
        .where('directory_id', '=', directoryId)
        .where('name', '=', name)
        .execute()
    },
  }
}
