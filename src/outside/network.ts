// Owns requests to addresses that other people chose; it refuses internal addresses.
import { Resolver } from 'node:dns/promises'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Clock, FetchOptions, Image, Mail, Network } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { breachCheck } from './breached-passwords.ts'
import { createChosenMail } from './chosen-mail.ts'
import { systemClock } from './clock.ts'
import { createDnsRecords } from './dns-records.ts'
import { lifetimeOf } from './document-lifetime.ts'
import { createDocuments } from './documents.ts'
import { IMAGE_TYPES, imageOf } from './image.ts'
import { createDirectories } from './ldap.ts'
import { createBudget } from './outbound-budget.ts'
import { checkOutboundUrl, checkUpstream, isInternal, isLoopback } from './outbound-url.ts'
import { postTo } from './post.ts'
import { answerTo } from './request.ts'

export interface NetworkOptions {
  /** Whether loopback addresses are allowed, with HTTP, too. For development and tests. */
  readonly allowLoopback?: boolean
  /** The DNS servers; those of the system by default. */
  readonly dnsServers?: readonly string[]
  /** The timeout for a request in milliseconds; 5000 by default. */
  readonly timeout?: number
  /** The clock by which documents are kept; that of the system by default. */
  readonly clock?: Pick<Clock, 'now'>
  /** Certificate authorities in PEM, instead of those that Node trusts. */
  readonly authorities?: string
  /** The range service for leaked passwords; absent for none. */
  readonly passwordBreachUrl?: string | undefined
  /** The LDAP servers that may be asked; none by default. */
  readonly ldapServers?: readonly string[]
  /** The origins, also internal ones, that requests may be forwarded to; none by default. */
  readonly proxyUpstreams?: readonly string[]
  /** Sends mails; absent if no mail server is configured. */
  readonly mail?: Mail | undefined
  /** Called with the reason why a host could not be reached. Callers of the API do not get the reason. */
  readonly report?: (host: string, reason: string, requestId?: string) => void
}

const MOST_BYTES = 64 * 1024
const MOST_IMAGE_BYTES = 128 * 1024
/** The answer of a range service has about a thousand lines, and more with padding. */
const MOST_RANGE_BYTES = 256 * 1024
/** Milliseconds; a person waits for the answers. */
const BREACH_TIMEOUT = 2000
const IMAGE_TIMEOUT = 1500
const MOST_HEADER_BYTES = 16 * 1024
const JSON_TYPE = /^application\/([a-z0-9!#$&^_.+-]+\+)?json *(;|$)/i

/** What is fetched and kept. */
interface Format {
  readonly accept: string
  /** Milliseconds, if that is less than the timeout of every request. */
  readonly within: number
  /** For the operator. */
  readonly what: string
  /** Makes something of a body. @throws Error where it is not of this format */
  readonly read: (body: Buffer, headers: IncomingHttpHeaders) => unknown
}
const DOCUMENTS: Format = {
  accept: 'application/json',
  within: Number.POSITIVE_INFINITY,
  what: 'a JSON document',
  read: (body) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)),
}
const IMAGES: Format = {
  accept: IMAGE_TYPES.join(', '),
  within: IMAGE_TIMEOUT,
  what: 'an image',
  read: (body, headers) => imageOf(headers['content-type'], body),
}

const FETCHES = { perTenant: 8, perHost: 16, total: 128 }
// Posts have a budget of their own, so that slow receivers do not block other requests.
const POSTS = { perTenant: 16, perHost: 32, total: 128 }

