import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { parseMasterKey } from './master-key.ts'

// Every setting: its key, how its text is read, and the words of the generated reference. A value is text in the
// environment, and text or a number, flag or list in the file; one schema reads both. Schemas complain with the end of
// a sentence that starts with the key: “must be …”.

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** The section of the reference it stands in. */
  readonly group: SettingGroup
  readonly schema: Schema
  /** How the value is written. */
  readonly form: string
  readonly description: string
  /** The value where none is given, as it would be written. */
  readonly initial?: string
  /** What happens where none is given, for settings without an initial value. */
  readonly unset?: string
  /** Never shown in a message. */
  readonly secret?: true
  /** Other environment variables that it is accepted under. */
  readonly aliases?: readonly string[]
}

export type SettingGroup = 'Place' | 'Listeners and addresses' | 'Administration' | 'Database' | 'Sign-in' | 'Operation'

/** A host and a port to listen on. Port 0 is any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Where the database is; the path is made absolute by whoever knows the working directory. */
export type DatabaseLocation =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | { readonly dialect: 'postgres'; readonly url: string }

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const text = z.string({ error: 'must be a text' }).trim().min(1, 'must not be empty')

/** A text read as something else; `read` returns undefined for what it cannot read. */
function read<Value>(complaint: string, reader: (value: string) => Value | undefined) {
  return text.transform((value, context): Value => {
    const result = reader(value)
    if (result !== undefined) return result
    context.addIssue({ code: 'custom', message: complaint })
    return z.NEVER
  })
}

function whole(least: number, most: number) {
  const complaint = `must be a whole number from ${least} to ${most}`
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value),
    z.int({ error: complaint }).min(least, complaint).max(most, complaint),
  )
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
    z.enum(values, { error: `must be one of ${values.join(', ')}` }),
  )
}

const flag = z.preprocess(
  (value) => (typeof value === 'string' ? { true: true, 1: true, false: false, 0: false }[value.trim()] : value),
  z.boolean({ error: 'must be true or false' }),
)

function list<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]))
        : value,
    z.array(item, { error: 'must be a list' }),
  )
}

const address = read('must be host:port, like 127.0.0.1:9000 or [::1]:9000', (value): ListenAddress | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s@]+)):(\d{1,5})$/i.exec(value)
  const [, bracketed, plain, port] = match ?? []
  if (bracketed !== undefined && !ipaddr.IPv6.isValid(bracketed)) return undefined
  return match && Number(port) <= 65_535 ? { host: bracketed ?? plain ?? '', port: Number(port) } : undefined
})

/** An origin: no path, because metadata and cookies are the whole host's. */
const origin = read('must be an http or https address without path, query or password', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const whole = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  return whole ? url.origin : undefined
})

const endpoint = read('must be an http or https address without a password', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const sound = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  return sound ? value.replace(/\/+$/, '') : undefined
})

const host = read('must be a host name, like id.example.com', (value) => {
  const name = value.toLowerCase()
  return name.length <= 253 && /^(?!\d+$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.|$))+(?<!\.)$/.test(name)
    ? name
    : undefined
})

const network = read('must be an IP address or a range like 10.0.0.0/8', (value) =>
  ipaddr.isValidCIDR(value) || isPlainAddress(value) ? value : undefined,
)

const dnsServer = read('must be an IP address, with a port if need be: 192.0.2.53 or [2001:db8::53]:5353', (value) => {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\](?::\d{1,5})?|([\d.]+)(?::\d{1,5})?)$/i.exec(value) ?? []
  return isPlainAddress(bracketed ?? plain ?? value) ? value : undefined
})

function isPlainAddress(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value)
}

