// Updates the counts in the transaction of the events that change them. The chain heads of these events are already
// locked, so no two transactions update the counts of one tenant at once, and no deadlock is possible.
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

/** Updates the counts that events change. Most events change none, and then nothing is queried. */
export async function countEvents(connection: Connection, drafts: readonly EventDraft[]): Promise<void> {
  const sums = new Map<string, CounterTable>()
  for (const draft of drafts) {
    for (const change of changesOf(draft)) {
      if (change.delta === null) await clear(connection, sums, draft.tenant_id, change)
      else add(sums, draft.tenant_id, { ...change, delta: change.delta })
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

function add(sums: Map<string, CounterTable>, tenantId: string, change: Change & { readonly delta: number }): void {
  const { name, bucket, place, delta } = change
  const key = `${tenantId} ${name} ${bucket} ${place}`
  const sum = sums.get(key)
  if (sum) sum.value += delta
  else sums.set(key, { tenant_id: tenantId, name, bucket, place, value: delta })
}

async function clear(
  { kysely }: Connection,
  sums: Map<string, CounterTable>,
  tenantId: string,
  { name, place }: Change,
): Promise<void> {
  for (const [key, sum] of sums) {
    const isSameCount = sum.tenant_id === tenantId && sum.name === name && (place === '' || sum.place === place)
    if (isSameCount) sums.delete(key)
  }
  let rows = kysely.deleteFrom('counter').where('tenant_id', '=', tenantId).where('name', '=', name)
  if (place !== '') rows = rows.where('place', '=', place)
  await rows.execute()
}
