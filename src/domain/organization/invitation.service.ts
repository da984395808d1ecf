// Decides about invitations: creates, lists and revokes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { prepareMail } from '../mail/mail.service.ts'
import { type Mail, sendsMail } from '../mail/mail.ts'
import { languageOfAskedMail } from '../mail/mail-language.ts'
import { checkAlsoPermitted, checkMakesCredential } from '../permitted.ts'
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
import { checkMayGrant, getOrganization, lockOrganization } from './organization.service.ts'
import type { OrganizationPage } from './organization.ts'

/** The payload of the one-time token of an invitation. */
export interface InvitationPayload {
  readonly organizationId: string
  readonly invitationId: string
  /** The realm whose page the link opens; null if the link opens a page of an application. */
  readonly hostedAt: string | null
  /** Whether the server mailed the link and showed it to nobody, so that its holder owns the address. */
  readonly mailed: boolean
}

/**
 * Invites an address to an organization. The token is only in the mail or in this response.
 * @throws Failure `not_found`, `already_exists` if an invitation of the address is pending, `too_many_requests`,
 * `forbidden` and `insufficient_user_authentication` for a caller who may not have the link, which nobody mails
 */
export async function createInvitation(context: Context, input: NewInvitation): Promise<InvitationWithUrl> {
  const { id: organizationId, acceptUrl, lifetime, mail: isMailWanted, ...fields } = input
  checkMayGrant(context, fields.permissions)
  const { name } = await getOrganization(context, organizationId)
  const now = context.clock.now()
  const token = context.random.secret()
  const invitation: Invitation = {
    ...fields,
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
  const mail = isMailWanted && sendsMail(context) ? await mailOf(context, invitation, name, url) : undefined
  const mailed = mail !== undefined
  if (!mailed && acceptUrl === undefined) checkMayHaveLink(context)
  await context.write(async (unit) => {
    await lockOrganization(context, unit, organizationId)
    if (!(await unit.invitations.insert(invitation))) {
      throw new Failure('already_exists', 'The address already has a pending invitation.')
    }
    const hostedAt = acceptUrl === undefined ? realmOf(context.scope).id : null
    const payload: InvitationPayload = { organizationId, invitationId: invitation.id, hostedAt, mailed }
    const { tokenHash, expiresAt } = invitation
    await unit.oneTimeTokens.insert('invitation', tokenHash, { payload, createdAt: now, expiresAt })
    if (mail) await unit.mails.insert(mail)
    emitInvitationEvent(unit, 'invitation.created', invitation, { mailed })
  })
  return { ...viewInvitation(invitation, now), mailed, acceptUrl: mailed ? null : url }
}

// Whoever has the link of the realm's own page makes an account for the invited address there, with a password.
function checkMayHaveLink(context: Context): void {
  checkAlsoPermitted(context, 'users:write')
  checkMakesCredential(context)
}

function linkOf({ registry, scope }: Context, acceptUrl: string | undefined, token: string): string {
  const url = new URL(acceptUrl ?? issuerOf(realmOf(scope), registry.settings) + INVITATION_PATH)
  url.searchParams.set('invitation', token)
  return url.href
}

async function mailOf(context: Context, invitation: Invitation, organization: string, url: string): Promise<Mail> {
  const { id: aboutId, email: recipient, expiresAt, role } = invitation
  const realm = realmOf(context.scope).name
  // The name of a program or of a key tells the person nothing.
  const inviter = context.actor.kind === 'user' ? context.actor.label : ''
  const letter = invitationLetter(await languageOfAskedMail(context), {
    organization,
    realm,
    inviter,
    role,
    expiresAt,
    url,
  })
  return prepareMail(context, { kind: 'invitation', aboutId, recipient, expiresAt }, letter)
}

/** One page of an organization’s invitations. @throws Failure `not_found` */
export async function listInvitations(
  context: Context,
  { id, ...page }: OrganizationPage,
): Promise<Page<InvitationView>> {
  await getOrganization(context, id)
  const now = context.clock.now()
  return mapPage(await context.read.invitations.list(id, page), (invitation) => viewInvitation(invitation, now))
}

/** Revokes a pending invitation, so that its token no longer works. @throws Failure `not_found` if it is not pending */
export async function revokeInvitation(context: Context, { id, invitationId }: InvitationKey): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    await lockOrganization(context, unit, id)
    const invitation = await unit.invitations.find(id, invitationId)
    if (!invitation || !(await unit.invitations.end(invitationId, 'revoked', now))) throw new Failure('not_found')
    await unit.oneTimeTokens.consume('invitation', invitation.tokenHash, now)
    await unit.mails.withdraw([invitationId], now)
    emitInvitationEvent(unit, 'invitation.revoked', invitation)
  })
}

/** Emits an event about an invitation. */
export function emitInvitationEvent(
  unit: Unit,
  type: EventType,
  invitation: Invitation,
  data: Record<string, unknown> = {},
): void {
  const { id, organizationId, email, role } = invitation
  unit.emit(type, { subject: { type: 'invitation', id, label: email }, data: { organizationId, email, role, ...data } })
}
