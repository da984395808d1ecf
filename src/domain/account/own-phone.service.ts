// Adds a telephone to the account of a person, as a second factor: a code is sent to its number, and the browser carries what is
// needed to check it, encrypted.
import { Failure } from '#kernel/error.ts'
import { addAuthenticator } from '../authenticator/authenticator.service.ts'
import { AUTHENTICATORS_MAX } from '../authenticator/authenticator.ts'
import { newRecoverySet, newSms, smsNumberOf } from '../authenticator/new-authenticator.ts'
import { newRecoveryCodes } from '../authenticator/recovery-codes.ts'
import { carry, readCarried } from '../authorization/carried-request.ts'
import type { Context, Unit } from '../context.ts'
import { digestOfValue, phoneForm, VERIFIED_PHONE } from '../profile-attribute/unique-values.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import { digestOfCode, prepareCode, takeTry } from '../sign-in/sms-code.service.ts'
import { maskedNumber, numberOf, SMS_CODE_LIFETIME } from '../sms/sms.service.ts'
import { changeOwnUser } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { tellOfAuthenticator } from './authenticator-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'

const KIND = 'sms_enrolment'

interface Carrying {
  /** The session in which the code was asked for, of which no other one adds the number. */
  readonly sessionId: string
  /** E.164. */
  readonly number: string
  /** The code, as a keyed digest. */
  readonly digest: string
}

/** A telephone that is not added yet. */
export interface OfferedPhone extends Carrying {
  /** What the form posts. */
  readonly id: string
}

/** What came of a code: `codes` are recovery codes, if it is the first second factor of the person. */
export type AddedPhone =
  | { readonly kind: 'added'; readonly codes: readonly string[] | undefined }
  | { readonly kind: 'incorrect' }

/**
 * Sends a code to a number that a person wants to add.
 * @param typed the number
 * @param browserSecret of the browser in which it is typed
 * @throws Failure `conflict` where the realm has no text messages, `limit_reached`, and as `takeNumber` and `checkMayChange`
 */
export async function offerPhone(
  context: Context,
  { user: { id }, session }: SignedIn,
  typed: string,
  browserSecret: string,
): Promise<OfferedPhone> {
  checkHasSms(context)
  const number = numberOf(typed)
  const message = 'not an international telephone number'
  if (number === undefined) throw new Failure('invalid_input', { message, told: 'wrongNumber' })
  const user = await context.read.users.find(realmOf(context.scope).directoryId, id)
  if (!user) throw new Failure('not_found')
  checkMayChange(context, user, session)
  const phones = (await context.read.authenticators.allOf(id)).filter(({ kind }) => kind === 'sms')
  if (phones.length >= AUTHENTICATORS_MAX.sms) throw new Failure('limit_reached')
  const prepared = await prepareCode(context, user, number, {
    purpose: 'enrolment',
    about: aboutOf(session.id, number),
  })
  await context.write(prepared.queue)
  const { digest } = prepared
  const { id: carried } = carry<Carrying>(context, KIND, { sessionId: session.id, number, digest }, browserSecret)
  return { id: carried, sessionId: session.id, number, digest }
}

/**
 * The telephone that the form is about.
 * @throws Failure `expired` if its code is too old, or was not sent for this session; `forbidden` for another browser
 */
export function offeredPhone(
  context: Context,
  { session }: SignedIn,
  id: string | undefined,
  browserSecret: string,
): OfferedPhone {
  const carried = readCarried<Carrying>(context, KIND, id, browserSecret)
  const isOver = context.clock.now() >= carried.createdAt + SMS_CODE_LIFETIME
  if (isOver || carried.request.sessionId !== session.id) throw new Failure('expired')
  return { id: carried.id, ...carried.request }
}

/**
 * Adds a telephone once the person has typed the code that was sent to it; a second click adds no second one. The number then
 * is the verified one of the profile, where the profile has no other one.
 * @throws Failure `limit_reached` for more telephones than a person can have, `conflict` where the realm has no text messages,
 *   `not_found` if the person is not active any more, `unmet_authentication_requirements` as `checkMayChange`
 */
export async function addOwnPhone(
  context: Context,
  { user: { id }, session }: SignedIn,
  { number, digest }: OfferedPhone,
  code: string,
): Promise<AddedPhone> {
  checkHasSms(context)
  const isTried = await takeTry(context, digest)
  const isRight = context.crypto.equal(digestOfCode(context, aboutOf(session.id, number), code), digest)
  if (!isTried || !isRight) return { kind: 'incorrect' }
  return context.write(async (unit) => {
    const user = await lockActive(context, unit, { id })
    const all = await unit.authenticators.allOf(id)
    if (all.some((one) => one.kind === 'sms' && smsNumberOf(context, one) === number))
      return { kind: 'added', codes: undefined }
    checkMayChange(context, user, session)
    const phone = newSms(context, id, number, maskedNumber(number))
    await addAuthenticator(unit, user, phone)
    const codes = all.length === 0 ? newRecoveryCodes(context.random) : undefined
    if (codes) await addAuthenticator(unit, user, newRecoverySet(context, id, codes))
    await tellOfAuthenticator(context, unit, user, 'phone_added', phone.name)
    await verifyProfileNumber(context, unit, await lockActive(context, unit, { id }), number)
    return { kind: 'added', codes }
  })
}

/** A number that another user has proven stays that user’s. */
async function verifyProfileNumber(context: Context, unit: Unit, user: User, number: string): Promise<void> {
  const isSame = user.phone !== null && phoneForm(user.phone) === number
  if (user.phoneVerified || (user.phone !== null && !isSame)) return
  const digest = digestOfValue(context, VERIFIED_PHONE, number)
  const holder = digest && (await unit.uniqueValues.holderOf(user.directoryId, VERIFIED_PHONE, digest))
  if (holder !== undefined && holder !== user.id) return
  await changeOwnUser(context, unit, user, { profile: { phone: user.phone ?? number, phoneVerified: true } })
}

function checkHasSms({ scope }: Pick<Context, 'scope'>): void {
  if (realmOf(scope).policy.smsEnabled) return
  throw new Failure('conflict', { message: 'Text messages are switched off here.', told: 'off' })
}

function aboutOf(sessionId: string, number: string): string {
  return JSON.stringify(['enrolment', sessionId, number])
}
