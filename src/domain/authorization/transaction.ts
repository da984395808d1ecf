// Authorization requests that wait for a person. The request is carried by the browser; only what a signed-in person
// did about it is stored.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { FLOW_LIFETIME } from '../flow/run-state.ts'
import { ANSWER_GRACE } from '../one-time-token/one-time-token.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { BegunSession } from '../sign-in/open-session.ts'
import type { PageRequest } from '../sign-in/page-request.ts'
import type { Proven } from '../sign-in/proven.ts'
import { type AuthorizationRequest, NO_PROGRESS, type Progress } from './authorization-request.ts'
import { type Carried, carry, readCarried } from './carried-request.ts'

const KIND = 'authorization_request'
/** What the secret of a session is encrypted for. */
const SEALED = 'begun-session'
/** How long a person may take to sign in and to consent. Milliseconds. */
const LIFETIME = 900_000

interface Stored {
  readonly progress: Progress
  /** When the client was first answered. */
  readonly answeredAt: number | null
  /** The session that the sign-in for it began. */
  readonly sessionId: string | null
  /** The secret of that session, encrypted. */
  readonly sealedSecret?: string
  /** What the person has proven, while more is demanded. */
  readonly proven?: Proven
  /** Until when it waits, where a flow holds the person up. Milliseconds since 1970. */
  readonly heldUntil?: number
}

/** What waits for a person to sign in: an authorization request, or a page of the realm. */
export type WaitingRequest = AuthorizationRequest | PageRequest

/** A request that waits for a person. */
export interface Transaction<Request extends WaitingRequest = AuthorizationRequest> extends Carried<Request> {
  readonly progress: Progress
  /** What the person has proven, while more is demanded. */
  readonly proven?: Proven | undefined
  /** Whether the client was answered less than a minute ago. */
  readonly answered: boolean
  /** The key of the transaction that the browser sent, if that one is over and this one takes its place. */
  readonly replaces: string | undefined
}

/** What identifies a waiting request. */
type Waits = Pick<Transaction, 'key' | 'createdAt'>

const FRESH = { progress: NO_PROGRESS, answered: false, replaces: undefined }

/**
 * A request that begins to wait while a person signs in or consents.
 * @param browserSecret of the only browser that may go on with it
 * @throws Failure `invalid_request` for a request that is too long
 */
export function beginTransaction<Request extends WaitingRequest>(
  context: Context,
  request: Request,
  browserSecret: string,
): Transaction<Request> {
  return { ...carry(context, KIND, request, browserSecret), ...FRESH }
}

/**
 * The authorization request that a browser sends. One that is over, because it was answered or is older than 15 minutes,
 * starts over: the same request, of which nothing is done yet.
 * @param browserSecret of the browser that asks; undefined if it has none
 * @throws Failure `expired` if it cannot be read or is older than a day, `forbidden` for another browser
 */
export async function findTransaction(
  context: Context,
  id: string | undefined,
  browserSecret: string | undefined,
): Promise<Transaction> {
  const found = await findWaiting(context, id, browserSecret)
  if (isForClient(found)) return found
  throw new Failure('expired')
}

/** Whether a client waits for the answer, and not a page of the realm. */
export function isForClient(transaction: Transaction<WaitingRequest>): transaction is Transaction {
  return !('page' in transaction.request)
}

/** As {@link findTransaction}, for whatever waits for the person to sign in. */
export async function findWaiting(
  context: Context,
  id: string | undefined,
  browserSecret: string | undefined,
): Promise<Transaction<WaitingRequest>> {
  const carried = readCarried<WaitingRequest>(context, KIND, id, browserSecret)
  const stored = (await context.read.oneTimeTokens.find<Stored>(KIND, carried.key))?.payload
  if (!isOver(carried, stored, context.clock.now())) {
    const { progress = NO_PROGRESS, answeredAt = null, proven } = stored ?? {}
    return { ...carried, progress, proven, answered: answeredAt !== null, replaces: undefined }
  }
  return { ...beginTransaction(context, carried.request, browserSecret ?? ''), replaces: carried.key }
}

