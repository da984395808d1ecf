import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'

/** What a user allowed a client to do at a resource, until it is revoked. */
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

/** A grant as admin surfaces show it. */
export const GrantView = z.object({
  id: idOut('grant'),
  realmId: idOut('realm'),
  userId: idOut('user'),
  clientId: idOut('client'),
  resource: z.string().nullable().describe('The resource’s identifier; null for the realm itself.'),
  scopes: z.array(z.string()),
  createdAt: time,
  updatedAt: time,
  revokedAt: time.nullable(),
})
export type GrantView = z.output<typeof GrantView>

/** Which grants of a realm to list. */
export const GrantFilter = z.strictObject({
  ...PageQuery.shape,
  userId: idOf('user').optional().describe('Only what this user allowed.'),
  clientId: idOf('client').optional().describe('Only what this client was allowed.'),
  revoked: z.stringbool().default(false).describe('Show revoked grants too.'),
})
export type GrantFilter = z.output<typeof GrantFilter>

/** A grant as admin surfaces show it. */
export function viewGrant(grant: Grant): GrantView {
  return { ...grant, resource: grant.resource === '' ? null : grant.resource, scopes: [...grant.scopes] }
}

/** Two sets of scopes as one, in the order in which they were first granted. */
export function mergeScopes(granted: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...granted, ...more])]
}
