// The path of a request through the proxy: site, path, caller, rule, upstream.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { siteKey } from '#domain/proxy/proxied-site.ts'
import { SITE_CALLBACK_PATH } from '#domain/proxy-site/site-sign-in.ts'
import { Failure } from '#kernel/error.ts'
import { stopwatch } from '#outside/stopwatch.ts'
import type { Upstreams } from '#outside/upstreams.ts'
import type { Breaker } from './breaker.ts'
import { type OwnReply, ownReply } from './denial.ts'
import { bodyOf, type Forwarded, forward, type ResponseHead, UpstreamFailure } from './forward.ts'
import { forwardAuth, isForwardAuth } from './forward-auth.ts'
import { type GateParts, type Passage, pass } from './gate.ts'
import { endToEnd } from './hop-by-hop.ts'
import { IDENTITY_TOKEN, identityHeaders, isReserved } from './identity-headers.ts'
import type { IdentityTokens } from './identity-token.ts'
import { type Forwarder, wayHeaders } from './peers.ts'
import { endSignIn } from './sign-in.ts'
import { foreignCookies, isOurs } from './site-session.ts'
import type { PlacedSite, Sites } from './sites.ts'
import type { UpstreamHealth } from './upstream-health.ts'

/** What the data path needs. */
export interface HandlerParts extends GateParts, Forwarder {
  readonly sites: Sites
  readonly upstreams: Upstreams
  readonly health: UpstreamHealth
  readonly tokens: IdentityTokens
  /** Called with what no request should cause. */
  readonly report: (message: string, error: unknown) => void
}

/** The paths that the proxy itself serves, at every site. */
export const OWN_PATHS = '/.countersign/'

/** A request whose site is known. */
export interface Arrived {
  readonly placed: PlacedSite
  /** The request target in origin form. */
  readonly url: string
  readonly ip: string
  readonly requestId: string
}

/** Handles a request to the proxy. It does not throw. */
export async function handle(parts: HandlerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const reply = await respond(parts, request, response)
    if (reply) sendOwn(request, response, reply)
  } catch (error) {
    sendOwn(request, response, failed(parts, error))
  }
}

/** A failure as a reply of the proxy. */
export function failed({ report }: Pick<HandlerParts, 'report'>, error: unknown): OwnReply {
  const failure = error instanceof Failure ? error : undefined
  if (failure === undefined || failure.status >= 500) report('A request to the proxy failed.', error)
  if (failure) return ownReply(failure.status, failure.code, failure.message)
  return ownReply(503, 'temporarily_unavailable', 'The proxy cannot decide about the request now. Try again later.')
}

