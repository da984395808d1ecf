import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import { permits } from '#kernel/permission.ts'
import type { Context, Unit } from '../context.ts'
import { totalsWithin } from '../counter/totals.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSessionsOf } from '../session/session.service.ts'
import type { SessionEnd } from '../session/session.ts'
import { checkAmong } from '../tenant/among.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { flawOfPassword, normalPassword } from './password.ts'
import { SECOND_FACTORS } from './second-factor.ts'
import {
  emailKey,
  type NewUser,
  type PasswordChange,
  type PasswordReset,
  type PasswordSet,
  type User,
  type UserPatch,
  type UserQuery,
  type UserSurvey,
  type UserView,
  viewUser,
} from './user.ts'

const TAKEN = 'A user with this e-mail address exists.'
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'
const GENERATED_LENGTH = 20

/** @throws Failure `invalid_input` for a bad password, `already_exists` for a taken address, `limit_reached` */
export async function createUser(context: Context, { password, ...input }: NewUser): Promise<UserView> {
  const directoryId = directoryOf(context)
  const passwordHash = password === undefined ? null : await hashOf(context, password, input.email)
  const user = newUser(context, directoryId, input, passwordHash)
  await context.write(async (unit) => {
    await checkReportsTo(unit, user)
    await addUser(unit, user, passwordHash)
  })
  return viewUser(user)
}

/** A user as they are to be written. */
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
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * Writes a user inside a write, if the tenant may have one more.
 * @throws Failure `already_exists` where the address is taken, `limit_reached`
 */
export async function addUser(unit: Unit, user: User, passwordHash: string | null): Promise<void> {
  const limit = await unit.tenants.lockQuota('users')
  if (limit !== null && (await unit.users.count()) >= limit) {
    throw new Failure('limit_reached', `The tenant may have ${limit} users.`)
  }
  await insertUser(unit, user, passwordHash)
}

/** Writes a user inside a write. @throws Failure `already_exists` where the address is taken */
export async function insertUser(unit: Unit, user: User, passwordHash: string | null): Promise<void> {
  if (!(await unit.users.insert(user, passwordHash))) throw new Failure('already_exists', takenFrom(user))
  tell(unit, 'user.created', user, { status: user.status })
}

/** One page of the users of the realm’s directory. */
export async function listUsers(context: Context, query: UserQuery): Promise<Page<UserView>> {
  const page = await context.read.users.list(directoryOf(context), query)
  return { ...page, data: page.data.map(viewUser) }
}

/**
 * One numbered page of the users within reach; of the realm’s directory where the request names a realm.
 * @throws Failure `access_denied` for a tenant or a partner that is beyond it
 */
export async function surveyUsers(context: Context, query: UserSurvey): Promise<NumberedPage<UserView>> {
  const { read, actor, scope } = context
  await checkAmong(context, query)
  const directoryId = scope.realm && directoryOf(context)
  const known = query.search === undefined ? await countKept(context, query, directoryId) : undefined
  const { data, total } = await read.users.survey(actor.reach, query, directoryId, known)
  return { data: data.map(viewUser), total }
}

async function countKept(
  context: Context,
  { status, tenantId, partnerId }: UserSurvey,
  place: string | undefined,
): Promise<number> {
  const within = { tenantId, partnerId, place }
  const { users, active_users: active } = await totalsWithin(context, ['users', 'active_users'], within)
  if (status === undefined) return users
  return status === 'active' ? active : users - active
}

/** @throws Failure `not_found` */
export async function getUser(context: Context, { id }: { id: string }): Promise<UserView> {
  return viewUser(await found(context, context.read, id))
}

/**
 * Changes a user. Suspending ends what the user has at once.
 * @throws Failure `not_found`, `precondition_failed`, `already_exists` for a taken address
 */
export async function updateUser(context: Context, { id, ifVersion, ...patch }: UserPatch): Promise<UserView> {
  return viewUser(await changeUser(context, { id, ifVersion }, () => ({ patch })))
}

/** What is done to a user: what a patch leaves out stays. */
export interface UserChange {
  readonly patch: Omit<UserPatch, 'id' | 'ifVersion'>
  /** Of a new password: sessions end, and refresh tokens with them. */
  readonly passwordHash?: string | undefined
}

