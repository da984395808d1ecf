// Adds another authenticator app to the account of a person who has a second factor. The browser carries the key,
// encrypted, until the person has shown a code of the app.
import { Failure } from '#kernel/error.ts'
import { addAuthenticator } from '../authenticator/authenticator.service.ts'
import { newTotp, totpKeyOf } from '../authenticator/new-authenticator.ts'
import { newTotpKey, stepOfCode, totpUri } from '../authenticator/totp.ts'
import { carry, readCarried } from '../authorization/carried-request.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import { tellOfAuthenticator } from './authenticator-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'

const KIND = 'authenticator_enrolment'
/** For how long an app can be added that was shown. Milliseconds. */
const LIFETIME = 600_000

interface Carrying {
  /** The session in which the app was shown, of which no other one adds it. */
  readonly sessionId: string
  /** Base32. */
  readonly key: string
}

/** An app that is not added yet. */
export interface OfferedApp {
  /** What the form posts: the key, encrypted. */
  readonly id: string
  /** Base32. */
  readonly key: string
  /** What the app reads from a QR code. */
  readonly uri: string
}

/** Checks that the realm has authenticator apps. @throws Failure `conflict` */
export function checkHasApps({ scope }: Pick<Context, 'scope'>): void {
  if (realmOf(scope).policy.totpEnabled) return
  throw new Failure('conflict', { message: 'Authenticator apps are switched off here.', told: 'off' })
}

/**
 * A new app for the person.
 * @param browserSecret of the browser in which it is shown
 * @throws Failure `conflict` where the realm has no apps
 */
export function offerApp(context: Context, signedIn: SignedIn, browserSecret: string): OfferedApp {
  checkHasApps(context)
  const key = newTotpKey(context.random)
  const { id } = carry<Carrying>(context, KIND, { sessionId: signedIn.session.id, key }, browserSecret)
  return { id, key, uri: uriOf(context, signedIn, key) }
}

/**
 * The app that the form is about, to be shown again.
 * @throws Failure `expired` if it was shown more than ten minutes ago, or not to this session; `forbidden` for another browser
 */
export function offeredApp(
  context: Context,
  signedIn: SignedIn,
  id: string | undefined,
  browserSecret: string,
): OfferedApp {
  const carried = readCarried<Carrying>(context, KIND, id, browserSecret)
  const { sessionId, key } = carried.request
  const isOver = context.clock.now() >= carried.createdAt + LIFETIME
  if (isOver || sessionId !== signedIn.session.id) throw new Failure('expired')
  return { id: carried.id, key, uri: uriOf(context, signedIn, key) }
}

/**
 * Adds an app once the person has shown a code of it; a second click adds no second one.
 * @returns whether the code is right
 * @throws Failure `limit_reached` for more apps than a person can have, `conflict` where the realm has no apps and without
 *   another second factor, for then a sign-in sets it up with recovery codes, `not_found` if the person is not active any
 *   more, `unmet_authentication_requirements` as `checkMayChange`
 */
export function addOwnApp(
  context: Context,
  { user: { id }, session }: SignedIn,
  { key }: Pick<OfferedApp, 'key'>,
  code: string,
): Promise<boolean> {
  checkHasApps(context)
  const step = stepOfCode(key, code, context.clock.now())
  return context.write(async (unit) => {
    if (step === undefined) return false
    const user = await lockActive(context, unit, { id })
    checkMayChange(context, user, session)
    if (user.secondFactors === 0) {
      throw new Failure('conflict', { message: 'Set up your first app instead.', told: 'firstApp' })
    }
    const apps = (await unit.authenticators.allOf(id)).filter(({ kind }) => kind === 'totp')
    if (apps.some((app) => totpKeyOf(context, app) === key)) return true
    const app = newTotp(context, id, { key, step })
    await addAuthenticator(unit, user, app)
    await tellOfAuthenticator(context, unit, user, 'app_added', app.name)
    return true
  })
}

function uriOf({ scope }: Context, { user }: SignedIn, key: string): string {
  return totpUri(key, realmOf(scope).name, user.email)
}
