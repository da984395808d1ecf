// Sends a mail that waits, and records what became of it. Only one of several processes sends it.
import type { EventType } from '#kernel/event.ts'
import { chanceOf } from '../backoff.ts'
import type { Context, Unit } from '../context.ts'
import { sendBy } from '../mail-settings/mail-sender.ts'
import { DAY, dayOf, type StoredMailSettings } from '../mail-settings/mail-settings.ts'
import { writeByTemplate } from '../mail-template/write-by-template.ts'
import { issuerOf } from '../realm/realm.ts'
import { postSms } from '../sms/sms-sender.ts'
import type { StoredSmsSettings } from '../sms-settings/sms-settings.ts'
import { dressed } from './look.ts'
import { BODY_PURPOSE } from './mail.service.ts'
import { afterAttempt, finishMail, type Mail, type MailBody, postponed } from './mail.ts'

/** Milliseconds after which a mail that nobody sends is looked at again. */
const NO_SENDER_WAIT = 3_600_000

interface Claimed {
  readonly mail: Mail
  readonly settings: StoredMailSettings | undefined
  readonly isWithinLimit: boolean
  /** For a text message. */
  readonly sms?: StoredSmsSettings | undefined
}

/**
 * Sends a mail whose time has come, unless somebody else is at it. One of a realm that is disabled or deleted, or whose
 * tenant or partner is suspended, is withdrawn: its link leads to nothing.
 * @param context of the mail’s tenant
 * @param signal aborts the attempt; the mail is tried again later
 */
export async function sendMail(context: Context, id: string, signal: AbortSignal): Promise<void> {
  const claimed = await claim(context, id)
  if (claimed?.mail.body == null) return
  await record(context, await attempt(context, claimed, claimed.mail.body, signal))
}

/** Claims a mail, and counts it for the day. */
function claim({ clock, write }: Context, id: string): Promise<Claimed | undefined> {
  const now = clock.now()
  const day = dayOf(now)
  return write(async (unit) => {
    const mail = await unit.mails.claim(id, now)
    if (!mail) return undefined
    if (mail.kind === 'sms')
      return { mail, settings: undefined, isWithinLimit: true, sms: await unit.smsSettings.find(mail.realmId) }
    const settings = await unit.mailSettings.find(mail.realmId)
    if (mail.countedOn === day) return { mail, settings, isWithinLimit: true }
    const limit = settings?.settings.dailyLimit ?? Number.MAX_SAFE_INTEGER
    const isWithinLimit = await unit.mailDays.add(mail.realmId, day, limit)
    if (isWithinLimit) await unit.mailDays.note(id, day)
    return { mail: { ...mail, countedOn: isWithinLimit ? day : null }, settings, isWithinLimit }
  })
}

/** Makes an attempt. @returns the mail after it */
async function attempt(
  context: Context,
  { mail, settings, isWithinLimit, sms }: Claimed,
  body: string,
  signal: AbortSignal,
): Promise<Mail> {
  const { clock, crypto, random, registry } = context
  const place = await registry.realmById(mail.realmId)
  if (!place?.realm.enabled || place.tenantStatus !== 'active') return finishMail(mail, 'withdrawn', clock.now())
  if (mail.expiresAt <= clock.now()) return finishMail({ ...mail, error: 'expired' }, 'failed', clock.now())
  if (!isWithinLimit) {
    return postponed(mail, 'daily_limit', dayOf(clock.now()) + DAY, clock.now())
  }
  if (mail.kind === 'sms') return attemptSms(context, mail, sms, body, signal)
  const { subject, template, ...content } = await contentOf(context, mail, crypto.open(BODY_PURPOSE, body))
  const look = { ...place, issuer: issuerOf(place.realm, registry.settings) }
  const written = { subject, ...(await dressed(content, look)) }
  const { id, kind, recipient, createdAt } = mail
  const outcome = await sendBy(context, settings, { id, kind, recipient, createdAt, ...written }, signal)
  const named: Mail = { ...mail, subject, template }
  const now = clock.now()
  if (!outcome) return postponed(named, 'no_sender', now + NO_SENDER_WAIT, now)
  const after = afterAttempt(named, outcome, { now, chance: chanceOf(random) })
  return context.network.mail?.keeps ? { ...after, body: crypto.seal(BODY_PURPOSE, JSON.stringify(written)) } : after
}

/** Makes an attempt at a text message. @returns the message after it */
async function attemptSms(
  context: Context,
  mail: Mail,
  settings: StoredSmsSettings | undefined,
  sealed: string,
  signal: AbortSignal,
): Promise<Mail> {
  const { clock, crypto, network, random } = context
  const body: MailBody = JSON.parse(crypto.open(BODY_PURPOSE, sealed))
  if (network.mail?.keeps) return { ...finishMail(mail, 'sent', clock.now()), error: null, body: sealed }
  const { text, sms } = body
  const outcome = sms && (await postSms(context, settings, mail, { text, sms }, signal))
  const now = clock.now()
  if (!outcome) return postponed(mail, 'no_sender', now + NO_SENDER_WAIT, now)
  return afterAttempt(mail, outcome, { now, chance: chanceOf(random) })
}

/** What a mail says: by the template of the realm if it has one for it, else what the server wrote. */
async function contentOf({ read }: Context, mail: Mail, opened: string) {
  const { text, html, frame, subject = mail.subject } = JSON.parse(opened) as MailBody
  const builtIn = { subject, text, html, template: mail.template ?? ('built_in' as const) }
  const { kind, realmId } = mail
  const own = frame && (await read.mailTemplates.find(realmId, { kind, language: frame.language }))
  if (!own) return builtIn
  try {
    return { ...(await writeByTemplate(own.kind, own.content, frame)), template: 'own' as const }
  } catch {
    return { ...builtIn, template: 'fallback' as const }
  }
}

/** Records the result of an attempt. A mail that was cancelled meanwhile stays cancelled; one that was not sent does not count. */
async function record({ write }: Context, after: Mail): Promise<void> {
  const counted = after.status === 'sent' ? null : after.countedOn
  const mail: Mail = counted === null ? after : { ...after, countedOn: null }
  await write(async (unit) => {
    if (!(await unit.mails.report(mail))) return
    if (mail.status === 'sent' && mail.body !== null) await unit.devInbox.trim(mail.realmId)
    if (counted !== null) await unit.mailDays.takeBack(mail.realmId, counted)
    if (mail.status === 'sent') emitEvent(unit, 'mail.sent', mail)
    if (mail.status === 'failed') emitEvent(unit, 'mail.failed', mail)
  })
}

function emitEvent(unit: Unit, type: EventType, mail: Mail): void {
  const { id, realmId, kind, aboutId, recipient, attempts, error, responseCode, template } = mail
  unit.emit(type, {
    subject: { type: 'mail', id, label: recipient },
    realmId,
    result: error === null ? 'success' : 'failure',
    data: {
      ...{ kind, aboutId, recipient, attempts },
      ...(template === 'fallback' && { template }),
      ...(error !== null && { error, responseCode }),
    },
  })
}