/**
 * Changes a user by what the user is like then; nobody else changes the user meanwhile.
 * @param decide what is to be done, inside the write; nothing for undefined
 * @throws Failure `not_found`, `precondition_failed`, `already_exists`, and what `decide` throws
 */
export async function changeUser(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
  decide: (before: User, unit: Unit) => UserChange | undefined | Promise<UserChange | undefined>,
): Promise<User> {
  return context.write(async (unit) => {
    const before = await held(context, unit, { id, ifVersion })
    const change = await decide(before, unit)
    if (!change) return before
    const given = givenOnly(change.patch)
    const isAsked = Object.keys(given).length > 0 || change.passwordHash === undefined
    const user = isAsked ? await putPatch(context, unit, before, given) : before
    return change.passwordHash === undefined ? user : putPassword(context, unit, id, change.passwordHash)
  })
}

async function putPatch(
  { clock }: Context,
  unit: Unit,
  before: User,
  given: Partial<UserChange['patch']>,
): Promise<User> {
  const now = clock.now()
  const sameAddress = given.email === undefined || emailKey(given.email) === emailKey(before.email)
  const user = {
    ...before,
    ...(!sameAddress && { emailVerified: false }),
    ...given,
    version: before.version + 1,
    updatedAt: now,
  } as User
  if (given.reportsTo !== undefined) await checkReportsTo(unit, user)
  checkUpdated(await unit.users.update(user), takenFrom(user))
  const { status, ...rest } = given
  const changed = Object.keys(rest)
  if (changed.length > 0 || status === undefined) tell(unit, 'user.updated', user, { changed })
  if (before.status !== user.status) {
    const ended = user.status === 'suspended' ? await endAccess(unit, user.id, 'user_suspended', now) : {}
    const type = user.status === 'suspended' ? 'user.suspended' : 'user.reactivated'
    tell(unit, type, user, { before: before.status, status: user.status, ...ended })
  }
  return user
}

/** Sets a password: sessions end and refresh tokens with them. @throws Failure `not_found`, `invalid_input` */
export async function setUserPassword(context: Context, { id, password }: PasswordChange): Promise<UserView> {
  const { email } = await found(context, context.read, id)
  const passwordHash = await hashOf(context, password, email)
  const user = await context.write((unit) => putPassword(context, unit, id, passwordHash))
  return viewUser(user)
}

async function putPassword(context: Context, unit: Unit, id: string, passwordHash: string): Promise<User> {
  const now = context.clock.now()
  if (!(await unit.users.setPassword(id, passwordHash, now))) throw new Failure('not_found')
  const sessions = await endSessionsOf(unit, id, 'password_set', now)
  await unit.tokenFamilies.revokeWhere({ userId: id }, now)
  const user = await found(context, unit, id)
  tell(unit, 'user.password_set', user, { sessions })
  return user
}

/** Sets a password, or one that nobody chose. @throws Failure `not_found`, `invalid_input` */
export async function resetUserPassword(context: Context, { id, password }: PasswordReset): Promise<PasswordSet> {
  if (password !== undefined) return setUserPassword(context, { id, password })
  const generatedPassword = context.random.text(GENERATED_LENGTH, ALPHABET)
  return { ...(await setUserPassword(context, { id, password: generatedPassword })), generatedPassword }
}

/** Takes away whatever a user has to prove besides a password. @throws Failure `not_found` */
export async function disableMfa(context: Context, { id }: { id: string }): Promise<UserView> {
  const now = context.clock.now()
  return context.write(async (unit) => {
    const before = await found(context, unit, id)
    const removed = SECOND_FACTORS.filter(({ isSetUp }) => isSetUp(before))
    for (const factor of removed) await factor.remove(unit, id, now)
    const user = removed.length === 0 ? before : await found(context, unit, id)
    tell(unit, 'user.mfa_disabled', user, { removed: removed.map(({ kind }) => kind) })
    return viewUser(user)
  })
}

/**
 * Deletes a user and revokes everything that hangs off the user.
 * @throws Failure `not_found`, `precondition_failed`
 */
