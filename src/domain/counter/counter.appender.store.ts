// Changes counts in the transaction of the events that they follow from. The heads of those events’ chains are locked
// by then, so that no two transactions change the counts of one tenant at once and none waits for another in a circle.
import type { Connection, EventDraft } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { CounterTable } from '#database/tables/log.ts'
import { type Change, changesOf } from './counter.ts'

const ROWS_PER_STATEMENT = 500

const addCount = prepared<CounterTable, unknown>(
  'counter_add',
  (kysely, value) =>
    kysely
      .insertInto('counter')
      .values({
        tenant_id: value('tenant_id'),
        name: value('name'),
        bucket: value('bucket'),
        place: value('place'),
        value: value('value'),
      })
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'name', 'bucket', 'place'])
          .doUpdateSet((row) => ({ value: row('counter.value', '+', row.ref('excluded.value')) })),
      ) as never,
)

/** Changes the counts that events change. Most change none, and cost nothing. */
export async function countEvents(connection: Connection, drafts: readonly EventDraft[]): Promise<void> {
  const sums = new Map<string, CounterTable>()
  for (const draft of drafts) {
    for (const change of changesOf(draft)) {
      if (change.by === null) await clear(connection, sums, draft.tenant_id, change)
      else add(sums, draft.tenant_id, { ...change, by: change.by })
    }
  }
  const rows = [...sums.values()].filter(({ value }) => value !== 0)
  if (!connection.remote) {
    for (const row of rows) await connection.run(addCount, row)
    return
  }
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await connection.kysely
      .insertInto('counter')
      .values(rows.slice(start, start + ROWS_PER_STATEMENT))
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'name', 'bucket', 'place'])
          .doUpdateSet((row) => ({ value: row('counter.value', '+', row.ref('excluded.value')) })),
      )
      .execute()
  }
}

function add(sums: Map<string, CounterTable>, tenantId: string, change: Change & { readonly by: number }): void {
  const { name, bucket, place, by } = change
  const key = `${tenantId} ${name} ${bucket} ${place}`
  const sum = sums.get(key)
  if (sum) sum.value += by
  else sums.set(key, { tenant_id: tenantId, name, bucket, place, value: by })
}

async function clear(
  { kysely }: Connection,
  sums: Map<string, CounterTable>,
  tenantId: string,
  { name, place }: Change,
): Promise<void> {
  for (const [key, sum] of sums) {
    const meant = sum.tenant_id === tenantId && sum.name === name && (place === '' || sum.place === place)
    if (meant) sums.delete(key)
  }
  let rows = kysely.deleteFrom('counter').where('tenant_id', '=', tenantId).where('name', '=', name)
  if (place !== '') rows = rows.where('place', '=', place)
  await rows.execute()
}
