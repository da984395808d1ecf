// The views and inputs of what the reverse proxy says about itself.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { RULE_CHOICES } from '../proxy-rule/proxy-rule.ts'

const count = z.number().int()
const when = time.nullable()

const SiteStatus = z.object({
  siteId: idOut('proxy_site').nullable().describe('Null for a site of the file.'),
  publicUrl: z.string(),
  upstream: z.string(),
  state: z
    .enum(['closed', 'open', 'half_open'])
    .describe('The circuit breaker: closed while the upstream answers; open while requests are not even tried.'),
  failures: count.describe('How often the upstream failed in a row.'),
  lastCheckAt: when.describe('When the upstream was last asked, by a request or a probe.'),
  lastLatencyMs: count,
  lastStatus: count.describe('The last status of the upstream; 0 if there was none.'),
  healthUrl: z.string().nullable(),
  requests: count.describe('Requests that were decided about since the process started.'),
  allowed: count,
  denied: count,
  failed: count.describe('Requests that passed, and that the upstream did not answer.'),
})

/** The most rules whose figures a status shows. */
export const FIGURES_MAX = 1000

const RuleFigures = z.object({
  ruleId: idOut('proxy_rule').nullable().describe('Null for a rule of the file.'),
  name: z.string(),
  mode: z.enum(['enforce', 'shadow']),
  allowed: count.describe('How many requests it let pass; in shadow mode, how many it would have let pass.'),
  denied: count.describe('How many requests it refused; in shadow mode, how many it would have refused.'),
  differs: count.describe('In shadow mode: how many requests were decided otherwise than it would have decided.'),
})

/** The state of the proxy as a realm sees it. */
export const ProxyStatus = z.object({
  enabled: z.boolean().describe('Whether the proxy listens.'),
  cachedCallers: count.describe('Callers of the realm whose credential was checked lately.'),
  cachedStrangers: count.describe('Credentials that were refused lately in the realm.'),
  sites: z.array(SiteStatus),
  rules: z
    .array(RuleFigures)
    .describe(`The rules that decided something since the process started, up to ${FIGURES_MAX}.`),
})
export type ProxyStatus = z.output<typeof ProxyStatus>

/** A rule at its place in the order. */
export const RuleInOrder = z.object({
  ruleId: idOut('proxy_rule').nullable().describe('Null for a rule of the file.'),
  source: z.enum(['file', 'database']),
  publicUrl: z
    .string()
    .nullable()
    .describe('The site that it is asked for; null for all sites of the realm, or all that the file has.'),
  name: z.string(),
  path: z.string(),
  methods: z.array(z.string()),
  require: z.string(),
  scopes: z.array(z.string()),
  tier: z.string().nullable(),
  machinesOnly: z.boolean(),
  mode: z.enum(['enforce', 'shadow']),
})
export type RuleInOrder = z.output<typeof RuleInOrder>
export const RulesQuery = z.strictObject(forwardQuery.shape)
export type RulesQuery = z.output<typeof RulesQuery>

const LIFECYCLE_STATES = ['stopped', 'running', 'reloading'] as const
/** Whether the proxy of this process runs. */
export const ProxyLifecycle = z.object({
  state: z.enum(LIFECYCLE_STATES),
  listeners: count,
  rulesLoaded: count.describe(
    'The rules of the realm that are on; for a caller with the reach of the platform, those that the process has loaded.',
  ),
  startedAt: when,
  lastError: z
    .string()
    .nullable()
    .describe('Why the last start or reload failed. Only a caller with the reach of the platform sees it.'),
})
export type ProxyLifecycle = z.output<typeof ProxyLifecycle>
/** The place of a state in the order stopped, running, reloading. */
export const lifecycleNumber = (state: ProxyLifecycle['state']): number => LIFECYCLE_STATES.indexOf(state)

const word = z.string().max(200)
const words = z.array(word).max(200).default([])
/** Who a simulated request comes from. */
const SimulatedCaller = z.strictObject({
  userId: word.nullable().default(null),
  userEmail: word.nullable().default(null),
  roles: words,
  groups: words,
  permissions: words,
  tier: word.nullable().default(null),
  agentId: word.nullable().default(null),
  agentName: word.nullable().default(null),
  clientId: word.nullable().default(null),
  authMethod: word.default('session').describe('How the caller is recognised: session, bearer or dpop.'),
  scopes: z.array(word).max(200).nullable().default(null).describe('Those of the access token; null for none.'),
})
export type SimulatedCaller = z.output<typeof SimulatedCaller>

/** A request to simulate. */
export const Simulation = z.strictObject({
  host: z.string().max(300).optional().describe('The host of the site; the only site of the realm by default.'),
  method: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/, { message: 'must be a method' })
    .default('GET'),
  path: z.string().min(1).max(8192).describe('The path with its query, as it would be sent.'),
  identity: SimulatedCaller.nullable().default(null).describe('The caller; null for nobody who is signed in.'),
})
export type Simulation = z.output<typeof Simulation>

const MatchedRule = z.object({
  ruleId: idOut('proxy_rule').nullable(),
  name: z.string(),
  path: RULE_CHOICES.path,
  methods: z.array(z.string()),
  require: z.string(),
  scopes: z.array(z.string()),
})
/** What would become of a request. */
export const SimulatedDecision = z.object({
  matchedRule: MatchedRule.nullable().describe('Null where no rule matches.'),
  decision: z.enum(['allow', 'deny']),
  reason: z.string(),
  injectedHeaders: z
    .record(z.string(), z.string())
    .describe('The headers about the caller that the upstream would get.'),
  shadow: z
    .object({ rule: MatchedRule, decision: z.enum(['allow', 'deny']) })
    .nullable()
    .describe('What a rule in shadow mode would have decided.'),
  evalUs: z.number().describe('How long the decision took, in microseconds.'),
})
export type SimulatedDecision = z.output<typeof SimulatedDecision>
