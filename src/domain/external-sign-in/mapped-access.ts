// Gives a person who signs in at a provider the groups and roles that the provider's mapping gives.
import type { Context, Unit } from '../context.ts'
import { rulesThatFit } from '../identity-provider/group-mapping.ts'
import { synchronise } from '../linked-account/given.service.ts'
import type { Given } from '../linked-account/given.ts'
import type { LinkedAccount } from '../linked-account/linked-account.ts'
import { lockOrganization } from '../organization/organization.service.ts'
import type { User } from '../user/user.ts'
import type { ExternalIdentity } from './external-identity.ts'
import { type ExternalProvider, isLdap } from './external-provider.ts'

/**
 * Synchronises the groups and roles of a user with what the provider says, inside the write that signs in.
 * @param user whose row is locked
 */
export async function synchroniseMapped(
  context: Context,
  unit: Unit,
  user: User,
  {
    provider,
    account,
    claims,
  }: { readonly provider: ExternalProvider; readonly account: LinkedAccount } & Pick<ExternalIdentity, 'claims'>,
): Promise<void> {
  const { groupMapping, organizationId } = provider
  if (groupMapping.length === 0 && account.given.length === 0) return
  const inOrganization = fittingRules(provider, claims).some((rule) => rule.organizationRoleId !== null)
  const isMember = inOrganization && (await holdsMember(context, unit, user, organizationId))
  const wanted = wantedBy(provider, claims, isMember)
  const given = await synchronise(context, unit, user, { account, wanted })
  if (JSON.stringify(given) !== JSON.stringify(account.given)) await unit.linkedAccounts.recordGiven(account, given)
}

/** What the mapping of a provider gives by what it says. @param isMember whether the person is a member of its organization */
export function wantedBy(provider: ExternalProvider, claims: ExternalIdentity['claims'], isMember: boolean): Given[] {
  const { organizationId, realmId } = provider
  return fittingRules(provider, claims).flatMap(({ groupId, roleId, organizationRoleId }): Given[] => {
    if (groupId !== null) return [{ kind: 'group', id: groupId, realmId, organizationId: null }]
    if (roleId !== null) return [{ kind: 'role', id: roleId, realmId, organizationId: null }]
    return organizationRoleId !== null && isMember
      ? [{ kind: 'role', id: organizationRoleId, realmId, organizationId }]
      : []
  })
}

function fittingRules(provider: ExternalProvider, claims: ExternalIdentity['claims']) {
  return rulesThatFit(provider.groupMapping, claims, { isDirectory: isLdap(provider) })
}

/** Whether a user is a member of an organization, which is locked, so that it stays one until the write ends. */
async function holdsMember(context: Context, unit: Unit, user: User, organizationId: string | null): Promise<boolean> {
  if (organizationId === null) return false
  await lockOrganization(context, unit, organizationId)
  return (await unit.organizations.member(organizationId, user.id)) !== undefined
}
