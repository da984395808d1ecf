// Accepts invitations. Either the server of an application names the user, or the invited person uses the realm's own
// page.

import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { addUser, directoryOf, hashOf, newUser } from '../user/user.service.ts'
import { NewUser } from '../user/user.ts'
import { emitInvitationEvent, type InvitationPayload } from './invitation.service.ts'
import { type Acceptance, type InvitationView, viewInvitation } from './invitation.ts'
import { join, lockOrganization } from './organization.service.ts'
import type { MemberView } from './organization.ts'

const NOT_PENDING = 'The invitation was already accepted or revoked, or it has expired.'

/** An invitation, for the person who has its link. */
export interface OpenInvitation {
  readonly invitation: InvitationView
  /** The organization’s name; empty if it was deleted. */
  readonly organization: string
  /** How the invited address can sign in: with a password, in another way, or only after it gets an account. */
  readonly account: 'password' | 'other' | 'none'
  /** Whether the link was sent to the address, so that its holder owns the address. */
  readonly provesAddress: boolean
}

/** The invitation behind a link of the realm's own page; undefined if the link is not valid. */
export async function findOpenInvitation(context: Context, token: string): Promise<OpenInvitation | undefined> {
  const { clock, crypto, read, scope } = context
  const directoryId = directoryOf(context)
  const stored = await read.oneTimeTokens.find<InvitationPayload>('invitation', crypto.digest(token))
  if (!stored || stored.payload.hostedAt !== realmOf(scope).id) return undefined
  const { organizationId, invitationId, mailed } = stored.payload
  const invitation = await read.invitations.find(organizationId, invitationId)
  if (!invitation) return undefined
  const organization = await read.organizations.find(directoryId, organizationId)
  const user = await read.users.findForSignIn(directoryId, emailKey(invitation.email))
  return {
    invitation: viewInvitation(invitation, clock.now()),
    organization: organization?.name ?? '',
    account: user ? (user.passwordHash === null ? 'other' : 'password') : 'none',
    provesAddress: mailed,
  }
}

/**
 * Makes a user a member by the token of an invitation. A token works once.
 * @throws Failure `not_found` for an unknown token or user, `expired`, `conflict` if the invitation is for another
 *   address, `already_exists` if the user is a member
 */
export function acceptInvitation(context: Context, { token, userId }: Acceptance): Promise<MemberView> {
  return context.write((unit) => accept(context, unit, token, userId))
}

/**
 * Creates a user with the invited address and makes the user a member. The address counts as verified if the link was
 * mailed to it.
 * @param context of the invited person; the new user's id becomes the actor's id
 * @param also what else is written with it
 * @throws Failure `not_found`, `expired`, `invalid_input` for the password, `already_exists` if the address has a
 *   user by now, `limit_reached`
 */
export async function registerInvited(
  context: Context,
  { token, password }: { readonly token: string; readonly password: string },
  also?: (unit: Unit) => Promise<void>,
): Promise<void> {
  const open = await findOpenInvitation(context, token)
  if (!open) throw new Failure('not_found')
  if (open.invitation.status !== 'pending') throw new Failure('expired', NOT_PENDING)
  const { email } = open.invitation
  const passwordHash = await hashOf(context, password, email)
  const input = parse(NewUser, { email, emailVerified: open.provesAddress })
  const user = { ...newUser(context, directoryOf(context), input, passwordHash), id: context.actor.id }
  await context.write(async (unit) => {
    await addUser(context, unit, user, { passwordHash })
    await accept(context, unit, token, user.id)
    await also?.(unit)
  })
}

async function accept(context: Context, unit: Unit, token: string, userId: string): Promise<MemberView> {
  const directoryId = directoryOf(context)
  const hash = context.crypto.digest(token)
  const now = context.clock.now()
  const stored = await unit.oneTimeTokens.find<InvitationPayload>('invitation', hash)
  if (!stored) throw new Failure('not_found')
  const { organizationId, invitationId } = stored.payload
  await unit.users.lockAll(directoryId, [userId])
  const organization = await lockOrganization(context, unit, organizationId)
  const invitation = await unit.invitations.find(organizationId, invitationId)
  if (!invitation || !(await unit.oneTimeTokens.consume('invitation', hash, now))) {
    throw new Failure('expired', NOT_PENDING)
  }
  const user = await unit.users.find(directoryId, userId)
  if (user && emailKey(user.email) !== emailKey(invitation.email)) {
    throw new Failure('conflict', 'The invitation is for another address.')
  }
  if (!(await unit.invitations.end(invitationId, 'accepted', now))) throw new Failure('expired', NOT_PENDING)
  const { role, permissions } = invitation
  const member = await join(context, unit, organization, { userId, role, permissions, joinedAt: now })
  emitInvitationEvent(unit, 'invitation.accepted', invitation, { userId })
  return member
}
