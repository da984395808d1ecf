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
  type InvitationAgain,
  type InvitationKey,
  type InvitationQuery,
  type InvitationView,
  type InvitationWithUrl,
  type NewInvitation,
  viewInvitation,
} from './invitation.ts'
import { invitationLetter } from './invitation-letter.ts'
import { checkMayGrant, getOrganization, lockOrganization } from './organization.service.ts'

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
  const link = await linkWith(context, invitation, { token, acceptUrl, isMailWanted, organization: name })
  await context.write(async (unit) => {
    await lockOrganization(context, unit, organizationId)
    if (!(await unit.invitations.insert(invitation))) {
      throw new Failure('already_exists', 'The address already has a pending invitation.')
    }
    await insertLink(unit, invitation, link, now)
    emitInvitationEvent(unit, 'invitation.created', invitation, { mailed: link.mailed })
  })
  return viewWithLink(invitation, link, now)
}

/**
 * Invites an address again: the link from before becomes invalid.
 * @throws Failure `not_found`, `conflict` if it is not pending any more, and what a new invitation throws
 */
export async function resendInvitation(context: Context, input: InvitationAgain): Promise<InvitationWithUrl> {
  const { id: organizationId, invitationId, acceptUrl, lifetime, mail: isMailWanted } = input
  const { name } = await getOrganization(context, organizationId)
  const before = await context.read.invitations.find(organizationId, invitationId)
  if (!before) throw new Failure('not_found')
  checkMayGrant(context, before.permissions)
  const now = context.clock.now()
  const token = context.random.secret()
  const invitation: Invitation = {
    ...before,
    tokenHash: context.crypto.digest(token),
    expiresAt: now + lifetime * 1000,
  }
  const link = await linkWith(context, invitation, { token, acceptUrl, isMailWanted, organization: name })
  await context.write(async (unit) => {
    await lockOrganization(context, unit, organizationId)
    const current = await unit.invitations.find(organizationId, invitationId)
    if (!current || !(await unit.invitations.renew(invitationId, invitation))) {
      throw new Failure('conflict', 'The invitation is not pending any more.')
    }
    await unit.oneTimeTokens.consume('invitation', current.tokenHash, now)
    await unit.mails.withdraw([invitationId], now)
    await insertLink(unit, invitation, link, now)
    emitInvitationEvent(unit, 'invitation.resent', invitation, { mailed: link.mailed })
  })
  return viewWithLink(invitation, link, now)
}

/** The link of an invitation, and the mail that has it. */
interface Link {
  readonly url: string
  readonly mailed: boolean
  readonly mail: Mail | undefined
  readonly hostedAt: string | null
}

interface LinkWanted {
  readonly token: string
  readonly acceptUrl: string | undefined
  readonly isMailWanted: boolean
  /** Its name. */
  readonly organization: string
}

async function linkWith(context: Context, invitation: Invitation, wanted: LinkWanted): Promise<Link> {
  const { token, acceptUrl, isMailWanted, organization } = wanted
  const url = linkOf(context, acceptUrl, token)
  const mail = isMailWanted && sendsMail(context) ? await mailOf(context, invitation, organization, url) : undefined
  const mailed = mail !== undefined
  if (!mailed && acceptUrl === undefined) checkMayHaveLink(context)
  return { url, mailed, mail, hostedAt: acceptUrl === undefined ? realmOf(context.scope).id : null }
}

async function insertLink(
  unit: Unit,
  { id: invitationId, organizationId, tokenHash, expiresAt }: Invitation,
  { mail, mailed, hostedAt }: Link,
  createdAt: number,
): Promise<void> {
  const payload: InvitationPayload = { organizationId, invitationId, hostedAt, mailed }
  await unit.oneTimeTokens.insert('invitation', tokenHash, { payload, createdAt, expiresAt })
  if (mail) await unit.mails.insert(mail)
}

function viewWithLink(invitation: Invitation, { url, mailed }: Link, now: number): InvitationWithUrl {
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
  { id, ...query }: InvitationQuery,
): Promise<Page<InvitationView>> {
  await getOrganization(context, id)
  const now = context.clock.now()
  return mapPage(await context.read.invitations.list(id, query, now), (invitation) => viewInvitation(invitation, now))
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
