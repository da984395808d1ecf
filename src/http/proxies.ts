// Owns which client address, host and certificate a request has. Forwarded headers count only where a trusted proxy sent
// them.
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import proxyAddr, { compile } from '@fastify/proxy-addr'
import { LRUCache } from 'lru-cache'
import type { ClientCertificate } from '#domain/outside.ts'
import { certificateOfHandshake, readClientCertificate } from '#outside/client-certificate.ts'

/** Finds a request's client address, host and certificate. */
export interface ProxyRule {
  /** The last address on the way that is not a trusted proxy's. */
  clientAddress(request: IncomingMessage): string
  /** The host with its port; the last value of `X-Forwarded-Host` if a trusted proxy sent the request. */
  host(request: IncomingMessage): string
  /** The certificate of the client, as the connection or the header of a trusted proxy has it; undefined for none. */
  certificate(request: IncomingMessage): ClientCertificate | undefined
}

/** Whose headers count. */
export interface ProxyOptions {
  /** Addresses and networks of the trusted proxies; none if empty. */
  readonly trusted: readonly string[]
  /**
   * The address at which these proxies send the certificates of clients in the header `Client-Cert` (RFC 9440), and what came
   * with them in `Client-Cert-Chain`; undefined where they do not. At other hosts the headers may be what a client sent.
   */
  readonly certificatesAt: string | undefined
}

/** Makes the rule of a listener. */
export function proxyRule({ trusted, certificatesAt }: ProxyOptions): ProxyRule {
  if (trusted.length === 0) {
    return {
      clientAddress: ({ socket }) => socket.remoteAddress ?? '',
      host: ({ headers }) => headers.host ?? '',
      certificate: ofConnection,
    }
  }
  const isTrusted = compile([...trusted])
  const certificateHost = certificatesAt === undefined ? undefined : new URL(certificatesAt).host
  return {
    clientAddress: (request) => proxyAddr(request, isTrusted),
    host: ({ headers, socket }) => {
      const forwarded = headers['x-forwarded-host']
      if (forwarded === undefined || !isTrusted(socket.remoteAddress ?? '', 0)) return headers.host ?? ''
      const list = Array.isArray(forwarded) ? (forwarded.at(-1) ?? '') : forwarded
      return list.slice(list.lastIndexOf(',') + 1).trim()
    },
    certificate: (request) => {
      const { headers, socket } = request
      if (socket instanceof TLSSocket) return ofConnection(request)
      const header = headers['client-cert']
      if (certificateHost === undefined || typeof header !== 'string') return undefined
      const counts = headers.host?.toLowerCase() === certificateHost && isTrusted(socket.remoteAddress ?? '', 0)
      return counts ? fromHeader(header, headers['client-cert-chain']) : undefined
    },
  }
}

const ofSockets = new WeakMap<object, ClientCertificate | undefined>()

function ofConnection({ socket }: IncomingMessage): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  if (ofSockets.has(socket)) return ofSockets.get(socket)
  const certificate = socket.getPeerX509Certificate()
  const read = certificate && certificateOfHandshake(certificate)
  ofSockets.set(socket, read)
  return read
}

const HEADER_MAX = 12_000
const HEADERS_KEPT = 200
const ofHeaders = new LRUCache<string, { readonly certificate: ClientCertificate | undefined }>({ max: HEADERS_KEPT })
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/
const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/

/**
 * RFC 9440 §2.2: the DER as a byte sequence. nginx, AWS and others send it as PEM, percent-encoded.
 * @param chain the header `Client-Cert-Chain` (§2.3): a list of byte sequences
 */
function fromHeader(header: string, chain: string | string[] = []): ClientCertificate | undefined {
  const sent = [header, ...[chain].flat()]
  const key = sent.join('\n')
  if (key.length > HEADER_MAX) return undefined
  const known = ofHeaders.get(key)
  if (known) return known.certificate
  const base64 = BYTE_SEQUENCE.exec(header)?.[1] ?? PEM.exec(percentDecoded(header))?.[1]
  const others = sent
    .slice(1)
    .flatMap((list) => list.split(','))
    .flatMap((item) => BYTE_SEQUENCE.exec(item.trim())?.[1] ?? [])
  const [der, ...chained] = [base64 ?? '', ...others].map((text) => Buffer.from(text, 'base64'))
  const certificate = base64 === undefined || !der ? undefined : readClientCertificate(der, chained)
  ofHeaders.set(key, { certificate })
  return certificate
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
