// Whose forwarded headers count, and what is told upstream of who asked.
import type { IncomingMessage } from 'node:http'
import proxyAddr, { compile } from '@fastify/proxy-addr'

/** What the listener knows of the machine at the other end. */
export interface Peers {
  /** Whether the machine at the other end is a trusted proxy. */
  isTrusted(request: IncomingMessage): boolean
  /** The last address on the way that is not a trusted proxy’s. */
  clientAddress(request: IncomingMessage): string
}

/** @param trusted addresses and networks of trusted proxies */
export function peersOf(trusted: readonly string[]): Peers {
  if (trusted.length === 0) return { isTrusted: () => false, clientAddress: ({ socket }) => socket.remoteAddress ?? '' }
  const isTrusted = compile([...trusted])
  return {
    isTrusted: ({ socket }) => isTrusted(socket.remoteAddress ?? '', 0),
    clientAddress: (request) => proxyAddr(request, isTrusted),
  }
}

/** Who asked, for the upstream. */
export interface Forwarder {
  readonly peers: Peers
  /** The name of this proxy in `Via`. */
  readonly pseudonym: string
}

/**
 * The headers about the way of a request (RFC 7239, RFC 9110 §7.6.3). What a client says of its own way does not count, unless
 * it is a trusted proxy.
 * @param publicUrl of the site
 */
export function wayHeaders({ peers, pseudonym }: Forwarder, request: IncomingMessage, publicUrl: string): string[] {
  const at = publicUrl.indexOf('://')
  const [protocol, host] = [publicUrl.slice(0, at), publicUrl.slice(at + 3)]
  const peer = request.socket.remoteAddress ?? ''
  const trusted = peers.isTrusted(request)
  const before = trusted ? listOf(request.headers['x-forwarded-for']) : ''
  const pathBefore = trusted ? listOf(request.headers.forwarded) : ''
  const own = `for=${peer.includes(':') ? `"[${peer}]"` : peer};host="${host}";proto=${protocol}`
  const via = listOf(request.headers.via)
  return [
    ...['X-Forwarded-For', before ? `${before}, ${peer}` : peer],
    ...['X-Forwarded-Host', host],
    ...['X-Forwarded-Proto', protocol],
    ...['X-Real-IP', peers.clientAddress(request)],
    ...['Forwarded', pathBefore ? `${pathBefore}, ${own}` : own],
    ...['Via', `${via ? `${via}, ` : ''}${request.httpVersion} ${pseudonym}`],
  ]
}

function listOf(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}
