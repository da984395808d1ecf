import type * as z from 'zod'
import {
  address,
  adminKey,
  database,
  dnsServer,
  endpoint,
  flag,
  host,
  LOG_LEVELS,
  list,
  mailbox,
  mailServer,
  masterKey,
  network,
  oneOf,
  origin,
  redis,
  text,
  whole,
} from './setting-forms.ts'

// Every setting: its key, how its text is read, and the words of the generated reference.

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

export type SettingGroup =
  | 'Place'
  | 'Listeners and addresses'
  | 'Administration'
  | 'Database'
  | 'Sign-in'
  | 'Mail'
  | 'Operation'

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
  redis_url: setting({
    group: 'Database',
    schema: redis.optional(),
    form: '`redis://…` or `rediss://…`',
    unset: 'each process counts for itself, in memory',
    secret: true,
    description:
      'A Redis that several server processes share their limits through, those on failed sign-ins among them. While it does not answer, each process counts for itself.',
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
  smtp_url: setting({
    group: 'Mail',
    schema: mailServer.optional(),
    form: '`smtp://user:password@host:587` or `smtps://…`',
    unset: 'no mail is sent',
    secret: true,
    description:
      'The mail server that mails are handed to: `smtp` begins in the clear and goes over to TLS (port 587 unless told), `smtps` is TLS from the start (465). User and password are percent-encoded.',
  }),
  smtp_tls: setting({
    group: 'Mail',
    schema: oneOf(['required', 'optional']).optional(),
    form: 'required, optional',
    unset: '`required`; `optional` for a mail server on this machine that wants no password',
    description:
      'Whether mails and passwords may cross the network to an `smtp` server unencrypted. With `optional`, TLS is used where the server offers it, whatever its certificate.',
  }),
  mail_from: setting({
    group: 'Mail',
    schema: mailbox.optional(),
    form: '`address` or `Name <address>`',
    unset: 'needed with `smtp_url`',
    description: 'Whom mails are from.',
  }),
  webhook_first_retry_seconds: setting({
    group: 'Operation',
    schema: whole(1, 3600),
    form: 'seconds',
    initial: '5',
    description:
      'How long after its first try a webhook delivery that failed is tried again. Each wait is five times the one before.',
  }),
  webhook_tries: setting({
    group: 'Operation',
    schema: whole(1, 12),
    form: 'number',
    initial: '8',
    description: 'How often a webhook delivery is tried before it is given up: 8 tries take about 27 hours.',
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
  api_docs: setting({
    group: 'Operation',
    schema: flag,
    form: 'true, false',
    initial: 'true',
    description:
      'Serves the OpenAPI documents and the pages that show them on the admin listener. Some would rather not have them in production.',
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
