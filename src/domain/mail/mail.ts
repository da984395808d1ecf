// The states of a mail to one recipient, and the times of its attempts. The body may contain a valid link, so it is
// sealed, never shown, and deleted when no further attempt will be made.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { waitAfterAttempts } from '../backoff.ts'
import { MAIL_ERRORS, type MailOutcome, type Network } from '../outside.ts'
import type { Letter, LetterFrame } from './letter.ts'

/** The purposes of mails. `sms`: a text message, which waits and is tried again as mails are. */
export const MAIL_KINDS = [
  'invitation',
  'password_recovery',
  'password_changed',
  'email_changed',
  'authenticator_changed',
  'new_browser',
  'email_verification',
  'user_registration',
  'account_exists',
  'email_sign_in',
  'approval_request',
  'account_deleted',
  'test',
  'sms',
] as const
export type MailKind = (typeof MAIL_KINDS)[number]

const MAIL_STATUSES = ['queued', 'sent', 'failed', 'withdrawn'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

/**
 * Why a mail was not sent. `expired`: it became useless before the mail server accepted it; `daily_limit`: the realm sent as
 * many as it may today; `no_sender`: nobody sends mails.
 */
const MAIL_FAULTS = [...MAIL_ERRORS, 'expired', 'daily_limit', 'no_sender'] as const

/** Milliseconds after which an attempt without a result counts as failed. It is longer than an attempt may take. */
export const MAIL_LEASE = 120_000
/** Milliseconds after which no further attempt is made. */
export const MAIL_PATIENCE = 86_400_000
/** How many mails of a tenant one address may get, so that nobody can flood a mailbox. */
export const MAIL_BUDGET = { limit: 10, windowSeconds: 3600 }
/** How many mails one tenant may send to all addresses, so that nobody sends bulk mail from here. */
export const TENANT_MAIL_BUDGET = { limit: 100, windowSeconds: 3600 }

/**
 * How many mails anybody can make the server send by the pages for people without a session: of one purpose to one address,
 * from one network, and of one purpose and tenant. They leave room in the other budgets for what administrators send.
 */
export const ASKED_MAIL_BUDGETS = {
  address: { limit: 5, windowSeconds: 3600 },
  network: { limit: 30, windowSeconds: 3600 },
  tenant: { limit: 600, windowSeconds: 3600 },
}

/** How many mails tell of sign-ins in new browsers: one address, and all of a tenant. */
export const SIGN_IN_MAIL_BUDGETS = {
  address: { limit: 5, windowSeconds: 3600 },
  tenant: { limit: 600, windowSeconds: 3600 },
}

/** How many mails tell of what clients ask people to approve: one address, and all of a tenant. */
export const REQUEST_MAIL_BUDGETS = {
  address: { limit: 10, windowSeconds: 3600 },
  tenant: { limit: 600, windowSeconds: 3600 },
}

/** How many mails tell one address that it has an account. */
export const TOLD_MAIL_BUDGET = { limit: 1, windowSeconds: 3600 }

const BACKOFF = { first: 15_000, factor: 3, longest: 3_600_000 }

/** The sealed part of a mail: its built-in content, and what the template of a realm needs. */
export type MailBody = Pick<Letter, 'subject' | 'text' | 'html'> & {
  readonly frame?: LetterFrame
  readonly sms?: SmsBody
}

/** What a text message is for. */
export type SmsPurpose = 'sign_in' | 'enrolment' | 'test'

/** What a text message has besides its text. */
export interface SmsBody {
  readonly purpose: SmsPurpose
  readonly code: string | null
  /** The language of the text (BCP 47). */
  readonly locale: string
}

/** What wrote the content of a mail. */
const MAIL_TEMPLATES_USED = ['built_in', 'own', 'fallback'] as const
export type MailTemplateUsed = (typeof MAIL_TEMPLATES_USED)[number]

/** Whether somebody sends the mails of the context’s realm: the installation, or a sender of the realm. */
export function sendsMail({ network, scope }: SendingPlace): boolean {
  return network.mail !== null || (scope.realm?.mailSender ?? 'server') !== 'server'
}
interface SendingPlace {
  readonly network: Pick<Network, 'mail'>
  readonly scope: { readonly realm?: { readonly mailSender: string } | undefined }
}

/** A stored mail. */
export interface Mail {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly kind: MailKind
  /** The subject of the mail; when its invitation ends, the mail is cancelled. */
  readonly aboutId: string | null
  readonly recipient: string
  readonly subject: string
  /** The text and the HTML, sealed; null after the last attempt. */
  readonly body: string | null
  readonly status: MailStatus
  /** Null before the first attempt. */
  readonly template: MailTemplateUsed | null
  readonly attempts: number
  readonly error: (typeof MAIL_FAULTS)[number] | null
  readonly responseCode: number | null
  readonly expiresAt: number
  readonly createdAt: number
  readonly attemptedAt: number | null
  readonly nextAttemptAt: number | null
  readonly settledAt: number | null
  /** The day for whose limit it counts. */
  readonly countedOn: number | null
}

/** The schema of a mail in admin responses, without its content. */
export const MailView = z.object({
  id: idOut('mail'),
  kind: z.enum(MAIL_KINDS),
  recipient: z.string(),
  subject: z.string(),
  status: z
    .enum(MAIL_STATUSES)
    .describe(
      'sent: the mail server accepted the mail; failed: no further attempt is made; withdrawn: it was revoked before it was sent.',
    ),
  template: z
    .enum(MAIL_TEMPLATES_USED)
    .nullable()
    .describe(
      'What wrote the mail, null before the first attempt: the server (built_in), the template of the realm (own), or the server because that template failed (fallback).',
    ),
  attempts: z.number().int(),
  error: z.enum(MAIL_FAULTS).nullable().describe('The error of the last attempt.'),
  responseCode: z
    .number()
    .int()
    .nullable()
    .describe('The reply code of the mail server to the last attempt (RFC 5321).'),
  createdAt: time,
  attemptedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  settledAt: time.nullable().describe('The time when it was sent, failed or was withdrawn.'),
})
export type MailView = z.output<typeof MailView>

export const MailQuery = listQuery('created_at').extend({
  status: z.enum(MAIL_STATUSES).optional().describe('Only items in this state.'),
})
export type MailQuery = z.output<typeof MailQuery>

/** Returns the view of a mail, without its content. */
export function viewMail(mail: Mail): MailView {
  const { tenantId: _, realmId: __, aboutId: ___, body: ____, expiresAt: _____, countedOn: ______, ...view } = mail
  return view
}

/** A mail after its last attempt, without its body. */
export function finishMail(mail: Mail, status: MailStatus, now: number): Mail {
  return { ...mail, status, body: null, nextAttemptAt: null, settledAt: now }
}

/** A mail that cannot be sent before a time; it fails if it is of no use then. */
export function postponed(mail: Mail, error: 'daily_limit' | 'no_sender', until: number, now: number): Mail {
  const waiting: Mail = { ...mail, error, responseCode: null }
  return until >= mail.expiresAt ? finishMail(waiting, 'failed', now) : { ...waiting, nextAttemptAt: until }
}

/** A mail after an attempt. @param chance 0 to 1, for the wait */
export function afterAttempt(mail: Mail, outcome: MailOutcome, { now, chance }: { now: number; chance: number }): Mail {
  const { error, responseCode } = outcome
  const attempted: Mail = { ...mail, error, responseCode }
  if (error === null) return finishMail(attempted, 'sent', now)
  const next = now + waitAfterAttempts(mail.attempts, BACKOFF, chance)
  if (outcome.permanent || next >= mail.expiresAt) return finishMail(attempted, 'failed', now)
  return { ...attempted, nextAttemptAt: next }
}
