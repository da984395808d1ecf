import * as z from 'zod'
import { emailAddress, idOf, idOut, time } from '#kernel/field.ts'
import { flawOfRedirectUri } from '../client/redirect-uri.ts'
import { grantedPermissions } from '../role/role.ts'
import { memberRole } from './organization.ts'

const WEEK = 604_800
const MONTH = 2_592_000

/** Whom to invite to what, and where the invited person goes. */
export const NewInvitation = z.strictObject({
  id: idOf('organization'),
  email: emailAddress,
  role: memberRole.default('member').describe('What the person will be: admin, member or a word of your own.'),
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
      'A page of your application, which gets the invitation’s token in the parameter invitation; the issuer’s own page unless told.',
    ),
  mail: z
    .boolean()
    .default(true)
    .describe('Whether to mail the link to the person, where a mail server is configured.'),
  lifetime: z.number().int().min(60).max(MONTH).default(WEEK).describe('Seconds in which it may be accepted.'),
})
export type NewInvitation = z.output<typeof NewInvitation>

export const InvitationKey = z.strictObject({ id: idOf('organization'), invitationId: idOf('invitation') })
export type InvitationKey = z.output<typeof InvitationKey>

/** Who accepts with which token. */
export const Acceptance = z.strictObject({
  token: z.string().min(1).max(200).describe('What the parameter invitation had.'),
  userId: idOf('user').describe('The user who accepts, once signed in; has to have the invited address.'),
})
export type Acceptance = z.output<typeof Acceptance>

/** Where invitations lead that name no page of an application, below the realm’s issuer. */
export const INVITATION_PATH = '/invitation'

export const INVITATION_STATUSES = ['pending', 'accepted', 'revoked', 'expired'] as const

/** A place in an organization that is kept for who can show a token. */
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
  /** When it stopped to be pending. */
  readonly settledAt: number | null
}

/** An invitation as admin surfaces show it: never its token. */
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

/** A new invitation, and its link where nobody mails it: it is not shown again. */
export const InvitationWithUrl = InvitationView.extend({
  mailed: z.boolean().describe('Whether the link is on its way to the person by mail.'),
  acceptUrl: z
    .string()
    .nullable()
    .describe('The link to give to the person, where it was not mailed. Shown this once.'),
})
export type InvitationWithUrl = z.output<typeof InvitationWithUrl>

/** An invitation without what only the server needs, as of a moment. */
export function viewInvitation(invitation: Invitation, now: number): InvitationView {
  const { tenantId: _, tokenHash: __, settledAt, status, ...shown } = invitation
  return {
    ...shown,
    permissions: [...shown.permissions],
    status: status === 'pending' && shown.expiresAt <= now ? 'expired' : status,
    acceptedAt: status === 'accepted' ? settledAt : null,
  }
}
