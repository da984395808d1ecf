// Owns how a request is passed on to an API of a provider, and its response back: limits, headers, and what is told of it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '#kernel/error.ts'
import { bodyOf, forward, UpstreamFailure } from '#proxy/forward.ts'
import { endToEnd } from '#proxy/hop-by-hop.ts'
import type { Forward } from '#web/realm-request.ts'
import type { HttpContext } from './route.ts'

const REQUEST_MAX = 32 * 1024 * 1024
const RESPONSE_MAX = 256 * 1024 * 1024
/** Milliseconds. */
const [HEADERS_TIMEOUT, BODY_TIMEOUT] = [30_000, 60_000]
/** How many requests of one tenant are passed on at once. */
const PER_TENANT = 64

/**
 * Headers of the client that are for this server only, or tell the upstream where the client is. Some servers take another
 * method than the one that was let through from a header.
 */
const OWN =
  /^(authorization|dpop|cookie|host|origin|referer|forwarded|via|client-cert|x-forwarded-.*|x-real-ip|sec-.*|x-(http-)?method(-override)?)$/

/** Many servers read `X_Key` and `X-Key` as one variable (RFC 3875 §4.1.18). @param name in lower case */
function spelled(name: string): string {
  return name.replace(/[^a-z0-9]/g, '-')
}

const underWay = new Map<string, number>()

/** Passes a request on. @returns what the client is told where there is no response of the upstream */
export async function passOn(
  { upstreams }: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  { url, tenantId, headers, done }: Forward,
): Promise<Failure | undefined> {
  const count = underWay.get(tenantId) ?? 0
  if (count >= PER_TENANT) return new Failure('temporarily_unavailable', { retryAfter: 1 })
  underWay.set(tenantId, count + 1)
  const target = new URL(url)
  const question = (request.url ?? '').indexOf('?')
  const query = question < 0 ? '' : (request.url ?? '').slice(question)
  const given = new Set(Object.keys(headers).map(spelled))
  const kept = endToEnd(request.rawHeaders, (name) => OWN.test(spelled(name)) || given.has(spelled(name)))
  try {
    const outcome = await forward(response, {
      upstream: upstreams.pool(target.origin, tenantId),
      method: request.method ?? 'GET',
      path: target.pathname + query,
      headers: ['host', target.host, ...kept, ...Object.entries(headers).flat()],
      body: bodyOf(request),
      requestMax: REQUEST_MAX,
      responseMax: RESPONSE_MAX,
      headersTimeout: HEADERS_TIMEOUT,
      bodyTimeout: BODY_TIMEOUT,
      // What another server says must not run, or set cookies, at the origin where people sign in.
      head: ({ status, headers: { 'set-cookie': _, ...others } }) => ({
        status,
        headers: {
          ...others,
          'content-security-policy': "default-src 'none'; sandbox",
          'x-content-type-options': 'nosniff',
        },
      }),
    })
    await done({ ...outcome })
    return undefined
  } catch (error) {
    if (error instanceof Failure) return error
    if (!(error instanceof UpstreamFailure)) throw error
    await done({ status: null, problem: error.problem, requestBytes: 0, responseBytes: 0 })
    if (error.problem === 'too_large') return new Failure('payload_too_large')
    return new Failure('temporarily_unavailable', { message: 'The provider does not answer now.', retryAfter: 5 })
  } finally {
    const left = (underWay.get(tenantId) ?? 1) - 1
    if (left > 0) underWay.set(tenantId, left)
    else underWay.delete(tenantId)
  }
}
