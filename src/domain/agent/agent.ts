// The fields, inputs and views of agents.

import * as z from 'zod'
import { registerAuditedMembers } from '#kernel/audited-members.ts'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, jsonOf, label, time, timeIn } from '#kernel/field.ts'
import { forwardQuery, listQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'
import { CLIENT_STATUSES, type Client, ClientPatch, NewClient } from '../client/client.ts'
import { EventExport } from '../event/event.ts'
import { GrantFilter } from '../grant/grant.ts'
import { IssuanceFilter } from '../issuance/issuance.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'

const RATE_LIMIT_MAX = 100_000
/** The maximum length of all tool names together, in characters: every token of the agent contains them. */
const TOOLS_MAX = 2000
/** The maximum length of a key as JSON. */
const JWK_MAX = 4000

const tool = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'the name of a tool is up to 128 printable ASCII characters without spaces')
const type = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/, 'a word of up to 50 letters, digits, dots, hyphens and underscores')

/** The fields that an agent has besides those of its client. */
export const AgentFields = declare({
  id: constant(idOut('agent')),
  description: editable(z.string().trim().max(2000).nullable().describe('The purpose.'), { initial: null }),
  type: editable(type.describe('The kind of agent: any value.'), { initial: 'mcp' }),
  allowedTools: editable(
    z
      .array(tool)
      .max(200)
      .refine((tools) => tools.join().length <= TOOLS_MAX, `longer than ${TOOLS_MAX} characters in all`)
      .nullable()
      .describe('The tools that the agent can use; the claim allowed_tools of its tokens. null allows all tools.'),
    { initial: null },
  ),
  rateLimitRpm: editable(
    z
      .number()
      .int()
      .min(1)
      .max(RATE_LIMIT_MAX)
      .nullable()
      .describe('The maximum number of token requests per minute; null means no limit.'),
    { initial: null },
  ),
  ownerId: editable(idOf('user').nullable().describe('The user who is responsible for it.'), { initial: null }),
  expiresAt: editable(
    timeIn.nullable().describe('From then on it gets no tokens, and those it has are inactive; null means never.'),
    { initial: null, view: time.nullable() },
  ),
  dpopJkt: managed(
    z
      .string()
      .nullable()
      .describe('The thumbprint of its key (RFC 7638). It gets only tokens that are bound to this key; null for any.'),
  ),
})

const publicJwk = z
  .looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), crv: z.string().max(20).optional() })
  .refine((jwk) => JSON.stringify(jwk).length <= JWK_MAX, `longer than ${JWK_MAX} characters`)
  .meta(jsonOf(JWK_MAX))
  .describe('The public key (RFC 7517) of its DPoP proofs: EC, RSA or OKP.')

const name = label(200).describe('The display name.')
const { rateLimitRpm, ownerId, expiresAt, ...creation } = AgentFields.creation

/**
 * The input for a new agent; only the name is required. Its client authenticates with a secret and uses
 * `client_credentials`.
 */
export const NewAgent = z.strictObject({
  name,
  ...creation,
  allowedScopes: NewClient.shape.scopes.unwrap().default([]),
  audiences: NewClient.shape.audiences,
  ...{ rateLimitRpm, ownerId, expiresAt },
  publicJwk: publicJwk.optional(),
})
export type NewAgent = z.output<typeof NewAgent>

const { rateLimitRpm: newRateLimit, ownerId: newOwner, expiresAt: newExpiry, ...patch } = AgentFields.patch

/** The input for an update of an agent; absent members stay unchanged, lists are replaced. */
export const AgentPatch = z.strictObject({
  id: idOf('agent'),
  name: name.optional(),
  ...patch,
  allowedScopes: ClientPatch.shape.scopes,
  audiences: ClientPatch.shape.audiences,
  ...{ rateLimitRpm: newRateLimit, ownerId: newOwner, expiresAt: newExpiry },
  status: z
    .enum(CLIENT_STATUSES)
    .optional()
    .describe('A suspended agent gets no tokens, and those it has are revoked.'),
  ifVersion,
})
export type AgentPatch = z.output<typeof AgentPatch>

