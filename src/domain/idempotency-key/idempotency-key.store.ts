import type { Connection } from '#database/database.ts'

export type IdempotencyKeyStore = ReturnType<typeof idempotencyKeyStore>

/** A request that was carried out under an idempotency key, and its reply once that was known. */
export interface KeptRequest {
  /** The digest of the request, so that the key is not used for another. */
  readonly fingerprint: string
  /** The sealed reply; null where the server stopped between carrying it out and answering. */
  readonly reply: string | null
}

/** Idempotency keys. They belong to callers, not tenants: a caller’s key names one request wherever it reached. */
export function idempotencyKeyStore({ kysely }: Connection) {
  return {
    async find(actorId: string, key: string): Promise<KeptRequest | undefined> {
      return kysely
        .selectFrom('idempotency_key')
        .select(['fingerprint', 'reply'])
        .where('actor_id', '=', actorId)
        .where('key', '=', key)
        .executeTakeFirst()
    },

    /** @returns whether nobody had claimed the key */
    async claim(actorId: string, key: string, fingerprint: string, now: number): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('idempotency_key')
        .values({ actor_id: actorId, key, fingerprint, created_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async keepReply(actorId: string, key: string, reply: string): Promise<void> {
      await kysely
        .updateTable('idempotency_key')
        .set({ reply })
        .where('actor_id', '=', actorId)
        .where('key', '=', key)
        .execute()
    },
  }
}

/** Forgets keys that were claimed before a moment. @returns how many those were */
export async function purgeIdempotencyKeys({ kysely }: Connection, before: number): Promise<number> {
  const { numDeletedRows } = await kysely
    .deleteFrom('idempotency_key')
    .where('created_at', '<', before)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
