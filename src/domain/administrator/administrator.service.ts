// Administrators are the users of a tenant's admin realm. Whoever makes, changes or deletes one must be at least what
// that one is, and becomes: who sets a password can sign in with it.
import { Failure } from '#kernel/error.ts'
import type { Page } from '#kernel/page.ts'
import { permits } from '#kernel/permission.ts'
import { adminRealmOf } from '../admin-realm/admin-realm.service.ts'
import { INSTALLATION } from '../bootstrap.ts'
import type { Actor, Context, Unit } from '../context.ts'
import type { Realm } from '../realm/realm.ts'
import { deleteUser, hashOf, insertUser, setUserPassword, updateUser } from '../user/user.service.ts'
import { NO_PROFILE, type PasswordChange, type User, type UserPatch, type UserQuery } from '../user/user.ts'
import {
  type AdministratorPatch,
  type AdministratorView,
  type AdminRole,
  type NewAdministrator,
  roleOf,
  viewAdministrator,
} from './administrator.ts'

/**
 * Makes an administrator, who can sign in at the tenant’s admin realm at once.
 * @throws Failure `forbidden` for a role above the caller’s, `invalid_input` for a super_admin of another tenant than
 *   the first or a bad password, `already_exists` for a taken address, `not_found`
 */
export async function createAdministrator(context: Context, input: NewAdministrator): Promise<AdministratorView> {
  const { password, role, partnerId, ...given } = input
  const realm = await adminRealmOf(context)
  checkLevel(context.actor, role)
  await checkPlace(context, role, partnerId)
  const passwordHash = password === undefined ? null : await hashOf(context, password, given.email)
  const now = context.clock.now()
  const user: User = {
    ...given,
    id: context.random.id(),
    tenantId: realm.tenantId,
    directoryId: realm.directoryId,
    emailVerified: true,
    givenName: null,
    familyName: null,
    username: null,
    externalId: null,
    ...NO_PROFILE,
    status: 'active',
    adminRole: role,
    adminPartnerId: partnerId,
    passwordSetAt: passwordHash === null ? null : now,
    attributes: {},
    lastSignInAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    await checkPartner(unit, partnerId)
    await insertUser(unit, user, passwordHash)
  })
  return viewAdministrator(user)
}

/** One page of the tenant’s administrators. */
export async function listAdministrators(context: Context, query: UserQuery): Promise<Page<AdministratorView>> {
  const { directoryId } = await adminRealmOf(context)
  const page = await context.read.users.list(directoryId, query)
  return { ...page, data: page.data.map(viewAdministrator) }
}

/** @throws Failure `not_found` */
export async function getAdministrator(context: Context, { id }: { id: string }): Promise<AdministratorView> {
  return viewAdministrator(await found(context.read, await adminRealmOf(context), id))
}

/**
 * Changes an administrator. Suspending ends what the administrator has at once.
 * @throws Failure `not_found`, `forbidden`, `invalid_input`, `conflict` where no super_admin would be left,
 *   `already_exists`, `precondition_failed`
 */
export async function updateAdministrator(
  context: Context,
  { role, partnerId, ...patch }: AdministratorPatch,
): Promise<AdministratorView> {
  const realm = await adminRealmOf(context)
  const user = await checked(context, context.read, realm, patch.id)
  const { id } = user
  // A role without a partner leaves behind the one that the role before had.
  const place = {
    role: role ?? roleOf(user) ?? 'tenant_admin',
    partnerId: partnerId ?? (role === undefined || role === 'partner_admin' ? user.adminPartnerId : null),
  }
  const moves = role !== undefined || partnerId !== undefined
  if (moves) await checkPlace(context, place.role, place.partnerId)
  const guarded = about(context, realm, async (unit) => {
    const before = await checked(context, unit, realm, id)
    if (role !== undefined) checkLevel(context.actor, role)
    if (moves) await checkPartner(unit, place.partnerId)
    const falls = patch.status === 'suspended' || (role !== undefined && role !== 'super_admin')
    if (falls) await checkOneIsLeft(unit, realm, before)
  })
  const change: UserPatch & Partial<Pick<User, 'adminRole' | 'adminPartnerId'>> = {
    ...patch,
    ...(moves && { adminRole: place.role, adminPartnerId: place.partnerId }),
  }
  await updateUser(guarded, change)
  return getAdministrator(context, { id })
}

