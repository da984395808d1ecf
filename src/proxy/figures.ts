// Counts what the proxy decided, since the process started.
import type { ProxiedSite, SiteRule } from '#domain/proxy/proxied-site.ts'
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

/** Rules whose figures are kept; those of rules that were asked longest ago go first. */
const RULES_MAX = 50_000

/** The figures of all sites and rules, by their ids and addresses. */
export class Figures {
  readonly #sites = new Map<string, SiteFigures>()
  readonly #rules = new Map<string, RuleFigures>()

  site({ site }: ProxiedSite): SiteFigures {
    const key = `${site.realmId} ${site.publicUrl}`
    const known = this.#sites.get(key)
    if (known) return known
    const made = { allowed: 0, denied: 0, failed: 0 }
    this.#sites.set(key, made)
    return made
  }

  /** Counts a decision for its rule, and for the rule in shadow mode that stood before it. */
  decided({ rule, allowed, shadow }: Decision<SiteRule>): void {
    if (rule) {
      const figures = this.#figuresOf(rule)
      if (allowed) figures.allowed += 1
      else figures.denied += 1
    }
    if (!shadow) return
    const figures = this.#figuresOf(shadow.rule)
    if (shadow.allowed) figures.allowed += 1
    else figures.denied += 1
    if (shadow.allowed !== allowed) figures.differs += 1
  }

  /** The figures of a rule, if it decided something. */
  rule(id: string): RuleFigures | undefined {
    return this.#rules.get(id)
  }

  #figuresOf(rule: SiteRule): RuleFigures {
    const known = this.#rules.get(rule.id)
    // A rule that went into or out of shadow mode counts anew.
    if (known && known.rule.mode === rule.mode) return known
    const [oldest] = this.#rules.keys()
    if (this.#rules.size >= RULES_MAX && oldest !== undefined) this.#rules.delete(oldest)
    const made = { rule, allowed: 0, denied: 0, differs: 0 }
    this.#rules.set(rule.id, made)
    return made
  }
}
