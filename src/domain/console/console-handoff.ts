// Owns how a person who signed in at an admin realm gets a session of the console, which may be at another origin: by a code
// that works once, in the browser that asked for it.
import type { Id } from '#kernel/id.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { isSessionValid, type Session, touchedSince } from '../session/session.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'

/** The hosted page that hands a person over to the console, below the realm's base URL. */
export const CONSOLE_PATH = '/console'

/** Where the console is, below the admin URL. */
export const CONSOLE_BASE = '/admin/ui/'

/** Where the page sends the browser, below the admin URL. */
export const CONSOLE_CALLBACK_PATH = `${CONSOLE_BASE}callback` as const

/** How long a code works, in milliseconds. */
const CODE_LIFETIME = 60_000

/** What a code stands for. */
interface Handoff {
  readonly sessionId: string
}

/**
 * Makes a code for the session of a person, inside a write.
 * @param state of the browser that asked for it, which alone can redeem it
 * @returns the code
 */
export async function handOver(context: Context, unit: Unit, { session }: SignedIn, state: string): Promise<string> {
  const { clock, crypto, random } = context
  const code = random.secret()
  const now = clock.now()
  const payload: Handoff = { sessionId: session.id }
  const token = { payload, createdAt: now, expiresAt: now + CODE_LIFETIME }
  await unit.oneTimeTokens.insert('console_sign_in', crypto.digest(`${code}.${state}`), token)
  return code
}

/**
 * The id of the session that a code stands for. The code is spent.
 * @param context of the admin realm
 * @returns undefined for a code that is unknown, spent, expired or of another browser
 */
export async function takeOver(context: Context, code: string, state: string): Promise<Id | undefined> {
  const { clock, crypto } = context
  const hash = crypto.digest(`${code}.${state}`)
  const token = await context.write((unit) => unit.oneTimeTokens.consume<Handoff>('console_sign_in', hash, clock.now()))
  return token?.payload.sessionId as Id | undefined
}

/**
 * The session with this id and its user, if it is valid; its use is recorded.
 * @param context of the admin realm
 */
export async function consoleSession(context: Context, id: string): Promise<SignedIn | undefined> {
  const { clock, read, scope } = context
  const realm = realmOf(scope)
  const session = await read.sessions.find(realm.id, id)
  if (!session || !isSessionValid(session, realm.policy, clock.now())) return undefined
  const user = await read.users.find(realm.directoryId, session.userId)
  if (user?.status !== 'active') return undefined
  return (await recordUse(context, session)) ? { session, user } : undefined
}

/** Records that a session was used, as often as sessions do. @returns whether it had not ended */
async function recordUse(context: Context, session: Session): Promise<boolean> {
  const now = context.clock.now()
  const since = touchedSince(realmOf(context.scope).policy, now)
  return session.lastSeenAt > since || context.write((unit) => unit.sessions.touch(session.id, now, since))
}
