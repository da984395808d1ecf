import * as z from 'zod'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { acceptInvitation } from './acceptance.service.ts'
import { createInvitation, listInvitations, revokeInvitation, surveyInvitations } from './invitation.service.ts'
import { Acceptance, InvitationKey, InvitationView, InvitationWithUrl, NewInvitation } from './invitation.ts'
import { MemberView, OrganizationPage, OrganizationSurvey } from './organization.ts'

export const invitationCreate = operation({
  name: 'invitation.create',
  summary: 'Invite somebody to an organization',
  description:
    'The link is mailed to the person where a mail server is configured; else the answer has it, this once, for you to pass on. It leads to the issuer’s own page, where the person signs in or makes an account, or to a page of your application, which accepts the invitation once it knows who the person is.',
  permission: 'organizations:write',
  reach: 'realm',
  input: NewInvitation,
  output: InvitationWithUrl,
  errors: ['not_found', 'already_exists', 'too_many_requests'],
  events: ['invitation.created'],
  run: createInvitation,
})

export const invitationList = operation({
  name: 'invitation.list',
  summary: 'List an organization’s invitations',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationPage,
  output: pageOf(InvitationView),
  errors: ['not_found'],
  events: [],
  run: listInvitations,
})

export const invitationSurvey = operation({
  name: 'invitation.survey',
  summary: 'List an organization’s invitations by numbered pages',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationSurvey,
  output: numberedPageOf(InvitationView),
  errors: ['not_found'],
  events: [],
  run: surveyInvitations,
})

export const invitationRevoke = operation({
  name: 'invitation.revoke',
  summary: 'Revoke an invitation',
  description: 'Its link is worth nothing any more; a mail that was not sent yet is not sent.',
  permission: 'organizations:write',
  reach: 'realm',
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
    'For your application’s server, after the invited person signed in. The user has to have the invited address. An invitation is accepted once.',
  permission: 'organizations:write',
  reach: 'realm',
  input: Acceptance,
  output: MemberView,
  errors: ['not_found', 'expired', 'conflict', 'already_exists'],
  events: ['invitation.accepted', 'organization.member_added'],
  run: acceptInvitation,
})
