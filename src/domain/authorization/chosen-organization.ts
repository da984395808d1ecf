// Which organization a person signs in for, by the request, by the client, and by what the person chose.
import { parseId } from '#kernel/id.ts'
import type { Client } from '../client/client.ts'
import type { Context } from '../context.ts'
import type { Membership } from '../organization/organization.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { AuthorizationRequest, Progress } from './authorization-request.ts'

/** How many organizations a person can choose from on a page; a request can name every one. */
export const CHOICES_MAX = 100

/** What is known about the organization of a request. */
export type OrganizationChoice =
  /** The request is for none. */
  | { readonly kind: 'none' }
  | { readonly kind: 'chosen'; readonly organization: Membership }
  /** The person has to choose one. */
  | { readonly kind: 'open'; readonly organizations: readonly Membership[] }
  /** The person is a member of none that would do. An organization that does not exist is no other. */
  | { readonly kind: 'foreign' }

type Asked = Pick<AuthorizationRequest, 'organization'>

/** The id of the organization of a request that needs no more choice. */
export function idOfChosen(choice: OrganizationChoice): string | undefined {
  return choice.kind === 'chosen' ? choice.organization.id : undefined
}

/** Whether sign-ins for a client can be for an organization. Administrators sign in for their tenant. */
export function usesOrganizations({ scope }: Pick<Context, 'scope'>, client: Client): boolean {
  return client.organizationUsage !== 'none' && realmOf(scope).kind !== 'admin'
}

/**
 * The organization that a person signs in for. It is read anew for each step, because memberships end.
 * @param userId the person who is signed in
 */
export async function chosenOrganization(
  context: Pick<Context, 'read' | 'scope'>,
  client: Client,
  userId: string,
  { request, progress }: { readonly request: Asked; readonly progress: Pick<Progress, 'organization'> },
): Promise<OrganizationChoice> {
  if (!usesOrganizations(context, client)) return { kind: 'none' }
  const asked = request.organization ?? null
  if (asked !== null) {
    const organization = await membershipNamed(context, userId, asked)
    return organization ? { kind: 'chosen', organization } : { kind: 'foreign' }
  }
  if (client.organizationUsage !== 'required') return { kind: 'none' }
  const { directoryId } = realmOf(context.scope)
  const { organizations } = context.read
  const chosen = progress.organization?.userId === userId ? progress.organization.id : undefined
  const own = chosen === undefined ? undefined : await organizations.membership(directoryId, userId, { id: chosen })
  if (own) return { kind: 'chosen', organization: own }
  const all = await organizations.memberships(directoryId, userId, CHOICES_MAX)
  const [only, ...others] = all
  if (only === undefined) return { kind: 'foreign' }
  return others.length === 0 ? { kind: 'chosen', organization: only } : { kind: 'open', organizations: all }
}

/** A person's membership in the organization that a request names, by its id or its slug. */
export async function membershipNamed(
  { read, scope }: Pick<Context, 'read' | 'scope'>,
  userId: string,
  name: string,
): Promise<Membership | undefined> {
  const { directoryId } = realmOf(scope)
  const id = parseId('organization', name)
  const byId = id === undefined ? undefined : await read.organizations.membership(directoryId, userId, { id })
  return byId ?? read.organizations.membership(directoryId, userId, { slug: name })
}

/** The organization that a request names, of which the pages show the branding before anybody has signed in. */
export async function organizationNamed(
  context: Pick<Context, 'read' | 'scope'>,
  client: Client | undefined,
  name: string | null | undefined,
): Promise<string | undefined> {
  if (!client || !name || !usesOrganizations(context, client)) return undefined
  const { organizations } = context.read
  const { directoryId } = realmOf(context.scope)
  const id = parseId('organization', name)
  const byId = id === undefined ? undefined : await organizations.idNamed(directoryId, { id })
  return byId ?? organizations.idNamed(directoryId, { slug: name })
}
