// The claims that an operator adds to tokens and userinfo by rows of a client or a resource.
import type { ClientClaim, MappedToken, ResourceClaim } from '#domain/claims-mapping/claims-mapping.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { ROLES_CLAIM_MAX } from '#domain/role/role.ts'
import type { Person } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'
import { groupsOf } from './claims.ts'

/** The longest value, as JSON. A longer one is left out: a token has to fit into a header. */
const VALUE_MAX = 2000

type Reading = Pick<Context, 'read' | 'scope'>

/** About whom, and for which organization the person signed in. */
interface About {
  readonly userId: string
  readonly organizationId?: string | null | undefined
}

/** The rows for one kind of token. The rows of a client come before those of the resource. */
export function rowsFor(
  { mappedClaims }: Pick<RegisteredClient, 'mappedClaims'>,
  token: MappedToken,
  resource?: Pick<Resource, 'mappedClaims'>,
): readonly (ClientClaim | ResourceClaim)[] {
  if (mappedClaims.length === 0) return resource?.mappedClaims ?? []
  return [...(resource?.mappedClaims ?? []), ...mappedClaims.filter((one) => one.token === token)]
}

/**
 * The claims of rows. Nothing is read for no rows. A value that is not there, of another type or too long is left out.
 * @param about null where the token is of no person
 * @param user the person, if that was read already
 */
export async function mappedClaims(
  context: Reading,
  rows: readonly (ClientClaim | ResourceClaim)[],
  about: About | null,
  user?: Person,
): Promise<Record<string, unknown>> {
  if (rows.length === 0) return {}
  const userId = about?.userId ?? null
  const reads = new Set(rows.map(({ source }) => source))
  const needsUser = userId !== null && (reads.has('field') || reads.has('attribute'))
  const person = needsUser
    ? (user ?? (await context.read.users.findPerson(realmOf(context.scope).directoryId, userId)))
    : undefined
  const lists = userId === null ? {} : await listsOf(context, userId, reads)
  const organization = about && reads.has('organization') ? await organizationOf(context, about) : undefined
  const claims: Record<string, unknown> = {}
  for (const row of rows) {
    const value = typed(row, mappedValue(row, { person, lists, organization }))
    if (value !== undefined && JSON.stringify(value).length <= VALUE_MAX) claims[row.claim] = value
  }
  return claims
}

interface Read {
  readonly person: Person | undefined
  readonly lists: { readonly groups?: readonly string[]; readonly roles?: readonly string[] }
  readonly organization: Readonly<Record<string, string>> | null | undefined
}

function mappedValue({ source, value }: ResourceClaim, { person, lists, organization }: Read): unknown {
  switch (source) {
    case 'constant':
      return value
    case 'groups':
    case 'roles':
      return lists[source]
    case 'organization':
      return organization?.[value]
    case 'attribute':
      return person && Object.hasOwn(person.attributes, value) ? person.attributes[value] : undefined
    case 'field':
      return person && fieldOf(person, value)
  }
}

function fieldOf(person: Person, name: string): unknown {
  const fields: Record<string, unknown> = {
    id: renderId('user', person.id),
    ...{ email: person.email, email_verified: person.emailVerified, name: person.name, given_name: person.givenName },
    ...{ family_name: person.familyName, username: person.username, title: person.title, locale: person.locale },
    ...{ department: person.department, phone: person.phone, phone_verified: person.phoneVerified },
    ...{ employee_id: person.employeeId, zoneinfo: person.zoneinfo, nickname: person.nickname },
  }
  return fields[name]
}

/** A value as its row wants it; undefined for one of another type. */
function typed({ source, type }: ResourceClaim, value: unknown): unknown {
  if (value === undefined || value === null) return undefined
  if (source === 'constant') return type === 'number' ? Number(value) : type === 'boolean' ? value === 'true' : value
  if (type === 'any') return value
  if (type === 'list') return Array.isArray(value) ? value : undefined
  return typeof value === type ? value : undefined
}

async function listsOf(context: Reading, userId: string, reads: ReadonlySet<string>): Promise<Read['lists']> {
  const { id: realmId } = realmOf(context.scope)
  return {
    ...(reads.has('groups') && { groups: await groupsOf(context, userId) }),
    ...(reads.has('roles') && {
      roles: await context.read.roles.namesOfUser({ realmId, organizationId: undefined }, userId, ROLES_CLAIM_MAX),
    }),
  }
}

async function organizationOf({ read, scope }: Reading, { userId, organizationId }: About) {
  const { directoryId, kind } = realmOf(scope)
  if (!organizationId || kind === 'admin') return undefined
  const membership = await read.organizations.membership(directoryId, userId, { id: organizationId })
  if (!membership) return undefined
  const { id, name, slug, role } = membership
  return { id: renderId('organization', id), name, slug, role }
}
