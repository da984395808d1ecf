// Decides about proxy rules: adds, changes and removes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { firstVersion } from '../first-version.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, revise } from '../update.ts'
import {
  type NewProxyRule,
  type ProxyRule,
  ProxyRuleFields,
  type ProxyRulePatch,
  type ProxyRuleView,
  RULES_MAX,
} from './proxy-rule.ts'

/** Adds a rule; it counts for the next request. @throws Failure `not_found`, `limit_reached` */
export async function createProxyRule(context: Context, input: NewProxyRule): Promise<ProxyRuleView> {
  const realm = realmOf(context.scope)
  const rule: ProxyRule = { ...input, ...firstVersion(context) }
  return context.write(async (unit) => {
    const { applicationId } = rule
    if (applicationId !== null && !(await unit.applications.find(realm.id, applicationId)))
      throw new Failure('not_found')
    if ((await unit.proxyRules.count(realm.id)) >= RULES_MAX) {
      throw new Failure('limit_reached', `A realm has at most ${RULES_MAX} proxy rules.`)
    }
    await unit.proxyRules.insert(rule)
    emitEvent(unit, 'proxy_rule.created', rule)
    return ProxyRuleFields.show(rule)
  })
}

/** @throws Failure `not_found` */
export async function getProxyRule(context: Context, { id }: { id: string }): Promise<ProxyRuleView> {
  return ProxyRuleFields.show(await requireRule(context, context.read, id))
}

/** @throws Failure `not_found`, `precondition_failed` */
export async function updateProxyRule(
  context: Context,
  { id, ifVersion, ...patch }: ProxyRulePatch,
): Promise<ProxyRuleView> {
  return context.write(async (unit) => {
    const before = await requireRule(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(ProxyRuleFields, before, patch, context.clock.now())
    if (!revised) return ProxyRuleFields.show(before)
    checkUpdated(await unit.proxyRules.update(revised.after), 'Another rule is the same.')
    emitEvent(unit, 'proxy_rule.updated', revised.after, { ...revised.change })
    return ProxyRuleFields.show(revised.after)
  })
}

/** @throws Failure `not_found` */
export async function deleteProxyRule(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const rule = await requireRule(context, unit, id)
    if (!(await unit.proxyRules.delete(rule.realmId, id, context.clock.now()))) throw new Failure('not_found')
    emitEvent(unit, 'proxy_rule.deleted', rule)
  })
}

async function requireRule(
  { scope }: Pick<Context, 'scope'>,
  { proxyRules }: Pick<Stores, 'proxyRules'>,
  id: string,
): Promise<ProxyRule> {
  const rule = await proxyRules.find(realmOf(scope).id, id)
  if (!rule) throw new Failure('not_found')
  return rule
}

function emitEvent(unit: Unit, type: EventType, rule: ProxyRule, data: object = {}): void {
  const { id, name, path, realmId, applicationId } = rule
  unit.emit(type, { subject: { type: 'proxy_rule', id, label: name }, realmId, data: { path, applicationId, ...data } })
}
