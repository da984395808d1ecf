import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { type AuthorizationRequest, NO_PROGRESS, type Progress } from './authorization-request.ts'

/** How long a person may take to sign in and to consent. Milliseconds. */
const LIFETIME = 900_000

interface Stored {
  readonly realmId: string
  readonly request: AuthorizationRequest
  /** SHA-256 of the secret of the browser it began in. */
  readonly browserHash: string
  readonly progress: Progress
}

/** An authorization request that waits for a person. */
export interface Transaction {
  /** What names it in URLs: random, worth nothing in another browser. */
  readonly id: string
  readonly request: AuthorizationRequest
  readonly progress: Progress
}

/**
 * Keeps a request while a person signs in or consents.
 * @param browserSecret of the only browser that may go on with it
 */
export async function beginTransaction(
  context: Context,
  request: AuthorizationRequest,
  browserSecret: string,
): Promise<Transaction> {
  const { clock, crypto, random, scope } = context
  const id = random.secret()
  const createdAt = clock.now()
  const payload: Stored = {
    realmId: realmOf(scope).id,
    request,
    browserHash: crypto.digest(browserSecret),
    progress: NO_PROGRESS,
  }
  await context.write((unit) =>
    unit.oneTimeTokens.insert('authorization_request', crypto.digest(id), {
      payload,
      createdAt,
      expiresAt: createdAt + LIFETIME,
    }),
  )
  return { id, request, progress: NO_PROGRESS }
}

/**
 * The request that waits under an id.
 * @param browserSecret of the browser that asks; undefined where it has none
 * @throws Failure `expired` where there is none any more, `forbidden` for another browser than the one it began in
 */
export async function findTransaction(
  { clock, crypto, read, scope }: Context,
  id: string | undefined,
  browserSecret: string | undefined,
): Promise<Transaction> {
  const found = id && (await read.oneTimeTokens.find<Stored>('authorization_request', crypto.digest(id)))
  if (!id || !found || found.consumedAt !== null || found.expiresAt <= clock.now()) throw new Failure('expired')
  const { realmId, request, browserHash, progress } = found.payload
  if (realmId !== realmOf(scope).id) throw new Failure('expired')
  if (browserSecret === undefined || !crypto.equal(crypto.digest(browserSecret), browserHash)) {
    throw new Failure('forbidden', 'This request began in another browser.')
  }
  return { id, request, progress }
}

/**
 * Writes down what the person did.
 * @throws Failure `expired` where the request was answered meanwhile
 */
export async function recordProgress(
  { crypto }: Pick<Context, 'crypto'>,
  unit: Unit,
  { id }: Transaction,
  done: Partial<Progress>,
): Promise<void> {
  const hash = crypto.digest(id)
  const found = await unit.oneTimeTokens.find<Stored>('authorization_request', hash)
  if (!found) throw new Failure('expired')
  const payload: Stored = { ...found.payload, progress: { ...found.payload.progress, ...done } }
  if (!(await unit.oneTimeTokens.replace('authorization_request', hash, payload))) throw new Failure('expired')
}

/**
 * Ends a transaction, once: whoever comes second gets nothing.
 * @throws Failure `expired` where it was answered already
 */
export async function consumeTransaction(
  { clock, crypto }: Pick<Context, 'clock' | 'crypto'>,
  unit: Unit,
  { id }: Transaction,
): Promise<void> {
  const consumed = await unit.oneTimeTokens.consume('authorization_request', crypto.digest(id), clock.now())
  if (!consumed) throw new Failure('expired')
}
