// The fields and views of grants.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'

/** The scopes that a user allowed a client at a resource, until the grant is revoked. */
export interface Grant {
  readonly id: string
  readonly realmId: string
  readonly userId: string
  readonly clientId: string
  /** The resource’s identifier; empty for the realm itself. */
  readonly resource: string
  readonly scopes: readonly string[]
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
  createdAt: time,
  updatedAt: time,
  revokedAt: time.nullable(),
})
export type GrantView = z.output<typeof GrantView>

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
  return { ...grant, resource: grant.resource === '' ? null : grant.resource, scopes: [...grant.scopes] }
}

/** The union of two sets of scopes, in the order in which they were granted. */
export function mergeScopes(granted: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...granted, ...more])]
}
