// The rows for the reverse proxy.
import * as proxy from '#domain/proxy/proxy.operations.ts'
import * as rules from '#domain/proxy-rule/proxy-rule.operations.ts'
import * as sites from '#domain/proxy-site/proxy-site.operations.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

const REALM = '/v1/realms/{issuer_id}'

/** The reverse proxy: its sites and rules, what they decide, and whether it runs. */
export const proxyRoutes: readonly Route[] = [
  row(`POST ${REALM}/proxy-sites`, sites.proxySiteCreate, 201),
  row(`GET ${REALM}/proxy-sites`, sites.proxySiteList),
  row(`GET ${REALM}/proxy-sites/{id}`, sites.proxySiteGet),
  row(`PATCH ${REALM}/proxy-sites/{id}`, sites.proxySiteUpdate),
  row(`DELETE ${REALM}/proxy-sites/{id}`, sites.proxySiteDelete),
  row(`POST ${REALM}/proxy-rules`, rules.proxyRuleCreate, 201),
  row(`GET ${REALM}/proxy-rules`, rules.proxyRuleList),
  row(`GET ${REALM}/proxy-rules/{id}`, rules.proxyRuleGet),
  row(`PATCH ${REALM}/proxy-rules/{id}`, rules.proxyRuleUpdate),
  row(`DELETE ${REALM}/proxy-rules/{id}`, rules.proxyRuleDelete),
  row(`GET ${REALM}/proxy/status`, proxy.proxyStatus),
  row(`GET ${REALM}/proxy/status/stream`, proxy.proxyFollow),
  row(`GET ${REALM}/proxy/rules`, proxy.proxyRules),
  row(`POST ${REALM}/proxy/simulate`, proxy.proxySimulate),
  row(`GET ${REALM}/proxy/lifecycle`, proxy.proxyLifecycle),
  row('POST /v1/proxy/start', proxy.proxyStart),
  row('POST /v1/proxy/stop', proxy.proxyStop),
  row('POST /v1/proxy/reload', proxy.proxyReload),
]
