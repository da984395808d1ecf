import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { NumberedQuery } from '#kernel/page.ts'
import { type AgentTerms, CLIENT_STATUSES, type Client, ClientPatch, NewClient } from '../client/client.ts'
import { AMONG } from '../tenant/among.ts'

const RATE_LIMIT_MAX = 100_000
/** Characters of all tools’ names together: they travel in every token. */
const TOOLS_MAX = 2000

const tool = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'the name of a tool is up to 128 printable ASCII characters without spaces')
const type = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/, 'a word of up to 50 letters, digits, dots, hyphens and underscores')

const fields = {
  name: label(200).describe('What people see it called.'),
  description: z.string().trim().max(2000).nullable().describe('What it is for.'),
  type: type.describe('What kind of agent it is: a word of the operator’s own.'),
  allowedTools: z
    .array(tool)
    .max(200)
    .refine((tools) => tools.join().length <= TOOLS_MAX, `longer than ${TOOLS_MAX} characters in all`)
    .nullable()
    .describe('The tools it may use, told to those who offer them by the claim allowed_tools; null for any.'),
  rateLimitRpm: z
    .number()
    .int()
    .min(1)
    .max(RATE_LIMIT_MAX)
    .nullable()
    .describe('How many tokens it may ask for in a minute; null for any number.'),
  ownerId: idOf('user').nullable().describe('Who answers for it.'),
}

/** What a new agent needs: a name. Its client authenticates with a secret and acts for itself. */
export const NewAgent = z.strictObject({
  name: fields.name,
  description: fields.description.default(null),
  type: fields.type.default('mcp'),
  allowedTools: fields.allowedTools.default(null),
  allowedScopes: NewClient.shape.scopes.unwrap().default([]),
  audiences: NewClient.shape.audiences,
  rateLimitRpm: fields.rateLimitRpm.default(null),
  ownerId: fields.ownerId.default(null),
})
export type NewAgent = z.output<typeof NewAgent>

/** What may be changed about an agent; what is left out stays, lists are replaced whole. */
export const AgentPatch = z.strictObject({
  id: idOf('agent'),
  name: fields.name.optional(),
  description: fields.description.optional(),
  type: fields.type.optional(),
  allowedTools: fields.allowedTools.optional(),
  allowedScopes: ClientPatch.shape.scopes,
  audiences: ClientPatch.shape.audiences,
  rateLimitRpm: fields.rateLimitRpm.optional(),
  ownerId: fields.ownerId.optional(),
  status: z
    .enum(CLIENT_STATUSES)
    .optional()
    .describe('A suspended agent gets no tokens, and those it has are revoked.'),
  ifVersion,
})
export type AgentPatch = z.output<typeof AgentPatch>

/** A numbered page of the agents within reach, of those that are asked for. */
export const AgentSurvey = NumberedQuery.extend({
  ...AMONG,
  status: z.enum(CLIENT_STATUSES).optional(),
  type: type.optional(),
  search: label(200).optional().describe('What the name or the client id starts with, whatever its case.'),
})
export type AgentSurvey = z.output<typeof AgentSurvey>

/** What an agent is besides its client. */
export interface AgentRecord extends AgentTerms {
  readonly id: string
  readonly type: string
  readonly description: string | null
  readonly ownerId: string | null
}

/** An agent: a program that acts within limits. Its name, scopes, secret and status are its client’s. */
export interface Agent extends AgentRecord {
  readonly client: Client
  /** When it got its last token; null for never. */
  readonly lastUsedAt: number | null
}

/** An agent as admin surfaces show it. */
export const AgentView = z.object({
  clientId: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  type: z.string(),
  allowedTools: z.array(z.string()).nullable(),
  allowedScopes: z.array(z.string()),
  audiences: z.array(z.string()),
  rateLimitRpm: z.number().int().nullable(),
  ownerId: idOut('user').nullable(),
  status: z.enum(CLIENT_STATUSES),
  lastUsedAt: time.nullable(),
  tenantId: idOut('tenant'),
  id: idOut('agent'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type AgentView = z.output<typeof AgentView>

/** An agent with the secret that was just made for it. */
export const AgentWithSecret = AgentView.extend({
  clientSecret: z.string().optional().describe('Shown this once; only its digest is kept.'),
})
export type AgentWithSecret = z.output<typeof AgentWithSecret>

/** An agent as admin surfaces show it. */
export function viewAgent({ client, allowedTools, ...agent }: Agent): AgentView {
  const { clientId, label: name, scopes, audiences, status, tenantId, version, createdAt, updatedAt } = client
  return {
    ...agent,
    clientId,
    name,
    allowedTools: allowedTools && [...allowedTools],
    allowedScopes: [...scopes],
    audiences: [...audiences],
    status,
    tenantId,
    version,
    createdAt,
    updatedAt,
  }
}