export const AgentQuery = listQuery('created_at').extend({
  ...TENANT_FILTER,
  status: z.enum(CLIENT_STATUSES).optional(),
  type: type.optional(),
  ownerId: idOf('user').optional().describe('Only agents of this owner.'),
  search: label(200).optional().describe('The beginning of the name or the client id, in upper or lower case.'),
})
export type AgentQuery = z.output<typeof AgentQuery>

/** The filters of the tokens of an agent. */
export const AgentTokenQuery = IssuanceFilter.omit({ clientId: true }).extend({
  id: idOf('agent'),
  active: z.stringbool().default(false).describe('Only tokens that are valid.'),
})
export type AgentTokenQuery = z.output<typeof AgentTokenQuery>

/** The filters of what people allowed an agent. */
export const AgentAuthorizationQuery = GrantFilter.omit({ clientId: true }).extend({ id: idOf('agent') })
export type AgentAuthorizationQuery = z.output<typeof AgentAuthorizationQuery>

/** The filters of the events of an agent. */
export const AgentEventQuery = z.strictObject({
  ...forwardQuery.shape,
  id: idOf('agent'),
  side: z
    .enum(['about', 'by', 'either'])
    .default('about')
    .describe('about: what was done to the agent and its client; by: what the agent did; either: both.'),
  types: EventExport.shape.types,
  result: EventExport.shape.result,
  ...period,
})
export type AgentEventQuery = z.output<typeof AgentEventQuery>

/** The part of an agent that its client does not contain. */
export type AgentRecord = NounOf<typeof AgentFields>

/** An agent: a program with limited rights. Its name, scopes, secret and status are its client’s. */
export interface Agent extends AgentRecord {
  readonly client: Client
  /** When the agent got its last token; null if it got none. */
  readonly lastUsedAt: number | null
}

const {
  id,
  rateLimitRpm: shownRateLimit,
  ownerId: shownOwner,
  expiresAt: shownExpiry,
  dpopJkt: shownKey,
  ...shownFields
} = AgentFields.view

/** The schema of an agent in admin responses. */
export const AgentView = z.object({
  id,
  tenantId: idOut('tenant'),
  clientId: z.string(),
  name: z.string(),
  ...shownFields,
  allowedScopes: z.array(z.string()),
  audiences: z.array(z.string()),
  ...{ rateLimitRpm: shownRateLimit, ownerId: shownOwner, expiresAt: shownExpiry, dpopJkt: shownKey },
  status: z.enum(CLIENT_STATUSES),
  lastUsedAt: time.nullable(),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type AgentView = z.output<typeof AgentView>

/** What the event of an update tells of. */
export const AGENT_TOLD = {
  name: 'values',
  description: 'values',
  type: 'values',
  allowedTools: 'values',
  allowedScopes: 'values',
  audiences: 'values',
  rateLimitRpm: 'values',
  ownerId: 'values',
  expiresAt: 'values',
} as const
registerAuditedMembers('agent', AGENT_TOLD, AgentView.shape)

/** The input for another key of an agent. */
export const AgentKeyRotation = z.strictObject({
  id: idOf('agent'),
  publicJwk: publicJwk.nullable().describe('The new public key (RFC 7517); null lets it use any key.'),
  reason: label(500).optional().describe('Why: for the event.'),
})
export type AgentKeyRotation = z.output<typeof AgentKeyRotation>

/** What the rotation of a key did. */
export const AgentKeyRotated = z.object({
  oldJkt: z.string().nullable(),
  newJkt: z.string().nullable(),
  revokedTokens: z.number().int().describe('How many valid tokens were revoked: all that the agent had.'),
  eventId: idOut('event').nullable().describe('The event that tells of it; null where nothing changed.'),
})
export type AgentKeyRotated = z.output<typeof AgentKeyRotated>

/** An agent with its new secret. */
export const AgentWithSecret = AgentView.extend({
  clientSecret: z.string().optional().describe('Shown only in this response; the server stores only its digest.'),
})
export type AgentWithSecret = z.output<typeof AgentWithSecret>

/** Returns the view of an agent. */
export function viewAgent({ client, lastUsedAt, ...agent }: Agent): AgentView {
  const { clientId, label: name, scopes, audiences, status, tenantId, version, createdAt, updatedAt } = client
  return {
    ...AgentFields.show(agent),
    ...{ clientId, name, allowedScopes: [...scopes], audiences: [...audiences], status, tenantId, lastUsedAt },
    ...{ version, createdAt, updatedAt },
  }
}
