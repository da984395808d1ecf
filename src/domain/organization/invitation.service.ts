import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { directoryOf } from '../user/user.service.ts'
import { emailKey } from '../user/user.ts'
import {
  type Acceptance,
  INVITATION_PATH,
  type Invitation,
  type InvitationKey,
  type InvitationView,
  type InvitationWithUrl,
  type NewInvitation,
  viewInvitation,
} from './invitation.ts'
import { getOrganization, heldOrganization, join } from './organization.service.ts'
import type { MemberView, OrganizationPage, OrganizationSurvey } from './organization.ts'

/** What the one-time token of an invitation stands for. */
interface Payload {
  readonly organizationId: string
  readonly invitationId: string
}

const SPENT = 'The invitation was accepted or revoked already, or was open for too long.'

/**
 * Invites an address to an organization. The token is in the answer and nowhere else.
 * @throws Failure `not_found`, `already_exists` where an invitation of the address is pending
 */
export async function createInvitation(context: Context, input: NewInvitation): Promise<InvitationWithUrl> {
  const { id: organizationId, acceptUrl, lifetime, ...given } = input
  const now = context.clock.now()
  const token = context.random.secret()
  const invitation: Invitation = {
    ...given,
    id: context.random.id(),
    tenantId: context.scope.tenantId,
    organizationId,
    tokenHash: context.crypto.digest(token),
    status: 'pending',
    expiresAt: now + lifetime * 1000,
    createdAt: now,
    settledAt: null,
  }
  await context.write(async (unit) => {
    await heldOrganization(context, unit, organizationId)
    if (!(await unit.invitations.insert(invitation))) {
      throw new Failure('already_exists', 'The address has an invitation that is pending.')
    }
    const payload: Payload = { organizationId, invitationId: invitation.id }
    const { tokenHash, expiresAt } = invitation
    await unit.oneTimeTokens.insert('invitation', tokenHash, { payload, createdAt: now, expiresAt })
    tell(unit, 'invitation.created', invitation)
  })
  const url = new URL(acceptUrl ?? issuerOf(realmOf(context.scope), context.registry.settings) + INVITATION_PATH)
  url.searchParams.set('invitation', token)
  return { ...viewInvitation(invitation, now), acceptUrl: url.href }
}

/** One page of an organization’s invitations. @throws Failure `not_found` */
export async function listInvitations(
  context: Context,
  { id, ...page }: OrganizationPage,
): Promise<Page<InvitationView>> {
  await getOrganization(context, id)
  const { data, nextCursor } = await context.read.invitations.list(id, page)
  const now = context.clock.now()
  return { data: data.map((invitation) => viewInvitation(invitation, now)), nextCursor }
}

/** One numbered page of an organization’s invitations. @throws Failure `not_found` */
export async function surveyInvitations(
  context: Context,
  { id, ...query }: OrganizationSurvey,
): Promise<NumberedPage<InvitationView>> {
  await getOrganization(context, id)
  const { data, total } = await context.read.invitations.survey(id, query)
  const now = context.clock.now()
  return { data: data.map((invitation) => viewInvitation(invitation, now)), total }
}

/** Revokes a pending invitation: its token is worth nothing. @throws Failure `not_found` where none is pending */
export async function revokeInvitation(context: Context, { id, invitationId }: InvitationKey): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    await heldOrganization(context, unit, id)
    const invitation = await unit.invitations.find(id, invitationId)
    if (!invitation || !(await unit.invitations.settle(invitationId, 'revoked', now))) throw new Failure('not_found')
    await unit.oneTimeTokens.consume('invitation', invitation.tokenHash, now)
    tell(unit, 'invitation.revoked', invitation)
  })
}

/**
 * Makes a user a member by an invitation’s token, once.
 * @throws Failure `not_found` for an unknown token or user, `expired`, `conflict` for another’s address,
 * `already_exists` for one who is a member already
 */
export async function acceptInvitation(context: Context, { token, userId }: Acceptance): Promise<MemberView> {
  const directoryId = directoryOf(context)
  const hash = context.crypto.digest(token)
  const now = context.clock.now()
  return context.write(async (unit) => {
    const known = await unit.oneTimeTokens.find<Payload>('invitation', hash)
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
    tell(unit, 'invitation.accepted', invitation, { userId })
    return member
  })
}

function tell(unit: Unit, type: EventType, invitation: Invitation, data: Record<string, unknown> = {}): void {
  const { id, organizationId, email, role } = invitation
  unit.emit(type, { subject: { type: 'invitation', id }, data: { organizationId, email, role, ...data } })
}
