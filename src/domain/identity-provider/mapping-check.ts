// Checks the groups and roles that the mapping of an identity provider gives.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { checkMayGiveRoles } from '../group/group.service.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { GroupRule } from './group-mapping.ts'
import type { IdentityProvider } from './identity-provider.ts'

type Mapped = Pick<IdentityProvider, 'groupMapping' | 'organizationId'>

/**
 * Checks a new mapping inside the write that saves it: whoever saves it needs the permissions to give and take what it names,
 * as for one person. The groups and roles are locked, so that none is deleted meanwhile.
 * @param before the mapping as it was
 * @throws Failure `forbidden`, `invalid_input` for a group or role that is not there
 */
export async function checkMapping(
  context: Context,
  unit: Unit,
  { groupMapping, organizationId }: Mapped,
  before: readonly GroupRule[] = [],
): Promise<void> {
  if (JSON.stringify(groupMapping) === JSON.stringify(before)) return
  const touched = [...before, ...groupMapping]
  if (touched.some(({ groupId }) => groupId !== null)) checkAlsoPermitted(context, 'groups:write')
  if (touched.some(({ groupId }) => groupId === null)) checkAlsoPermitted(context, 'roles:write')
  const { id: realmId, directoryId } = realmOf(context.scope)
  const missing = new Set<string>()
  for (const id of idsOf(groupMapping.map(({ groupId }) => groupId))) {
    if (await unit.groups.lock(directoryId, id)) await checkMayGiveRoles(context, unit, id)
    else missing.add(id)
  }
  const roleIds = groupMapping.map(({ roleId, organizationRoleId }) => roleId ?? organizationRoleId)
  const owned = new Map<string, string>()
  for (const id of idsOf(roleIds)) {
    const role = await unit.roles.lock(realmId, id)
    if (!role) missing.add(id)
    else if (role.organizationId !== null) owned.set(id, role.organizationId)
  }
  const flaws = groupMapping.flatMap((rule, index) => {
    const flaw = flawOf(rule, missing, organizationId) ?? flawOfRole(rule, owned, organizationId)
    return flaw === undefined ? [] : [{ path: `groupMapping.${index}`, message: flaw }]
  })
  if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
}

function flawOf(
  { groupId, roleId, organizationRoleId }: GroupRule,
  missing: ReadonlySet<string>,
  organizationId: string | null,
): string | undefined {
  if (organizationRoleId !== null && organizationId === null) return 'only for the provider of an organization'
  if (!missing.has(groupId ?? roleId ?? organizationRoleId ?? '')) return undefined
  return groupId === null ? 'not a role of the realm' : 'not a group of the directory'
}

/** @param owned the roles that belong to an organization, and to which */
function flawOfRole(
  { roleId, organizationRoleId }: GroupRule,
  owned: ReadonlyMap<string, string>,
  organizationId: string | null,
): string | undefined {
  if (roleId !== null)
    return owned.has(roleId) ? 'a role of an organization: name it as organization_role_id' : undefined
  const owner = owned.get(organizationRoleId ?? '')
  return owner === undefined || owner === organizationId ? undefined : 'a role of another organization'
}

function idsOf(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))].toSorted()
}
