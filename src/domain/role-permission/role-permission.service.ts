// Decides about the permissions that roles can have, and says who has them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { type Page, toPage } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { changePermission } from '../role/role.service.ts'
import { type RoleView, viewRole } from '../role/role.ts'
import { directoryOf } from '../user/user.service.ts'
import type { UserView } from '../user/user.ts'
import { viewUser } from '../user/user-view.ts'
import type {
  NewRolePermission,
  RoleAndPermission,
  RolePermissionKey,
  RolePermissionPage,
  RolePermissionView,
  Usage,
  UsageQuery,
} from './role-permission.ts'

/** Roles that lose a permission at once. */
const ROLES_PER_STEP = 200

/** Makes a permission known. @throws Failure `already_exists` */
export async function createRolePermission(
  context: Context,
  { permission }: NewRolePermission,
): Promise<RolePermissionView> {
  const realm = realmOf(context.scope)
  const createdAt = context.clock.now()
  await context.write(async (unit) => {
    if (!(await unit.rolePermissions.insert(realm.id, permission, createdAt))) {
      throw new Failure('already_exists', 'The realm knows this permission.')
    }
    emitEvent(context, unit, 'role_permission.created', { permission })
  })
  return { permission, createdAt }
}

/** Deletes a permission, and takes it from all roles of the realm. @throws Failure `not_found` */
export async function deleteRolePermission(context: Context, { permission }: RolePermissionKey): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    if (!(await unit.rolePermissions.delete(realm.id, permission))) throw new Failure('not_found')
    let roles = 0
    for (;;) {
      const ids = await unit.rolePermissions.rolesWith(realm.id, permission, { limit: ROLES_PER_STEP })
      if (ids.length === 0) break
      for (const id of ids) await changePermission(context, unit, { id, permission }, false)
      roles += ids.length
    }
    emitEvent(context, unit, 'role_permission.deleted', { permission, roles })
  })
}

/** Gives a role a permission that the realm knows. @throws Failure `not_found`, `limit_reached` */
export async function addPermission(context: Context, input: RoleAndPermission): Promise<void> {
  await context.write(async (unit) => {
    await requirePermission(context, unit, input.permission)
    await changePermission(context, unit, input, true)
  })
}

/** Takes a permission from a role. @throws Failure `not_found` */
export async function removePermission(context: Context, input: RoleAndPermission): Promise<void> {
  await context.write(async (unit) => {
    await requirePermission(context, unit, input.permission)
    await changePermission(context, unit, input, false)
  })
}

/** One page of the roles that have a permission, oldest first. @throws Failure `not_found` */
export async function listRolesWith(
  context: Context,
  { permission, ...page }: RolePermissionPage,
): Promise<Page<RoleView>> {
  const { read, scope } = context
  await requirePermission(context, read, permission)
  const { id: realmId } = realmOf(scope)
  const ids = await read.rolePermissions.rolesWith(realmId, permission, page)
  return pageOfIds(ids, page.limit, async (id) => {
    const role = await read.roles.find(realmId, id)
    return role && viewRole(role)
  })
}

/** One page of the users who have a permission by a role, oldest first. @throws Failure `not_found` */
export async function listUsersWith(
  context: Context,
  { permission, ...page }: RolePermissionPage,
): Promise<Page<UserView>> {
  const { read, scope } = context
  await requirePermission(context, read, permission)
  const ids = await read.rolePermissions.usersWith(realmOf(scope).id, permission, page)
  return pageOfIds(ids, page.limit, async (id) => {
    const user = await read.users.find(directoryOf(context), id)
    return user && viewUser(user)
  })
}

async function pageOfIds<Item>(
  ids: string[],
  limit: number,
  find: (id: string) => Promise<Item | undefined>,
): Promise<Page<Item>> {
  const page = toPage(ids, limit, (id) => id)
  const found = await Promise.all(page.data.map(find))
  return { ...page, data: found.filter((item) => item !== undefined) }
}

/** How many roles and users have each of some permissions; 0 for one that the realm does not know. */
export async function countUsage({ read, scope }: Context, { permissions }: UsageQuery): Promise<Usage> {
  const asked = [...new Set(permissions)]
  const counts = await read.rolePermissions.countWith(realmOf(scope).id, asked)
  return { data: asked.map((permission) => ({ permission, ...(counts.get(permission) ?? { roles: 0, users: 0 }) })) }
}

async function requirePermission(
  { scope }: Pick<Context, 'scope'>,
  { rolePermissions }: Pick<Unit, 'rolePermissions'>,
  permission: string,
): Promise<void> {
  if (!(await rolePermissions.find(realmOf(scope).id, permission))) throw new Failure('not_found')
}

function emitEvent({ scope }: Context, unit: Unit, type: EventType, data: Record<string, unknown>): void {
  const { id, name } = realmOf(scope)
  unit.emit(type, { subject: { type: 'realm', id, label: name }, realmId: id, data })
}
