// A site of the proxy with its rules in their order, as the data path reads it.
import type { DecidingRule } from '../proxy-rule/condition.ts'
import { compileRules, type RuleSet } from '../proxy-rule/engine.ts'
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
  readonly rules: RuleSet<SiteRule>
}

/** A site with rules in their order. */
export function proxied(site: SiteSettings, ordered: readonly SiteRule[]): ProxiedSite {
  return { site, rules: compileRules(ordered) }
}
