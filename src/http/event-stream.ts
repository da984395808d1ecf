import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

const BEAT_EVERY = 15_000

/**
 * Sends what comes as server-sent events (WHATWG HTML §9.2): `id` is the event’s place, to go on from after a break.
 * A comment every 15 seconds keeps proxies from closing the connection.
 * @param events each with a `seq` and a `type`
 */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<unknown>, signal: AbortSignal): FastifyReply {
  return reply
    .code(200)
    .headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(Readable.from(frames(events, signal)))
}

async function* frames(events: AsyncIterable<unknown>, signal: AbortSignal): AsyncIterable<string> {
  yield 'retry: 3000\n\n'
  const iterator = events[Symbol.asyncIterator]()
  try {
    let next = begun(iterator)
    while (!signal.aborted) {
      const result = await Promise.race([next, beat(signal)])
      if (result === 'beat') {
        yield ': still here\n\n'
        continue
      }
      if (result.done) return
      const event = result.value as { seq: number; type: string }
      yield `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
      next = begun(iterator)
    }
  } finally {
    await iterator.return?.()
  }
}

/** The next event; what becomes of it, where nobody waits for it any more, is nobody’s concern. */
function begun(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  const next = iterator.next()
  next.catch(() => {})
  return next
}

function beat(signal: AbortSignal): Promise<'beat'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('beat'), BEAT_EVERY)
    timer.unref()
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve('beat')
      },
      { once: true },
    )
  })
}
