// Reads a site of the proxy with its rules.
import type { Connection } from '#database/database.ts'
import { proxyRuleStore } from '../proxy-rule/proxy-rule.store.ts'
import type { ProxyRule } from '../proxy-rule/proxy-rule.ts'
import { findSiteByHost } from '../proxy-site/proxy-site.store.ts'
import { type ProxiedSite, proxied, type SiteRule } from './proxied-site.ts'

/** The site at a host with its port, and its enabled rules; undefined if there is none. */
export async function proxiedSite(connection: Connection, host: string): Promise<ProxiedSite | undefined> {
  const site = await findSiteByHost(connection, host)
  if (!site) return undefined
  return proxied(site, await rulesFor(connection, site))
}

/** The enabled rules of the database for an application, in their order. */
export async function rulesFor(
  connection: Connection,
  { tenantId, realmId, applicationId }: Pick<ProxyRule, 'tenantId' | 'realmId' | 'applicationId'>,
): Promise<SiteRule[]> {
  const rules = await proxyRuleStore(connection, tenantId).ordered(realmId, applicationId ?? '')
  return rules.map((rule) => ({ ...rule, source: 'database' as const }))
}
