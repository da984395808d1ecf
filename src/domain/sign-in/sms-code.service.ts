// Sends codes to the telephones of people who sign in, and checks them. A code works once, in the sign-in that asked for it.
import { smsNumberOf } from '../authenticator/new-authenticator.ts'
import type { Context, Unit } from '../context.ts'
import type { SmsPurpose } from '../mail/mail.ts'
import { languageOfAskedMail } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { countSms, messageOf, newSmsCode, SMS_CODE_LIFETIME, SMS_TRIES, takeNumber } from '../sms/sms.service.ts'
import type { User } from '../user/user.ts'
import type { SignInPlace } from './open-session.ts'
import { isPending, isStillOf, type Proven, type SentCode } from './proven.ts'

/** A code for a number, and the message that tells it, before either is written. */
export interface PreparedCode {
  readonly digest: string
  /** Queues the message, inside the write that keeps the digest. @throws Failure `too_many_requests` */
  readonly queue: (unit: Unit) => Promise<void>
}

/**
 * Makes a code for a number of a user.
 * @param typed the number
 * @param about what the code is for; the digest is of no use for anything else
 * @throws Failure as `takeNumber`
 */
export async function prepareCode(
  context: Context,
  user: User,
  typed: string,
  { purpose, about }: { readonly purpose: SmsPurpose; readonly about: string },
): Promise<PreparedCode> {
  const number = await takeNumber(context, typed)
  const language = await languageOfAskedMail(context, user)
  const { hostname } = new URL(issuerOf(realmOf(context.scope), context.registry.settings))
  const { code, text } = newSmsCode(context, language, hostname)
  const message = messageOf(context, { number, purpose, code, text, language, aboutId: user.id })
  return {
    digest: digestOfCode(context, about, code),
    queue: async (unit) => {
      await countSms(context, unit)
      await unit.mails.insert(message)
      unit.emit('user.sms_code_sent', {
        subject: { type: 'user', id: user.id, label: user.email },
        data: { directoryId: user.directoryId, purpose, expiresAt: message.expiresAt },
      })
    },
  }
}

/** The keyed digest of a code. @param about what it is for */
export function digestOfCode({ crypto }: Pick<Context, 'crypto'>, about: string, code: string): string {
  return crypto.mac('sms-code', JSON.stringify([about, code.replaceAll(/[\s-]/g, '')]))
}

/** Whether a code may be tried: each has few tries. @param digest that of the code that was sent */
export async function takeTry({ crypto, limiter }: Context, digest: string): Promise<boolean> {
  return (await limiter.take(`sms-try ${crypto.digest(digest)}`, SMS_TRIES.limit, SMS_TRIES.windowSeconds)) === 0
}

/**
 * Sends a code to a telephone of a person who has proven the first factor. The former code works no more.
 * @param authenticatorId whose number it goes to
 * @param proven what is proven, where the place does not keep it yet
 * @returns false if the first factor does not count any more, or it is no number of the person
 * @throws Failure as `takeNumber`
 */
export async function sendSmsCode(
  context: Context,
  user: User,
  authenticatorId: string,
  place: SignInPlace,
  proven: Proven,
): Promise<boolean> {
  const { clock, read } = context
  const phone = (await read.authenticators.allOf(user.id)).find(({ id }) => id === authenticatorId)
  if (phone?.kind !== 'sms') return false
  const about = aboutOf(user, authenticatorId, proven)
  const prepared = await prepareCode(context, user, smsNumberOf(context, phone), { purpose: 'sign_in', about })
  return context.write(async (unit) => {
    const locked = await unit.users.lock(user.directoryId, user.id)
    const kept = (await place.proven(unit)) ?? proven
    if (!isPending(kept, clock.now()) || !isStillOf(kept, locked)) return false
    const sms: SentCode = { authenticatorId, digest: prepared.digest, until: clock.now() + SMS_CODE_LIFETIME }
    await place.keep(unit, { ...kept, sms })
    await prepared.queue(unit)
    return true
  })
}

/** Spends a code inside a write. @param sent the one that was sent @returns why it is refused */
export async function spendSms(
  context: Context,
  unit: Unit,
  user: User,
  typed: string,
  { sms: sent, ...proven }: Proven,
): Promise<string | undefined> {
  const now = context.clock.now()
  if (!sent) return 'no_code'
  if (sent.until <= now) return 'old_code'
  const phone = (await unit.authenticators.allOf(user.id)).find(({ id }) => id === sent.authenticatorId)
  if (phone?.kind !== 'sms') return 'not_set_up'
  if (!(await takeTry(context, sent.digest))) return 'too_many_tries'
  const digest = digestOfCode(context, aboutOf(user, sent.authenticatorId, proven), typed)
  if (!context.crypto.equal(digest, sent.digest)) return 'wrong_code'
  await unit.authenticators.advance(phone, now, now)
  return undefined
}

/** A code is of one sign-in: of when its first factor was proven, and of what. */
function aboutOf({ id }: Pick<User, 'id'>, authenticatorId: string, { at }: Pick<Proven, 'at'>): string {
  return JSON.stringify([id, authenticatorId, at])
}