/** Sets a password: sessions end and refresh tokens with them. @throws Failure `not_found`, `forbidden`, `invalid_input` */
export async function setAdministratorPassword(context: Context, change: PasswordChange): Promise<AdministratorView> {
  const realm = await adminRealmOf(context)
  await checked(context, context.read, realm, change.id)
  await setUserPassword(
    about(context, realm, async (unit) => void (await checked(context, unit, realm, change.id))),
    change,
  )
  return getAdministrator(context, change)
}

/** Deletes an administrator and all access. @throws Failure `not_found`, `forbidden`, `conflict` where no super_admin would be left */
export async function deleteAdministrator(context: Context, { id }: { id: string }): Promise<void> {
  const realm = await adminRealmOf(context)
  await checked(context, context.read, realm, id)
  const guarded = about(context, realm, async (unit) => {
    await checkOneIsLeft(unit, realm, await checked(context, unit, realm, id))
  })
  await deleteUser(guarded, { id })
}

/**
 * A context in which the admin realm’s users can be changed as others are, once a check holds. The check is made in the
 * same transaction, and it takes the place of the rule that keeps everyone else from that realm; events still say who
 * acts.
 */
function about(context: Context, realm: Realm, check: (unit: Unit) => Promise<void>): Context {
  return {
    ...context,
    actor: { ...context.actor, reach: { kind: 'platform' }, permissions: new Set(['*']) },
    scope: { tenantId: realm.tenantId, realm },
    write: (work) =>
      context.write(async (unit) => {
        await check(unit)
        return work(unit)
      }),
  }
}

async function found({ users }: Pick<Context['read'], 'users'>, { directoryId }: Realm, id: string): Promise<User> {
  const user = await users.find(directoryId, id)
  if (!user) throw new Failure('not_found')
  return user
}

// One who is out of sight is not found; one who is in sight and above the caller is not theirs to change.
async function checked({ actor }: Context, stores: Pick<Context['read'], 'users'>, realm: Realm, id: string) {
  const user = await found(stores, realm, id)
  checkLevel(actor, roleOf(user) ?? 'tenant_admin')
  return user
}

function checkLevel({ reach, permissions }: Actor, role: AdminRole): void {
  const wide = reach.kind === 'platform' || (role === 'tenant_admin' && ['partner', 'tenant'].includes(reach.kind))
  if (!wide || !permits(permissions, '*')) throw new Failure('forbidden', `Only a ${role} or above may do this.`)
}

// Who administers more than a tenant signs in at the first one: the tenants of a partner come and go.
async function checkPlace({ registry, scope }: Context, role: AdminRole, partnerId: string | null): Promise<void> {
  if ((role === 'partner_admin') !== (partnerId !== null)) throw flaw('partnerId', 'goes with the role partner_admin')
  if (role === 'tenant_admin') return
  const first = await registry.realmByIssuerId('default')
  if (first?.realm.tenantId !== scope.tenantId) throw flaw('role', `${role} is a role in the first tenant only`)
}

async function checkPartner(unit: Unit, partnerId: string | null): Promise<void> {
  if (partnerId !== null && !(await unit.partners.lock(partnerId))) throw flaw('partnerId', 'is not known')
}

function flaw(path: string, message: string): Failure {
  return new Failure('invalid_input', { message: `${path}: ${message}`, flaws: [{ path, message }] })
}

// Whoever takes a super_admin away holds the installation's fact, so that two who each leave one do not leave none.
async function checkOneIsLeft(unit: Unit, { directoryId }: Realm, user: User): Promise<void> {
  if (roleOf(user) !== 'super_admin') return
  await unit.settings.lock(INSTALLATION)
  if (await unit.users.hasOtherAdministrator(directoryId, 'super_admin', user.id)) return
  throw new Failure('conflict', 'This is the last super_admin.')
}
