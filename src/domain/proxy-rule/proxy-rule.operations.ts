// The operations on proxy rules.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createProxyRule, deleteProxyRule, getProxyRule, updateProxyRule } from './proxy-rule.service.ts'
import { NewProxyRule, ProxyRuleFields, ProxyRulePatch, ProxyRuleQuery, ProxyRuleView } from './proxy-rule.ts'

const ProxyRuleId = z.strictObject({ id: idOf('proxy_rule') })

export const proxyRuleCreate = operation({
  name: 'proxy_rule.create',
  summary: 'Add a rule to the proxy',
  description:
    'The first rule that matches a request decides: rules of the application before those of the realm, by priority, then by age. It counts for the next request.',
  permission: 'proxy-rules:write',
  reach: 'realm',
  input: NewProxyRule,
  output: ProxyRuleView,
  errors: ['not_found', 'limit_reached'],
  events: ['proxy_rule.created'],
  run: createProxyRule,
})

export const proxyRuleList = operation({
  name: 'proxy_rule.list',
  summary: 'List the proxy rules of a realm',
  permission: 'proxy-rules:read',
  reach: 'realm',
  input: ProxyRuleQuery,
  output: listOf(ProxyRuleView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.proxyRules.list(realmOf(scope).id, query), ProxyRuleFields.show),
})

export const proxyRuleGet = operation({
  name: 'proxy_rule.get',
  summary: 'Show a proxy rule',
  permission: 'proxy-rules:read',
  reach: 'realm',
  input: ProxyRuleId,
  output: ProxyRuleView,
  errors: ['not_found'],
  events: [],
  run: getProxyRule,
})

export const proxyRuleUpdate = operation({
  name: 'proxy_rule.update',
  summary: 'Change a proxy rule',
  description: 'Only the given members change; lists are replaced as a whole. It counts for the next request.',
  permission: 'proxy-rules:write',
  reach: 'realm',
  input: ProxyRulePatch,
  output: ProxyRuleView,
  errors: ['not_found', 'precondition_failed'],
  events: ['proxy_rule.updated'],
  run: updateProxyRule,
})

export const proxyRuleDelete = operation({
  name: 'proxy_rule.delete',
  summary: 'Delete a proxy rule',
  permission: 'proxy-rules:write',
  reach: 'realm',
  irreversible: true,
  input: ProxyRuleId,
  output: z.void(),
  errors: ['not_found'],
  events: ['proxy_rule.deleted'],
  run: deleteProxyRule,
})
