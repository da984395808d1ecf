// Reads and writes idempotency keys.
import type { Connection } from '#database/database.ts'

export type IdempotencyKeyStore = ReturnType<typeof idempotencyKeyStore>

/** A request with an idempotency key, and its response if it is known. */
export interface StoredRequest {
  /** The digest of the request, so that the key cannot be used for another request. */
  readonly fingerprint: string
  /** The sealed response; null if the server stopped between the work and the response. */
  readonly reply: string | null
  /** When the key was claimed, in milliseconds since 1970. */
  readonly createdAt: number
}

/** Idempotency keys. They belong to callers, not to tenants: a caller’s key identifies one request in any tenant. */
export function idempotencyKeyStore({ kysely }: Connection) {
  return {
    async find(actorId: string, key: string): Promise<StoredRequest | undefined> {
      const row = await kysely
        .selectFrom('idempotency_key')
        .select(['fingerprint', 'reply', 'created_at as createdAt'])
        .where('actor_id', '=', actorId)
        .where('key', '=', key)
        .executeTakeFirst()
      return row && { ...row, createdAt: Number(row.createdAt) }
    },

    /** @returns whether the key was new */
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
