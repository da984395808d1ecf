// Asks people to accept the terms of a realm, and keeps that they did.
import { Failure } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { userActor } from '../actor.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { directoryOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { acceptableVersions, currentTerms, type TermsVersion } from './terms.ts'
import { TermsAcceptanceFields, type TermsAcceptanceQuery, type TermsAcceptanceView } from './terms-acceptance.ts'

/** The version that a person has to accept at the realm of a request; undefined for none. */
export async function termsToAccept(
  { scope }: Pick<Context, 'scope'>,
  { termsAcceptances }: Pick<Stores, 'termsAcceptances'>,
  { id }: Pick<User, 'id'>,
): Promise<TermsVersion | undefined> {
  const { id: realmId, policy } = realmOf(scope)
  const versions = acceptableVersions(policy)
  if (versions.length === 0 || (await termsAcceptances.hasAccepted(realmId, id, versions))) return undefined
  return currentTerms(policy)
}

/** Keeps that a person accepted the version in force, inside a write. */
export async function acceptTerms(
  { clock, random, scope }: Pick<Context, 'clock' | 'random' | 'scope'>,
  unit: Unit,
  user: User,
  version: string,
): Promise<void> {
  const { id: realmId, tenantId, policy } = realmOf(scope)
  if (currentTerms(policy)?.version !== version)
    throw new Failure('expired', 'The terms were changed. Read them again.')
  const acceptance = { id: random.id(), tenantId, realmId, userId: user.id, version, acceptedAt: clock.now() }
  if (!(await unit.termsAcceptances.insert(acceptance))) return
  unit.emit('terms.accepted', {
    subject: { type: 'user', id: user.id, label: user.email },
    actor: userActor(user),
    data: { version },
  })
}

/** One page of what a user accepted at the realm, oldest first. @throws Failure `not_found` */
export async function listTermsAcceptances(
  context: Context,
  { id, ...query }: TermsAcceptanceQuery,
): Promise<Page<TermsAcceptanceView>> {
  const { read, scope } = context
  if (!(await read.users.find(directoryOf(context), id))) throw new Failure('not_found')
  return mapPage(await read.termsAcceptances.list(realmOf(scope).id, id, query), TermsAcceptanceFields.show)
}