const database = read('must be sqlite:path or postgres://user@host/database', (value): DatabaseLocation | undefined => {
  if (/^postgres(ql)?:\/\//.test(value)) return URL.canParse(value) ? { dialect: 'postgres', url: value } : undefined
  const [, path] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(value) ?? []
  return path === undefined ? undefined : { dialect: 'sqlite', path }
})

const adminKey = read(
  'must have 16 to 512 visible ASCII characters; make one with: openssl rand -base64 33',
  (value) => (/^[!-~]{16,512}$/.test(value) ? value : undefined),
)

const masterKey = read(
  'must be 32 bytes as 64 hexadecimal digits or in base64; make one with: openssl rand -base64 32',
  parseMasterKey,
)

const setting = <Schema extends z.ZodType>(entry: Setting<Schema>): Setting<Schema> => entry

/** The settings by key, as the file spells them; `COUNTERSIGN_` and the key in capitals is the environment's spelling. */
export const SETTINGS = {
  data_dir: setting({
    group: 'Place',
    schema: text,
    form: 'path',
    initial: './data',
    description:
      'The directory that holds the master key, the first admin key and, unless told otherwise, the database.',
  }),
  master_key: setting({
    group: 'Place',
    schema: masterKey.optional(),
    form: '32 bytes, hexadecimal or base64',
    unset: '`master.key` in the data directory, made on the first start',
    secret: true,
    description:
      'The key that seals secrets at rest. Whoever loses it loses the signing keys; keep a copy apart from the database.',
  }),
  public_address: setting({
    group: 'Listeners and addresses',
    schema: address,
    form: 'host:port',
    initial: '127.0.0.1:9000',
    description: 'Where the protocol endpoints and the hosted pages are served.',
  }),
  admin_address: setting({
    group: 'Listeners and addresses',
    schema: address,
    form: 'host:port',
    initial: '127.0.0.1:9001',
    description:
      'Where the admin API and the console are served. The same as `public_address` puts both on one listener.',
  }),
  public_url: setting({
    group: 'Listeners and addresses',
    schema: origin.optional(),
    form: 'URL',
    unset: '`http://` and the public address',
    description:
      'The address that browsers and applications use. It is the issuer of the first realm, so it must not change later.',
  }),
  admin_url: setting({
    group: 'Listeners and addresses',
    schema: origin.optional(),
    form: 'URL',
    unset: '`http://` and the admin address',
    description: 'The address that administrators and the command line use.',
  }),
  realm_domain: setting({
    group: 'Listeners and addresses',
    schema: host.optional(),
    form: 'host name',
    unset: 'issuers are paths below the public URL',
    description:
      'A domain with a wildcard DNS record: the issuer of a realm is then `https://{issuer_id}.{realm_domain}`.',
  }),
  trusted_proxies: setting({
    group: 'Listeners and addresses',
    schema: list(network),
    form: 'list of IP addresses and ranges',
    initial: '',
    description: 'The reverse proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are believed. Nobody else’s are.',
  }),
  admin_api_key: setting({
    group: 'Administration',
    schema: adminKey.optional(),
    form: 'at least 16 characters',
    unset: 'only the key that the first start writes to `admin.key.firstboot`, and those made later',
    secret: true,
    aliases: ['AUTHPLANE_ADMIN_API_KEY'],
    description: 'An API key with every permission, besides those in the database. The command line sends it, too.',
  }),
  allowed_origins: setting({
    group: 'Administration',
    schema: list(origin),
    form: 'list of origins',
    initial: '',
    aliases: ['AUTHPLANE_SERVER_ALLOWED_ORIGINS'],
    description: 'The web origins whose pages may call the admin API (CORS).',
  }),
  database_url: setting({
    group: 'Database',
    schema: database.optional(),
    form: '`sqlite:path` or `postgres://…`',
    unset: '`countersign.sqlite` in the data directory',
    secret: true,
    description: 'Where the data is. More than one server process needs PostgreSQL.',
  }),
  database_pool_size: setting({
    group: 'Database',
    schema: whole(2, 200),
    form: 'number',
    initial: '10',
    description: 'How many connections to PostgreSQL are open at most.',
  }),
  sqlite_synchronous: setting({
    group: 'Database',
    schema: oneOf(['full', 'normal']),
    form: 'full, normal',
    initial: 'full',
    description:
      'What a commit to SQLite survives: `full` a power cut, `normal` the end of the process only, at less cost.',
  }),
  argon2_memory_kib: setting({
    group: 'Sign-in',
    schema: whole(1024, 262_144),
    form: 'KiB',
    initial: '19456',
    description:
      'The memory that hashing one password takes. Hashes of another cost are replaced as their owners sign in.',
  }),
  argon2_passes: setting({
    group: 'Sign-in',
    schema: whole(1, 16),
    form: 'number',
    initial: '2',
    description: 'How often hashing a password goes through that memory.',
  }),
  sign_in_account_limit: setting({
    group: 'Sign-in',
    schema: whole(1, 1000),
    form: 'number',
    initial: '10',
    description: 'How many sign-ins to one account may fail within the account’s window; then it must wait.',
  }),
  sign_in_account_window_seconds: setting({
    group: 'Sign-in',
    schema: whole(1, 86_400),
    form: 'seconds',
    initial: '900',
    description: 'The length of the account’s window.',
  }),
  sign_in_network_limit: setting({
    group: 'Sign-in',
    schema: whole(1, 100_000),
    form: 'number',
    initial: '100',
    description: 'How many sign-ins from one network may fail within the network’s window; then it must wait.',
  }),
  sign_in_network_window_seconds: setting({
    group: 'Sign-in',
    schema: whole(1, 86_400),
    form: 'seconds',
    initial: '900',
    description: 'The length of the network’s window.',
  }),
  log_level: setting({
    group: 'Operation',
    schema: oneOf(LOG_LEVELS),
    form: LOG_LEVELS.join(', '),
    initial: 'info',
    description: 'The least important lines that are logged. The line of each request is an `info`.',
  }),
  shutdown_grace_seconds: setting({
    group: 'Operation',
    schema: whole(0, 3600),
    form: 'seconds',
    initial: '10',
    description: 'How long requests in flight may take to finish when the server is told to stop.',
  }),
  otlp_endpoint: setting({
    group: 'Operation',
    schema: endpoint.optional(),
    form: 'URL',
    unset: 'no traces',
    description: 'An OpenTelemetry collector that traces are sent to, over HTTP: `http://127.0.0.1:4318`.',
  }),
  network_allow_loopback: setting({
    group: 'Operation',
    schema: flag,
    form: 'true, false',
    initial: 'false',
    description: 'Lets the server fetch from its own machine, over plain HTTP too. For development and tests only.',
  }),
  dns_servers: setting({
    group: 'Operation',
    schema: list(dnsServer),
    form: 'list of IP addresses',
    initial: '',
    description:
      'The DNS servers to ask for the addresses of hosts to fetch from, and for custom domains; none means the system’s.',
  }),
} as const

export type SettingKey = keyof typeof SETTINGS
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[]

/** A setting's name in the environment. */
export function variableOf(key: SettingKey): string {
  return `COUNTERSIGN_${key.toUpperCase()}`
}
