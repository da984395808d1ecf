// Makes a person who signed in at the provider of an organization a member of it, at the end of the sign-in: a first factor
// alone makes nobody a member.
import type { Context, Unit } from '../context.ts'
import { synchronise } from '../linked-account/given.service.ts'
import type { Given } from '../linked-account/given.ts'
import { join, lockOrganization } from '../organization/organization.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'

/** What becomes of a person at the end of the sign-in. */
export interface Joining {
  readonly providerId: string
  readonly accountId: string
  /** The groups and roles that the provider’s mapping gives, with those in the organization. */
  readonly wanted: readonly Given[]
}

/**
 * Makes a user a member inside the write that opens the session, if the provider still does so.
 * @param user whose row is locked
 */
export async function finishJoining(context: Context, unit: Unit, user: User, joining: Joining): Promise<void> {
  const account = (await unit.linkedAccounts.allOf(user.id)).find(({ id }) => id === joining.accountId)
  const provider = account && (await unit.identityProviders.lock(realmOf(context.scope).id, joining.providerId))
  if (!account || !provider?.enabled || !provider.jitProvisioning || provider.organizationId === null) return
  const { organizationId, memberRole: role } = provider
  if (await unit.organizations.member(organizationId, user.id)) return
  const organization = await lockOrganization(context, unit, organizationId)
  await join(context, unit, organization, { userId: user.id, role, permissions: [], joinedAt: context.clock.now() })
  const given = await synchronise(context, unit, user, { account, wanted: joining.wanted })
  if (JSON.stringify(given) !== JSON.stringify(account.given)) await unit.linkedAccounts.recordGiven(account, given)
}
