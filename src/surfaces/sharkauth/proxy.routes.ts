// The rows for the reverse proxy.
import * as z from 'zod'
import * as proxy from '#domain/proxy/proxy.operations.ts'
import {
  lifecycleNumber,
  type ProxyLifecycle,
  type ProxyStatus,
  RuleInOrder,
  type SimulatedDecision,
} from '#domain/proxy/proxy.ts'
import * as rules from '#domain/proxy-rule/proxy-rule.operations.ts'
import { type ProxyRule, ProxyRuleView } from '#domain/proxy-rule/proxy-rule.ts'
import { invalidInput } from '../codec.ts'
import { eachOf, within } from '../reply.ts'
import type { Route, WireRequest } from '../surface.ts'
import { computed, counted, created, json, list, noContent, ok, representation, row, time } from './dialect.ts'

const BASE = '/api/v1/admin/proxy'

const State = z.object({
  enabled: z.boolean(),
  state: z.enum(['closed', 'open', 'half-open']),
  cache_size: z.number().int(),
  neg_cache_size: z.number().int(),
  failures: z.number().int(),
  last_check: z.string().optional(),
  last_latency_ms: z.number().int(),
  last_status: z.number().int(),
  health_url: z.string().optional(),
  upstream: z.string().optional(),
})
const WORDS = { closed: 'closed', open: 'open', half_open: 'half-open' } as const

/** One state for all upstreams, that of the one that is worst off; each of them besides. */
function stateOf({ enabled, cachedCallers, cachedStrangers, sites }: ProxyStatus) {
  const cache = { enabled, cache_size: cachedCallers, neg_cache_size: cachedStrangers }
  const states = sites.map((site) => ({
    state: WORDS[site.state],
    failures: site.failures,
    ...(site.lastCheckAt !== null && { last_check: time(site.lastCheckAt) }),
    last_latency_ms: site.lastLatencyMs,
    last_status: site.lastStatus,
    ...(site.healthUrl !== null && { health_url: site.healthUrl }),
    upstream: site.upstream,
  }))
  const none = { state: 'closed' as const, failures: 0, last_latency_ms: 0, last_status: 0 }
  const worst = states.reduce((worst, each) => (each.failures > worst.failures ? each : worst), states[0] ?? none)
  return { ...cache, ...worst, upstreams: states }
}
const status = json(State.extend({ upstreams: z.array(State.partial()) }), stateOf)

const lifecycle = within(
  'data',
  json(
    z.object({
      state: z.number().int(),
      state_str: z.string(),
      listeners: z.number().int(),
      rules_loaded: z.number().int(),
      started_at: z.string().optional(),
      last_error: z.string().optional(),
    }),
    ({ state, listeners, rulesLoaded, startedAt, lastError }: ProxyLifecycle) => ({
      ...{ state: lifecycleNumber(state), state_str: state, listeners, rules_loaded: rulesLoaded },
      ...(startedAt !== null && { started_at: time(startedAt) }),
      ...(lastError !== null && { last_error: lastError }),
    }),
  ),
)

const Shown = z.object({
  path: z.string(),
  methods: z.array(z.string()),
  require: z.string(),
  scopes: z.array(z.string()),
})
const compiled = representation(RuleInOrder, {
  omit: ['ruleId', 'source', 'publicUrl', 'name', 'tier', 'machinesOnly', 'mode'],
})
const simulated = json(
  z.object({
    matched_rule: Shown.nullable(),
    decision: z.enum(['allow', 'deny']),
    reason: z.string(),
    injected_headers: z.record(z.string(), z.string()),
    eval_us: z.number(),
  }),
  ({ matchedRule, decision, reason, injectedHeaders, evalUs }: SimulatedDecision) => ({
    ...{ decision, reason, injected_headers: injectedHeaders, eval_us: evalUs },
    matched_rule: matchedRule && Shown.parse(matchedRule),
  }),
)

const members = {
  omit: ['realmId', 'version', 'mode'],
  names: { applicationId: 'app_id', path: 'pattern', tier: 'tier_match', machinesOnly: 'm2m' },
} as const
const rule = representation(ProxyRuleView, members, {
  allow: computed(z.string(), ({ require }: Pick<ProxyRule, 'require'>) => (require === 'anonymous' ? require : '')),
})
const allow = { checked: { allow: z.literal('anonymous').or(z.literal('')).optional() }, fixed: allowed }

/** `allow` is another way to say whom a rule requires, and not both are said. */
function allowed({ body }: WireRequest): { require?: string } {
  const { allow, require } = (body ?? {}) as { allow?: unknown; require?: unknown }
  if (allow === undefined || allow === '') return {}
  if (require !== undefined) throw invalidInput([{ path: 'allow', message: 'give either require or allow' }])
  if (allow !== 'anonymous') throw invalidInput([{ path: 'allow', message: "must be 'anonymous' or empty" }])
  return { require: allow }
}

const needs = { needs: 'proxy' } as const

/** The reverse proxy (SharkAuth, “Proxy”). All of it is 404 where the proxy was off at boot. */
export const proxyRoutes: readonly Route[] = [
  row(`GET ${BASE}/status`, proxy.proxyStatus, within('data', status)),
  row(`GET ${BASE}/status/stream`, proxy.proxyFollow, eachOf(status), {
    scopeParameters: [{ name: 'token' }],
  }),
  row(`GET ${BASE}/rules`, proxy.proxyRules, list(compiled)),
  row(`POST ${BASE}/simulate`, proxy.proxySimulate, simulated, { pick: ['host', 'method', 'path', 'identity'] }),
  row(`GET ${BASE}/rules/db`, rules.proxyRuleList, list(rule, 'data', counted), { ...needs, pick: ['applicationId'] }),
  row(`POST ${BASE}/rules/db`, rules.proxyRuleCreate, within('data', created(rule)), { ...needs, ...allow }),
  row(`GET ${BASE}/rules/db/{id}`, rules.proxyRuleGet, ok(rule), needs),
  row(`PATCH ${BASE}/rules/db/{id}`, rules.proxyRuleUpdate, within('data', ok(rule)), { ...needs, ...allow }),
  row(`DELETE ${BASE}/rules/db/{id}`, rules.proxyRuleDelete, noContent, needs),
  row(`GET ${BASE}/lifecycle`, proxy.proxyLifecycle, lifecycle),
  row(`POST ${BASE}/start`, proxy.proxyStart, lifecycle),
  row(`POST ${BASE}/stop`, proxy.proxyStop, lifecycle),
  row(`POST ${BASE}/reload`, proxy.proxyReload, lifecycle),
]
