// Reads and writes proxy rules.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type ProxyRule, ProxyRuleFields, type ProxyRuleQuery } from './proxy-rule.ts'

const rules = versionedRows('proxy_rule', ProxyRuleFields)

export type ProxyRuleStore = ReturnType<typeof proxyRuleStore>

/** The rules of one tenant's realms. */
export function proxyRuleStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const placeOf = (realmId: string) => ({ tenant_id: tenantId, realm_id: realmId })
  return {
    /** @returns false if another rule has the id */
    insert: (rule: ProxyRule): Promise<boolean> => rules.insertIfFree(kysely, rule),

    /** One page of the rules of a realm, oldest first. */
    async list(realmId: string, { applicationId, ...query }: ProxyRuleQuery): Promise<Page<ProxyRule>> {
      const all = rules.living(kysely, placeOf(realmId))
      const some = applicationId === undefined ? all : all.where('application_id', '=', applicationId)
      return mapPage(await readListPage(connection, some, query), (row) => ProxyRuleFields.fromRow(row))
    },

    find: (realmId: string, id: string): Promise<ProxyRule | undefined> => rules.find(kysely, placeOf(realmId), id),

    /** How many rules a realm has. */
    async count(realmId: string): Promise<number> {
      const { count } = await kysely
        .selectFrom('proxy_rule')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /**
     * The enabled rules for an application in the order in which they are asked: its own, then those of the realm; by priority,
     * then by age.
     */
    async ordered(realmId: string, applicationId: string): Promise<ProxyRule[]> {
      const rows = await rules
        .living(kysely, placeOf(realmId))
        .where('enabled', '=', 1)
        .where(({ or, eb }) => or([eb('application_id', '=', applicationId), eb('application_id', 'is', null)]))
        .execute()
      return rows.map((row) => ProxyRuleFields.fromRow(row)).sort(inOrder)
    },

    /** Updates a rule if it still has the version that was read. */
    update: (rule: ProxyRule): Promise<UpdateOutcome> => rules.update(kysely, { tenant_id: tenantId }, rule),

    /** @returns whether the rule existed */
    delete: (realmId: string, id: string, now: number): Promise<boolean> =>
      rules.delete(kysely, placeOf(realmId), id, now),
  }
}

function inOrder(left: ProxyRule, right: ProxyRule): number {
  const own = Number(left.applicationId === null) - Number(right.applicationId === null)
  return own || right.priority - left.priority || left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1)
}
