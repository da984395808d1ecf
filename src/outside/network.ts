import { Resolver } from 'node:dns/promises'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Mail, Network } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { createGate } from './gate.ts'
import { checkOutboundUrl, isInternal, isLoopback } from './outbound-url.ts'
import { postTo } from './post.ts'

export interface NetworkOptions {
  /** Lets addresses of this machine through, over plain HTTP too: for development and tests. */
  readonly allowLoopback?: boolean
  /** The DNS servers to ask; the system's unless told. */
  readonly dnsServers?: readonly string[]
  /** Milliseconds that one fetch may take in all; 5000 unless told. */
  readonly timeout?: number
  /** Certificate authorities in PEM, instead of those that Node trusts. */
  readonly authorities?: string
  /** What mails are handed to; none unless told. */
  readonly mail?: Mail | undefined
  /** Told why a host could not be reached: callers only learn that. */
  readonly report?: (host: string, reason: string) => void
}

const MOST_BYTES = 64 * 1024
const MOST_HEADER_BYTES = 16 * 1024
const AT_ONCE = 32
const WAITING = 256
// Posts stand in a line of their own: receivers that hang must not keep anybody from fetching.
const POSTS_AT_ONCE = 64

/** The guarded client for addresses that others chose (OWASP SSRF Prevention Cheat Sheet). */
export function createNetwork(options: NetworkOptions = {}): Network {
  const { allowLoopback = false, timeout = 5000, report = () => {} } = options
  const resolver = new Resolver({ timeout: 1500, tries: 2 })
  if (options.dnsServers && options.dnsServers.length > 0) resolver.setServers(options.dnsServers)
  const gate = createGate(AT_ONCE, WAITING)
  const lookup = guardedLookup(resolver, allowLoopback)
  // Agents of our own: no connection is kept, and no proxy of the environment is used.
  const agents = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() }

  const opener = (url: URL, special: RequestOptions) => {
    const secure = url.protocol === 'https:'
    const request: RequestOptions & { ca?: string; rejectUnauthorized: boolean } = {
      ...special,
      agent: agents[secure ? 'https:' : 'http:'],
      lookup,
      maxHeaderSize: MOST_HEADER_BYTES,
      rejectUnauthorized: true,
      headers: { ...special.headers, 'accept-encoding': 'identity', 'user-agent': 'Countersign' },
      ...(options.authorities ? { ca: options.authorities } : {}),
    }
    return (answer: (response: IncomingMessage) => void) =>
      secure ? httpsRequest(url, request, answer) : httpRequest(url, request, answer)
  }
  const get = (url: URL) => {
    const signal = AbortSignal.timeout(timeout)
    return bodyOf(url, opener(url, { signal, headers: { accept: 'application/json' } }))
  }
  const posts = createGate(POSTS_AT_ONCE, WAITING)

  return {
    mail: options.mail ?? null,
    checkUrl: (url) => {
      checkOutboundUrl(url, { allowLoopback })
    },
    fetchJson: async (address) => {
      const url = checkOutboundUrl(address, { allowLoopback })
      return gate(async () => {
        try {
          return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await get(url)))
        } catch (error) {
          report(url.host, reasonOf(error))
          throw new Failure('unreachable_host')
        }
      })
    },
    post: (address, message) =>
      postTo(address, message, {
        check: (text) => checkOutboundUrl(text, { allowLoopback }),
        gate: posts,
        open: opener,
        report,
      }),
    resolveCname: async (host) => {
      try {
        return (await resolver.resolveCname(host)).map((name) => name.toLowerCase().replace(/\.$/, ''))
      } catch (error) {
        if (['ENODATA', 'ENOTFOUND'].includes(codeOf(error))) return []
        report(host, reasonOf(error))
        throw new Failure('unreachable_host', 'The DNS did not answer for the host name.')
      }
    },
  }
}

/**
 * Resolves a name for a connection about to be made, and refuses it where any of its addresses is inside: what is
 * checked is what is connected to, so a name that changes its mind gains nothing. It asks DNS alone, not the hosts file.
 */
function guardedLookup(resolver: Resolver, allowLoopback: boolean): LookupFunction {
  const addressesOf = async (host: string) => {
    if (allowLoopback && isLoopback(host)) return ['127.0.0.1', '::1']
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length === 0) throw four.status === 'rejected' ? four.reason : new Error('the name has no address')
    const inside = found.find((address) => isInternal(address) && !(allowLoopback && isLoopback(address)))
    if (inside) throw new Error('the name has an internal address')
    return found
  }
  return (host, { all }, callback) => {
    addressesOf(host).then(
      (found) => {
        const addresses = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
        const [first] = addresses
        if (all || !first) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }
}

/** The body of a 200 answer, whole and in one piece; every other answer, a redirect too, is an error. */
function bodyOf(url: URL, send: (answer: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>) {
  return new Promise<Buffer>((resolve, reject) => {
    const request = send((response) => {
      const refuse = (reason: string) => {
        reject(new Error(reason))
        request.destroy()
      }
      if (response.statusCode !== 200) return refuse(`status ${response.statusCode}`)
      if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') return refuse('an encoded body')
      const pieces: Buffer[] = []
      let size = 0
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > MOST_BYTES) refuse('a body that is too large')
        else pieces.push(piece)
      })
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(pieces)))
    })
    request.on('error', reject)
    request.on('upgrade', () => request.destroy(new Error(`${url.host} switched protocols`)))
    request.end()
  })
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}

function reasonOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : String(error))
}
