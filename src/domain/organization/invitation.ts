// The fields, inputs and views of invitations.
import * as z from 'zod'
import { emailAddress, idOf, idOut, time } from '#kernel/field.ts'
import { flawOfRedirectUri } from '../client/redirect-uri.ts'
import { grantedPermissions } from '../role/role.ts'
import { memberRole, OrganizationPage } from './organization.ts'

const WEEK = 604_800
const MONTH = 2_592_000

/** The input for a new invitation: the address, the organization, and the page that the link opens. */
export const NewInvitation = z.strictObject({
  id: idOf('organization'),
  email: emailAddress,
  role: memberRole.default('member').describe('The role of the person: admin, member or your own value.'),
  permissions: grantedPermissions.default([]),
  acceptUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .superRefine((uri, issue) => {
      const flaw = flawOfRedirectUri(uri)
      if (flaw) issue.addIssue({ code: 'custom', message: `the URI ${flaw}` })
    })
    .optional()
    .describe(
      'A page of your application, which gets the token in the parameter invitation. Default: the page of the issuer.',
    ),
  mail: z
    .boolean()
    .default(true)
    .describe('Whether the server mails the link to the person, if a mail server is configured.'),
  lifetime: z
    .number()
    .int()
    .min(60)
    .max(MONTH)
    .default(WEEK)
    .describe('Seconds in which the invitation can be accepted.'),
})
export type NewInvitation = z.output<typeof NewInvitation>

/** What an invitation can be given again when it is sent again. */
export const InvitationAgain = z.strictObject({
  id: idOf('organization'),
  invitationId: idOf('invitation'),
  acceptUrl: NewInvitation.shape.acceptUrl,
  mail: NewInvitation.shape.mail,
  lifetime: NewInvitation.shape.lifetime,
})
export type InvitationAgain = z.output<typeof InvitationAgain>

export const InvitationKey = z.strictObject({ id: idOf('organization'), invitationId: idOf('invitation') })
export type InvitationKey = z.output<typeof InvitationKey>

/** The input for an acceptance: the token, and the user who accepts. */
export const Acceptance = z.strictObject({
  token: z.string().min(1).max(200).describe('The value of the parameter invitation.'),
  userId: idOf('user').describe('The signed-in user who accepts; the user must have the invited address.'),
})
export type Acceptance = z.output<typeof Acceptance>

/** The page of the realm that invitations open by default, below the issuer's URL. */
export const INVITATION_PATH = '/invitation'

export const INVITATION_STATUSES = ['pending', 'accepted', 'revoked', 'expired'] as const

/** The filters of a list of the invitations of an organization. */
export const InvitationQuery = OrganizationPage.extend({
  status: z.enum(INVITATION_STATUSES).optional().describe('Only items with this status.'),
})
export type InvitationQuery = z.output<typeof InvitationQuery>

/** An invitation of an address to an organization, which a person accepts with a token. */
export interface Invitation {
  readonly id: string
  readonly tenantId: string
  readonly organizationId: string
  readonly email: string
  readonly role: string
  readonly permissions: readonly string[]
  readonly tokenHash: string
  readonly status: (typeof INVITATION_STATUSES)[number]
  readonly expiresAt: number
  readonly createdAt: number
  /** When the invitation was accepted, revoked or ended by expiry. */
  readonly settledAt: number | null
}

/** The schema of an invitation in admin responses, without its token. */
export const InvitationView = z.object({
  id: idOut('invitation'),
  organizationId: idOut('organization'),
  email: z.string(),
  role: z.string(),
  permissions: z.array(z.string()),
  status: z.enum(INVITATION_STATUSES),
  expiresAt: time,
  acceptedAt: time.nullable(),
  createdAt: time,
})
export type InvitationView = z.output<typeof InvitationView>

/** A new invitation, with its link if the server does not mail it. Only this response contains the link. */
export const InvitationWithUrl = InvitationView.extend({
  mailed: z.boolean().describe('Whether the server mails the link to the person.'),
  acceptUrl: z
    .string()
    .nullable()
    .describe('The link to deliver to the person, if it was not mailed. Shown only in this response.'),
})
export type InvitationWithUrl = z.output<typeof InvitationWithUrl>

/** Returns the view of an invitation at a time, without internal fields. */
export function viewInvitation(invitation: Invitation, now: number): InvitationView {
  const { tenantId: _, tokenHash: __, settledAt, status, ...shown } = invitation
  return {
    ...shown,
    permissions: [...shown.permissions],
    status: status === 'pending' && shown.expiresAt <= now ? 'expired' : status,
    acceptedAt: status === 'accepted' ? settledAt : null,
  }
}
