// The operations on invitations.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { acceptInvitation } from './acceptance.service.ts'
import { createInvitation, listInvitations, resendInvitation, revokeInvitation } from './invitation.service.ts'
import {
  Acceptance,
  InvitationAgain,
  InvitationKey,
  InvitationQuery,
  InvitationView,
  InvitationWithUrl,
  NewInvitation,
} from './invitation.ts'
import { MemberView } from './organization.ts'

const INVITES = [
  { permission: 'roles:write', when: 'the member gets permissions' },
  { permission: 'users:write', when: 'the response shows a link to the page of the issuer' },
  { permission: 'credentials:write', when: 'a program is shown a link to the page of the issuer' },
] as const

export const invitationCreate = operation({
  name: 'invitation.create',
  summary: 'Invite a person to an organization',
  description:
    'If a mail server is configured, the server mails the link to the person. Otherwise the response contains the link, once, and you deliver it; a link to the page of the issuer is a credential, because whoever opens it can make an account for the address. The link opens a page of the issuer, where the person signs in or creates an account, or a page of your application, which accepts the invitation after it has identified the person.',
  permission: 'organizations:write',
  reach: 'realm',
  alsoNeeds: INVITES,
  input: NewInvitation,
  output: InvitationWithUrl,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'already_exists', 'too_many_requests'],
  events: ['invitation.created'],
  run: createInvitation,
})

export const invitationList = operation({
  name: 'invitation.list',
  summary: 'List the invitations of an organization',
  permission: 'organizations:read',
  reach: 'realm',
  input: InvitationQuery,
  output: listOf(InvitationView),
  errors: ['not_found'],
  events: [],
  run: listInvitations,
})

export const invitationResend = operation({
  name: 'invitation.resend',
  summary: 'Send an invitation again',
  description: 'With a new link and a new expiry; the link from before becomes invalid.',
  permission: 'organizations:write',
  reach: 'realm',
  alsoNeeds: INVITES,
  input: InvitationAgain,
  output: InvitationWithUrl,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'conflict', 'too_many_requests'],
  events: ['invitation.resent'],
  run: resendInvitation,
})

export const invitationRevoke = operation({
  name: 'invitation.revoke',
  summary: 'Revoke an invitation',
  description: 'The link becomes invalid. If the mail was not sent yet, it is not sent.',
  permission: 'organizations:write',
  reach: 'realm',
  irreversible: true,
  input: InvitationKey,
  output: z.void(),
  errors: ['not_found'],
  events: ['invitation.revoked'],
  run: revokeInvitation,
})

export const invitationAccept = operation({
  name: 'invitation.accept',
  summary: 'Accept an invitation for a user',
  description:
    'For the server of your application, after the invited person signed in. The user must have the invited address. An invitation can be accepted once.',
  permission: 'organizations:write',
  reach: 'realm',
  input: Acceptance,
  output: MemberView,
  errors: ['not_found', 'expired', 'conflict', 'already_exists'],
  events: ['invitation.accepted', 'organization.member_added'],
  run: acceptInvitation,
})
