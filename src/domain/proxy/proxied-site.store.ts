// Reads the rules of a realm for the proxy.
import type { Connection } from '#database/database.ts'
import { indexRules, indexRulesInSteps, type RuleIndex, type RuleSet, ruleSet } from '../proxy-rule/engine.ts'
import { proxyRuleStore } from '../proxy-rule/proxy-rule.store.ts'
import type { ProxyRule } from '../proxy-rule/proxy-rule.ts'
import type { RealmRules, SiteRule } from './proxied-site.ts'

/** Rules of one query. */
const PAGE = 500
const rest = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * The enabled rules of a realm: those of each application and those of the realm by priority, then by age. They are read and put
 * in order in steps, between which requests have their turn.
 */
export async function realmRules(connection: Connection, tenantId: string, realmId: string): Promise<RealmRules> {
  const store = proxyRuleStore(connection, tenantId)
  const lists = new Map<string | null, ProxyRule[]>()
  let count = 0
  for (let last: ProxyRule | undefined; ; await rest()) {
    const page = await store.enabled(realmId, { limit: PAGE, after: last })
    for (const rule of page) {
      const list = lists.get(rule.applicationId)
      if (list) list.push(rule)
      else lists.set(rule.applicationId, [rule])
    }
    count += page.length
    last = page.at(-1)
    if (page.length < PAGE) break
  }
  const indexes = new Map<string | null, RuleIndex<SiteRule>>()
  for (const [applicationId, rules] of lists) {
    const ordered = rules.sort((left, right) => right.priority - left.priority || byAge(left, right))
    indexes.set(applicationId, await indexRulesInSteps(ordered.map(siteRule), rest))
  }
  const none = indexRules<SiteRule>([])
  const shared = indexes.get(null) ?? none
  const onlyShared = ruleSet(none, shared)
  const sets = new Map<string, RuleSet<SiteRule>>()
  for (const [applicationId, own] of indexes) {
    if (applicationId !== null) sets.set(applicationId, ruleSet(own, shared))
  }
  return { count, of: (applicationId) => sets.get(applicationId) ?? onlyShared }
}

function byAge(left: ProxyRule, right: ProxyRule): number {
  return left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1)
}

function siteRule({ id, name, path, methods, require, scopes, tier, machinesOnly, mode }: ProxyRule): SiteRule {
  return { id, source: 'database', name, path, methods, require, scopes, tier, machinesOnly, mode }
}
