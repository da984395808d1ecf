// Decides about users: creates, changes and deletes them, and verifies passwords.
import { changeWithout } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { sayPasswordFlaw } from '#kernel/password-flaw.ts'
import { permits } from '#kernel/permission.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import { tellOfNewAddress, tellOfNewPassword } from '../account/change-notice.ts'
import type { Context, Unit } from '../context.ts'
import { totalsWithin } from '../counter/totals.service.ts'
import { checkMakesCredential } from '../permitted.ts'
import { checkNewProfile, checkProfileChange, type Demanded } from '../profile-attribute/profile-attribute.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUnused } from '../revocation/unused.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { flawOfPassword, normalPassword } from './password.ts'
import {
  type NewUser,
  type PasswordChange,
  type PasswordReset,
  type PasswordSet,
  type User,
  UserFields,
  type UserPatch,
  type UserQuery,
  type UserView,
} from './user.ts'
import {
  type EndedAccess,
  emitLostAdmins,
  endAccess,
  removeSecondFactors,
  resumeAgentsOf,
  stopAgentsOf,
} from './user-end.service.ts'
import { viewUser } from './user-view.ts'

const IN_USE = 'A user exists with this e-mail address or user name, or with one that looks the same.'
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'
const GENERATED_LENGTH = 20

/**
 * @throws Failure `invalid_input` for an invalid password, `already_exists` if the address is in use, `limit_reached`
 */
export async function createUser(
  context: Context,
  { password, ...input }: NewUser,
  demanded: Demanded = 'all',
): Promise<UserView> {
  const directoryId = directoryOf(context)
  const passwordHash = password === undefined ? null : await hashOf(context, password, input.email)
  const user = newUser(context, directoryId, input, passwordHash)
  await context.write(async (unit) => {
    await checkReportsTo(unit, user)
    await addUser(context, unit, user, { passwordHash, demanded })
  })
  return viewUser(user)
}

