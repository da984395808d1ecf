import type { Context } from '#domain/context.ts'
import { GROUPS_CLAIM_MAX } from '#domain/group/group.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { User } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'

/** Which claims each scope stands for (OpenID Connect Core §5.4), as far as a user has them; `groups` is our own. */
export const SCOPE_CLAIMS = {
  profile: ['name', 'given_name', 'family_name', 'updated_at'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
} as const

/**
 * What scopes let a client know about a person.
 * @param scopes those of the access token
 * @returns claims by their OpenID Connect names, `sub` always among them
 */
export function claimsAbout(user: User, scopes: readonly string[]): Record<string, unknown> {
  const all: Record<string, unknown> = {
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    updated_at: Math.floor(user.updatedAt / 1000),
    email: user.email,
    email_verified: user.emailVerified,
  }
  const claims: Record<string, unknown> = { sub: renderId('user', user.id) }
  for (const [scope, names] of Object.entries(SCOPE_CLAIMS)) {
    if (!scopes.includes(scope)) continue
    for (const name of names) if (all[name] !== null && all[name] !== undefined) claims[name] = all[name]
  }
  return claims
}

/**
 * The groups that a person belongs to, where scopes let a client know: their names in order, the first 200 of them.
 * @param scopes those of the access token
 */
export async function groupsOf(
  { read, scope }: Pick<Context, 'read' | 'scope'>,
  userId: string,
  scopes: readonly string[],
): Promise<{ groups?: string[] }> {
  if (!scopes.includes('groups')) return {}
  return { groups: await read.groups.namesOfUser(realmOf(scope).directoryId, userId, GROUPS_CLAIM_MAX) }
}
