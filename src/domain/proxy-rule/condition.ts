// What a caller of the proxy is, and whether it has what a rule requires.
import { coveredBy } from '../role/role.ts'

/** What of a rule decides. Rules of the database and of the file have it. */
export interface DecidingRule {
  readonly id: string
  readonly path: string
  readonly methods: readonly string[]
  readonly require: string
  readonly scopes: readonly string[]
  readonly tier: string | null
  readonly machinesOnly: boolean
  readonly mode: 'enforce' | 'shadow'
}

/** Who sends a request to the proxy. */
export interface Caller {
  readonly kind: 'anonymous' | 'user' | 'agent' | 'client'
  readonly userId: string | null
  readonly email: string | null
  readonly name: string | null
  readonly tier: string | null
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly permissions: ReadonlySet<string>
  /** Those of the access token; null for a session, which has none. */
  readonly scopes: readonly string[] | null
  /** The agent that acts, for itself or for the user. */
  readonly agentId: string | null
  readonly agentName: string | null
  readonly clientId: string | null
  /** How the caller was recognised: `session`, `bearer` or `dpop`; empty for nobody. */
  readonly method: string
}

export const ANONYMOUS: Caller = {
  kind: 'anonymous',
  userId: null,
  email: null,
  name: null,
  tier: null,
  roles: [],
  groups: [],
  permissions: new Set(),
  scopes: null,
  agentId: null,
  agentName: null,
  clientId: null,
  method: '',
}

/**
 * What a caller lacks: a sign-in; another tier; a scope; something else that an administrator gives; a rule for the path; or a
 * path without ambiguity.
 */
export type Need = 'sign_in' | 'tier' | 'scope' | 'right' | 'rule' | 'path'

/** What a caller lacks, and a sentence about it. */
export interface Flaw {
  readonly need: Need
  readonly reason: string
}

/** What a caller lacks for a rule; undefined where it passes. */
export function flawOf(rule: Omit<DecidingRule, 'id' | 'path' | 'methods' | 'mode'>, caller: Caller): Flaw | undefined {
  const isOpen = rule.require === 'anonymous' && rule.scopes.length === 0 && rule.tier === null && !rule.machinesOnly
  if (isOpen) return undefined
  if (caller.kind === 'anonymous') return { need: 'sign_in', reason: 'The caller is not signed in.' }
  if (rule.machinesOnly && caller.kind === 'user')
    return lacks('right', 'The rule is for agents and other programs only.')
  for (const scope of rule.scopes) {
    if (!caller.scopes?.includes(scope)) return lacks('scope', `The access token has no scope ${scope}.`)
  }
  const flaw = flawOfCondition(rule.require, caller)
  if (flaw) return flaw
  if (rule.tier !== null && caller.tier !== rule.tier)
    return lacks('tier', `The caller is not in the tier ${rule.tier}.`)
  return undefined
}

function flawOfCondition(require: string, caller: Caller): Flaw | undefined {
  if (require === 'anonymous' || require === 'authenticated') return undefined
  if (require === 'agent') return caller.agentId === null ? lacks('right', 'The caller is no agent.') : undefined
  const colon = require.indexOf(':')
  const [condition, name] = [require.slice(0, colon), require.slice(colon + 1)]
  const has = HAS[condition]
  if (has?.(caller, name)) return undefined
  const need = condition === 'tier' ? 'tier' : condition === 'scope' ? 'scope' : 'right'
  return lacks(need, `The caller has no ${condition.replace('_', ' ')} ${name}.`)
}

const HAS: Readonly<Record<string, (caller: Caller, name: string) => boolean>> = {
  role: ({ roles }, name) => roles.includes(name),
  global_role: ({ roles }, name) => roles.includes(name),
  group: ({ groups }, name) => groups.includes(name),
  tier: ({ tier }, name) => tier === name,
  permission: ({ permissions }, name) => coveredBy(name).some((one) => permissions.has(one)),
  scope: ({ scopes }, name) => scopes?.includes(name) === true,
}

function lacks(need: Need, reason: string): Flaw {
  return { need, reason }
}

/** The tier that a rule asks for; null for none. */
export function tierOf({ require, tier }: Pick<DecidingRule, 'require' | 'tier'>): string | null {
  return tier ?? (require.startsWith('tier:') ? require.slice('tier:'.length) : null)
}
