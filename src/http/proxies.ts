// Owns which client address and host a request has. Forwarded headers count only where a trusted proxy sent them.
import type { IncomingMessage } from 'node:http'
import proxyAddr, { compile } from '@fastify/proxy-addr'

/** Finds a request's client address and host. */
export interface ProxyRule {
  /** The last address on the way that is not a trusted proxy's. */
  clientAddress(request: IncomingMessage): string
  /** The host with its port; the last value of `X-Forwarded-Host` if a trusted proxy sent the request. */
  host(request: IncomingMessage): string
}

/** @param trusted addresses and networks of the trusted proxies; none if empty */
export function proxyRule(trusted: readonly string[]): ProxyRule {
  if (trusted.length === 0) {
    return {
      clientAddress: ({ socket }) => socket.remoteAddress ?? '',
      host: ({ headers }) => headers.host ?? '',
    }
  }
  const isTrusted = compile([...trusted])
  return {
    clientAddress: (request) => proxyAddr(request, isTrusted),
    host: ({ headers, socket }) => {
      const forwarded = headers['x-forwarded-host']
      if (forwarded === undefined || !isTrusted(socket.remoteAddress ?? '', 0)) return headers.host ?? ''
      const list = Array.isArray(forwarded) ? (forwarded.at(-1) ?? '') : forwarded
      return list.slice(list.lastIndexOf(',') + 1).trim()
    },
  }
}
