// The fields and views of grants.
import * as z from 'zod'
import { idOf, idOut, label, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { type AuthorizationDetail, isSameDetail } from '../authorization/authorization-detail.ts'
import { scopeToken } from '../client/client.ts'

/** The scopes and authorization details that a user allowed a client at a resource, until the grant is revoked. */
export interface Grant {
  readonly id: string
  readonly realmId: string
  readonly userId: string
  readonly clientId: string
  /** The resource’s identifier; empty for the realm itself. */
  readonly resource: string
  readonly scopes: readonly string[]
  readonly details: readonly AuthorizationDetail[]
  readonly createdAt: number
  readonly updatedAt: number
  readonly revokedAt: number | null
}

/** The schema of a grant in admin responses. */
export const GrantView = z.object({
  id: idOut('grant'),
  realmId: idOut('realm'),
  userId: idOut('user'),
  clientId: idOut('client'),
  resource: z.string().nullable().describe('The identifier of the resource; null for the realm itself.'),
  scopes: z.array(z.string()),
  authorizationDetails: z
    .array(z.record(z.string(), z.unknown()))
    .describe('The authorization details that the user allowed (RFC 9396), the last 50.'),
  createdAt: time,
  updatedAt: time,
  revokedAt: time.nullable(),
})
export type GrantView = z.output<typeof GrantView>

/** A grant with the client that has it. */
export const GrantWithClient = GrantView.extend({
  client: z
    .object({ clientId: z.string(), label: z.string() })
    .nullable()
    .describe('The client that has it; null once it is deleted.'),
})
export type GrantWithClient = z.output<typeof GrantWithClient>

/** The input for a consent that an administrator gives in the name of a user. */
export const NewGrant = z
  .strictObject({
    userId: idOf('user'),
    clientId: idOf('client').optional(),
    client: z.string().min(1).max(500).optional().describe('The client, by what it calls itself in requests.'),
    scopes: z.array(scopeToken).min(1).max(200).describe('What the client may do; only scopes that it can request.'),
    resource: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('The resource that the scopes are of, by identifier or slug. Default: the realm itself.'),
  })
  .refine(({ clientId, client }) => !clientId !== !client, { error: 'say the client', path: ['clientId'] })
export type NewGrant = z.output<typeof NewGrant>

/** Which clients lose their consents and tokens. */
export const GrantPattern = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(200)
    .describe('What client ids are compared with: `*` is any text, `?` is one character, `[a-c]` one of several.'),
  reason: label(500).optional().describe('Why: for the event.'),
})
export type GrantPattern = z.output<typeof GrantPattern>

/** What a revocation by a pattern ended. */
export const GrantsRevoked = z.object({
  clients: z.number().int().describe('How many clients match.'),
  grants: z.number().int().describe('How many consents were revoked.'),
  tokens: z.number().int().describe('How many valid tokens were revoked.'),
  eventId: idOut('event').nullable().describe('The event that tells of it.'),
})
export type GrantsRevoked = z.output<typeof GrantsRevoked>

/** The filters of a list of a realm's grants. */
export const GrantFilter = z.strictObject({
  ...forwardQuery.shape,
  userId: idOf('user').optional().describe('Only grants of this user.'),
  clientId: idOf('client').optional().describe('Only grants to this client.'),
  revoked: z.stringbool().default(false).describe('Also list revoked grants.'),
})
export type GrantFilter = z.output<typeof GrantFilter>

/** Returns the view of a grant. */
export function viewGrant(grant: Grant): GrantView {
  const { details, ...others } = grant
  return {
    ...others,
    resource: grant.resource === '' ? null : grant.resource,
    scopes: [...grant.scopes],
    authorizationDetails: [...details],
  }
}

/** How many details a grant remembers: the last ones. Others are asked about again. */
const DETAILS_KEPT = 50

/** What was granted before and is granted now, each detail once, the newest last. */
export function mergeDetails(
  granted: readonly AuthorizationDetail[],
  more: readonly AuthorizationDetail[],
): readonly AuthorizationDetail[] {
  const added = more.filter((detail) => !granted.some((each) => isSameDetail(each, detail)))
  return added.length === 0 ? granted : [...granted, ...added].slice(-DETAILS_KEPT)
}

/** The union of two sets of scopes, in the order in which they were granted. */
export function mergeScopes(granted: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...granted, ...more])]
}
