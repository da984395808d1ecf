// Decides about administrators, who are the users of a tenant's admin realm. A caller may create, change or delete an
// administrator only if the caller's rights contain the administrator's old and new rights: whoever sets a password can
// sign in with it.
import { Failure, flawed } from '#kernel/error.ts'
import type { ListQuery, Page } from '#kernel/page.ts'
import { EVERYTHING, permits } from '#kernel/permission.ts'
import { storeLink } from '../account/account-link.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import { recoveryLinkOf } from '../account/password-recovery.service.ts'
import type { Actor } from '../actor.ts'
import { adminRealmOf, atAdminRealm } from '../admin-realm/admin-realm.service.ts'
import { INSTALLATION } from '../bootstrap.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { endSession, withUsers } from '../session/session.service.ts'
import { idleSince, type SessionWithUser } from '../session/session.ts'
import { deleteUser, hashOf, insertUser, setUserPassword, updateUser } from '../user/user.service.ts'
import { NO_PROFILE, type PasswordChange, type User, type UserPatch, type UserQuery } from '../user/user.ts'
import { removeSecondFactors } from '../user/user-end.service.ts'
import {
  type AdministratorPatch,
  type AdministratorView,
  type AdminRole,
  type NewAdministrator,
  roleOf,
  viewAdministrator,
} from './administrator.ts'

/**
 * Creates an administrator, who can sign in at the tenant’s admin realm at once.
 * @throws Failure `forbidden` for a role above the caller’s, `invalid_input` for a super_admin outside the first
 *   tenant or an invalid password, `already_exists` if the address is in use, `not_found`
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
    secondFactors: 0,
    attributes: {},
    lastSignInAt: null,
    dueTrigger: null,
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
  return viewAdministrator(await requireAdministrator(context.read, await adminRealmOf(context), id))
}

/**
 * Changes an administrator. Suspension ends the administrator's sessions and tokens at once.
 * @throws Failure `not_found`, `forbidden`, `invalid_input`, `conflict` if no super_admin would be left,
 *   `already_exists`, `precondition_failed`
 */
export async function updateAdministrator(
  context: Context,
  { role, partnerId, ...patch }: AdministratorPatch,
): Promise<AdministratorView> {
  const realm = await adminRealmOf(context)
  const user = await checked(context, context.read, realm, patch.id)
  const { id } = user
  // A new role without a partner removes the partner of the previous role.
  const place = {
    role: role ?? roleOf(user) ?? 'tenant_admin',
    partnerId: partnerId ?? (role === undefined || role === 'partner_admin' ? user.adminPartnerId : null),
  }
  const moves = role !== undefined || partnerId !== undefined
  if (moves) await checkPlace(context, place.role, place.partnerId)
  const guarded = contextWithCheck(context, realm, async (unit) => {
    const before = await checked(context, unit, realm, id)
    if (role !== undefined) checkLevel(context.actor, role)
    if (moves) await checkPartner(unit, place.partnerId)
    const falls = patch.status === 'suspended' || (role !== undefined && role !== 'super_admin')
    if (falls) await checkAnotherRemains(unit, realm, before)
  })
  const change: UserPatch & Partial<Pick<User, 'adminRole' | 'adminPartnerId'>> = {
    ...patch,
    ...(moves && { adminRole: place.role, adminPartnerId: place.partnerId }),
  }
  await updateUser(guarded, change)
  return getAdministrator(context, { id })
}

/**
 * Sets a password, and ends the administrator's sessions, refresh tokens and access tokens.
 * @throws Failure `not_found`, `forbidden`, `invalid_input`
 */
export async function setAdministratorPassword(context: Context, change: PasswordChange): Promise<AdministratorView> {
  const realm = await adminRealmOf(context)
  await checked(context, context.read, realm, change.id)
  await setUserPassword(
    contextWithCheck(context, realm, async (unit) => void (await checked(context, unit, realm, change.id))),
    change,
  )
  return getAdministrator(context, change)
}

/**
 * Makes a link with which an administrator sets a new password at the admin realm, for who lost everything else. It is in
 * no mail: the caller gives it to the administrator. With the second factors, the sessions and tokens end.
 * @returns the link, which contains its secret, and when it expires, in milliseconds since 1970
 * @throws Failure `not_found`, `forbidden`, `conflict` if the administrator is suspended
 */
export async function recoverAdministrator(
  context: Context,
  { id, removeSecondFactors: withSecondFactors }: { readonly id: string; readonly removeSecondFactors: boolean },
): Promise<{ url: string; expiresAt: number }> {
  const at = await atAdminRealm(context)
  const realm = realmOf(at.scope)
  await checked(context, context.read, realm, id)
  return at.write(async (unit) => {
    await unit.users.lock(realm.directoryId, id)
    const user = await checked(context, unit, realm, id)
    if (user.status !== 'active') throw new Failure('conflict', 'The administrator is suspended.')
    const link = recoveryLinkOf(at, user, { mailed: false, waiting: null })
    await storeLink(unit, link)
    const removed = withSecondFactors ? await removeSecondFactors(context, unit, id) : []
    const subject = { type: 'user', id, label: user.email } as const
    const data = { email: user.email, directoryId: realm.directoryId }
    if (removed.length > 0) {
      unit.emit('user.mfa_disabled', { subject, data: { ...data, removed } })
      await tellOfAuthenticator(at, unit, user, 'all_removed', null)
    }
    unit.emit('user.recovery_link_created', { subject, data: { ...data, expiresAt: link.expiresAt } })
    return { url: link.url, expiresAt: link.expiresAt }
  })
}