/** A new user, ready to be inserted. */
export function newUser(
  { clock, random, scope }: Pick<Context, 'clock' | 'random' | 'scope'>,
  directoryId: string,
  input: Omit<NewUser, 'password'>,
  passwordHash: string | null,
): User {
  const now = clock.now()
  return {
    ...input,
    id: random.id(),
    tenantId: scope.tenantId,
    directoryId,
    adminRole: null,
    adminPartnerId: null,
    passwordSetAt: passwordHash === null ? null : now,
    lastSignInAt: null,
    dueTrigger: null,
    secondFactors: 0,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * Writes a user inside a write, if the tenant's limit allows it.
 * @param demanded which required attributes the user has to have
 * @throws Failure `already_exists` if the address or a unique value is in use, `limit_reached`, `invalid_input`
 */
export async function addUser(
  context: Pick<Context, 'crypto' | 'scope'>,
  unit: Unit,
  user: User,
  { passwordHash = null, demanded = 'none' }: { readonly passwordHash?: string | null; readonly demanded?: Demanded },
): Promise<void> {
  const limit = await unit.tenant.lockQuota('users')
  if (limit !== null && (await unit.users.count()) >= limit) {
    throw new Failure('limit_reached', `The tenant may have ${limit} users.`)
  }
  await insertUser(unit, user, passwordHash)
  await checkNewProfile(context, unit, user, demanded)
}

/** Writes a user inside a write. @throws Failure `already_exists` if the address is in use */
export async function insertUser(unit: Unit, user: User, passwordHash: string | null): Promise<void> {
  const isTaken = (await unit.users.isNameOfAnother(user)) || !(await unit.users.insert(user, passwordHash))
  if (isTaken) throw new Failure('already_exists', IN_USE)
  emitEvent(unit, 'user.created', user, { status: user.status, emailVerified: user.emailVerified })
}

/**
 * One page of the users of the realm's directory; of every directory within reach where the request names no realm.
 * @throws Failure `access_denied` for a tenant or a partner beyond the reach
 */
export async function listUsers(context: Context, query: UserQuery): Promise<Page<UserView>> {
  const { read, actor, scope } = context
  const directoryId = scope.realm && directoryOf(context)
  await checkTenantFilter(context, query)
  const isCounted = query.offset !== undefined || query.include !== undefined || !directoryId
  const known = isCounted && query.search === undefined ? await readCount(context, query, directoryId) : undefined
  // A page far back uses the indexes of the lists over several directories.
  const page =
    directoryId && (query.offset === undefined || query.order !== undefined)
      ? await read.users.list(directoryId, query, known)
      : await read.acrossTenants.users.list(actor.reach, query, { directoryId, known })
  return mapPage(page, viewUser)
}

async function readCount(
  context: Context,
  { status, tenantId, partnerId }: UserQuery,
  place: string | undefined,
): Promise<number> {
  const within = { tenantId, partnerId, place }
  const { users, active_users: active } = await totalsWithin(context, ['users', 'active_users'], within)
  if (status === undefined) return users
  return status === 'active' ? active : users - active
}

/**
 * One page of the users of the realm’s directory that have a text in their address, user name, name or id. In a large
 * directory whose database has no index for it, those whose address or name starts with it.
 */
export async function searchUsers(context: Context, query: UserQuery): Promise<Page<UserView>> {
  const { search, status, offset = 0, limit } = query
  const directoryId = directoryOf(context)
  const page = search && (await context.read.users.search(directoryId, { search, status, offset, limit }))
  return page ? mapPage(page, viewUser) : listUsers(context, query)
}

/** @throws Failure `not_found` */
export async function getUser(context: Context, { id }: { id: string }): Promise<UserView> {
  return viewUser(await requireUser(context, context.read, id))
}

/**
 * Changes a user. Suspension ends the user's sessions and tokens at once.
 * @throws Failure `not_found`, `precondition_failed`, `already_exists` if the address is in use
 */
export async function updateUser(context: Context, { id, ifVersion, ...patch }: UserPatch): Promise<UserView> {
  return viewUser(await changeUser(context, { id, ifVersion }, () => ({ patch })))
}

/** A change of a user; absent members of the patch stay unchanged. */
export interface UserChange {
  readonly patch: Omit<UserPatch, 'id' | 'ifVersion'>
  /** The hash of a new password; the user's sessions and tokens then end. */
  readonly passwordHash?: string | undefined
}

/**
 * Changes a user depending on the current state; the user is locked meanwhile.
 * @param decide returns the change, inside the write; undefined for no change
 * @throws Failure `not_found`, `precondition_failed`, `already_exists`, what `decide` throws,
 *   `forbidden` and `insufficient_user_authentication` for a caller who may not make credentials and changes the address
 */
export async function changeUser(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
  decide: (before: User, unit: Unit) => UserChange | undefined | Promise<UserChange | undefined>,
): Promise<User> {
  return context.write(async (unit) => {
    const before = await lockUser(context, unit, { id, ifVersion })
    const change = await decide(before, unit)
    if (!change) return before
    const changes = definedOnly(change.patch)
    checkAddress(context, before, changes.email)
    const isChange = Object.keys(changes).length > 0 || change.passwordHash === undefined
    const user = isChange ? await putPatch(context, unit, before, changes) : before
    if (emailKey(user.email) !== emailKey(before.email)) await tellOfNewAddress(context, unit, before, user)
    return change.passwordHash === undefined ? user : putNewPassword(context, unit, user, change.passwordHash)
  })
}

// Who has the mailbox of the address can set the password, and who has the address at a trusted identity provider signs in
// there, so that a new address is as good as a password.
function checkAddress(context: Context, before: User, email: string | undefined): void {
  if (email === undefined || emailKey(email) === emailKey(before.email)) return
  checkMakesCredential(context)
}

async function putPatch(
  context: Context,
  unit: Unit,
  before: User,
  changes: Partial<UserChange['patch']>,
): Promise<User> {
  const now = context.clock.now()
  const sameAddress = changes.email === undefined || emailKey(changes.email) === emailKey(before.email)
  const samePhone = changes.phone === undefined || changes.phone === before.phone
  const values = {
    ...(!sameAddress && { emailVerified: false }),
    ...(!samePhone && { phoneVerified: false }),
    ...changes,
  }
  const revised = revise(UserFields, before, values, now)
  if (!revised) return before
  const { after: user, change } = revised
  if (changes.reportsTo !== undefined) await checkReportsTo(unit, user)
  const isRenamed = before.email !== user.email || before.username !== user.username
  if (isRenamed && (await unit.users.isNameOfAnother(user))) throw new Failure('already_exists', IN_USE)
  checkUpdated(await unit.users.update(user), IN_USE)
  await checkProfileChange(context, unit, before, user)
  const others = changeWithout(change, 'status')
  if (others) emitEvent(unit, 'user.updated', user, { ...others })
  if (before.status !== user.status) {
    const suspended = user.status === 'suspended'
    const ended = suspended ? await endOf(context, unit, user, 'user_suspended', now) : {}
    if (!suspended) await resumeAgentsOf(unit, user.id)
    const type = suspended ? 'user.suspended' : 'user.reactivated'
    emitEvent(unit, type, user, {
      before: { status: before.status },
      after: { status: user.status },
      status: user.status,
      ...ended,
    })
  }
  return user
}

/**
 * Changes the account of a person who has a link that was given to its owner.
 * @param user as it is, locked by the write
 * @param change whether the link is from the mailbox of the address, which then counts as verified; and the hash of a new
 *   password: the sessions and tokens of the person then end
 */
export async function changeProvenUser(
  context: Context,
  unit: Unit,
  user: User,
  { mailed, passwordHash }: { readonly mailed: boolean; readonly passwordHash?: string },
): Promise<User> {
  const isNew = mailed && !user.emailVerified
  const verified = isNew ? await putPatch(context, unit, user, { emailVerified: true }) : user
  return passwordHash === undefined ? verified : putPassword(context, unit, verified, passwordHash)
}

/**
 * Changes the account of a person who does it alone. The other sessions and all tokens end with a new password.
 * @param user as it is, locked by the write
 * @param change new values of the profile, or the hash of a new password, and the id of the session that goes on
 */
export function changeOwnUser(
  context: Context,
  unit: Unit,
  user: User,
  change:
    | { readonly locale: string }
    | { readonly profile: Partial<UserChange['patch']> }
    | { readonly passwordHash: string; readonly kept: string },
): Promise<User> {
  if ('profile' in change) return putPatch(context, unit, user, change.profile)
  if (!('passwordHash' in change)) return putPatch(context, unit, user, change)
  return putPassword(context, unit, user, change.passwordHash, change.kept)
}

/** Sets a password: all sessions, refresh tokens and access tokens of the user end. @throws Failure `not_found`, `invalid_input` */
export async function setUserPassword(context: Context, { id, password }: PasswordChange): Promise<UserView> {
  const before = await requireUser(context, context.read, id)
  const passwordHash = await hashOf(context, password, before.email)
  const user = await context.write((unit) => putNewPassword(context, unit, before, passwordHash))
  return viewUser(user)
}

/** Sets a password that somebody else chose, of which the person is told. */
async function putNewPassword(
  context: Context,
  unit: Unit,
  before: Pick<User, 'id' | 'directoryId'>,
  passwordHash: string,
): Promise<User> {
  const user = await putPassword(context, unit, before, passwordHash)
  await tellOfNewPassword(context, unit, user)
  return user
}

async function putPassword(
  context: Context,
  unit: Unit,
  { id, directoryId }: Pick<User, 'id' | 'directoryId'>,
  passwordHash: string,
  kept?: string,
): Promise<User> {
  const now = context.clock.now()
  if (!(await unit.users.setPassword(id, passwordHash, now))) throw new Failure('not_found')
  const ended = await endAccess(context, unit, id, { why: 'password_set', now, kept })
  const user = await unit.users.find(directoryId, id)
  if (!user) throw new Failure('not_found')
  emitEvent(unit, 'user.password_set', user, { ...ended })
  return user
}

/** Sets a given or a generated password. @throws Failure `not_found`, `invalid_input` */
export async function resetUserPassword(context: Context, { id, password }: PasswordReset): Promise<PasswordSet> {
  if (password !== undefined) return setUserPassword(context, { id, password })
  const generatedPassword = context.random.text(GENERATED_LENGTH, ALPHABET)
  return { ...(await setUserPassword(context, { id, password: generatedPassword })), generatedPassword }
}

/** Removes all second factors of a user, whose sessions and tokens then end. @throws Failure `not_found` */
export async function disableMfa(context: Context, { id }: { id: string }): Promise<UserView> {
  return context.write(async (unit) => {
    await lockUser(context, unit, { id })
    const removed = await removeSecondFactors(context, unit, id)
    const user = await requireUser(context, unit, id)
    emitEvent(unit, 'user.mfa_disabled', user, { removed })
    if (removed.length > 0) await tellOfAuthenticator(context, unit, user, 'all_removed', null)
    return viewUser(user)
  })
}

/**
 * Deletes a user with all sessions, tokens, consents and memberships.
 * @throws Failure `not_found`, `precondition_failed`
 */
export async function deleteUser(
  context: Context,
  {
    id,
    ifVersion,
    onlyUnused,
  }: { readonly id: string; readonly ifVersion?: number | undefined; readonly onlyUnused?: boolean },
): Promise<void> {
  await context.write(async (unit) => {
    const user = await lockUser(context, unit, { id, ifVersion })
    if (onlyUnused) await checkUnused(unit, { userId: id }, context.clock.now())
    await removeUser(context, unit, user)
  })
}

/**
 * Deletes a user with all that depends on the user, inside a write.
 * @param user whose row is locked
 * @throws Failure `not_found`
 */
export async function removeUser(context: Context, unit: Unit, user: User): Promise<void> {
  const { id } = user
  const now = context.clock.now()
  const status = await unit.users.delete(user.directoryId, id, now)
  if (status === undefined) throw new Failure('not_found')
  const ended = await endOf(context, unit, user, 'user_deleted', now)
  await unit.grants.revokeWhere({ userId: id }, now)
  await unit.delegationGrants.revokeWhere({ userId: id }, now)
  await unit.connections.revokeWhere({ userId: id }, now)
  await unit.subjectMappings.deleteOfUser(id)
  await unit.groups.removeFromAll(id, now)
  await unit.organizations.removeMember(id)
  await unit.roles.unassignAll(id)
  await unit.authenticators.deleteOfUser(id, now)
  await unit.linkedAccounts.deleteOfUser(id)
  await unit.uniqueValues.releaseAll(id)
  emitEvent(unit, 'user.deleted', user, { status, ...ended })
}

/** A verified password. */
export interface VerifiedPassword {
  readonly user: User
  /** The verified hash, and a better hash with the current parameters if it is needed: for `keepPassword`. */
  readonly password: { readonly verified: string; readonly rehashed?: string }
}

/**
 * Verifies a password, before any write. It takes the same time for an unknown address.
 * @param directoryId the directory of the realm where the user signs in
 * @returns undefined if the address is unknown, the password is wrong or the user is suspended; callers cannot tell
 *   these apart
 */
export async function verifyPassword(
  { read, crypto }: Pick<Context, 'read' | 'crypto'>,
  directoryId: string,
  changes: { readonly email: string; readonly password: string },
): Promise<VerifiedPassword | undefined> {
  const one = await read.users.findForSignIn(directoryId, emailKey(changes.email))
  const password = normalPassword(changes.password)
  const right = await crypto.verifyPassword(password, one?.passwordHash ?? null)
  if (!one || one.passwordHash === null || !right || one.user.status !== 'active') return undefined
  const { user, passwordHash: verified } = one
  if (!crypto.needsRehash(verified)) return { user, password: { verified } }
  return { user, password: { verified, rehashed: await crypto.hashPassword(password) } }
}

/**
 * Validates and hashes a new password, before any write.
 * @param email the address of the user
 * @throws Failure `invalid_input` with the problem of the password
 */
export async function hashOf(
  { crypto, network, scope }: Pick<Context, 'crypto' | 'network' | 'scope'>,
  password: string,
  email: string,
): Promise<string> {
  const { COMMON_PASSWORDS: common } = await import('./frequent-passwords.ts')
  const found = flawOfPassword(password, email, { shortest: scope.realm?.policy.passwordMinLength, common })
  const normal = normalPassword(password)
  const isBreached = !found && (await network.isBreached(normal, scope.tenantId))
  const flaw = isBreached ? ({ kind: 'isBreached' } as const) : found
  if (flaw !== undefined) {
    const message = `the password ${sayPasswordFlaw(flaw)}`
    const flaws = [{ path: 'password', message }]
    throw new Failure('invalid_input', { message: `password: ${message}`, flaws, passwordFlaw: flaw })
  }
  return crypto.hashPassword(normal)
}

/**
 * The directory of the request. A caller gets the directory of administrators only with all permissions, because
 * whoever sets the password of a super administrator can become one.
 * @throws Failure `not_found`
 */
export function directoryOf({ scope, actor }: Context): string {
  const realm = realmOf(scope)
  const mayAll = actor.reach.kind === 'platform' && permits(actor.permissions, '*')
  if (realm.kind === 'admin' && !mayAll) throw new Failure('not_found')
  return realm.directoryId
}

async function lockUser(
  context: Context,
  { users }: Unit,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
): Promise<User> {
  const user = await users.lock(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  if (ifVersion !== undefined && ifVersion !== user.version) throw new Failure('precondition_failed')
  return user
}

async function requireUser(context: Context, { users }: Pick<Context['read'], 'users'>, id: string): Promise<User> {
  const user = await users.find(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  return user
}

/** @throws Failure `invalid_input` if the directory does not contain the user's manager */
async function checkReportsTo(unit: Unit, { id, directoryId, reportsTo }: User): Promise<void> {
  if (reportsTo === null) return
  if (reportsTo !== id && (await unit.users.lockAll(directoryId, [reportsTo])).has(reportsTo)) return
  const message = 'not another user of the directory'
  throw new Failure('invalid_input', { message: `reports to: ${message}`, flaws: [{ path: 'reportsTo', message }] })
}

async function endOf(
  context: Pick<Context, 'random'>,
  unit: Unit,
  user: User,
  why: 'user_suspended' | 'user_deleted',
  now: number,
): Promise<EndedAccess> {
  const ended = await endAccess(context, unit, user.id, { why, now })
  await stopAgentsOf(unit, user.id, why, now)
  await emitLostAdmins(unit, user)
  return ended
}

function emitEvent(unit: Unit, type: EventType, user: User, data: Record<string, unknown> = {}): void {
  const { id, email, directoryId } = user
  unit.emit(type, { subject: { type: 'user', id, label: email }, data: { email, directoryId, ...data } })
}
