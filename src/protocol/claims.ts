// Claims about a person, by the scopes that allow them.
import type { RequestedClaims } from '#domain/authorization/requested-claims.ts'
import type { Context } from '#domain/context.ts'
import { GROUPS_CLAIM_MAX } from '#domain/group/group.ts'
import { attributeOf } from '#domain/profile-attribute/attribute-value.ts'
import { declaredFor } from '#domain/profile-attribute/profile-attribute.service.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Person } from '#domain/user/user.ts'
import { organizationClaims } from './organization-claims.ts'

/** The scope without which userinfo answers nothing (OpenID Connect Core §5.3). */
export const USERINFO_SCOPE = 'openid'

/**
 * Which claims each scope stands for (OpenID Connect Core §5.4), as far as a user has them; `groups`, `roles` and `organization` are
 * our own.
 */
export const SCOPE_CLAIMS = {
  profile: [
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  groups: ['groups'],
  roles: ['roles', 'org_roles'],
  organization: ['org_id', 'org_name', 'org_slug'],
} as const

const SCOPE_OF = new Map<string, string>(
  Object.entries(SCOPE_CLAIMS).flatMap(([scope, names]) => names.map((name): [string, string] => [name, scope])),
)

/** The scope that a claim belongs to; undefined for a claim that is about no person, or unknown. */
export function scopeOfClaim(name: string): string | undefined {
  return SCOPE_OF.get(name)
}

/** What a client may know: by the scopes of the token, and by the names that its request asked for (§5.5). */
export interface Released {
  readonly scopes: readonly string[]
  readonly names: RequestedClaims['userinfo']
  /** The organization that the person signed in for. */
  readonly organizationId?: string | null | undefined
}

/**
 * What a client may know about a person.
 * @param sub who the person is to the client
 * @returns claims by their OpenID Connect names, `sub` always among them
 */
export async function claimsAbout(
  context: Pick<Context, 'read' | 'scope'>,
  sub: string,
  user: Person,
  { scopes, names, organizationId }: Released,
): Promise<Record<string, unknown>> {
  const all = standardClaims(user)
  const claims: Record<string, unknown> = { sub }
  const wanted = new Set([...claimsOfScopes(scopes), ...names])
  for (const name of SCOPE_OF.keys()) {
    if (wanted.has(name) && all[name] !== null && all[name] !== undefined) claims[name] = all[name]
  }
  if (wanted.has('groups')) claims.groups = await groupsOf(context, user.id)
  for (const attribute of declaredFor(context.scope)) {
    const { claim, scope } = attribute
    const value = claim !== null && scopes.includes(scope) ? attributeOf(user, attribute) : null
    if (claim !== null && value !== null) claims[claim] = value
  }
  const inOrganization = { userId: user.id, organizationId }
  return { ...claims, ...(await organizationClaims(context, inOrganization, (name) => wanted.has(name))) }
}

/** The names of the claims that scopes stand for. */
export function claimsOfScopes(scopes: readonly string[]): string[] {
  return Object.entries(SCOPE_CLAIMS).flatMap(([scope, of]) => (scopes.includes(scope) ? of : []))
}

/** The standard claims (OpenID Connect Core §5.1); null for what is not known. */
function standardClaims(user: Person): Record<string, unknown> {
  const { address } = user
  return {
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    middle_name: user.middleName,
    nickname: user.nickname,
    preferred_username: user.username,
    profile: user.profileUrl,
    picture: user.picture,
    website: user.website,
    gender: user.gender,
    birthdate: user.birthdate,
    zoneinfo: user.zoneinfo,
    locale: user.locale,
    updated_at: Math.floor(user.updatedAt / 1000),
    email: user.email,
    email_verified: user.emailVerified,
    phone_number: user.phone,
    phone_number_verified: user.phone === null ? null : user.phoneVerified,
    address: address && {
      formatted: address.formatted,
      street_address: address.streetAddress,
      locality: address.locality,
      region: address.region,
      postal_code: address.postalCode,
      country: address.country,
    },
  }
}

/** The groups that a person belongs to: their names in order, the first 200 of them. */
export function groupsOf({ read, scope }: Pick<Context, 'read' | 'scope'>, userId: string): Promise<string[]> {
  return read.groups.namesOfUser(realmOf(scope).directoryId, userId, GROUPS_CLAIM_MAX)
}