/** The HTTP client for addresses that other people chose (OWASP SSRF Prevention Cheat Sheet). */
export function createNetwork(options: NetworkOptions = {}): Network {
  const { allowLoopback = false, timeout = 5000, report = () => {} } = options
  const resolver = new Resolver({ timeout: 1500, tries: 2 })
  if (options.dnsServers && options.dnsServers.length > 0) resolver.setServers(options.dnsServers)
  const lookup = guardedLookup(resolver, allowLoopback)
  // Separate agents keep no connections and do not use a proxy from the environment.
  const isListed = (origin: string) => options.proxyUpstreams?.includes(origin) === true
  const agents = { 'http:': new HttpAgent(), 'https:': new HttpsAgent() }

  const opener = (url: URL, special: RequestOptions) => {
    const secure = url.protocol === 'https:'
    const request: RequestOptions & { ca?: string; rejectUnauthorized: boolean } = {
      ...special,
      agent: agents[secure ? 'https:' : 'http:'],
      lookup,
      maxHeaderSize: MOST_HEADER_BYTES,
      rejectUnauthorized: true,
      headers: { 'user-agent': 'Countersign', ...special.headers, 'accept-encoding': 'identity' },
      ...(options.authorities ? { ca: options.authorities } : {}),
    }
    return (answer: (response: IncomingMessage) => void) =>
      secure ? httpsRequest(url, request, answer) : httpRequest(url, request, answer)
  }
  const fetches = createBudget(FETCHES)
  const textAt = (address: string, tenantId: string) => {
    const url = checkOutboundUrl(address, { allowLoopback })
    return fetches({ tenantId, host: url.host }, async () => {
      const headers = { accept: 'text/plain', 'add-padding': 'true' }
      const open = opener(url, { signal: AbortSignal.timeout(Math.min(timeout, BREACH_TIMEOUT)), headers })
      try {
        return new TextDecoder().decode((await bodyOf(url, { mostBytes: MOST_RANGE_BYTES }, open)).body)
      } catch (error) {
        report(url.host, reasonOf(error))
        throw error
      }
    })
  }
  const posts = createBudget(POSTS)
  const kept = ({ accept, within, what, read }: Format) =>
    createDocuments(async (address, options) => {
      const url = checkOutboundUrl(address, { allowLoopback })
      return fetches({ tenantId: options.tenantId, host: url.host }, async () => {
        try {
          const signal = AbortSignal.timeout(Math.min(timeout, within))
          const { body, headers } = await bodyOf(url, options, opener(url, { signal, headers: { accept } }))
          return { document: read(body, headers), bytes: body.length, lifetime: lifetimeOf(headers) }
        } catch (error) {
          const given = reasonOf(error)
          report(url.host, given, options.requestId)
          throw new Failure('unreachable_host', {
            ...(error instanceof NoDocument && { reason: 'document_invalid' }),
            rule: { policy: `the response of ${url.host}`, value: what, given },
          })
        }
      })
    }, options.clock ?? systemClock)
  const images = kept(IMAGES)

  return {
    mail: options.mail ?? null,
    directories: createDirectories({ servers: options.ldapServers ?? [], allowLoopback, report }),
    ...createChosenMail({ allowLoopback, lookup, authorities: options.authorities, budget: posts, report }),
    checkUrl: (url) => {
      checkOutboundUrl(url, { allowLoopback })
    },
    checkUpstream: (origin) => checkUpstream(origin, { isListed, allowLoopback }),
    fetchJson: kept(DOCUMENTS),
    fetchImage: (url, of) => inTime(images(url, { ...of, mostBytes: MOST_IMAGE_BYTES }) as Promise<Image>),
    request: requester({ timeout, allowLoopback, report, fetches, asks: createBudget(POSTS) }, opener),
    isBreached: breachCheck(options.passwordBreachUrl, textAt),
    post: (address, message) =>
      postTo(address, message, {
        check: (text) => checkOutboundUrl(text, { allowLoopback }),
        budget: posts,
        open: opener,
        report,
      }),
    ...createDnsRecords(resolver, options.clock ?? systemClock, (host, error) => report(host, reasonOf(error))),
  }
}

interface Requester extends Required<Pick<NetworkOptions, 'timeout' | 'allowLoopback' | 'report'>> {
  readonly fetches: ReturnType<typeof createBudget>
  /** For requests with a time limit of their own: they may be slower than others, and must not keep them waiting. */
  readonly asks: ReturnType<typeof createBudget>
}

function requester(
  { timeout, allowLoopback, report, fetches, asks }: Requester,
  opener: Parameters<typeof answerTo>[2],
): Network['request'] {
  return async (address, { tenantId, headers, body, timeout: within }) => {
    const url = checkOutboundUrl(address, { allowLoopback })
    const budget = within === undefined ? fetches : asks
    return budget({ tenantId, host: url.host }, async () => {
      try {
        return await answerTo(url, { headers, body, timeout: within ?? timeout }, opener)
      } catch (error) {
        report(url.host, reasonOf(error))
        throw new Failure('unreachable_host')
      }
    })
  }
}

/** An image, if it is there in time. Its turn may come later, and then it is there for the next page. */
function inTime(image: Promise<Image>): Promise<Image> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Failure('unreachable_host')), IMAGE_TIMEOUT)
  return Promise.race([image, promise]).finally(() => clearTimeout(timer))
}

/**
 * Resolves a name for a connection and refuses it if one of its addresses is internal. The connection uses the checked
 * addresses, so that a changed DNS answer has no effect (DNS rebinding). It uses only DNS, not the hosts file.
 */
export function guardedLookup(resolver: Resolver, allowLoopback: boolean): LookupFunction {
  const addressesOf = async (host: string) => {
    if (allowLoopback && isLoopback(host)) return ['127.0.0.1', '::1']
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const addresses = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.length === 0) throw four.status === 'rejected' ? four.reason : new Error('the name has no address')
    const inside = addresses.find((address) => isInternal(address) && !(allowLoopback && isLoopback(address)))
    if (inside) throw new Error('the name has an internal address')
    return addresses
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

/** The statuses by which a host says that it has no such document. */
const MISSING: ReadonlySet<number> = new Set([401, 403, 404, 405, 406, 410])

/** The host answered, and has no JSON document at the address. */
class NoDocument extends Error {}

/** The complete body of a 200 response. Every other response, including a redirect, is an error. */
function bodyOf(
  url: URL,
  { mostBytes = MOST_BYTES, jsonOnly = false }: Pick<FetchOptions, 'mostBytes' | 'jsonOnly'>,
  send: (answer: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>,
) {
  return new Promise<{ body: Buffer; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const request = send((response) => {
      const refuse = (error: Error) => {
        reject(error)
        request.destroy()
      }
      const { statusCode: status = 0 } = response
      if (jsonOnly && MISSING.has(status)) return refuse(new NoDocument(`status ${status}`))
      if (status !== 200) return refuse(new Error(`status ${status}`))
      if ((response.headers['content-encoding'] ?? 'identity') !== 'identity')
        return refuse(new Error('an encoded body'))
      const isJson = JSON_TYPE.test(response.headers['content-type'] ?? '')
      if (jsonOnly && !isJson) return refuse(new NoDocument('a body that is not JSON'))
      const pieces: Buffer[] = []
      let size = 0
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > mostBytes) refuse(new Error('a body that is too large'))
        else pieces.push(piece)
      })
      response.on('error', reject)
      response.on('end', () => resolve({ body: Buffer.concat(pieces), headers: response.headers }))
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
