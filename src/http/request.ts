// Owns the shape of a request that every handler gets, whether the router or the fast path read it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Origin } from '#domain/actor.ts'
import type { ClientCertificate } from '#domain/outside.ts'
import type { ProxyRule } from './proxies.ts'

/** The longest body that is read, in bytes. */
export const BODY_MAX = 262_144

/** A request as it arrived. */
export interface HttpRequest {
  readonly method: string
  /** The path without the query. */
  readonly path: string
  /** The values of the parameters in the route's path. */
  readonly params: Readonly<Record<string, string>>
  /** The query as it was sent, without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The bytes of the body; undefined if there is none, or if it could not be read. */
  readonly body: Buffer | undefined
  /** The host with its port, see {@link ProxyRule}. */
  readonly host: string
  /** The client's address, see {@link ProxyRule}. */
  readonly ip: string
  /** The request's id, for the log and the event log. */
  readonly id: string
  /** The certificate that the client presented in the TLS handshake, see {@link ProxyRule}. */
  readonly certificate: () => ClientCertificate | undefined
  /** Makes a signal that is aborted when the connection closes. */
  readonly whenClosed: () => AbortSignal
}

/** The parts of an {@link HttpRequest} that node:http does not know. */
export interface ReadParts {
  readonly id: string
  readonly params: HttpRequest['params']
  readonly body: Buffer | undefined
}

/** Makes the {@link HttpRequest} of a request that node:http read. */
export function httpRequest(
  request: IncomingMessage,
  response: ServerResponse,
  proxies: ProxyRule,
  { id, params, body }: ReadParts,
): HttpRequest {
  const { method = '', url = '', headers } = request
  return {
    method,
    path: pathOf(url),
    params,
    query: queryOf(url),
    headers,
    body,
    host: proxies.host(request),
    ip: proxies.clientAddress(request),
    id,
    certificate: () => proxies.certificate(request),
    whenClosed: () => {
      const closed = new AbortController()
      response.once('close', () => closed.abort())
      return closed.signal
    },
  }
}

/** The path of a request target. The query stays out: it may carry a code or a token. */
export function pathOf(url: string): string {
  const question = url.indexOf('?')
  return question < 0 ? url : url.slice(0, question)
}

function queryOf(url: string): string {
  const question = url.indexOf('?')
  return question < 0 ? '' : url.slice(question + 1)
}

/** Where a request came from, for the event log. @param surface the API or the pages that it was sent to */
export function originOf({ ip, id, headers }: Pick<HttpRequest, 'ip' | 'id' | 'headers'>, surface: string): Origin {
  const agent = headers['user-agent'] as string | undefined
  return { ip, userAgent: agent ? agent.slice(0, 300) : null, requestId: id, surface }
}

/** Reduces a target that is a whole URL to its path and query (RFC 9112 §3.2.2). */
export function toOriginForm(request: IncomingMessage): void {
  const { url = '' } = request
  if (!/^https?:\/\//i.test(url)) return
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  request.url = path.startsWith('/') ? path : `/${path}`
}

/** Base addresses that callers put before a path, besides those where a surface begins. */
const BASES = ['/v1', '/oauth', '/realms/{issuer_id}/oauth']

/**
 * A pattern of the addresses that callers put before a path, each with slashes too many: `/`, `/realms/{issuer_id}/`, where a
 * surface's paths begin, and {@link BASES}.
 * @param prefixes with `{name}` for a parameter
 */
export function doubledSlashAfter(prefixes: readonly string[]): RegExp {
  const patterns = [...prefixes, ...BASES].sort((one, other) => other.length - one.length)
  return new RegExp(`^(${[...patterns.map(patternOfPrefix), ''].join('|')})/{2,}`)
}

function patternOfPrefix(prefix: string): string {
  return prefix.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/?]+')
}

/**
 * Drops slashes that a base address with a slash at its end, or a path with some, has too many. Within a path nothing is
 * dropped: there an empty member stands for an id that a caller has lost.
 * @param doubled of {@link doubledSlashAfter}
 */
export function toPlainPath(request: IncomingMessage, doubled: RegExp): void {
  const { url = '' } = request
  const path = pathOf(url)
  if (!path.includes('//') && (path === '/' || !path.endsWith('/'))) return
  const plain = path.replace(doubled, '$1/').replace(/(?<=[^/])\/+$/, '')
  request.url = plain + url.slice(path.length)
}

const ONCE: ReadonlySet<string> = new Set(['authorization', 'client-cert', 'content-type', 'dpop', 'host', 'origin'])

/**
 * The name of a header that a request has twice although it may have one: node:http shows one of them, a proxy may have
 * checked the other (RFC 9110 §5.3, RFC 9112 §3.2).
 */
export function repeatedHeader({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string | undefined {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!ONCE.has(name)) continue
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
