// Lists, adds and removes the authenticators of users.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { AuthenticatorChange } from '../account/account-letters.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import type { Context, Unit } from '../context.ts'
import { directoryOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'
import {
  AUTHENTICATORS_MAX,
  type Authenticator,
  type AuthenticatorKind,
  type AuthenticatorOfUser,
  type AuthenticatorQuery,
  type AuthenticatorView,
  viewAuthenticator,
} from './authenticator.ts'
import { newRecoverySet } from './new-authenticator.ts'

/** What the mail says that tells of the removal. The loss of recovery codes alone is not told of. */
export const REMOVED: Readonly<Record<AuthenticatorKind, AuthenticatorChange | undefined>> = {
  totp: 'app_removed',
  sms: 'phone_removed',
  passkey: 'passkey_removed',
  recovery_code: undefined,
}

/** One page of a user's authenticators, without their secrets. @throws Failure `not_found` */
export async function listAuthenticators(
  context: Context,
  { id, ...query }: AuthenticatorQuery,
): Promise<Page<AuthenticatorView>> {
  const { read } = context
  if (!(await read.users.find(directoryOf(context), id))) throw new Failure('not_found')
  return mapPage(await read.authenticators.list(id, query), viewAuthenticator)
}

/**
 * Removes an authenticator of a user of the realm's directory. The sessions and tokens of the user end, for it may have
 * made them.
 * @throws Failure `not_found`
 */
export async function deleteAuthenticator(
  context: Context,
  { id, authenticatorId }: AuthenticatorOfUser,
): Promise<void> {
  const directoryId = directoryOf(context)
  await context.write(async (unit) => {
    const user = await unit.users.lock(directoryId, id)
    if (!user) throw new Failure('not_found')
    const { kind, name } = await removeAuthenticator(context, unit, user, authenticatorId)
    const change = REMOVED[kind]
    if (change) await tellOfAuthenticator(context, unit, user, change, name)
    await endAccess(context, unit, id, { why: 'second_factors_removed', now: context.clock.now() })
  })
}

/**
 * Removes an authenticator inside a write. The recovery codes go with the last one that is a second factor. In which browsers
 * a second factor was proven counts no more.
 * @param user whose row is locked
 * @returns the one that was removed
 * @throws Failure `not_found`
 */
export async function removeAuthenticator(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  user: User,
  id: string,
): Promise<Authenticator> {
  const all = await unit.authenticators.allOf(user.id)
  const removed = all.find((one) => one.id === id)
  if (!removed) throw new Failure('not_found')
  const others = all.filter((one) => one.id !== id)
  if (removed.kind !== 'recovery_code') await unit.rememberedDevices.deleteOfUser(user.id)
  const isLast = others.every(({ kind }) => kind === 'recovery_code')
  for (const authenticator of isLast ? [removed, ...others] : [removed]) {
    await unit.authenticators.delete(authenticator, clock.now())
    emitEvent(unit, 'authenticator.removed', user, authenticator)
  }
  return removed
}

/** Removes all authenticators of a user inside a write. @param user whose row is locked */
export async function removeAuthenticators({ clock }: Pick<Context, 'clock'>, unit: Unit, user: User): Promise<void> {
  for (const authenticator of await unit.authenticators.allOf(user.id)) {
    await unit.authenticators.delete(authenticator, clock.now())
    emitEvent(unit, 'authenticator.removed', user, authenticator)
  }
}

/**
 * Adds an authenticator inside a write.
 * @param user whose row is locked
 * @throws Failure `limit_reached` for more of a kind than a user can have, `already_exists` for a passkey that somebody
 *   has already
 */
export async function addAuthenticator(unit: Unit, user: User, authenticator: Authenticator): Promise<void> {
  const { kind } = authenticator
  const most = AUTHENTICATORS_MAX[kind]
  const all = await unit.authenticators.allOf(user.id)
  if (all.filter((one) => one.kind === kind).length >= most) {
    throw new Failure('limit_reached', `A user can have ${most} authenticators of this kind.`)
  }
  if (!(await unit.authenticators.insert(authenticator))) {
    throw new Failure('already_exists', 'This passkey was added before.')
  }
  emitEvent(unit, 'authenticator.added', user, authenticator)
}

/**
 * Replaces the recovery codes of a user inside a write; the former ones work no more.
 * @param user whose row is locked
 */
export async function replaceRecoverySet(
  context: Context,
  unit: Unit,
  user: User,
  codes: readonly string[],
): Promise<void> {
  for (const { id, kind } of await unit.authenticators.allOf(user.id)) {
    if (kind === 'recovery_code') await removeAuthenticator(context, unit, user, id)
  }
  await addAuthenticator(unit, user, newRecoverySet(context, user.id, codes))
}

/** Emits an event about a user's authenticator, in the name of the user unless an administrator acts. */
function emitEvent(unit: Unit, type: EventType, user: User, { id, kind, name }: Authenticator): void {
  unit.emit(type, { subject: { type: 'authenticator', id, label: name }, data: { kind, userId: user.id } })
}
