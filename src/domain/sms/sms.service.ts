// Queues text messages, beside the mails. A message costs money and may be a stranger’s, so that there are budgets for each
// number, network and realm (toll fraud).
import { Failure } from '#kernel/error.ts'
import type { Language } from '#language/language.ts'
import type { Context, Unit } from '../context.ts'
import { BODY_PURPOSE } from '../mail/mail.service.ts'
import type { Mail, MailBody, SmsPurpose } from '../mail/mail.ts'
import { DAY, dayOf } from '../mail-settings/mail-settings.ts'
import { phoneForm } from '../profile-attribute/unique-values.ts'
import { realmOf } from '../realm/realm.service.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import { sentOn } from '../sms-settings/sms-settings.ts'

/** The purpose for which the secrets of senders are sealed. */
export const SMS_SECRET_PURPOSE = 'sms-sender'
/** For how long a code works. Milliseconds; NIST SP 800-63B §3.1.3.2 allows ten minutes. */
export const SMS_CODE_LIFETIME = 300_000
/** How many codes may be tried for one message. */
export const SMS_TRIES = { limit: 5, windowSeconds: SMS_CODE_LIFETIME / 1000 }
const CODE_LENGTH = 6
const DIGITS = '0123456789'
/** ITU-T E.164: at most 15 digits after the plus sign. */
const E164 = /^\+[1-9]\d{6,14}$/

/** How many messages may be asked for: to one number in an hour and in a day, and from one network. */
const BUDGETS = {
  hour: { limit: 5, windowSeconds: 3600 },
  day: { limit: 10, windowSeconds: 86_400 },
  network: { limit: 30, windowSeconds: 3600 },
}

/** What a text message says, to whom. */
interface Message {
  /** E.164. */
  readonly number: string
  readonly purpose: SmsPurpose
  readonly code: string | null
  readonly text: string
  readonly language: Language
  readonly aboutId: string | null
}

/** An international number in its one form (E.164); undefined for what is none. @param typed as a person writes it */
export function numberOf(typed: string): string | undefined {
  const form = phoneForm(typed)
  return form !== undefined && E164.test(form) ? form : undefined
}

/** What of a number may be shown: how it begins and ends. */
export function maskedNumber(number: string): string {
  return `${number.slice(0, 3)} ••• ${number.slice(-3)}`
}

/**
 * Takes one message to a number from the budgets.
 * @param typed the number as somebody wrote it
 * @returns the number (E.164)
 * @throws Failure `conflict` where nobody sends messages, `invalid_input` for no number or one that none is sent to,
 *   `too_many_requests`
 */
export async function takeNumber(context: Context, typed: string): Promise<string> {
  const { crypto, limiter, network, read, scope } = context
  const realm = realmOf(scope)
  const stored = await read.smsSettings.find(realm.id)
  if (!stored?.settings.url && !network.mail?.keeps)
    throw new Failure('conflict', 'Nobody sends text messages here: see the SMS settings of the realm.')
  const number = numberOf(typed)
  const prefixes = stored?.settings.allowedPrefixes ?? []
  const isAllowed = prefixes.length === 0 || prefixes.some((prefix) => number?.startsWith(prefix))
  if (number === undefined || !isAllowed) {
    const message =
      number === undefined ? 'not an international telephone number' : 'no messages are sent to such numbers'
    throw new Failure('invalid_input', { message, told: 'wrongNumber', flaws: [{ path: 'recipient', message }] })
  }
  const of = `sms ${realm.tenantId} ${crypto.digest(number)}`
  const from = `sms ${realm.tenantId} from ${networkOf(context.actor.origin.ip)}`
  for (const [key, { limit, windowSeconds }] of [
    [from, BUDGETS.network],
    [`${of} hour`, BUDGETS.hour],
    [`${of} day`, BUDGETS.day],
  ] as const) {
    const retryAfter = await limiter.take(key, limit, windowSeconds)
    if (retryAfter > 0) throw tooMany(retryAfter)
  }
  return number
}

/** Counts one message for the day of the realm, inside the write that queues it. @throws Failure `too_many_requests` */
export async function countSms({ clock, scope }: Context, unit: Unit): Promise<void> {
  const { id: realmId } = realmOf(scope)
  const stored = await unit.smsSettings.lock(realmId)
  // Without settings, messages are kept for development.
  if (!stored) return
  const day = dayOf(clock.now())
  const sent = sentOn(stored, day)
  if (sent >= stored.settings.dailyLimit) throw tooMany(Math.ceil((day + DAY - clock.now()) / 1000))
  await unit.smsSettings.count({ realmId, day, sent: sent + 1 })
}

/** A new code, and the text that tells it. @param host of the page that asks for it, which browsers can fill in (WebOTP) */
export function newSmsCode({ random, scope }: Context, language: Language, host: string) {
  const code = random.text(CODE_LENGTH, DIGITS)
  return { code, text: `${language.messages.sms.code(code, realmOf(scope).name)}\n\n@${host} #${code}` }
}

/** A message, to be inserted among the mails in the write that causes it. */
export function messageOf({ clock, crypto, random, scope }: Context, message: Message): Mail {
  const { number, purpose, code, text, language, aboutId } = message
  const { id: realmId, name, tenantId } = realmOf(scope)
  const now = clock.now()
  const sms = { purpose, code, locale: language.lang }
  return {
    ...{ id: random.id(), tenantId, realmId, kind: 'sms', aboutId, recipient: number, subject: name },
    body: crypto.seal(BODY_PURPOSE, JSON.stringify({ subject: name, text, html: '', sms } satisfies MailBody)),
    ...{ status: 'queued', template: 'built_in', attempts: 0, error: null, responseCode: null },
    ...{ expiresAt: now + SMS_CODE_LIFETIME, createdAt: now, attemptedAt: null, nextAttemptAt: now },
    ...{ settledAt: null, countedOn: null },
  }
}

function tooMany(retryAfter: number): Failure {
  return new Failure('too_many_requests', {
    message: 'Too many text messages were sent.',
    retryAfter,
    told: 'tooManyCodes',
  })
}
