// One mail on its way to one person: its states, and when it is tried again. It may hold a live link, so its body is
// sealed, shown to nobody, and dropped once nothing will be sent any more.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'
import { MAIL_ERRORS, type MailOutcome } from '../outside.ts'

/** What mails are for. */
export const MAIL_KINDS = ['invitation'] as const
export type MailKind = (typeof MAIL_KINDS)[number]

export const MAIL_STATUSES = ['queued', 'sent', 'failed', 'withdrawn'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

/** Why a mail was not sent. `expired`: what it is about was over before the mail server took it. */
export const MAIL_FAULTS = [...MAIL_ERRORS, 'expired'] as const

/** Milliseconds after which a try that nobody reported back from counts as lost: more than one may take. */
export const MAIL_LEASE = 120_000
/** Milliseconds in which a mail is tried, at most. */
export const MAIL_PATIENCE = 86_400_000
/** Milliseconds that settled mails stay in the log. */
export const MAIL_RETENTION = 30 * 86_400_000
/** How many mails of one tenant’s one address may get, so that nobody’s mailbox is flooded from here. */
export const MAIL_BUDGET = { limit: 10, windowSeconds: 3600 }

const FIRST_WAIT = 15_000
const LONGEST_WAIT = 3_600_000
const WAIT_FACTOR = 3
const WAIT_JITTER = 0.2

/** What is written to somebody, as text and as HTML. */
export interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A mail as it is kept. */
export interface Mail {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly kind: MailKind
  /** What it is about; what is settled there withdraws it. */
  readonly aboutId: string | null
  readonly recipient: string
  readonly subject: string
  /** A letter’s text and HTML, sealed; null once it is settled. */
  readonly body: string | null
  readonly status: MailStatus
  readonly attempts: number
  readonly error: (typeof MAIL_FAULTS)[number] | null
  readonly responseCode: number | null
  readonly expiresAt: number
  readonly createdAt: number
  readonly attemptedAt: number | null
  readonly nextAttemptAt: number | null
  readonly settledAt: number | null
}

/** A mail as admin surfaces show it: never what it says. */
export const MailView = z.object({
  id: idOut('mail'),
  kind: z.enum(MAIL_KINDS),
  recipient: z.string(),
  subject: z.string(),
  status: z
    .enum(MAIL_STATUSES)
    .describe('sent: the mail server took it; failed: it was given up; withdrawn: it was revoked before it was sent.'),
  attempts: z.number().int(),
  error: z.enum(MAIL_FAULTS).nullable().describe('Why the last try failed.'),
  responseCode: z.number().int().nullable().describe('What the mail server answered to the last try (RFC 5321).'),
  createdAt: time,
  attemptedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  settledAt: time.nullable().describe('When it was sent, given up or withdrawn.'),
})
export type MailView = z.output<typeof MailView>

export const MailQuery = PageQuery.extend({
  status: z.enum(MAIL_STATUSES).optional().describe('Only those in this state.'),
})
export type MailQuery = z.output<typeof MailQuery>

/** A mail without what it says. */
export function viewMail(mail: Mail): MailView {
  const { tenantId: _, realmId: __, aboutId: ___, body: ____, expiresAt: _____, ...shown } = mail
  return shown
}

/** A mail that will not be tried any more: what it said is forgotten. */
export function settled(mail: Mail, status: MailStatus, now: number): Mail {
  return { ...mail, status, body: null, nextAttemptAt: null, settledAt: now }
}

/** What became of a mail by a try that it had just now. @param chance 0 to 1, for the wait */
export function afterTry(mail: Mail, outcome: MailOutcome, { now, chance }: { now: number; chance: number }): Mail {
  const { error, responseCode } = outcome
  const tried: Mail = { ...mail, error, responseCode }
  if (error === null) return settled(tried, 'sent', now)
  const next = now + waitAfter(mail.attempts, chance)
  if (outcome.permanent || next >= mail.expiresAt) return settled(tried, 'failed', now)
  return { ...tried, nextAttemptAt: next }
}

/** The milliseconds to wait after so many tries. @param chance 0 to 1 */
function waitAfter(attempts: number, chance: number): number {
  const wait = Math.min(FIRST_WAIT * WAIT_FACTOR ** (attempts - 1), LONGEST_WAIT)
  return Math.round(wait * (1 - WAIT_JITTER + 2 * WAIT_JITTER * chance))
}
