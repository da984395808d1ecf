// Keeps the checkpoint at which a tenant's chain of events begins after its older part was purged.
import type { Connection } from '#database/database.ts'
import type { EventCheckpointTable } from '#database/tables/log.ts'
import { GENESIS } from './event.ts'

/** Where a tenant's chain begins after a purge. */
export interface Checkpoint {
  /** The last purged entry, and its hash; 0 and {@link GENESIS} if none was purged. */
  readonly seq: number
  readonly hash: string
  /** The last link whose tokens were purged. It is not before `seq`. */
  readonly tokensSeq: number
  /** How many events were purged, tokens aside. */
  readonly events: number
  /** Whether nothing is left of what was purged. */
  readonly cleared: boolean
}

/** The checkpoint of a chain of which nothing was purged. */
export const BEGINNING: Checkpoint = { seq: 0, hash: GENESIS, tokensSeq: 0, events: 0, cleared: true }

/** The text whose MAC protects a checkpoint. No event and no link has the same text, for it has other members. */
export function checkpointText(tenantId: string, checkpoint: Checkpoint): string {
  const { seq, hash, tokensSeq, events, cleared } = checkpoint
  return JSON.stringify(['event.checkpoint', tenantId, seq, hash, tokensSeq, events, cleared])
}

/** The checkpoint of one tenant's chain. */
export function eventCheckpointStore({ kysely }: Connection, tenantId: string) {
  return {
    /** The checkpoint with its MAC; undefined if nothing was purged. */
    async checkpoint(): Promise<(Checkpoint & { readonly mac: string }) | undefined> {
      const row = await kysely
        .selectFrom('event_checkpoint')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return row && toCheckpoint(row)
    },

    /** Replaces the checkpoint by a later one. @returns false if it is not later, because another process purged */
    async advance(checkpoint: Checkpoint, mac: string): Promise<boolean> {
      const rows = await kysely
        .insertInto('event_checkpoint')
        .values(toRow(tenantId, checkpoint, mac))
        .onConflict((conflict) =>
          conflict
            .column('tenant_id')
            .doUpdateSet(toRow(tenantId, checkpoint, mac))
            .where((is) =>
              is.and([
                is('event_checkpoint.seq', '<=', checkpoint.seq),
                is('event_checkpoint.tokens_seq', '<=', checkpoint.tokensSeq),
                is.or([
                  is('event_checkpoint.seq', '<', checkpoint.seq),
                  is('event_checkpoint.tokens_seq', '<', checkpoint.tokensSeq),
                ]),
              ]),
            ),
        )
        .returning('tenant_id')
        .execute()
      return rows.length === 1
    },

    /** Records that nothing is left of what a checkpoint purged. It stays open if there is a later one by now. */
    async clear(checkpoint: Checkpoint, mac: string): Promise<void> {
      await kysely
        .updateTable('event_checkpoint')
        .set({ cleared: 1, mac })
        .where('tenant_id', '=', tenantId)
        .where('seq', '=', checkpoint.seq)
        .where('tokens_seq', '=', checkpoint.tokensSeq)
        .execute()
    },
  }
}

function toCheckpoint(row: EventCheckpointTable): Checkpoint & { readonly mac: string } {
  return {
    seq: row.seq,
    hash: row.hash,
    tokensSeq: row.tokens_seq,
    events: row.events,
    cleared: row.cleared === 1,
    mac: row.mac,
  }
}

function toRow(tenantId: string, checkpoint: Checkpoint, mac: string): EventCheckpointTable {
  return {
    tenant_id: tenantId,
    seq: checkpoint.seq,
    hash: checkpoint.hash,
    tokens_seq: checkpoint.tokensSeq,
    events: checkpoint.events,
    cleared: checkpoint.cleared ? 1 : 0,
    mac,
  }
}
