// Owns the Idempotency-Key header: a request that is repeated with its key is carried out once.
import type { Context } from '#domain/context.ts'
import type { StoredRequest } from '#domain/idempotency-key/idempotency-key.store.ts'
import { Failure } from '#kernel/error.ts'
import { Content } from '#surfaces/content.ts'
import type { WireReply, WireRequest } from '#surfaces/surface.ts'

const PURPOSE = 'idempotent-reply'

/** How long a request waits for another one with its key, in milliseconds. */
const WAIT_MAX = 10_000
/** How long a reply that is not stored may still come from another process, in milliseconds. */
const IN_PROGRESS_MAX = 30_000
const RETRY_AFTER_SECONDS = 1

/** The requests with a key that this process is carrying out; each promise is fulfilled when the request has ended. */
const inProgress = new Map<string, Promise<void>>()

/**
 * Runs a request once for each `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the key is claimed in
 * the transaction that does the work, and a repetition gets the first reply again. A repetition that comes while the first
 * request is carried out waits for it.
 * @param request what the fingerprint is taken of: method, path, query and body
 * @throws Failure `idempotency_conflict` if the key was used for another request, or the reply was not stored;
 * `request_in_progress` if the first request takes too long, or another process carries it out
 */
export async function runOnce(
  context: Context,
  key: string,
  request: Pick<WireRequest, 'method' | 'path' | 'query' | 'body'>,
  run: (context: Context) => Promise<WireReply>,
): Promise<WireReply> {
  if (key.length > 255) throw new Failure('invalid_request', 'The Idempotency-Key is longer than 255 characters.')
  const place = `${context.actor.id} ${key}`
  let late: AbortSignal | undefined
  // Nothing may come between the last look and the entry of this request.
  for (let other = inProgress.get(place); other; other = inProgress.get(place)) {
    late ??= AbortSignal.timeout(WAIT_MAX)
    await ended(other, late)
  }
  const { promise, resolve: end } = Promise.withResolvers<void>()
  inProgress.set(place, promise)
  try {
    return await runOrReplay(context, key, request, run)
  } finally {
    inProgress.delete(place)
    end()
  }
}

/** Waits until another request with the same key has ended. @throws Failure `request_in_progress` if the signal is first */
async function ended(other: Promise<void>, late: AbortSignal): Promise<void> {
  const timeUp = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([other, timeUp])
  if (late.aborted) throw stillInProgress()
}

function stillInProgress(): Failure {
  return new Failure('request_in_progress', { retryAfter: RETRY_AFTER_SECONDS })
}

async function runOrReplay(
  context: Context,
  key: string,
  request: Parameters<typeof runOnce>[2],
  run: Parameters<typeof runOnce>[3],
): Promise<WireReply> {
  const { actor, crypto, clock, read } = context
  const fingerprint = crypto.digest(JSON.stringify([request.method, request.path, request.query, request.body ?? null]))
  const stored = await read.idempotencyKeys.find(actor.id, key)
  if (stored) return replay(context, stored, fingerprint)

  let claimed = false
  const reply = await run({
    ...context,
    write: async (work) => {
      const result = await context.write(async (unit) => {
        if (!claimed && !(await unit.idempotencyKeys.claim(actor.id, key, fingerprint, clock.now()))) {
          throw stillInProgress()
        }
        return work(unit)
      })
      // Set only now: the work may be run again, in another transaction.
      claimed = true
      return result
    },
  })
  // A file is not stored: a repetition gets an error.
  if (claimed && !(reply.body instanceof Content)) {
    const sealed = crypto.seal(PURPOSE, JSON.stringify(reply))
    await store(() => context.write((unit) => unit.idempotencyKeys.keepReply(actor.id, key, sealed)))
  }
  return reply
}

// The work is on disk by now. If the database fails after that, the caller still gets the reply.
async function store(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'temporarily_unavailable')) throw error
  }
}

function replay({ crypto, clock }: Context, stored: StoredRequest, fingerprint: string): WireReply {
  if (stored.fingerprint !== fingerprint) throw new Failure('idempotency_conflict')
  if (stored.reply === null) {
    if (clock.now() - stored.createdAt < IN_PROGRESS_MAX) throw stillInProgress()
    throw new Failure('idempotency_conflict', 'The request was carried out, but its reply was not stored.')
  }
  const reply = JSON.parse(crypto.open(PURPOSE, stored.reply)) as WireReply
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } }
}
