// The fields, inputs and views of proxy rules: who may send which requests to an application behind the proxy.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { scopeToken } from '../client/client.ts'
import { isPattern } from './pattern.ts'

/** The most rules of a realm, in all of its applications together. */
export const RULES_MAX = 10_000

/** Conditions that stand alone, and those that name something after a colon. */
export const PLAIN_CONDITIONS = ['anonymous', 'authenticated', 'agent'] as const
export const NAMED_CONDITIONS = ['role', 'global_role', 'group', 'tier', 'permission', 'scope'] as const

const NAMED = new RegExp(`^(?:${NAMED_CONDITIONS.join('|')}):[^\\s:][^\\u0000-\\u001f]{0,199}$`)
const isCondition = (text: string) => (PLAIN_CONDITIONS as readonly string[]).includes(text) || NAMED.test(text)

/** What a rule says besides its place, in the database and in the file. */
export const RULE_CHOICES = {
  path: z
    .string()
    .max(500)
    .refine(isPattern, {
      message:
        'must be a path such as /admin, /admin/* (everything below), or /users/{id}/photo (a segment of any text), without dot segments and empty segments',
    })
    .describe('The path: exact, with `/*` at its end for everything below, with `*` or `{name}` for one segment.'),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, { message: 'must be a method in capitals' }))
    .max(20)
    .describe('The methods; an empty list means any. A rule for GET is one for HEAD too.'),
  require: z
    .string()
    .max(220)
    .refine(isCondition, {
      message: `must be ${PLAIN_CONDITIONS.join(', ')}, or ${NAMED_CONDITIONS.join(':…, ')}:…`,
    })
    .describe(
      'Who may pass: anonymous (anybody), authenticated, agent, or who has what is named: role:…, group:…, tier:…, permission:noun:verb, scope:….',
    ),
  scopes: z.array(scopeToken).max(50).describe('Scopes that the access token must have besides.'),
  tier: z.string().min(1).max(32).nullable().describe('The tier that the user must be in besides; null for any.'),
  machinesOnly: z.boolean().describe('Whether only agents and other programs pass, and no people.'),
  priority: z.number().int().min(-10_000).max(10_000).describe('Rules with a higher priority are asked first.'),
  mode: z
    .enum(['enforce', 'shadow'])
    .describe('A rule in shadow mode decides nothing. What it would have decided is counted.'),
} as const

/** The fields of a proxy rule. */
export const ProxyRuleFields = declare({
  id: constant(idOut('proxy_rule')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  applicationId: fixed(
    idOf('application').nullable().describe('The application; null for every application of the realm.'),
    { initial: null },
  ),
  name: editable(label(200).describe('The display name.')),
  path: editable(RULE_CHOICES.path),
  methods: editable(RULE_CHOICES.methods, { initial: [] }),
  require: editable(RULE_CHOICES.require, { initial: 'authenticated' }),
  scopes: editable(RULE_CHOICES.scopes, { initial: [] }),
  tier: editable(RULE_CHOICES.tier, { initial: null }),
  machinesOnly: editable(RULE_CHOICES.machinesOnly, { initial: false }),
  priority: editable(RULE_CHOICES.priority, { initial: 0 }),
  mode: editable(RULE_CHOICES.mode, { initial: 'enforce' }),
  enabled: editable(z.boolean().describe('Whether the rule is asked at all.'), { initial: true }),
  ...VERSIONED,
})

/** The input for a new rule. */
export const NewProxyRule = z.strictObject(ProxyRuleFields.creation)
export type NewProxyRule = z.output<typeof NewProxyRule>

/** The input for an update; absent members stay unchanged, lists are replaced. */
export const ProxyRulePatch = z.strictObject({ id: idOf('proxy_rule'), ...ProxyRuleFields.patch, ifVersion })
export type ProxyRulePatch = z.output<typeof ProxyRulePatch>

/** Which rules are listed. */
export const ProxyRuleQuery = listQuery('created_at').extend({ applicationId: idOf('application').optional() })
export type ProxyRuleQuery = z.output<typeof ProxyRuleQuery>

/** A rule of a realm’s proxy. */
export type ProxyRule = NounOf<typeof ProxyRuleFields>

/** The schema of a rule in admin responses. */
export const ProxyRuleView = z.object(ProxyRuleFields.view)
export type ProxyRuleView = z.output<typeof ProxyRuleView>
