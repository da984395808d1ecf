// Mails leave in two steps: they are written down with what they are about, in one write, and sent afterwards. So a
// mail server that is down delays them and undoes nothing.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { emailKey } from '../user/user.ts'
import { afterTry, type Letter, MAIL_BUDGET, MAIL_PATIENCE, type Mail, type MailKind, settled } from './mail.ts'

const BODY_PURPOSE = 'mail'

/** What a mail is about, and to whom it goes. */
export interface Address {
  readonly kind: MailKind
  readonly aboutId: string
  readonly recipient: string
  /** When it is of no use any more, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** Whether mails are sent at all. */
export function sendsMail({ network }: Pick<Context, 'network'>): boolean {
  return network.mail !== null
}

/**
 * A mail for the outbox, its body sealed, to be inserted in the write that makes what it is about.
 * @throws Failure `too_many_requests` where the address got too many of the tenant’s mails lately
 */
export async function prepareMail(context: Context, address: Address, letter: Letter): Promise<Mail> {
  const { clock, crypto, limiter, random, scope } = context
  const key = crypto.digest(emailKey(address.recipient))
  const retryAfter = await limiter.take(`mail ${scope.tenantId} ${key}`, MAIL_BUDGET.limit, MAIL_BUDGET.windowSeconds)
  if (retryAfter > 0) {
    throw new Failure('too_many_requests', { message: 'The address got too many mails lately.', retryAfter })
  }
  const now = clock.now()
  const { subject, text, html } = letter
  return {
    ...address,
    expiresAt: Math.min(address.expiresAt, now + MAIL_PATIENCE),
    id: random.id(),
    tenantId: scope.tenantId,
    realmId: realmOf(scope).id,
    subject,
    body: crypto.seal(BODY_PURPOSE, JSON.stringify({ text, html })),
    status: 'queued',
    attempts: 0,
    error: null,
    responseCode: null,
    createdAt: now,
    attemptedAt: null,
    nextAttemptAt: now,
    settledAt: null,
  }
}

/**
 * Sends a mail whose time has come, unless somebody else is at it. One of a realm that is deleted is not sent.
 * @param context of the mail’s tenant
 * @param signal breaks the try off, to be made again
 */
export async function sendMail(context: Context, id: string, signal: AbortSignal): Promise<void> {
  const { clock, crypto, network, random, registry, write } = context
  const { mail: server } = network
  if (!server) return
  const mail = await write((unit) => unit.mails.claim(id, clock.now()))
  if (!mail || mail.body === null) return
  if (!(await registry.realmById(mail.realmId))) return record(context, settled(mail, 'withdrawn', clock.now()))
  if (mail.expiresAt <= clock.now())
    return record(context, settled({ ...mail, error: 'expired' }, 'failed', clock.now()))
  const { text, html } = JSON.parse(crypto.open(BODY_PURPOSE, mail.body)) as Omit<Letter, 'subject'>
  const { recipient, subject, createdAt } = mail
  const outcome = await server.send({ id, recipient, subject, text, html, createdAt }, signal)
  const chance = Number(random.text(4, '0123456789')) / 10_000
  return record(context, afterTry(mail, outcome, { now: clock.now(), chance }))
}

/** Writes down what a try came to. What was withdrawn meanwhile stays so. */
async function record({ write }: Context, mail: Mail): Promise<void> {
  await write(async (unit) => {
    if (!(await unit.mails.report(mail))) return
    if (mail.status === 'sent') tell(unit, 'mail.sent', mail)
    if (mail.status === 'failed') tell(unit, 'mail.failed', mail)
  })
}

function tell(unit: Unit, type: EventType, mail: Mail): void {
  const { id, realmId, kind, aboutId, recipient, attempts, error, responseCode } = mail
  unit.emit(type, {
    subject: { type: 'mail', id },
    realmId,
    result: error === null ? 'success' : 'failure',
    data: { kind, aboutId, recipient, attempts, ...(error !== null && { error, responseCode }) },
  })
}
