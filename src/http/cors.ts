import type { Listener } from './listener.ts'

/**
 * Lets pages of the listed origins call this listener (Fetch Standard §3.2). Credentials travel in a header that those
 * pages set themselves, so cookies are never allowed.
 */
export function mountCors(app: Listener, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return
  const allowed = new Set(allowedOrigins)
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    reply.header('vary', 'origin')
    if (origin === undefined || !allowed.has(origin)) return done()
    reply.header('access-control-allow-origin', origin)
    reply.header('access-control-expose-headers', 'etag, location, retry-after, x-request-id, idempotency-replayed')
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return done()
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
        'access-control-allow-headers': 'authorization, content-type, if-match, idempotency-key, last-event-id',
        'access-control-max-age': '600',
      })
      .send()
  })
}
