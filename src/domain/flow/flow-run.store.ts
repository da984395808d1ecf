// Reads and writes the runs of flows.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { FlowRunTable } from '#database/tables/flows.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { agreesOf, type FlowRun, type FlowRunQuery } from './flow-run.ts'

export type FlowRunStore = ReturnType<typeof flowRunStore>

/** The runs of one tenant's flows. */
export function flowRunStore({ kysely }: Connection, tenantId: string) {
  return {
    /** Records a run, over what was recorded of it before. */
    async put(run: FlowRun): Promise<void> {
      const row = toRow(run)
      const { outcome, step, reason, actual, agrees, aal, metadata, timeline, finished_at } = row
      await kysely
        .insertInto('flow_run')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ outcome, step, reason, actual, agrees, aal, metadata, timeline, finished_at }),
        )
        .execute()
    },

    /** One page of the runs of a flow, newest first. */
    async list({ id, limit, cursor, mode, agrees }: FlowRunQuery): Promise<Page<FlowRun>> {
      let query = kysely
        .selectFrom('flow_run')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('flow_id', '=', id)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '<', decodeCursor(cursor))
      if (mode !== undefined) query = query.where('mode', '=', mode)
      if (agrees !== undefined) query = query.where('agrees', '=', agrees ? 1 : 0)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toRun) }
    },

    async deleteOfFlow(flowId: string): Promise<void> {
      await kysely.deleteFrom('flow_run').where('tenant_id', '=', tenantId).where('flow_id', '=', flowId).execute()
    },

    async deleteOfUser(userId: string): Promise<void> {
      await kysely.deleteFrom('flow_run').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
    },
  }
}

function toRow(run: FlowRun): Selectable<FlowRunTable> {
  return {
    id: run.id,
    tenant_id: run.tenantId,
    realm_id: run.realmId,
    flow_id: run.flowId,
    flow_version: run.flowVersion,
    user_id: run.userId,
    trigger: run.trigger,
    mode: run.mode,
    outcome: run.outcome,
    step: run.step,
    reason: run.reason,
    actual: run.actual,
    agrees: agreesOf(run) ? 1 : 0,
    aal: run.aal,
    metadata: JSON.stringify(run.metadata),
    timeline: JSON.stringify(run.timeline),
    started_at: run.startedAt,
    finished_at: run.finishedAt,
  }
}

function toRun(row: Selectable<FlowRunTable>): FlowRun {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    userId: row.user_id,
    trigger: row.trigger as FlowRun['trigger'],
    mode: row.mode as FlowRun['mode'],
    outcome: row.outcome as FlowRun['outcome'],
    step: row.step,
    reason: row.reason,
    actual: row.actual as FlowRun['actual'],
    aal: row.aal,
    metadata: JSON.parse(row.metadata),
    timeline: JSON.parse(row.timeline),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}
