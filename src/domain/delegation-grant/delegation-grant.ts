// The fields, inputs and views of delegation grants: who may act for whom, and how far (RFC 8693 §1.1).
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, fixed, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, time, timeIn } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { list, scopeToken } from '../client/client.ts'

/** The fields of a delegation grant. */
export const DelegationGrantFields = declare({
  id: constant(idOut('delegation_grant')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  fromUserId: fixed(idOf('user').nullable().describe('The user for whom the client may act.'), { initial: null }),
  fromClientId: fixed(idOf('client').nullable().describe('The client whose tokens the other client may act with.'), {
    initial: null,
  }),
  toClientId: fixed(idOf('client').describe('The client that may act.')),
  hops: fixed(
    z
      .number()
      .int()
      .min(1)
      .max(10)
      .describe('How many actors in a row may act by it. With 1, the client hands its tokens to nobody.'),
    { initial: 1 },
  ),
  scopes: fixed(
    list(scopeToken, 200).nullable().describe('The scopes that its tokens have at most; null for those of the token.'),
    { initial: null, view: z.array(z.string()).nullable() },
  ),
  /** Stored as identifiers. */
  resources: fixed(
    list(z.string().min(1).max(2000))
      .nullable()
      .describe('The resources that its tokens are for, by identifier or slug; null for those of the token.'),
    { initial: null, view: z.array(z.string()).nullable() },
  ),
  tokenBudget: fixed(
    z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000)
      .nullable()
      .describe('How many tokens the client can get by it; null for any number.'),
    { initial: null },
  ),
  tokensIssued: managed(z.number().int().describe('How many tokens it gave so far.')),
  createdAt: constant(time),
  expiresAt: constant(time.nullable()),
  revokedAt: managed(time.nullable()),
})

const { fromUserId, fromClientId, hops, scopes, resources, tokenBudget } = DelegationGrantFields.creation

/** The input for a new delegation grant: one of whom it is from, and one of whom it is to. */
export const NewDelegationGrant = z.strictObject({
  fromUserId,
  fromClientId,
  fromAgentId: idOf('agent').nullable().default(null).describe('The agent whose tokens the client may act with.'),
  toClientId: idOf('client').nullable().default(null).describe('The client that may act.'),
  toAgentId: idOf('agent').nullable().default(null).describe('The agent that may act.'),
  ...{ hops, scopes, resources, tokenBudget },
  expiresAt: timeIn.optional().describe('The expiry time. Default: it does not expire.'),
})
export type NewDelegationGrant = z.output<typeof NewDelegationGrant>

/** The filters of a list of a realm's delegation grants. */
export const DelegationGrantFilter = z.strictObject({
  ...forwardQuery.shape,
  fromUserId: idOf('user').optional().describe('Only grants from this user.'),
  fromClientId: idOf('client').optional().describe('Only grants from this client.'),
  toClientId: idOf('client').optional().describe('Only grants to this client.'),
  revoked: z.stringbool().default(false).describe('Also list revoked grants.'),
})
export type DelegationGrantFilter = z.output<typeof DelegationGrantFilter>

/** Who may act for whom, and how far. */
export type DelegationGrant = NounOf<typeof DelegationGrantFields>

/** The schema of a delegation grant in admin responses. */
export const DelegationGrantView = z.object(DelegationGrantFields.view)
export type DelegationGrantView = z.output<typeof DelegationGrantView>

/** What a token that was issued by a grant passes on to those that it is exchanged for. */
export interface Delegated {
  /** The grant by which the client of the token acts; null where only clients before it act by one. */
  readonly grantId: string | null
  /** How many more actors may follow. */
  readonly hopsLeft: number
  /** Identifiers; null for those of the token. */
  readonly resources: readonly string[] | null
  /** What the grants allow so far, also at resources that the token is not for; null for all. */
  readonly scopes: readonly string[] | null
}

/** Whether a grant gives no more tokens. */
export function isUsedUp({ tokenBudget, tokensIssued }: DelegationGrant): boolean {
  return tokenBudget !== null && tokensIssued >= tokenBudget
}
