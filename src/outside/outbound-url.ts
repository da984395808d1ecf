// Checks URLs that other people chose before the server sends requests to them.
import ipaddr from 'ipaddr.js'
import { Failure } from '#kernel/error.ts'

const LONGEST = 2048
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|home\.arpa)$/
/** Ports above 1023 of services that are not web servers. */
const FOREIGN_PORTS = new Set([1433, 1521, 2049, 3306, 3389, 5060, 5061, 5432, 6379, 6667, 9200, 11211, 27017])

export interface OutboundOptions {
  /** Whether loopback addresses are allowed, with HTTP, too. For development and tests. */
  readonly allowLoopback?: boolean
}

/**
 * Parses and checks a URL without DNS. The addresses of a host name are checked when it is resolved.
 * @throws Failure `unreachable_host` for a scheme other than https, user names and passwords, ports of other services,
 * internal addresses and names, and unusual forms of IP addresses
 */
export function checkOutboundUrl(text: string, options: OutboundOptions = {}): URL {
  const [, authority] = /^https?:\/\/([^/?#\\]+)/i.exec(text) ?? []
  if (
    text.length > LONGEST ||
    authority === undefined ||
    !/^[!-[\]-~\u00a1-\uffff]+$/.test(text) ||
    !URL.canParse(text)
  ) {
    throw refusal('must be an https URL')
  }
  const url = new URL(text)
  if (authority.includes('@')) throw refusal('must not contain a user name or password')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const loopback = options.allowLoopback === true && isLoopback(host)
  if (url.protocol !== 'https:' && !loopback) throw refusal('must be https')
  checkHost(host, authority, loopback)
  const port = Number(url.port || 443)
  if (!loopback && ((port !== 443 && port < 1024) || FOREIGN_PORTS.has(port))) {
    throw refusal('must have port 443, or a port above 1023 that is not the standard port of another service')
  }
  return url
}

/**
 * Checks an origin that requests would be forwarded to: one that the operator lists, or as {@link checkOutboundUrl}.
 * @throws Failure `unreachable_host`
 */
export function checkUpstream(
  origin: string,
  { isListed, allowLoopback = false }: OutboundOptions & { readonly isListed: (origin: string) => boolean },
): void {
  if (isListed(origin)) return
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) throw refusal('must be an origin')
  checkOutboundUrl(origin, { allowLoopback })
}

/** The ports of mail servers. */
const MAIL_PORTS = [25, 465, 587, 2525]

/** Checks a mail server as {@link checkOutboundUrl} does a URL. @throws Failure `unreachable_host` */
export function checkMailHost(host: string, port: number, { allowLoopback = false }: OutboundOptions = {}): void {
  const loopback = allowLoopback && isLoopback(host)
  // A host name stays what it is where a URL has it; unusual forms of IP addresses do not.
  const url = `http://${host}/`
  const isName = /^[\w.-]+$/.test(host) && URL.canParse(url) && new URL(url).hostname === host.toLowerCase()
  if (!isName && !isPlainAddress(host)) throw refusal('must be a host name or an IP address')
  checkHost(host, host, loopback)
  if (!loopback && !MAIL_PORTS.includes(port)) throw refusal('must have a port of mail servers: 25, 465, 587 or 2525')
}

function checkHost(host: string, authority: string, loopback: boolean): void {
  if (isPlainAddress(host)) {
    // URL parsers read 2130706433, 0x7f.1 and 127.1 as 127.0.0.1. These forms are only used to hide an address.
    const plain = host.includes(':') || authority.replace(/:\d*$/, '') === host
    if (!plain) throw refusal('must have an IP address in the standard form')
    if (!loopback && isInternal(host)) throw refusal('must not be an internal address')
    return
  }
  const local = LOCAL_NAMES.test(host) || !host.includes('.')
  if (host.endsWith('.') || (local && !loopback)) throw refusal('must have a public host name')
}

/** Whether a host is a loopback name or address. */
export function isLoopback(host: string): boolean {
  if (isPlainAddress(host)) return ipaddr.parse(host).range() === 'loopback'
  return host === 'localhost' || host.endsWith('.localhost')
}

/**
 * Whether an IP address is not public: loopback, private, link-local, shared (RFC 6598), unique local, multicast,
 * reserved, translated or tunnelled addresses, and texts that are not an address.
 */
export function isInternal(address: string): boolean {
  if (!isPlainAddress(address) || address.includes('%')) return true
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return true
  // Global unicast is 2000::/3 (RFC 4291 §2.4); outside it are forms that embed an IPv4 address.
  return parsed instanceof ipaddr.IPv6 && ((parsed.parts[0] ?? 0) & 0xe000) !== 0x2000
}

/** Whether a text is an IP address in the standard form: no octal, hexadecimal or shortened IPv4. */
export function isPlainAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

function refusal(what: string): Failure {
  return new Failure('unreachable_host', `The address ${what}.`)
}
