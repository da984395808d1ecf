// What the steps of flows change about a user: attributes, roles and membership in organizations.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { join } from '../organization/organization.service.ts'
import { checkProfileChange } from '../profile-attribute/profile-attribute.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { assignRoleTo, checkHoldsIn } from '../role/role.service.ts'
import { checkUpdated, revise } from '../update.ts'
import { type User, UserFields } from '../user/user.ts'
import type { Change } from './engine.ts'

/** The most JSON that the attributes of a user have. */
const ATTRIBUTES_MAX = 16_384

/** Makes a change inside a write; the user is locked. @throws Failure if it is not possible */
export async function makeChange(context: Context, unit: Unit, user: User, change: Change): Promise<void> {
  if (change.type === 'set_metadata') return setAttribute(context, unit, user, change.config)
  if (change.type === 'assign_role') {
    const { role_id: roleId, org_id: organizationId } = change.config
    await checkPossible(context, unit, user, change)
    return assignRoleTo(context, unit, { id: roleId, userId: user.id, organizationId })
  }
  const { org_id: id, role } = change.config
  await checkPossible(context, unit, user, change)
  if (await unit.organizations.member(id, user.id)) return
  const organization = await unit.organizations.lock(user.directoryId, id)
  if (!organization) throw new Failure('not_found')
  await join(context, unit, organization, { userId: user.id, role, permissions: [], joinedAt: context.clock.now() })
}

/** Checks that a change can be made, without making it. @throws Failure `not_found` */
export async function checkPossible(
  { scope }: Pick<Context, 'scope'>,
  stores: Pick<Stores, 'roles' | 'organizations'>,
  user: Pick<User, 'id' | 'directoryId'> | undefined,
  change: Change,
): Promise<void> {
  if (change.type === 'set_metadata') return
  const realm = realmOf(scope)
  const { org_id: organizationId } = change.config
  if (change.type === 'assign_role') {
    const role = await stores.roles.find(realm.id, change.config.role_id)
    if (!role) throw new Failure('not_found', 'There is no such role.')
    checkHoldsIn(role, organizationId)
  }
  if (organizationId === undefined) return
  if (!(await stores.organizations.find(realm.directoryId, organizationId))) {
    throw new Failure('not_found', 'There is no such organization.')
  }
  if (change.type !== 'assign_role' || !user) return
  if (!(await stores.organizations.member(organizationId, user.id))) {
    throw new Failure('not_found', 'The user is not a member of this organization.')
  }
}

async function setAttribute(
  context: Context,
  unit: Unit,
  user: User,
  { key, value, on }: Extract<Change, { type: 'set_metadata' }>['config'],
): Promise<void> {
  if (on === 'run') return
  const attributes = { ...user.attributes, [key]: value }
  if (JSON.stringify(attributes).length > ATTRIBUTES_MAX) {
    throw new Failure('limit_reached', 'The attributes of the user are too long.')
  }
  const revised = revise(UserFields, user, { attributes }, context.clock.now())
  if (!revised) return
  const { after, change } = revised
  checkUpdated(await unit.users.update(after), '')
  await checkProfileChange(context, unit, user, after)
  unit.emit('user.updated', {
    subject: { type: 'user', id: user.id, label: user.email },
    data: { email: user.email, directoryId: user.directoryId, ...change },
  })
}
