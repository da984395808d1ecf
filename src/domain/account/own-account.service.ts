// What people change about their own accounts: the name, the password, sessions and consents.
import { Failure } from '#kernel/error.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { Context, Unit } from '../context.ts'
import { isInDirectory } from '../external-sign-in/external-provider.ts'
import { revokeGrant } from '../grant/grant.service.ts'
import { type AttributeValue, patchOf } from '../profile-attribute/attribute-value.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSession } from '../session/session.service.ts'
import { idleSince } from '../session/session.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import { changeOwnUser, hashOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { tellOfNewPassword } from './change-notice.ts'
import { checkMayChange } from './own-level.ts'

/** How many sessions or grants are read and ended at a time. */
const AT_A_TIME = 100

/**
 * Changes the values of the person's own attributes.
 * @throws Failure `not_found` if the person is not active any more, `invalid_input`, `already_exists` for a value that another
 *   user has
 */
export async function changeOwnProfile(
  context: Context,
  { user }: SignedIn,
  values: ReadonlyMap<string, AttributeValue | null>,
): Promise<void> {
  await context.write(async (unit) => {
    const before = await lockActive(context, unit, user)
    await changeOwnUser(context, unit, before, { profile: patchOf(before, values) })
  })
}

/** Keeps the language that the person chose. @throws Failure `not_found` if the person is not active any more */
export async function changeOwnLocale(context: Context, { user }: SignedIn, locale: LanguageTag): Promise<void> {
  await context.write(async (unit) => changeOwnUser(context, unit, await lockActive(context, unit, user), { locale }))
}

/**
 * Sets the person's password, the first one or another. The other sessions and all tokens end, and the person is told by
 * mail. The caller must have checked that the sign-in is recent.
 * @returns the person with the new password
 * @throws Failure `invalid_input` with the problem of the password, `not_found` if the person is not active any more,
 *   `conflict` for a person of a directory, `unmet_authentication_requirements` as `checkMayChange`
 */
export async function changeOwnPassword(
  context: Context,
  { user: { id, email }, session }: SignedIn,
  password: string,
): Promise<User> {
  const passwordHash = await hashOf(context, password, email)
  return context.write(async (unit) => {
    const user = await lockActive(context, unit, { id })
    checkMayChange(context, user, session)
    if (await isInDirectory({ ...context, read: unit }, id))
      throw new Failure('conflict', 'You have the password of a directory. Change it there.')
    const changed = await changeOwnUser(context, unit, user, { passwordHash, kept: session.id })
    await tellOfNewPassword(context, unit, user, { isKept: true })
    return changed
  })
}

/** Ends another session of the person at this realm, with its tokens. @throws Failure `not_found` for another id */
export async function endOwnSession(context: Context, { user }: SignedIn, id: string): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const session = await unit.sessions.find(realm.id, id)
    if (session?.userId !== user.id) throw new Failure('not_found')
    await endSession(context, unit, session, { why: 'signed_out' })
  })
}

/** Ends all sessions of the person at this realm but the one in use, with their tokens. */
export async function endOtherSessions(context: Context, { user, session }: SignedIn): Promise<void> {
  for (let cursor: string | undefined; ; ) {
    const page = await ownSessions(context, user, cursor, AT_A_TIME)
    const others = page.data.filter(({ id }) => id !== session.id)
    await context.write(async (unit) => {
      for (const other of others) await endSession(context, unit, other, { why: 'signed_out' })
    })
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}

/** One page of the person's valid sessions at this realm, newest first. */
export function ownSessions(context: Context, user: Pick<User, 'id'>, cursor: string | undefined, limit: number) {
  const { id, policy } = realmOf(context.scope)
  const now = context.clock.now()
  const living = { now, idleSince: idleSince(policy, now) }
  return context.read.sessions.list(id, { limit, cursor, userId: user.id, living })
}

/**
 * Withdraws all that the person allowed a client at this realm; its tokens end.
 * @param clientId the id of its row
 * @throws Failure `not_found` if the person has allowed it nothing
 */
export async function withdrawFromClient(context: Context, { user }: SignedIn, clientId: string): Promise<void> {
  const { id: realmId } = realmOf(context.scope)
  const query = { limit: AT_A_TIME, userId: user.id, clientId, revoked: false }
  let { data } = await context.read.grants.list(realmId, query)
  if (data.length === 0) throw new Failure('not_found')
  while (data.length > 0) {
    for (const { id } of data) await revokeGrant(context, { id })
    data = (await context.read.grants.list(realmId, query)).data
  }
}

/** The person's row, locked inside a write. @throws Failure `not_found` if the person is not active any more */
export async function lockActive({ scope }: Context, unit: Unit, { id }: Pick<User, 'id'>): Promise<User> {
  const user = await unit.users.lock(realmOf(scope).directoryId, id)
  if (user?.status !== 'active') throw new Failure('not_found')
  return user
}
