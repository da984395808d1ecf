// Reads and deletes the older part of a tenant's chain of events.
import type { Connection } from '#database/database.ts'
import {
  countLinkedTokens,
  type LinkSpan,
  nextLinkedToken,
  type PurgeStep,
  purgeLinkedTokens,
} from '#database/token-log/purge.ts'
import { type Checkpoint, eventCheckpointStore } from './event-checkpoint.store.ts'
import { lastEntryThrough, seqSpan } from './event-row.store.ts'

export type EventPurgeStore = ReturnType<typeof eventPurgeStore>

/** The older part of one tenant's chain. */
export function eventPurgeStore(connection: Connection, tenantId: string) {
  return {
    tenantId,

    ...eventCheckpointStore(connection, tenantId),

    /**
     * The last entry of the chain before which everything happened before a time.
     * @param moment milliseconds since 1970
     * @param keepDeliveries whether events stay that are still to be delivered to a webhook
     */
    async lastBefore(moment: number, keepDeliveries: boolean): Promise<{ seq: number; hash: string }> {
      const { from } = await seqSpan(connection, tenantId, { since: moment })
      const open = keepDeliveries ? await firstOpenDelivery(connection, tenantId) : undefined
      return lastEntryThrough(connection, tenantId, Math.min(from, open ?? from) - 1)
    },

    /** How many tokens the links between two entries have. */
    tokensBetween: (after: number, through: number) => countLinkedTokens(connection, tenantId, after, through),

    /** Deletes events between two entries. @param limit about how many @returns how many, and the last of them */
    deleteEvents: (span: { readonly after: number; readonly through: number }, limit: number): Promise<PurgeStep> =>
      deleteEventsWithin(connection, tenantId, span, limit),

    /** Looks for the next link that has tokens, among some links. */
    nextTokens: (span: Pick<LinkSpan, 'after' | 'through'>, limit: number) =>
      nextLinkedToken(connection, tenantId, span, limit),

    /** Deletes the tokens of the next links, and with their events the links. */
    deleteTokens: (span: LinkSpan, limit: number): Promise<PurgeStep> =>
      purgeLinkedTokens(connection, tenantId, span, limit),

    /** The first entry that is still there of what was purged. */
    remains: ({ seq }: Checkpoint): Promise<number | undefined> => firstEntryThrough(connection, tenantId, seq),
  }
}

async function deleteEventsWithin(
  { kysely }: Connection,
  tenantId: string,
  { after, through }: { readonly after: number; readonly through: number },
  limit: number,
): Promise<PurgeStep> {
  const rows = await kysely
    .selectFrom('event')
    .select('seq')
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .where('seq', '<=', through)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const last = rows.at(-1)?.seq
  if (last === undefined) return { deleted: 0, last }
  await kysely
    .deleteFrom('event')
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .where('seq', '<=', last)
    .execute()
  return { deleted: rows.length, last }
}

async function firstEntryThrough({ kysely }: Connection, tenantId: string, seq: number): Promise<number | undefined> {
  const [event, link] = await Promise.all(
    (['event', 'token_link'] as const).map((table) =>
      kysely
        .selectFrom(table)
        .select('seq')
        .where('tenant_id', '=', tenantId)
        .where('seq', '<=', seq)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst(),
    ),
  )
  return event?.seq ?? link?.seq
}

/** The first event that a webhook waits for. */
async function firstOpenDelivery({ kysely }: Connection, tenantId: string): Promise<number | undefined> {
  const row = await kysely
    .selectFrom('webhook_delivery')
    .select(({ fn }) => fn.min('event_seq').as('seq'))
    .where('webhook_id', 'in', kysely.selectFrom('webhook').select('id').where('tenant_id', '=', tenantId))
    .where('settled_at', 'is', null)
    .executeTakeFirst()
  return row?.seq ?? undefined
}