/**
 * Deletes an administrator with all sessions and tokens.
 * @throws Failure `not_found`, `forbidden`, `conflict` if no super_admin would be left
 */
export async function deleteAdministrator(context: Context, { id }: { id: string }): Promise<void> {
  const realm = await adminRealmOf(context)
  await checked(context, context.read, realm, id)
  const guarded = contextWithCheck(context, realm, async (unit) => {
    await checkAnotherRemains(unit, realm, await checked(context, unit, realm, id))
  })
  await deleteUser(guarded, { id })
}

/** One page of the active sessions of the tenant’s administrators, newest first. */
export async function listAdministratorSessions(
  context: Context,
  query: ListQuery & { readonly userId?: string | undefined },
): Promise<Page<SessionWithUser>> {
  const { id, policy } = await adminRealmOf(context)
  const now = context.clock.now()
  const living = { now, idleSince: idleSince(policy, now) }
  const page = await context.read.sessions.list(id, { ...query, living })
  return { ...page, data: await withUsers(context, page.data) }
}

/**
 * Ends a session of an administrator, and revokes its tokens.
 * @throws Failure `not_found`, `forbidden` for an administrator of a higher level
 */
export async function revokeAdministratorSession(context: Context, { id }: { id: string }): Promise<void> {
  const realm = await adminRealmOf(context)
  await context.write(async (unit) => {
    const session = await unit.sessions.find(realm.id, id)
    if (!session) throw new Failure('not_found')
    await checked(context, unit, realm, session.userId)
    await endSession(context, unit, session, { why: 'revoked' })
  })
}

/**
 * A context in which the users of the admin realm can be changed like other users, after a check. The check runs in the
 * same transaction and replaces the rule that closes the admin realm to other callers. Events still name the real
 * actor.
 */
function contextWithCheck(context: Context, realm: Realm, check: (unit: Unit) => Promise<void>): Context {
  return {
    ...context,
    actor: { ...context.actor, reach: { kind: 'platform' }, permissions: EVERYTHING },
    scope: { tenantId: realm.tenantId, realm },
    write: (work) =>
      context.write(async (unit) => {
        await check(unit)
        return work(unit)
      }),
  }
}

async function requireAdministrator(
  { users }: Pick<Context['read'], 'users'>,
  { directoryId }: Realm,
  id: string,
): Promise<User> {
  const user = await users.find(directoryId, id)
  if (!user) throw new Failure('not_found')
  return user
}

// An administrator outside the caller's reach is `not_found`. One inside the reach, with a higher role, is `forbidden`.
async function checked({ actor }: Context, stores: Pick<Context['read'], 'users'>, realm: Realm, id: string) {
  const user = await requireAdministrator(stores, realm, id)
  checkLevel(actor, roleOf(user) ?? 'tenant_admin')
  return user
}

function checkLevel({ reach, permissions }: Actor, role: AdminRole): void {
  const isAboveTenant =
    reach.kind === 'platform' || (role === 'tenant_admin' && ['partner', 'tenant'].includes(reach.kind))
  if (!isAboveTenant || !permits(permissions, '*'))
    throw new Failure('forbidden', `Only a ${role} or above may do this.`)
}

// An administrator of more than one tenant belongs to the first tenant, because the tenants of a partner can be
// deleted.
async function checkPlace({ registry, scope }: Context, role: AdminRole, partnerId: string | null): Promise<void> {
  if ((role === 'partner_admin') !== (partnerId !== null)) throw flawed('partnerId', 'goes with the role partner_admin')
  if (role === 'tenant_admin') return
  const first = await registry.realmByIssuerId('default')
  if (first?.realm.tenantId !== scope.tenantId) throw flawed('role', `${role} is a role in the first tenant only`)
}

async function checkPartner(unit: Unit, partnerId: string | null): Promise<void> {
  if (partnerId !== null && !(await unit.acrossTenants.partners.lock({ kind: 'platform' }, partnerId)))
    throw flawed('partnerId', 'is not known')
}

// Locks the installation's setting, so that two concurrent calls cannot remove the last two super_admins.
async function checkAnotherRemains(unit: Unit, { directoryId }: Realm, user: User): Promise<void> {
  if (roleOf(user) !== 'super_admin') return
  await unit.settings.lock(INSTALLATION)
  if (await unit.users.hasOtherAdministrator(directoryId, 'super_admin', user.id)) return
  throw new Failure('conflict', 'The last super_admin cannot be changed or deleted.')
}
