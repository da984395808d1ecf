// Claims about roles, and about the organization that a person signed in for.
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { ROLES_CLAIM_MAX } from '#domain/role/role.ts'
import { parseId, renderId } from '#kernel/id.ts'

type Reading = Pick<Context, 'read' | 'scope'>

/** Whose claims they are, and the organization that the person signed in for. */
export interface InOrganization {
  readonly userId: string
  readonly organizationId?: string | null | undefined
}

/**
 * The claims `roles` and `org_*` of a person. `org_id` says for which organization a token is, and is there whenever it is
 * for one; `org_roles` has the role of the membership first.
 * @param wants whether a claim was asked for, by a scope or by its name
 */
export async function organizationClaims(
  { read, scope }: Reading,
  { userId, organizationId: id }: InOrganization,
  wants: (name: string) => boolean,
): Promise<Record<string, unknown>> {
  const { id: realmId, directoryId, kind } = realmOf(scope)
  const namesOf = (organizationId?: string) =>
    read.roles.namesOfUser({ realmId, organizationId }, userId, ROLES_CLAIM_MAX)
  const roles = wants('roles') ? { roles: await namesOf() } : {}
  // In an admin realm, `org_id` is the tenant.
  const membership =
    id && kind !== 'admin' ? await read.organizations.membership(directoryId, userId, { id }) : undefined
  if (!membership) return roles
  return {
    ...roles,
    org_id: renderId('organization', membership.id),
    ...(wants('org_name') && { org_name: membership.name }),
    ...(wants('org_slug') && { org_slug: membership.slug }),
    ...(wants('org_roles') && { org_roles: [...new Set([membership.role, ...(await namesOf(membership.id))])] }),
  }
}

/** The organization of a token by its claims; undefined for none. In an admin realm, `org_id` is the tenant. */
export function organizationOf({ scope }: Pick<Context, 'scope'>, claims: Readonly<Record<string, unknown>>) {
  const { org_id: id } = claims
  return typeof id === 'string' && realmOf(scope).kind !== 'admin' ? parseId('organization', id) : undefined
}
