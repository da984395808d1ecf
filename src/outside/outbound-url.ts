import ipaddr from 'ipaddr.js'
import { Failure } from '#kernel/error.ts'

const LONGEST = 2048
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|home\.arpa)$/
/** Services that are no web servers, above the privileged ports. */
const FOREIGN_PORTS = new Set([1433, 1521, 2049, 3306, 3389, 5060, 5061, 5432, 6379, 6667, 9200, 11211, 27017])

export interface OutboundOptions {
  /** Lets addresses of this machine through, over plain HTTP too: for development and tests. */
  readonly allowLoopback?: boolean
}

/**
 * Reads an address that somebody else chose and the server is to fetch from. Only what needs no DNS is checked here;
 * names are checked as they are resolved.
 * @throws Failure `unreachable_host` for schemes but https, names and passwords, ports of other services, addresses and
 * names of the inside, and IP addresses written in any but the usual way
 */
export function checkOutboundUrl(text: string, options: OutboundOptions = {}): URL {
  const [, authority] = /^https?:\/\/([^/?#\\]+)/i.exec(text) ?? []
  if (
    text.length > LONGEST ||
    authority === undefined ||
    !/^[!-[\]-~\u00a1-\uffff]+$/.test(text) ||
    !URL.canParse(text)
  ) {
    throw refusal('must be a plain https URL')
  }
  const url = new URL(text)
  if (authority.includes('@')) throw refusal('must not carry a user name or password')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const loopback = options.allowLoopback === true && isLoopback(host)
  if (url.protocol !== 'https:' && !loopback) throw refusal('must be https')
  checkHost(host, authority, loopback)
  const port = Number(url.port || 443)
  if (!loopback && ((port !== 443 && port < 1024) || FOREIGN_PORTS.has(port))) {
    throw refusal('must name port 443, or one above 1023 that is no other service’s')
  }
  return url
}

function checkHost(host: string, authority: string, loopback: boolean): void {
  if (isPlainAddress(host)) {
    // URL parsers read 2130706433, 0x7f.1 and 127.1 as 127.0.0.1: nobody writes a public address like that.
    const plain = host.includes(':') || authority.replace(/:\d*$/, '') === host
    if (!plain) throw refusal('must write its IP address in the usual way')
    if (!loopback && isInternal(host)) throw refusal('must not point to an internal address')
    return
  }
  const local = LOCAL_NAMES.test(host) || !host.includes('.')
  if (host.endsWith('.') || (local && !loopback)) throw refusal('must name a public host')
}

/** Whether a host is this machine by its very name or address. */
export function isLoopback(host: string): boolean {
  if (isPlainAddress(host)) return ipaddr.parse(host).range() === 'loopback'
  return host === 'localhost' || host.endsWith('.localhost')
}

/**
 * Whether an IP address is not one of the public internet: loopback, private, link-local, shared (RFC 6598), unique
 * local, multicast, reserved, translated or tunnelled ones, and what is no address at all.
 */
export function isInternal(address: string): boolean {
  if (!isPlainAddress(address) || address.includes('%')) return true
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return true
  // Global unicast is 2000::/3 (RFC 4291 §2.4); outside it are forms that embed an IPv4 address.
  return parsed instanceof ipaddr.IPv6 && ((parsed.parts[0] ?? 0) & 0xe000) !== 0x2000
}

/** Whether a text is an IP address as people write one: no octal, hexadecimal or shortened IPv4. */
export function isPlainAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

function refusal(what: string): Failure {
  return new Failure('unreachable_host', `The address ${what}.`)
}
