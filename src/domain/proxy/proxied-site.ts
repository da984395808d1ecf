// A site of the proxy with its rules in their order, as the data path reads it.
import type { DecidingRule } from '../proxy-rule/condition.ts'
import type { RuleSet } from '../proxy-rule/engine.ts'
import type { ProxySite } from '../proxy-site/proxy-site.ts'

/** A rule that decides about requests to a site. */
export interface SiteRule extends DecidingRule {
  readonly name: string
  readonly source: 'file' | 'database'
}

/** A site, whether of the database or of the file. */
export type SiteSettings = Pick<
  ProxySite,
  'publicUrl' | 'upstream' | 'audience' | 'signsIdentity' | 'passesToken' | 'healthPath' | 'timeoutSeconds' | 'enabled'
> & {
  /** Null for a site of the file. */
  readonly id: string | null
  readonly realmId: string
  /** Null for a site of the file that names none. */
  readonly applicationId: string | null
}

/** A site, and who may send it what. */
export interface ProxiedSite {
  readonly site: SiteSettings
  /** First the rules of the site, then those that it shares with others. */
  readonly rules: RuleSet<SiteRule>
}

/** What the proxy keeps about a site under, such as its breaker: nothing is shared with a site that names the same upstream. */
export function siteKey({ id, realmId, publicUrl }: Pick<SiteSettings, 'id' | 'realmId' | 'publicUrl'>): string {
  return id ?? `${realmId} ${publicUrl}`
}

/** The rules of a realm in the database. Those of an application are in one index, those of the whole realm in another. */
export interface RealmRules {
  readonly count: number
  /** The rules that a site of an application meets: its own, then those of the realm. */
  of(applicationId: string): RuleSet<SiteRule>
}
