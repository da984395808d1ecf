// Lists, adds and removes the linked accounts of users.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import type { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { directoryOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'
import { takeAll } from './given.service.ts'
import type { ExternalSubject } from './linked-account.store.ts'
import {
  LINKED_ACCOUNTS_MAX,
  type LinkedAccount,
  LinkedAccountFields,
  type LinkedAccountOfUser,
  type LinkedAccountQuery,
  type LinkedAccountView,
} from './linked-account.ts'

/** One page of a user's linked accounts. @throws Failure `not_found` */
export async function listLinkedAccounts(
  context: Context,
  { id, ...query }: LinkedAccountQuery,
): Promise<Page<LinkedAccountView>> {
  const { read } = context
  if (!(await read.users.find(directoryOf(context), id))) throw new Failure('not_found')
  return mapPage(await read.linkedAccounts.list(id, query), (account) => LinkedAccountFields.show(account))
}

/**
 * Unlinks an account of a user of the realm's directory. The sessions and tokens of the user end, for it may have made them,
 * and a mail tells the user.
 * @throws Failure `not_found`
 */
export async function deleteLinkedAccount(
  context: Context,
  { id, linkedAccountId }: LinkedAccountOfUser,
): Promise<void> {
  const directoryId = directoryOf(context)
  await context.write(async (unit) => {
    const user = await unit.users.lock(directoryId, id)
    if (!user) throw new Failure('not_found')
    const { providerId } = await unlinkAccount(context, unit, user, linkedAccountId)
    const provider = await unit.identityProviders.find(realmOf(context.scope).id, providerId)
    await tellOfAuthenticator(context, unit, user, 'account_unlinked', provider?.name ?? null)
    await endAccess(context, unit, id, { why: 'account_unlinked', now: context.clock.now() })
  })
}

/**
 * Unlinks an account inside a write, and takes away what the mapping of the provider gave by it.
 * @param user whose row is locked
 * @throws Failure `not_found`
 */
export async function unlinkAccount(
  context: Pick<Context, 'clock'>,
  unit: Unit,
  user: User,
  id: string,
): Promise<LinkedAccount> {
  const removed = (await unit.linkedAccounts.allOf(user.id)).find((one) => one.id === id)
  if (!removed || !(await unit.linkedAccounts.delete(removed))) throw new Failure('not_found')
  emitEvent(unit, 'linked_account.removed', removed)
  await takeAll(context, unit, user, removed)
  return removed
}

/** Unlinks all accounts of a user inside a write. @param user whose row is locked */
export async function unlinkAccounts(context: Pick<Context, 'clock'>, unit: Unit, user: User): Promise<void> {
  for (const { id } of await unit.linkedAccounts.allOf(user.id)) await unlinkAccount(context, unit, user, id)
}

/**
 * Links an account to a user inside a write.
 * @param user whose row is locked
 * @param label what people know the account by, or null
 * @param actor who does it, if not the actor of the context
 * @throws Failure `already_exists` if it is linked to somebody, `limit_reached`
 */
export async function linkAccount(
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  unit: Unit,
  user: User,
  {
    label,
    actor,
    ...subject
  }: ExternalSubject & { readonly label: string | null; readonly actor?: ReturnType<typeof userActor> },
): Promise<LinkedAccount> {
  const { id: userId, tenantId } = user
  if ((await unit.linkedAccounts.allOf(userId)).length >= LINKED_ACCOUNTS_MAX) {
    throw new Failure('limit_reached', `A user can have ${LINKED_ACCOUNTS_MAX} linked accounts.`)
  }
  const { providerId, issuer, subject: name } = subject
  const account: LinkedAccount = {
    ...{ id: random.id(), tenantId, userId, providerId, issuer, subject: name, label },
    given: [],
    createdAt: clock.now(),
    lastUsedAt: null,
  }
  if (!(await unit.linkedAccounts.insert(account))) {
    throw new Failure('already_exists', 'This account is linked to somebody already.')
  }
  emitEvent(unit, 'linked_account.added', account, actor)
  return account
}

function emitEvent(
  unit: Unit,
  type: EventType,
  { id, userId, providerId, label }: LinkedAccount,
  actor?: ReturnType<typeof userActor>,
): void {
  unit.emit(type, {
    subject: { type: 'linked_account', id, label },
    data: { userId, providerId },
    ...(actor && { actor }),
  })
}
