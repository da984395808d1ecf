// How an invited person becomes a member: an application’s server says who they are, or they say so themselves on the
// issuer’s own page.
import { Failure } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { addUser, directoryOf, hashOf, newUser } from '../user/user.service.ts'
import { emailKey, NewUser } from '../user/user.ts'
import { type InvitationPayload, tellOfInvitation } from './invitation.service.ts'
import { type Acceptance, type InvitationView, viewInvitation } from './invitation.ts'
import { heldOrganization, join } from './organization.service.ts'
import type { MemberView } from './organization.ts'

const SPENT = 'The invitation was accepted or revoked already, or was open for too long.'

/** An invitation as whoever has its link sees it. */
export interface Offer {
  readonly invitation: InvitationView
  /** The organization’s name; empty where it is gone. */
  readonly organization: string
  /** How the invited address may sign in: with a password, in another way, or not before it has an account. */
  readonly account: 'password' | 'other' | 'none'
  /** Whether who has the link has the address. */
  readonly provesAddress: boolean
}

/** What a link to the issuer’s own page offers; undefined where it leads to nothing. */
export async function findOffer(context: Context, token: string): Promise<Offer | undefined> {
  const { clock, crypto, read, scope } = context
  const directoryId = directoryOf(context)
  const known = await read.oneTimeTokens.find<InvitationPayload>('invitation', crypto.digest(token))
  if (!known || known.payload.hostedAt !== realmOf(scope).id) return undefined
  const { organizationId, invitationId, mailed } = known.payload
  const invitation = await read.invitations.find(organizationId, invitationId)
  if (!invitation) return undefined
  const organization = await read.organizations.find(directoryId, organizationId)
  const found = await read.users.findForSignIn(directoryId, emailKey(invitation.email))
  return {
    invitation: viewInvitation(invitation, clock.now()),
    organization: organization?.name ?? '',
    account: found ? (found.passwordHash === null ? 'other' : 'password') : 'none',
    provesAddress: mailed,
  }
}

/**
 * Makes a user a member by an invitation’s token, once.
 * @throws Failure `not_found` for an unknown token or user, `expired`, `conflict` for another’s address,
 * `already_exists` for one who is a member already
 */
export function acceptInvitation(context: Context, { token, userId }: Acceptance): Promise<MemberView> {
  return context.write((unit) => accept(context, unit, token, userId))
}

/**
 * Makes an account for the invited address, and it a member. The address counts as verified where the link was mailed.
 * @param context of the person, who has the id of the actor from now on
 * @throws Failure `not_found`, `expired`, `invalid_input` for the password, `already_exists` where the address has an
 * account by now, `limit_reached`
 */
export async function registerInvited(context: Context, token: string, password: string): Promise<void> {
  const offer = await findOffer(context, token)
  if (!offer) throw new Failure('not_found')
  if (offer.invitation.status !== 'pending') throw new Failure('expired', SPENT)
  const { email } = offer.invitation
  const passwordHash = await hashOf(context, password, email)
  const input = parse(NewUser, { email, emailVerified: offer.provesAddress })
  const user = { ...newUser(context, directoryOf(context), input, passwordHash), id: context.actor.id }
  await context.write(async (unit) => {
    await addUser(unit, user, passwordHash)
    await accept(context, unit, token, user.id)
  })
}

async function accept(context: Context, unit: Unit, token: string, userId: string): Promise<MemberView> {
  const directoryId = directoryOf(context)
  const hash = context.crypto.digest(token)
  const now = context.clock.now()
  const known = await unit.oneTimeTokens.find<InvitationPayload>('invitation', hash)
  if (!known) throw new Failure('not_found')
  const { organizationId, invitationId } = known.payload
  await unit.users.hold(directoryId, [userId])
  const organization = await heldOrganization(context, unit, organizationId)
  const invitation = await unit.invitations.find(organizationId, invitationId)
  if (!invitation || !(await unit.oneTimeTokens.consume('invitation', hash, now))) {
    throw new Failure('expired', SPENT)
  }
  const user = await unit.users.find(directoryId, userId)
  if (user && emailKey(user.email) !== emailKey(invitation.email)) {
    throw new Failure('conflict', 'The invitation is for another address.')
  }
  if (!(await unit.invitations.settle(invitationId, 'accepted', now))) throw new Failure('expired', SPENT)
  const { role, permissions } = invitation
  const member = await join(context, unit, organization, { userId, role, permissions, joinedAt: now })
  tellOfInvitation(unit, 'invitation.accepted', invitation, { userId })
  return member
}