async function respond(
  parts: HandlerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<OwnReply | undefined> {
  const flaw = flawOf(parts, request)
  if (flaw) return flaw
  if (isForwardAuth(request.url ?? '')) return forwardAuth(parts, request)
  const arrived = await arrive(parts, request)
  if ('status' in arrived) return arrived
  const { placed, url } = arrived
  if (url.startsWith(OWN_PATHS)) return ownPath(parts, arrived, request)
  const { method = '', headers } = request
  const passage = await pass(parts, placed, { ...arrived, method, headers })
  if (passage.denied) return passage.denied
  return toUpstream(parts, { arrived, passage, request, response })
}

/** What is wrong with a request for whichever site. */
export function flawOf({ pseudonym }: Pick<HandlerParts, 'pseudonym'>, request: IncomingMessage): OwnReply | undefined {
  const { method, headers } = request
  if (method === 'CONNECT' || method === 'TRACE') {
    return ownReply(405, 'method_not_allowed', `The proxy does not forward ${method}.`)
  }
  if (headers.host === undefined || request.headersDistinct.host?.length !== 1) {
    return ownReply(400, 'invalid_request', 'Send one Host header.')
  }
  for (const name of ['authorization', 'dpop', 'content-length', 'transfer-encoding']) {
    if ((request.headersDistinct[name]?.length ?? 0) > 1) {
      return ownReply(400, 'invalid_request', `Send one ${name} header.`)
    }
  }
  if (String(headers.via ?? '').includes(pseudonym)) {
    return ownReply(508, 'loop_detected', 'The request came through this proxy already: an upstream leads back to it.')
  }
  return undefined
}

/** Finds the site of a request. */
export async function arrive(
  { sites, peers, services }: Pick<HandlerParts, 'sites' | 'peers' | 'services'>,
  request: IncomingMessage,
): Promise<Arrived | OwnReply> {
  const forwarded = request.headers['x-forwarded-host']
  const trusted = forwarded !== undefined && peers.isTrusted(request)
  const host = trusted ? lastOf(forwarded) : (request.headers.host ?? '')
  const url = originForm(request.url ?? '/', request.headers.host ?? '')
  if (url === undefined) {
    return ownReply(400, 'invalid_request', 'The request target and the Host header name different hosts.')
  }
  const placed = await sites.at(host)
  if (!placed) return ownReply(421, 'misdirected_request', 'The proxy has no site at this host.')
  return { placed, url, ip: peers.clientAddress(request), requestId: services.decisions.nextId() }
}

/** RFC 9112 §3.2.2: a target in absolute form stands for its path, if it names the host that the Host header names. */
function originForm(target: string, host: string): string | undefined {
  if (target.startsWith('/')) return target
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return undefined
  const [, authority = '', rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? []
  if (authority.toLowerCase() !== host.toLowerCase()) return undefined
  return rest.startsWith('/') ? rest : `/${rest}`
}

function lastOf(value: string | string[]): string {
  const list = Array.isArray(value) ? (value.at(-1) ?? '') : value
  return list.slice(list.lastIndexOf(',') + 1).trim()
}

async function ownPath(parts: HandlerParts, { placed, url }: Arrived, request: IncomingMessage): Promise<OwnReply> {
  const { method, headers } = request
  if (method !== 'GET') return ownReply(405, 'method_not_allowed', 'Only GET is served here.', { allow: 'GET' })
  if (!url.startsWith(`${SITE_CALLBACK_PATH}?`)) return ownReply(404, 'not_found', 'There is nothing at this path.')
  return endSignIn(parts.services, placed, { url, cookieHeader: headers.cookie })
}

interface OnItsWay {
  readonly arrived: Arrived
  readonly passage: Passage
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function toUpstream(parts: HandlerParts, way: OnItsWay): Promise<OwnReply | undefined> {
  const { arrived, passage, request, response } = way
  const { site } = arrived.placed
  const breaker = parts.health.ofSite(site)
  if (!breaker.admit()) {
    parts.figures.site(arrived.placed.proxied).failed += 1
    return ownReply(503, 'upstream_unavailable', 'The application does not answer at the moment. Try again later.', {
      'retry-after': String(breaker.retryAfter),
    })
  }
  const took = stopwatch()
  const timeout = site.timeoutSeconds * 1000
  try {
    const headers = await upstreamHeaders(parts, way)
    let answered = 0
    const done: Forwarded = await forward(response, {
      upstream: parts.upstreams.pool(site.upstream, siteKey(site)),
      method: request.method ?? 'GET',
      path: passage.target.path + passage.target.query,
      headers,
      body: bodyOf(request),
      ...{ headersTimeout: timeout, bodyTimeout: timeout },
      head: (head) => {
        answered = took()
        return responseHead(parts, way, head)
      },
    })
    breaker.succeeded(done.status, answered)
    return undefined
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) {
      breaker.gaveUp()
      throw error
    }
    return noResponse(parts, { ...way, breaker }, error, took())
  }
}

function noResponse(
  parts: HandlerParts,
  { arrived, breaker }: Pick<OnItsWay, 'arrived'> & { readonly breaker: Breaker },
  { problem }: UpstreamFailure,
  took: number,
): OwnReply {
  if (problem === 'client' || problem === 'too_large') {
    breaker.gaveUp()
    return ownReply(400, 'invalid_request', 'The request broke off.')
  }
  breaker.failed(0, took)
  parts.figures.site(arrived.placed.proxied).failed += 1
  if (problem === 'timeout') return ownReply(504, 'upstream_timeout', 'The application did not answer in time.')
  return ownReply(502, 'upstream_failed', 'The application could not be reached, or its answer is not valid.')
}

/** The headers for the upstream: those of the client that go on, then those of the proxy, which nothing of the client replaces. */
export async function upstreamHeaders(
  parts: Pick<HandlerParts, 'services' | 'tokens' | 'peers' | 'pseudonym'>,
  { arrived, passage, request }: Pick<OnItsWay, 'arrived' | 'passage' | 'request'>,
): Promise<string[]> {
  const { placed } = arrived
  const { site } = placed
  const { identified } = passage
  const keepsToken = identified.by === 'token' && !site.passesToken
  const drops = (name: string) =>
    name === 'host' ||
    name === 'via' ||
    (keepsToken && (name === 'authorization' || name === 'dpop')) ||
    isReserved(name)
  const headers = withoutOurCookies(parts, placed, endToEnd(request.rawHeaders, drops))
  headers.push('Host', site.upstream.slice(site.upstream.indexOf('://') + 3))
  headers.push(...wayHeaders(parts, request, site.publicUrl))
  for (const [name, value] of Object.entries(identityHeaders(identified.caller))) headers.push(name, value)
  if (site.signsIdentity && identified.caller.kind !== 'anonymous') {
    headers.push(IDENTITY_TOKEN, await parts.tokens.of(placed, identified.caller))
  }
  return headers
}

function withoutOurCookies(
  { services }: Pick<HandlerParts, 'services'>,
  placed: PlacedSite,
  headers: string[],
): string[] {
  for (let at = 0; at < headers.length; at += 2) {
    if ((headers[at] as string).toLowerCase() !== 'cookie') continue
    const kept = foreignCookies(services.registry.settings, placed, headers[at + 1] as string)
    if (kept === undefined) {
      headers.splice(at, 2)
      at -= 2
    } else headers[at + 1] = kept
  }
  return headers
}

/** An upstream sets no cookies of this server, and what it answers to a known caller is not for shared caches. */
export function responseHead(
  { services }: Pick<HandlerParts, 'services'>,
  { arrived, passage: { identified } }: Pick<OnItsWay, 'arrived' | 'passage'>,
  { status, headers }: ResponseHead,
): ResponseHead {
  const cookies = headers['set-cookie']
  const isKnown = identified.by !== null
  if (cookies === undefined && !isKnown) return { status, headers }
  const changed: Record<string, string | string[]> = { ...headers }
  if (cookies !== undefined) {
    const kept = [cookies].flat().filter((cookie) => !isOurs(services.registry.settings, arrived.placed, cookie))
    if (kept.length > 0) changed['set-cookie'] = kept
    else delete changed['set-cookie']
  }
  if (isKnown) {
    changed['cache-control'] ??= 'private'
    const vary = [headers.vary ?? []].flat()
    changed.vary = [...vary, 'Cookie, Authorization'].join(', ')
  }
  return { status, headers: changed }
}

/** Sends a reply of the proxy itself. */
export function sendOwn(request: IncomingMessage, response: ServerResponse, { status, headers, body }: OwnReply): void {
  if (response.headersSent || response.destroyed) return
  // A body that nobody reads would hold the connection: it ends with this reply.
  const closes = !request.complete && request.headers.expect === undefined ? { connection: 'close' } : {}
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...headers, ...length, ...(hasRest(request) ? closes : {}) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function hasRest(request: IncomingMessage): boolean {
  return bodyOf(request) !== undefined && !request.readableEnded
}
