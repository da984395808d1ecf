// Owns server-sent events (WHATWG HTML §9.2).
import type { HttpReply } from './reply.ts'

/** How often an idle stream sends a comment, in milliseconds, so that proxies do not close the connection. */
const COMMENT_EVERY = 15_000

/**
 * A reply that sends events as they come. The `id` of each is its place in the log: a client continues after it.
 * @param events those of the log have a `seq` and a `type`
 */
export function eventStreamReply(events: AsyncIterable<unknown>, signal: AbortSignal): HttpReply {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    body: frames(events, signal),
  }
}

async function* frames(events: AsyncIterable<unknown>, signal: AbortSignal): AsyncIterable<string> {
  yield 'retry: 3000\n\n'
  const iterator = events[Symbol.asyncIterator]()
  try {
    let next = nextOf(iterator)
    while (!signal.aborted) {
      const result = await Promise.race([next, idle(signal)])
      if (result === 'idle') {
        yield ': still here\n\n'
        continue
      }
      if (result.done) return
      const { seq, type } = result.value as { seq?: number; type?: string }
      const head = seq === undefined ? '' : `id: ${seq}\nevent: ${type}\n`
      yield `${head}data: ${JSON.stringify(result.value)}\n\n`
      next = nextOf(iterator)
    }
  } finally {
    await iterator.return?.()
  }
}

/** The next event. It may fail after nobody waits for it any more, and must not end the process. */
function nextOf(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  const next = iterator.next()
  next.catch(() => {})
  return next
}

function idle(signal: AbortSignal): Promise<'idle'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('idle'), COMMENT_EVERY)
    timer.unref()
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve('idle')
      },
      { once: true },
    )
  })
}
