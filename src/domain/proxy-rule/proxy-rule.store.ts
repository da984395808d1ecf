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

    /** Some enabled rules of a realm, oldest first. @param after the last one of the rules before */
    async enabled(
      realmId: string,
      { limit, after }: { readonly limit: number; readonly after: Pick<ProxyRule, 'createdAt' | 'id'> | undefined },
    ): Promise<ProxyRule[]> {
      const all = rules.living(kysely, placeOf(realmId)).where('enabled', '=', 1)
      const some = after
        ? all.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'id'), '>', tuple(after.createdAt, after.id)),
          )
        : all
      const rows = await some.orderBy('created_at').orderBy('id').limit(limit).execute()
      return rows.map((row) => ProxyRuleFields.fromRow(row))
    },

    /** Updates a rule if it still has the version that was read. */
    update: (rule: ProxyRule): Promise<UpdateOutcome> => rules.update(kysely, { tenant_id: tenantId }, rule),

    /** @returns whether the rule existed */
    delete: (realmId: string, id: string, now: number): Promise<boolean> =>
      rules.delete(kysely, placeOf(realmId), id, now),
  }
}
