// The rows for agents.
import * as z from 'zod'
import * as agents from '#domain/agent/agent.operations.ts'
import { type AgentKeyRotated, AgentView, AgentWithSecret } from '#domain/agent/agent.ts'
import type { AgentPolicies } from '#domain/agent/agent-policies.ts'
import { Issuance } from '#domain/issuance/issuance.ts'
import { revocationCreate } from '#domain/revocation/revocation.operations.ts'
import type { RevocationReport } from '#domain/revocation/revocation.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { eventRepresentation } from './audit-event.ts'
import {
  computed,
  counted,
  created,
  decodeId,
  encodeId,
  eventId,
  json,
  list,
  noContent,
  ok,
  representation,
  row,
  scopeText,
} from './dialect.ts'

const GRANTS = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'] as const

/** An agent is active or suspended. */
const active: Codec = {
  schema: z.boolean(),
  encode: (status: string) => status === 'active',
  decode: (sent) => {
    if (sent === true || sent === 'true' || sent === '1') return 'active'
    return sent === false || sent === 'false' || sent === '0' ? 'suspended' : String(sent)
  },
}
const members = {
  omit: ['version', 'tenantId', 'dpopJkt'],
  names: { name: 'client_name', allowedScopes: 'scope', status: 'active', ownerId: 'created_by', type: 'agent_type' },
  aliases: { name: 'name', allowedScopes: 'scopes' },
  codecs: { allowedScopes: scopeText, status: active },
} as const
const more = {
  name: computed(z.string(), ({ name }: AgentView) => name),
  scopes: computed(z.array(z.string()), ({ allowedScopes }: AgentView) => allowedScopes),
  grant_types: computed(z.array(z.string()), () => ['client_credentials']),
  client_type: computed(z.string(), () => 'confidential'),
  token_endpoint_auth_method: computed(z.string(), () => 'client_secret_basic'),
  auth_method: computed(z.string(), () => 'client_secret_basic'),
  dpop_bound: computed(z.boolean(), ({ dpopJkt }: AgentView) => dpopJkt !== null),
  dpop_jkt: computed(z.string().optional(), ({ dpopJkt }: AgentView) => dpopJkt ?? undefined),
}
/** An agent as the document shows it, with the names that the product’s programs read. */
export const agent = representation(AgentView, members, more)
const newAgent = representation(AgentWithSecret, members, more)

const token = representation(
  Issuance,
  {
    omit: ['realmId', 'kid', 'sessionId', 'grantType'],
    names: { scopes: 'scope', issuedAt: 'created_at' },
    codecs: { scopes: scopeText },
  },
  {
    jti: computed(z.string(), ({ id }: Issuance) => id),
    token_type: computed(z.string(), () => 'access_token'),
  },
)

const ended = json(
  z.object({ message: z.string(), count: z.number().int() }),
  ({ tokens: { count } }: RevocationReport) => ({ message: 'Tokens revoked', count }),
)
const Rotated = z.object({
  old_jkt: z.string(),
  new_jkt: z.string(),
  revoked_token_count: z.number().int(),
  audit_event_id: z.string().optional(),
})
const policies = json(z.looseObject({ agent_id: z.string() }), ({ agentId, policies: own }: AgentPolicies) => {
  const all = own.map(({ agentId: id, scopes }) => ({
    agent_id: encodeId('agent', id),
    scopes: scopes ?? [],
    scope: (scopes ?? []).join(' '),
  }))
  return { agent_id: encodeId('agent', agentId), may_act: all, policies: all, data: all }
})
const SCOPES_MAX = 100
const Policy = z.object({
  agent_id: z.string().max(80).optional(),
  delegate_to_id: z.string().max(80).optional(),
  scope: z.string().max(20_000).optional(),
  scopes: z.array(z.string().max(200)).max(SCOPES_MAX).optional(),
})
/** Policies under both names; an empty list of scopes is no limit. */
const may_act: Codec = {
  schema: z.array(Policy).max(40),
  decode: (sent) =>
    Array.isArray(sent)
      ? sent.map((item) => {
          const { agent_id, delegate_to_id, scope, scopes = scopeText.decode?.(scope) } = Object(item)
          const limit = Array.isArray(scopes) && scopes.length === 0 ? null : scopes
          return { agentId: decodeId('agent', String(agent_id ?? delegate_to_id)), scopes: limit }
        })
      : sent,
}
const rotated = json(Rotated, ({ oldJkt, newJkt, revokedTokens, eventId: id }: AgentKeyRotated) => ({
  old_jkt: oldJkt ?? '',
  new_jkt: newJkt ?? '',
  revoked_token_count: revokedTokens,
  ...eventId(id),
}))

/** What an agent of the document may be asked to be: a program with a secret that acts for itself or by exchange. */
const checked = {
  grant_types: z.array(z.enum(GRANTS)).max(2).optional(),
  token_endpoint_auth_method: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
  auth_method: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
}
/** `{id}` is an agent’s id or its client’s. */
const locate: Route['locate'] = async ({ id = '' }, places) => ({ id: await places.agent(decodeId('agent', id)) })
const BASE = '/api/v1/agents'

/** Agents (SharkAuth, “Agents”). */
export const agentRoutes: readonly Route[] = [
  row(`POST ${BASE}`, agents.agentCreate, created(newAgent), { checked }),
  row(`GET ${BASE}`, agents.agentList, list(agent, 'data', counted), {
    pick: ['search', 'status', 'ownerId'],
    names: { ownerId: 'created_by_user_id' },
  }),
  row(`GET ${BASE}/{id}`, agents.agentGet, ok(agent), { locate }),
  row(`PATCH ${BASE}/{id}`, agents.agentUpdate, ok(agent), { locate, checked }),
  row(`DELETE ${BASE}/{id}`, agents.agentDelete, noContent, { locate }),
  row(`GET ${BASE}/{id}/tokens`, agents.agentListTokens, list(token), { locate, pick: [], fixed: { active: 'true' } }),
  row(`POST ${BASE}/{id}/tokens/revoke-all`, revocationCreate, ended, { locate, path: { id: 'agentId' }, pick: [] }),
  row(`POST ${BASE}/{id}/rotate-secret`, agents.agentRotateSecret, ok(newAgent), { locate, pick: [] }),
  row(`POST ${BASE}/{id}/rotate-dpop-key`, agents.agentRotateKey, rotated, {
    locate,
    names: { publicJwk: 'new_public_jwk' },
    accept: ['reason'],
  }),
  row(`GET ${BASE}/{id}/policies`, agents.agentListPolicies, policies, { locate }),
  row(`POST ${BASE}/{id}/policies`, agents.agentSetPolicies, policies, {
    locate,
    names: { policies: 'may_act' },
    required: ['policies'],
    aliases: { policies: 'policies' },
    codecs: { policies: may_act },
  }),
  row(`GET ${BASE}/{id}/audit`, agents.agentListEvents, list(eventRepresentation), {
    locate,
    pick: [],
    fixed: { side: 'either' },
  }),
]
