// Remembers for a minute which browser an invitation's form was answered to, so that a second click gets the same answer.
import type { Context, Unit } from '../context.ts'
import { ANSWER_GRACE } from '../one-time-token/one-time-token.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { BegunSession } from '../sign-in/open-session.ts'

const KIND = 'invitation_answer'
/** What the secret of a session is encrypted for. */
const SEALED = 'begun-session'

/** The form of an invitation in one browser. */
export interface AnsweredForm {
  readonly token: string
  /** Undefined if the browser has none. */
  readonly browserSecret: string | undefined
}

/** What the first click did. */
export interface InvitationAnswer {
  /** The session that the sign-in began; null before that. */
  readonly sessionId: string | null
  /** The session that the form was shown to; null if nobody was signed in. */
  readonly shownTo: string | null
}

interface Stored extends InvitationAnswer {
  /** The secret of that session, encrypted. */
  readonly sealedSecret: string | null
}

/** What this form was answered less than a minute ago. */
export async function findInvitationAnswer(
  { crypto, clock, read }: Pick<Context, 'crypto' | 'clock' | 'read'>,
  form: AnsweredForm,
): Promise<InvitationAnswer | undefined> {
  const stored = await read.oneTimeTokens.find<InvitationAnswer>(KIND, keyOf(crypto, form))
  return stored && stored.expiresAt > clock.now() ? stored.payload : undefined
}

/** Records what a person did by the form, in the write that does it. */
export async function recordInvitationAnswer(
  { crypto, clock }: Pick<Context, 'crypto' | 'clock'>,
  unit: Unit,
  form: AnsweredForm,
  { begun, shownTo }: { readonly begun?: BegunSession; readonly shownTo: string | null },
): Promise<void> {
  const now = clock.now()
  const sealedSecret = begun ? crypto.seal(SEALED, begun.secret) : null
  const payload: Stored = { sessionId: begun?.session.id ?? null, sealedSecret, shownTo }
  const key = keyOf(crypto, form)
  if (await unit.oneTimeTokens.insert(KIND, key, { payload, createdAt: now, expiresAt: now + ANSWER_GRACE })) return
  await unit.oneTimeTokens.replace(KIND, key, payload)
}

/** The session that the first click began, with its secret, if it is active. */
export async function sessionOfAnswer(
  { crypto, scope }: Pick<Context, 'crypto' | 'scope'>,
  unit: Unit,
  form: AnsweredForm,
): Promise<BegunSession | undefined> {
  const { sessionId, sealedSecret } = (await unit.oneTimeTokens.find<Stored>(KIND, keyOf(crypto, form)))?.payload ?? {}
  if (!sessionId || !sealedSecret) return undefined
  const session = await unit.sessions.find(realmOf(scope).id, sessionId)
  return session?.endedAt === null ? { session, secret: crypto.open(SEALED, sealedSecret) } : undefined
}

function keyOf({ digest }: Pick<Context['crypto'], 'digest'>, { token, browserSecret = '' }: AnsweredForm): string {
  return digest(JSON.stringify([token, browserSecret]))
}
