import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { prepareMail, sendsMail } from '../mail/mail.service.ts'
import type { Mail } from '../mail/mail.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import {
  INVITATION_PATH,
  type Invitation,
  type InvitationKey,
  type InvitationView,
  type InvitationWithUrl,
  type NewInvitation,
  viewInvitation,
} from './invitation.ts'
import { invitationLetter } from './invitation-letter.ts'
import { getOrganization, heldOrganization } from './organization.service.ts'
import type { OrganizationPage, OrganizationSurvey } from './organization.ts'

/** What the one-time token of an invitation stands for. */
export interface InvitationPayload {
  readonly organizationId: string
  readonly invitationId: string
  /** The realm whose issuer the link is of; null where it leads to a page of an application. */
  readonly hostedAt: string | null
  /** Whether the server mailed the link itself and showed it to nobody, so that who has it has the address. */
  readonly mailed: boolean
}

/**
 * Invites an address to an organization. The token is in a mail, or in the answer, and nowhere else.
 * @throws Failure `not_found`, `already_exists` where an invitation of the address is pending, `too_many_requests`
 */
export async function createInvitation(context: Context, input: NewInvitation): Promise<InvitationWithUrl> {
  const { id: organizationId, acceptUrl, lifetime, mail: wanted, ...given } = input
  const { name } = await getOrganization(context, organizationId)
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
  const url = linkOf(context, acceptUrl, token)
  const mail = wanted && sendsMail(context) ? await mailOf(context, invitation, name, url) : undefined
  const mailed = mail !== undefined
  await context.write(async (unit) => {
    await heldOrganization(context, unit, organizationId)
    if (!(await unit.invitations.insert(invitation))) {
      throw new Failure('already_exists', 'The address has an invitation that is pending.')
    }
    const hostedAt = acceptUrl === undefined ? realmOf(context.scope).id : null
    const payload: InvitationPayload = { organizationId, invitationId: invitation.id, hostedAt, mailed }
    const { tokenHash, expiresAt } = invitation
    await unit.oneTimeTokens.insert('invitation', tokenHash, { payload, createdAt: now, expiresAt })
    if (mail) await unit.mails.insert(mail)
    tellOfInvitation(unit, 'invitation.created', invitation, { mailed })
  })
  return { ...viewInvitation(invitation, now), mailed, acceptUrl: mailed ? null : url }
}

function linkOf({ registry, scope }: Context, acceptUrl: string | undefined, token: string): string {
  const url = new URL(acceptUrl ?? issuerOf(realmOf(scope), registry.settings) + INVITATION_PATH)
  url.searchParams.set('invitation', token)
  return url.href
}

function mailOf(context: Context, invitation: Invitation, organization: string, url: string): Promise<Mail> {
  const { id: aboutId, email: recipient, expiresAt, role } = invitation
  const realm = realmOf(context.scope).name
  const letter = invitationLetter({ organization, realm, inviter: context.actor.label, role, expiresAt, url })
  return prepareMail(context, { kind: 'invitation', aboutId, recipient, expiresAt }, letter)
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
    await unit.mails.withdraw([invitationId], now)
    tellOfInvitation(unit, 'invitation.revoked', invitation)
  })
}

/** Emits what happened to an invitation. */
export function tellOfInvitation(
  unit: Unit,
  type: EventType,
  invitation: Invitation,
  data: Record<string, unknown> = {},
): void {
  const { id, organizationId, email, role } = invitation
  unit.emit(type, { subject: { type: 'invitation', id }, data: { organizationId, email, role, ...data } })
}