export async function deleteUser(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const user = await held(context, unit, { id, ifVersion })
    const status = await unit.users.delete(user.directoryId, id, now)
    if (status === undefined) throw new Failure('not_found')
    const ended = await endAccess(unit, id, 'user_deleted', now)
    await unit.grants.revokeWhere({ userId: id }, now)
    await unit.groups.removeFromAll(id, now)
    await unit.organizations.removeMember(id)
    await unit.roles.unassignAll(id)
    tell(unit, 'user.deleted', user, { status, ...ended })
  })
}

/** A password that verified. */
export interface VerifiedPassword {
  readonly user: User
  /** The hash it verified against, and a better one of today’s cost where that is worth while: for `recordSignIn`. */
  readonly password: { readonly verified: string; readonly rehashed?: string }
}

/**
 * Verifies a sign-in with a password, before any write. It takes as long where nobody has the address.
 * @param directoryId of the realm that is signed in to
 * @returns undefined where the address is unknown, the password wrong or the user suspended: which one, nobody is told
 */
export async function verifyPassword(
  { read, crypto }: Pick<Context, 'read' | 'crypto'>,
  directoryId: string,
  given: { readonly email: string; readonly password: string },
): Promise<VerifiedPassword | undefined> {
  const one = await read.users.findForSignIn(directoryId, emailKey(given.email))
  const password = normalPassword(given.password)
  const right = await crypto.verifyPassword(password, one?.passwordHash ?? null)
  if (!one || one.passwordHash === null || !right || one.user.status !== 'active') return undefined
  const { user, passwordHash: verified } = one
  if (!crypto.needsRehash(verified)) return { user, password: { verified } }
  return { user, password: { verified, rehashed: await crypto.hashPassword(password) } }
}

/**
 * Hashes a password that may be one, before any write.
 * @param email the address it would belong to
 * @throws Failure `invalid_input` with what is wrong with it
 */
export async function hashOf({ crypto }: Pick<Context, 'crypto'>, password: string, email: string): Promise<string> {
  const flaw = flawOfPassword(password, email)
  if (flaw !== undefined) {
    const message = `the password ${flaw}`
    throw new Failure('invalid_input', { message: `password: ${message}`, flaws: [{ path: 'password', message }] })
  }
  return crypto.hashPassword(normalPassword(password))
}

/**
 * The directory that a request is about. That of the administrators is nobody's who could not do everything there is
 * already: whoever sets the password of a super administrator is one.
 * @throws Failure `not_found`
 */
export function directoryOf({ scope, actor }: Context): string {
  const realm = realmOf(scope)
  const mayAll = actor.reach.kind === 'platform' && permits(actor.permissions, '*')
  if (realm.kind === 'admin' && !mayAll) throw new Failure('not_found')
  return realm.directoryId
}

async function held(
  context: Context,
  { users }: Unit,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
): Promise<User> {
  const user = await users.lock(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  if (ifVersion !== undefined && ifVersion !== user.version) throw new Failure('precondition_failed')
  return user
}

async function found(context: Context, { users }: Pick<Context['read'], 'users'>, id: string): Promise<User> {
  const user = await users.find(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  return user
}

/** @throws Failure `invalid_input` where nobody of the directory is whom a user is to report to */
async function checkReportsTo(unit: Unit, { id, directoryId, reportsTo }: User): Promise<void> {
  if (reportsTo === null) return
  if (reportsTo !== id && (await unit.users.hold(directoryId, [reportsTo])).has(reportsTo)) return
  const message = 'not another user of the directory'
  throw new Failure('invalid_input', { message: `reports to: ${message}`, flaws: [{ path: 'reportsTo', message }] })
}

function takenFrom({ username }: User): string {
  return username === null ? TAKEN : 'A user with this e-mail address or user name exists.'
}

async function endAccess(
  unit: Unit,
  userId: string,
  why: SessionEnd,
  now: number,
): Promise<{ sessions: number; tokens: number }> {
  const sessions = await endSessionsOf(unit, userId, why, now)
  await unit.tokenFamilies.revokeWhere({ userId }, now)
  return { sessions, tokens: await unit.issuances.revokeWhere({ userId }, now) }
}

function tell(unit: Unit, type: EventType, user: User, data: Record<string, unknown> = {}): void {
  const { id, email, directoryId } = user
  unit.emit(type, { subject: { type: 'user', id }, data: { email, directoryId, ...data } })
}
