import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import type { WireReply, WireRequest } from '#surfaces/surface.ts'

const PURPOSE = 'idempotent-reply'

/**
 * Carries a request out once for an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the key is claimed in
 * the transaction that does the work, and a repetition gets the first reply again.
 * @param request what the fingerprint is taken of: method, path, query and body
 * @throws Failure `idempotency_conflict` where the key was used for something else, or its reply was never known
 */
export async function onlyOnce(
  context: Context,
  key: string,
  request: Pick<WireRequest, 'method' | 'path' | 'query' | 'body'>,
  carryOut: (context: Context) => Promise<WireReply>,
): Promise<WireReply> {
  if (key.length > 255) throw new Failure('invalid_request', 'The Idempotency-Key is longer than 255 characters.')
  const { actor, crypto, clock, read } = context
  const fingerprint = crypto.digest(JSON.stringify([request.method, request.path, request.query, request.body ?? null]))
  const kept = await read.idempotencyKeys.find(actor.id, key)
  if (kept) return replay(context, kept, fingerprint)

  let claimed = false
  const reply = await carryOut({
    ...context,
    write: async (work) => {
      const result = await context.write(async (unit) => {
        if (!claimed && !(await unit.idempotencyKeys.claim(actor.id, key, fingerprint, clock.now()))) {
          throw new Failure('idempotency_conflict', 'A request with this Idempotency-Key is under way.')
        }
        return work(unit)
      })
      // Not before: a work may be run again, in another transaction.
      claimed = true
      return result
    },
  })
  if (claimed) {
    const sealed = crypto.seal(PURPOSE, JSON.stringify(reply))
    await keep(() => context.write((unit) => unit.idempotencyKeys.keepReply(actor.id, key, sealed)))
  }
  return reply
}

// What was asked for is done and on disk by now: a database that has gone since is no reason to say that it was not.
async function keep(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'temporarily_unavailable')) throw error
  }
}

function replay(
  { crypto }: Context,
  kept: { fingerprint: string; reply: string | null },
  fingerprint: string,
): WireReply {
  if (kept.fingerprint !== fingerprint) throw new Failure('idempotency_conflict')
  if (kept.reply === null) {
    throw new Failure('idempotency_conflict', 'The request was carried out, but its reply is not known any more.')
  }
  const reply = JSON.parse(crypto.open(PURPOSE, kept.reply)) as WireReply
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } }
}
