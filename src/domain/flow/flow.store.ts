// Reads and writes the flows of realms.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { FLOWS_MAX, type Flow, FlowFields, type FlowQuery } from './flow.ts'
import type { Trigger } from './trigger.ts'

const flows = versionedRows('flow', FlowFields)

export type FlowStore = ReturnType<typeof flowStore>

/** The flows of one tenant's realms. */
export function flowStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const ofRealm = (realmId: string) => flows.living(kysely, { tenant_id: tenantId, realm_id: realmId })
  return {
    insert(flow: Flow): Promise<void> {
      return flows.insert(kysely, flow)
    },

    /** One page of a realm’s flows, oldest first. */
    async list(realmId: string, { trigger, mode, ...query }: FlowQuery): Promise<Page<Flow>> {
      let rows = ofRealm(realmId)
      if (trigger !== undefined) rows = rows.where('trigger', '=', trigger)
      if (mode !== undefined) rows = rows.where('mode', '=', mode)
      return mapPage(await readListPage(connection, rows, query), FlowFields.fromRow)
    },

    async count(realmId: string): Promise<number> {
      const rows = await ofRealm(realmId).clearSelect().select('id').limit(FLOWS_MAX).execute()
      return rows.length
    },

    find(realmId: string, id: string): Promise<Flow | undefined> {
      return flows.find(kysely, { tenant_id: tenantId, realm_id: realmId }, id)
    },

    /** Finds a flow and locks it until the write ends. */
    lock(realmId: string, id: string): Promise<Flow | undefined> {
      return flows.lock(kysely, { tenant_id: tenantId, realm_id: realmId }, id)
    },

    /** The flows of a realm in a mode, in the order in which they are asked: by priority, then the older one first. */
    async inMode(realmId: string, mode: Flow['mode'], trigger?: Trigger): Promise<Flow[]> {
      const rows = ofRealm(realmId).where('mode', '=', mode)
      const of = trigger === undefined ? rows : rows.where('trigger', '=', trigger)
      const found = await of.orderBy('priority', 'desc').orderBy('id').limit(FLOWS_MAX).execute()
      return found.map((row) => FlowFields.fromRow(row))
    },

    /** A flow whose steps name a role or an organization; undefined if none does. */
    async naming(targetId: string): Promise<Flow | undefined> {
      const row = await flows
        .living(kysely, { tenant_id: tenantId })
        .where('targets', 'like', `%${targetId}%`)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      return row && FlowFields.fromRow(row)
    },

    /** Updates a flow if it still has the version that was read. */
    update(flow: Flow): Promise<UpdateOutcome> {
      return flows.update(kysely, { tenant_id: tenantId }, flow)
    },

    /** @returns whether the flow existed */
    delete(realmId: string, id: string, now: number): Promise<boolean> {
      const nothing = { conditions: '{}', steps: '[]', secret: '', headers: null, targets: '' }
      return flows.delete(kysely, { tenant_id: tenantId, realm_id: realmId }, id, now, nothing)
    },
  }
}