function isOver({ createdAt }: Pick<Transaction, 'createdAt'>, stored: Stored | undefined, now: number): boolean {
  const { answeredAt = null, heldUntil = 0 } = stored ?? {}
  const endsAt = Math.max(createdAt + LIFETIME, heldUntil)
  return answeredAt === null ? now >= endsAt : now >= answeredAt + ANSWER_GRACE
}

/**
 * Stores what a signed-in person did.
 * @param begun the session which the person began for it
 * @throws Failure `expired` if the request is over
 */
export async function recordProgress(
  context: Pick<Context, 'clock' | 'crypto'>,
  unit: Unit,
  transaction: Waits,
  done: Partial<Progress>,
  begun?: BegunSession,
): Promise<void> {
  await update(context, unit, transaction, ({ progress, ...stored }) => ({
    ...stored,
    progress: { ...progress, ...done },
    ...(begun && { sessionId: begun.session.id, sealedSecret: context.crypto.seal(SEALED, begun.secret) }),
  }))
}

/**
 * Records that the client is answered: from now on the same browser gets the same answer, for a minute.
 * @throws Failure `expired` if it was answered longer ago
 */
export async function recordAnswer(context: Pick<Context, 'clock'>, unit: Unit, transaction: Waits): Promise<void> {
  const now = context.clock.now()
  await update(context, unit, transaction, (stored) => ({ ...stored, answeredAt: stored.answeredAt ?? now }))
}

/** The session that an earlier sign-in for this request began, such as the first of a double click. */
export async function sessionOf(
  { scope, crypto }: Pick<Context, 'scope' | 'crypto'>,
  unit: Unit,
  { key }: Waits,
): Promise<BegunSession | undefined> {
  const { sessionId, sealedSecret } = (await unit.oneTimeTokens.find<Stored>(KIND, key))?.payload ?? {}
  if (!sessionId || sealedSecret === undefined) return undefined
  const session = await unit.sessions.find(realmOf(scope).id, sessionId)
  return session?.endedAt === null ? { session, secret: crypto.open(SEALED, sealedSecret) } : undefined
}

/** What a person has proven for a request so far. */
export async function provenFor(unit: Unit, { key }: Waits): Promise<Proven | undefined> {
  return (await unit.oneTimeTokens.find<Stored>(KIND, key))?.payload.proven
}

/**
 * Keeps what a person has proven for a request. A request whose person a flow holds up waits longer, and leaves time to
 * consent after that.
 * @throws Failure `expired` if the request is over
 */
export async function keepProven(
  context: Pick<Context, 'clock'>,
  unit: Unit,
  transaction: Waits,
  proven: Proven,
): Promise<void> {
  await update(context, unit, transaction, ({ heldUntil = 0, ...stored }) => {
    const until = proven.flows?.run ? proven.at + FLOW_LIFETIME + LIFETIME : heldUntil
    return { ...stored, proven, ...(until > 0 && { heldUntil: Math.max(heldUntil, until) }) }
  })
}

async function update(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  transaction: Waits,
  change: (stored: Stored) => Stored,
): Promise<void> {
  const { key, createdAt } = transaction
  const stored = (await unit.oneTimeTokens.find<Stored>(KIND, key))?.payload
  if (isOver(transaction, stored, clock.now())) throw new Failure('expired')
  const payload = change(stored ?? { progress: NO_PROGRESS, answeredAt: null, sessionId: null })
  const expiresAt = Math.max(createdAt + LIFETIME, payload.heldUntil ?? 0) + ANSWER_GRACE
  if (payload.heldUntil !== stored?.heldUntil) {
    return unit.oneTimeTokens.put(KIND, key, { payload, createdAt, expiresAt })
  }
  if (await unit.oneTimeTokens.insert(KIND, key, { payload, createdAt, expiresAt })) return
  await unit.oneTimeTokens.replace(KIND, key, payload)
}
