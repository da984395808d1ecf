// Owns CORS on the admin listener.
import type { Listener, SendByRouter } from './router.ts'

const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
  'access-control-allow-headers': 'authorization, content-type, if-match, idempotency-key, last-event-id',
  'access-control-max-age': '600',
}

/**
 * Lets pages of the listed origins call a listener (Fetch Standard §3.2). Credentials are in a header that those pages
 * set themselves, so cookies are never allowed.
 */
export function corsHook(allowedOrigins: readonly string[]): (app: Listener, send: SendByRouter) => void {
  if (allowedOrigins.length === 0) return () => {}
  const allowed = new Set(allowedOrigins)
  return (app, send) => {
    app.addHook('onRequest', (request, reply, done) => {
      const { origin } = request.headers
      reply.header('vary', 'origin')
      if (origin === undefined || !allowed.has(origin)) return done()
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-expose-headers', 'etag, location, retry-after, x-request-id, idempotency-replayed')
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return done()
      send(request, reply, { status: 204, headers: PREFLIGHT_HEADERS })
    })
  }
}
