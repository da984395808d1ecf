// The fields and views of e-mail domains, and the DNS record that shows who owns one.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, fixed, managed } from '#kernel/declared-fields.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { hostName } from '../identity-provider/host-name.ts'

/** Before the domain, in the name of the DNS record. */
const RECORD_NAME = '_countersign'
/** Before the token, in the record. */
const RECORD_VALUE = 'countersign-verification='

/** How often a verified domain is looked up again, and how soon if its record is missing or DNS does not answer. Milliseconds. */
export const CHECK_INTERVAL = 86_400_000
export const CHECK_SOON = 3_600_000
/** For how long a verified domain works without its record. Milliseconds. */
export const MISSING_GRACE = 7 * 86_400_000

export const DOMAIN_STATUSES = ['pending', 'verified', 'missing'] as const

/** The fields of an e-mail domain. */
export const EmailDomainFields = declare({
  id: constant(idOut('email_domain')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  domain: fixed(hostName.describe('The part of e-mail addresses after the @. Its subdomains are other domains.'), {
    view: z.string(),
  }),
  organizationId: fixed(
    idOf('organization').nullable().describe('The organization that owns it; null for the realm itself.'),
    { initial: null, view: idOut('organization').nullable() },
  ),
  token: constant(z.string(), { view: null }),
  verifiedAt: managed(time.nullable().describe('When it was last found to be verified; null before.')),
  missingSince: managed(time.nullable().describe('Since when the record of a verified domain is missing.')),
  nextCheckAt: managed(z.number().int().nullable(), { view: null }),
  createdAt: constant(time),
})

/** The input for a new e-mail domain. */
export const NewEmailDomain = z.strictObject(EmailDomainFields.creation)
export type NewEmailDomain = z.output<typeof NewEmailDomain>

export const EmailDomainQuery = listQuery('created_at').extend({
  organizationId: idOf('organization').optional().describe('Only domains of this organization.'),
  domain: hostName.optional().describe('Only this domain.'),
})
export type EmailDomainQuery = z.output<typeof EmailDomainQuery>

/** A domain of e-mail addresses that a realm or an organization says it owns. */
export type EmailDomain = NounOf<typeof EmailDomainFields>

const { id, realmId, domain, organizationId, verifiedAt, missingSince, createdAt } = EmailDomainFields.view

/** The schema of an e-mail domain in admin responses. */
export const EmailDomainView = z.object({
  ...{ id, realmId, domain, organizationId },
  status: z
    .enum(DOMAIN_STATUSES)
    .describe('missing: verified, but its record was not there lately. After seven days it is pending again.'),
  recordName: z.string().describe('The name of the TXT record that verifies it.'),
  recordValue: z.string().describe('The value of that record.'),
  ...{ verifiedAt, missingSince, createdAt },
})
export type EmailDomainView = z.output<typeof EmailDomainView>

/** The TXT record that verifies a domain. */
export function recordOf({ domain: of, token }: Pick<EmailDomain, 'domain' | 'token'>): {
  readonly name: string
  readonly value: string
} {
  return { name: `${RECORD_NAME}.${of}`, value: RECORD_VALUE + token }
}

/** Returns the view of an e-mail domain. */
export function viewEmailDomain(of: EmailDomain): EmailDomainView {
  const { name, value } = recordOf(of)
  const status = of.verifiedAt === null ? 'pending' : of.missingSince === null ? 'verified' : 'missing'
  return { ...EmailDomainFields.show(of), status, recordName: name, recordValue: value }
}
