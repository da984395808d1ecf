// Owns the formats of setting values.
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { emailAddress, label } from '#kernel/field.ts'
import { parseMasterKey } from './master-key.ts'
import { isPlainAddress } from './outbound-url.ts'

// In the environment a value is text; in the file it is text, a number, a boolean or a list. One schema reads both. An error
// message continues a sentence that starts with the key: “must be …”.

/** A host and a port to listen on. Port 0 is any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** The location of the database. The caller makes a relative path absolute. */
export type DatabaseLocation =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | { readonly dialect: 'postgres'; readonly url: string }

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const text = z.string({ error: 'must be text' }).trim().min(1, 'must not be empty')

/** Converts text with `reader`, which returns undefined for invalid text. */
function read<Value>(complaint: string, reader: (value: string) => Value | undefined) {
  return text.transform((value, context): Value => {
    const result = reader(value)
    if (result !== undefined) return result
    context.addIssue({ code: 'custom', message: complaint })
    return z.NEVER
  })
}

/** A whole number in a range, both ends included. */
export function whole(least: number, most: number) {
  const complaint = `must be a whole number from ${least} to ${most}`
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value),
    z.int({ error: complaint }).min(least, complaint).max(most, complaint),
  )
}

/** One of several words, in upper or lower case. */
export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
    z.enum(values, { error: `must be one of ${values.join(', ')}` }),
  )
}

export const flag = z.preprocess(
  (value) => (typeof value === 'string' ? { true: true, 1: true, false: false, 0: false }[value.trim()] : value),
  z.boolean({ error: 'must be true or false' }),
)

/** A list; in text, its items are separated by commas. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]))
        : value,
    z.array(item, { error: 'must be a list' }),
  )
}

export const address = read(
  'must be host:port, for example 127.0.0.1:9000 or [::1]:9000',
  (value): ListenAddress | undefined => {
    const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s@]+)):(\d{1,5})$/i.exec(value)
    const [, bracketed, plain, port] = match ?? []
    if (bracketed !== undefined && !ipaddr.IPv6.isValid(bracketed)) return undefined
    return match && Number(port) <= 65_535 ? { host: bracketed ?? plain ?? '', port: Number(port) } : undefined
  },
)

/** An origin. It has no path, because metadata and cookies apply to the whole host. */
export const origin = read('must be an http or https address without path, query or password', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const whole = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  return whole ? url.origin : undefined
})

export const endpoint = read('must be an http or https address without a password', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const sound = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  return sound ? value.replace(/\/+$/, '') : undefined
})

export const returnAddress = read('must be an https address, or http with the name of this machine', (value) => {
  const plain = value.replace(/^(http:\/\/[^/?#]+):\*/, '$1:1')
  const url = URL.canParse(plain) ? new URL(plain) : undefined
  const isHere = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const sound = url?.username === '' && url.password === '' && url.hash === ''
  return sound && (url.protocol === 'https:' || (url.protocol === 'http:' && isHere)) ? value : undefined
})

export const ldapServer = read('must be ldap://host:port or ldaps://host:port', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isPlain = url && /^ldaps?:$/.test(url.protocol) && url.hostname !== '' && /^\/?$/.test(url.pathname)
  return isPlain && url.username === '' && url.search === '' && url.hash === '' ? value : undefined
})

export const host = read('must be a host name, for example id.example.com', (value) => {
  const name = value.toLowerCase()
  return name.length <= 253 && /^(?!\d+$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.|$))+(?<!\.)$/.test(name)
    ? name
    : undefined
})

export const network = read('must be an IP address or a range, for example 10.0.0.0/8', (value) =>
  ipaddr.isValidCIDR(value) || isPlainAddress(value) ? value : undefined,
)

export const dnsServer = read(
  'must be an IP address with an optional port, for example 192.0.2.53 or [2001:db8::53]:5353',
  (value) => {
    const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?)$/i.exec(value) ?? []
    return isPlainAddress(bracketed ?? plain ?? value) ? value : undefined
  },
)

export const database = read(
  'must be sqlite:path or postgres://user@host/database',
  (value): DatabaseLocation | undefined => {
    if (/^postgres(ql)?:\/\//.test(value)) return URL.canParse(value) ? { dialect: 'postgres', url: value } : undefined
    const [, path] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(value) ?? []
    return path === undefined ? undefined : { dialect: 'sqlite', path }
  },
)

export const postgres = read('must be postgres://user@host/database', (value) =>
  /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? value : undefined,
)

export const redis = read(
  'must be redis://user:password@host:6379/0, or rediss:// for TLS; user, password and database number are optional',
  (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    const sound =
      url !== undefined &&
      /^rediss?:$/.test(url.protocol) &&
      url.hostname !== '' &&
      /^\/?$|^\/\d{1,4}$/.test(url.pathname) &&
      url.search + url.hash === '' &&
      isEncoded(url.username + url.password)
    return sound ? value : undefined
  },
)

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

/** The mail server and the credentials for it. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** TLS from the start (RFC 8314 §3.3). */
  readonly secure: boolean
  readonly credentials: { readonly user: string; readonly password: string } | undefined
}

/** The sender of mails. */
export interface Mailbox {
  readonly name: string | undefined
  readonly address: string
}

export const mailServer = read(
  'must be smtp:// or smtps:// with a host; port, user and password are optional, for example smtp://user:password@host:587',
  (value): MailServer | undefined => {
    const url = /^smtps?:\/\//i.test(value) && URL.canParse(value) ? new URL(value) : undefined
    if (!url || url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return
    const secure = url.protocol === 'smtps:'
    const [user, password] = [decoded(url.username), decoded(url.password)]
    if (user === undefined || password === undefined || (user === '') !== (password === '')) return undefined
    return {
      host: url.hostname.replaceAll(/[[\]]/g, ''),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      credentials: user === '' ? undefined : { user, password },
    }
  },
)

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export const mailbox = read(
  'must be an e-mail address, or a name with an address: Name <address>',
  (value): Mailbox | undefined => {
    const [, name, bracketed] = /^(.*?)\s*<([^<>]*)>$/.exec(value) ?? []
    const address = emailAddress.safeParse(bracketed ?? value)
    const labelled = label(100)
      .optional()
      .safeParse(name?.replace(/^"(.*)"$/, '$1') || undefined)
    return address.success && labelled.success ? { name: labelled.data, address: address.data } : undefined
  },
)

export const adminKey = read(
  'must have 16 to 512 visible ASCII characters, 8 of them different; to generate one, run: openssl rand -base64 33',
  (value) => (/^[!-~]{16,512}$/.test(value) && new Set(value).size >= 8 ? value : undefined),
)

/** The beginning of the names of keys in Vault, or the path of an engine there. */
export const vaultPath = read(
  'must be letters, digits and `-`, `_`, `.`, with `/` between the parts of a path',
  (value) => (/^[\w.-]+(\/[\w.-]+)*$/.test(value) && !/(^|\/)\.\.?(\/|$)/.test(value) ? value : undefined),
)

export const masterKey = read(
  'must be 32 random bytes as 64 hexadecimal digits or in base64; to generate one, run: openssl rand -base64 32',
  parseMasterKey,
)
