// Counts what the proxy decided, since the process started.
import { LRUCache } from 'lru-cache'
import { type ProxiedSite, type SiteRule, type SiteSettings, siteKey } from '#domain/proxy/proxied-site.ts'
import type { Decision } from '#domain/proxy-rule/engine.ts'

/** What became of the requests to a site. */
export interface SiteFigures {
  allowed: number
  denied: number
  failed: number
}

/** What a rule decided, or would have decided in shadow mode. */
export interface RuleFigures {
  readonly rule: SiteRule
  allowed: number
  denied: number
  differs: number
}

/** Sites and rules whose figures are kept; those that were asked for longest ago go first. */
const SITES_MAX = 10_000
const RULES_MAX = 50_000

/** The figures of all sites and rules. */
export class Figures {
  readonly #sites = new LRUCache<string, SiteFigures>({ max: SITES_MAX })
  readonly #rules = new LRUCache<string, RuleFigures>({ max: RULES_MAX })

  site({ site }: Pick<ProxiedSite, 'site'>): SiteFigures {
    const key = siteKey(site)
    const known = this.#sites.get(key)
    if (known) return known
    const made = { allowed: 0, denied: 0, failed: 0 }
    this.#sites.set(key, made)
    return made
  }

  /** Forgets a site. @param key its `siteKey` */
  drop(key: string): void {
    this.#sites.delete(key)
  }

  /** Counts a decision at a site for its rule, and for the rule in shadow mode that stood before it. */
  decided({ realmId }: Pick<SiteSettings, 'realmId'>, { rule, allowed, shadow }: Decision<SiteRule>): void {
    if (rule) {
      const figures = this.#figuresOf(realmId, rule)
      if (allowed) figures.allowed += 1
      else figures.denied += 1
    }
    if (!shadow) return
    const figures = this.#figuresOf(realmId, shadow.rule)
    if (shadow.allowed) figures.allowed += 1
    else figures.denied += 1
    if (shadow.allowed !== allowed) figures.differs += 1
  }

  /** The figures of a rule in a realm, if it decided something there. */
  rule(realmId: string, { id }: Pick<SiteRule, 'id'>): RuleFigures | undefined {
    return this.#rules.peek(`${realmId} ${id}`)
  }

  /** A rule of the file may be one of several realms. */
  #figuresOf(realmId: string, rule: SiteRule): RuleFigures {
    const key = `${realmId} ${rule.id}`
    const known = this.#rules.get(key)
    // A rule that went into or out of shadow mode counts anew.
    if (known && known.rule.mode === rule.mode) return known
    const made = { rule, allowed: 0, denied: 0, differs: 0 }
    this.#rules.set(key, made)
    return made
  }
}
