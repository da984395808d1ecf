// Owns the settings: their keys, their formats and their descriptions in the reference.

import { ENVIRONMENT_ALIASES } from '#kernel/product-words.ts'
import { KEY_STORE_SETTINGS } from './key-store-setting-list.ts'
import { setting } from './setting.ts'
import {
  address,
  adminKey,
  database,
  dnsServer,
  endpoint,
  flag,
  host,
  LOG_LEVELS,
  ldapServer,
  list,
  mailbox,
  mailServer,
  masterKey,
  network,
  oneOf,
  origin,
  postgres,
  redis,
  returnAddress,
  text,
  whole,
} from './setting-forms.ts'

export type { Setting, SettingGroup } from './setting.ts'

/** The settings by their key in the file. The environment variable is `COUNTERSIGN_` and the key in capitals. */
export const SETTINGS = {
  data_dir: setting({
    group: 'Place',
    schema: text,
    form: 'path',
    initial: './data',
    description: 'The directory for the master key, the first API key and, by default, the database.',
  }),
  master_key: setting({
    group: 'Place',
    schema: masterKey.optional(),
    form: '32 bytes, hexadecimal or base64',
    unset: '`master.key` in the data directory, which the first start creates',
    secret: true,
    description:
      'The key that encrypts secrets in the database. Without it, the signing keys are lost. Store a copy separately from the database.',
  }),
  master_key_old: setting({
    group: 'Place',
    schema: masterKey.optional(),
    form: '32 bytes, hexadecimal or base64',
    unset: 'only the master key decrypts',
    secret: true,
    description:
      'The master key before, while the master key changes: what it encrypted can still be decrypted. See [operations](operations.md#a-new-master-key).',
  }),
  public_address: setting({
    group: 'Listeners and addresses',
    schema: address,
    form: 'host:port',
    initial: '127.0.0.1:9000',
    description: 'The address of the listener for the protocol endpoints and the hosted pages.',
  }),
  admin_address: setting({
    group: 'Listeners and addresses',
    schema: address,
    form: 'host:port',
    initial: '127.0.0.1:9001',
    description:
      'The address of the listener for the admin API and its documentation. If it is the same as `public_address`, one listener serves both.',
  }),
  public_url: setting({
    group: 'Listeners and addresses',
    schema: origin.optional(),
    form: 'URL',
    unset: '`http://` and the public address',
    description:
      'The address for browsers and applications. It is the issuer of the first realm, so do not change it later.',
  }),
  admin_url: setting({
    group: 'Listeners and addresses',
    schema: origin.optional(),
    form: 'URL',
    unset: '`http://` and the admin address',
    description: 'The address for administrators and the command line.',
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
    description:
      'The reverse proxies whose headers `X-Forwarded-For`, `-Proto` and `-Host` are trusted. From other addresses, these headers are ignored.',
  }),
  client_certificate_header: setting({
    group: 'Listeners and addresses',
    schema: flag,
    form: 'true, false',
    initial: 'false',
    description:
      'Whether the trusted proxies verify that clients have the key of their TLS certificate, and send the certificate in the header `Client-Cert` (RFC 9440, or percent-encoded PEM). It needs `mtls_url`: the header counts only in requests whose `Host` is the host of that address, as the proxy forwards it. At its other hosts, the proxy removes the header. From other addresses, the header is ignored.',
  }),
  mtls_address: setting({
    group: 'Listeners and addresses',
    schema: address.optional(),
    form: 'host:port',
    unset: 'there is no such listener',
    description:
      'The address of a listener with TLS for clients that authenticate with a certificate (RFC 8705). It needs `mtls_certificate` and `mtls_key`.',
  }),
  mtls_url: setting({
    group: 'Listeners and addresses',
    schema: origin.optional(),
    form: 'https URL',
    unset: '`https://` and the `mtls_address`',
    description:
      'The address where clients with a certificate find the endpoints, as `mtls_endpoint_aliases` in the metadata names it: that of the listener, or of a proxy.',
  }),
  mtls_certificate: setting({
    group: 'Listeners and addresses',
    schema: text.optional(),
    form: 'path',
    unset: 'required with `mtls_address`',
    description:
      'The file with the certificate of this listener and those between it and an authority, in PEM. It is read again on the signal HUP.',
  }),
  mtls_key: setting({
    group: 'Listeners and addresses',
    schema: text.optional(),
    form: 'path',
    unset: 'required with `mtls_address`',
    description: 'The file with the private key of that certificate, in PEM, without a password.',
  }),
  proxy_address: setting({
    group: 'Listeners and addresses',
    schema: address.optional(),
    form: 'host:port',
    unset: 'there is no such listener',
    description: 'The address of the listener of the reverse proxy, which forwards requests to applications.',
  }),
  proxy_rules_file: setting({
    group: 'Listeners and addresses',
    schema: text.optional(),
    form: 'path',
    unset: 'sites and rules come from the database only',
    description:
      'A YAML file with sites and rules of the reverse proxy. It is read again when it changes. A file with errors is refused as a whole.',
  }),
  proxy_upstreams: setting({
    group: 'Listeners and addresses',
    schema: list(origin),
    form: 'list of origins',
    initial: '',
    description:
      'The origins that the sites of the database may name as upstreams although they are internal or have no TLS, for example `http://10.0.0.5:8080`. Public https origins need not be listed.',
  }),
  proxy_breaker_failures: setting({
    group: 'Operation',
    schema: whole(1, 1000),
    form: 'number',
    initial: '3',
    description: 'How often an upstream fails in a row until the reverse proxy answers 503 in its place.',
  }),
  proxy_breaker_seconds: setting({
    group: 'Operation',
    schema: whole(1, 3600),
    form: 'seconds',
    initial: '10',
    description: 'The time until such an upstream is tried again, and between two probes of its health.',
  }),
  admin_api_key: setting({
    group: 'Administration',
    schema: adminKey.optional(),
    form: 'at least 16 characters',
    unset: 'only the key that the first start writes to `admin.key.firstboot`, and keys that are created later',
    secret: true,
    aliases: ENVIRONMENT_ALIASES.admin_api_key,
    description:
      'An API key with all permissions, in addition to the keys in the database. The command line sends the key in the same variable. If the value is a key of the database, such as that of the first start, it is that key: it can be revoked, and it ends when it expires.',
  }),
  allowed_origins: setting({
    group: 'Administration',
    schema: list(origin),
    form: 'list of origins',
    initial: '',
    aliases: ENVIRONMENT_ALIASES.allowed_origins,
    description: 'The web origins whose pages can call the admin API (CORS).',
  }),
  ...KEY_STORE_SETTINGS,
  database_url: setting({
    group: 'Database',
    schema: database.optional(),
    form: '`sqlite:path` or `postgres://…`',
    unset: '`countersign.sqlite` in the data directory',
    secret: true,
    description: 'The database. Several server processes need PostgreSQL.',
  }),
  database_listen_url: setting({
    group: 'Database',
    schema: postgres.optional(),
    form: '`postgres://…`',
    unset: '`database_url`',
    secret: true,
    description:
      'The address of PostgreSQL itself where `database_url` is that of a pooler, such as PgBouncer in transaction mode. Over this connection, a server process receives notifications of changes that other processes made. A pooler does not pass notifications on. Without this setting, behind a pooler, each process reads everything anew four times a second, `/health` fails, and `/health/ready` says so.',
  }),
  database_pool_size: setting({
    group: 'Database',
    schema: whole(2, 200),
    form: 'number',
    initial: '10',
    description: 'The maximum number of open connections to PostgreSQL.',
  }),
  sqlite_synchronous: setting({
    group: 'Database',
    schema: oneOf(['full', 'normal']),
    form: 'full, normal',
    initial: 'full',
    description:
      'The durability of a commit to SQLite. With `full`, data survives a power failure. With `normal`, it survives only the end of the process, and writes are faster.',
  }),
  redis_url: setting({
    group: 'Database',
    schema: redis.optional(),
    form: '`redis://…` or `rediss://…`',
    unset: 'each process has its own limits in memory',
    secret: true,
    description:
      'A Redis that several server processes use to share rate limits, for example on failed sign-ins. While it does not respond, each process uses its own limits.',
  }),
  argon2_memory_kib: setting({
    group: 'Sign-in',
    schema: whole(1024, 262_144),
    form: 'KiB',
    initial: '19456',
    description: 'The memory for one password hash. Hashes with another cost are replaced when their users sign in.',
  }),
  argon2_passes: setting({
    group: 'Sign-in',
    schema: whole(1, 16),
    form: 'number',
    initial: '2',
    description: 'The number of passes of a password hash over that memory.',
  }),
  sign_in_account_limit: setting({
    group: 'Sign-in',
    schema: whole(1, 1000),
    form: 'number',
    initial: '10',
    description:
      'The maximum number of failed sign-ins to one account within the window of the account. Further sign-ins must wait.',
  }),
  sign_in_account_window_seconds: setting({
    group: 'Sign-in',
    schema: whole(1, 86_400),
    form: 'seconds',
    initial: '900',
    description: 'The length of the window of an account.',
  }),
  sign_in_network_limit: setting({
    group: 'Sign-in',
    schema: whole(1, 100_000),
    form: 'number',
    initial: '100',
    description:
      'The maximum number of failed sign-ins from one network within the window of the network. Further sign-ins must wait.',
  }),
  sign_in_network_window_seconds: setting({
    group: 'Sign-in',
    schema: whole(1, 86_400),
    form: 'seconds',
    initial: '900',
    description: 'The length of the window of a network.',
  }),
  ldap_servers: setting({
    group: 'Sign-in',
    schema: list(ldapServer),
    form: 'list of `ldap://host:port` and `ldaps://host:port`',
    initial: '',
    description:
      'The LDAP servers that identity providers of the type `ldap` may use, also at internal addresses. No other is asked. With `ldap`, the connection switches to TLS before a password is sent.',
  }),
  connect_return_urls: setting({
    group: 'Sign-in',
    schema: list(returnAddress),
    form: 'list of URLs',
    initial: '',
    aliases: ENVIRONMENT_ALIASES.connect_return_urls,
    description:
      'Where users may be sent after they connected an account at a provider, besides the URLs that each resource lists. `http://127.0.0.1:*/done` stands for any port.',
  }),
  password_breach_url: setting({
    group: 'Sign-in',
    schema: endpoint.optional(),
    form: 'URL',
    unset: 'passwords are compared only with the list in the server',
    description:
      'A range service for leaked passwords, for example `https://api.pwnedpasswords.com/range`. It gets the first five digits of the SHA-1 digest of each new password. If it does not answer in two seconds, the password is accepted and the log has a warning.',
  }),
  smtp_url: setting({
    group: 'Mail',
    schema: mailServer.optional(),
    form: '`smtp://user:password@host:587` or `smtps://…`',
    unset: 'no mail is sent',
    secret: true,
    description:
      'The mail server. `smtp` starts without encryption and switches to TLS (default port 587); `smtps` uses TLS from the start (default port 465). Percent-encode the user name and the password.',
  }),
  smtp_tls: setting({
    group: 'Mail',
    schema: oneOf(['required', 'optional']).optional(),
    form: 'required, optional',
    unset: '`required`; `optional` for a mail server on this machine without a password',
    description:
      'Whether mails can be sent unencrypted to an `smtp` server. With `optional`, TLS is used if the server offers it, and any certificate is accepted.',
  }),
  mail_from: setting({
    group: 'Mail',
    schema: mailbox.optional(),
    form: '`address` or `Name <address>`',
    unset: 'required with `smtp_url`',
    description: 'The sender of mails.',
  }),
  dev_inbox: setting({
    group: 'Mail',
    schema: flag,
    form: 'true, false',
    initial: 'false',
    description:
      'Whether the server keeps all mails for `countersign dev-inbox list` and sends none. Only for development: it is refused with `smtp_url`, and unless `public_url` and `admin_url` have a host of this machine, such as `localhost`.',
  }),
  code_retention_hours: setting({
    group: 'Retention',
    schema: whole(1, 720),
    form: 'hours',
    initial: '24',
    description:
      'How long authorization codes, device authorizations, idempotency keys, refresh tokens and remembered devices stay after they expired, so that a late use is recognised. Device authorizations that nobody approved or denied, and mailed links and codes to sign in, go when they expire.',
  }),
  session_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '30',
    description:
      'How long sessions, what clients asked people to approve elsewhere, and connections of users at providers stay after they ended.',
  }),
  delivery_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '30',
    description: 'How long finished deliveries of webhooks and logout tokens stay in their lists.',
  }),
  flow_run_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '30',
    description: 'How long the runs of flows stay in their lists, from when they began.',
  }),
  mail_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '30',
    description: 'How long sent and failed mails stay in their list.',
  }),
  unused_client_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '90',
    description:
      'How long a client with a metadata document stays after a user approved it for the last time. It stays longer while it has a refresh token or is suspended.',
  }),
  deleted_user_retention_days: setting({
    group: 'Retention',
    schema: whole(1, 3650),
    form: 'days',
    initial: '30',
    description:
      'How long the personal data of a deleted user stays. Then only the id is left, in the database and besides the event log.',
  }),
  issuance_retention_days: setting({
    group: 'Retention',
    schema: whole(2, 36_500).optional(),
    form: 'days',
    unset: 'issued tokens are kept',
    description:
      'How long the record of an issued token stays, also of one that a provider issued. The event of a token of this server is its record, so it goes too. `purge run` shows how many there are.',
  }),
  event_retention_days: setting({
    group: 'Retention',
    schema: whole(7, 36_500).optional(),
    form: 'days',
    unset: 'events are kept',
    description:
      'How long events stay, with the tokens that were issued among them. The log of each tenant then begins at a signed checkpoint.',
  }),
  webhook_first_retry_seconds: setting({
    group: 'Operation',
    schema: whole(1, 3600),
    form: 'seconds',
    initial: '5',
    description:
      'The waiting time before the second attempt of a webhook delivery. Each further waiting time is five times the one before.',
  }),
  webhook_tries: setting({
    group: 'Operation',
    schema: whole(1, 12),
    form: 'number',
    initial: '8',
    description: 'The maximum number of attempts of a webhook delivery. 8 attempts take about 27 hours.',
  }),
  log_level: setting({
    group: 'Operation',
    schema: oneOf(LOG_LEVELS),
    form: LOG_LEVELS.join(', '),
    initial: 'info',
    description: 'The lowest level that is logged. The line of each request has the level `info`.',
  }),
  shutdown_grace_seconds: setting({
    group: 'Operation',
    schema: whole(0, 3600),
    form: 'seconds',
    initial: '10',
    description: 'The maximum time to finish open requests when the server stops.',
  }),
  otlp_endpoint: setting({
    group: 'Operation',
    schema: endpoint.optional(),
    form: 'URL',
    unset: 'no traces',
    description: 'The OpenTelemetry collector that receives traces over HTTP, for example `http://127.0.0.1:4318`.',
  }),
  api_docs: setting({
    group: 'Operation',
    schema: flag,
    form: 'true, false',
    initial: 'true',
    description: 'Whether the admin listener serves the OpenAPI documents and the pages that show them.',
  }),
  console: setting({
    group: 'Operation',
    schema: flag,
    form: 'true, false',
    initial: 'true',
    description:
      'Whether the admin listener serves the web console at `/admin/ui/`. The server builds it after the start where it is not up to date.',
  }),
  network_allow_loopback: setting({
    group: 'Operation',
    schema: flag,
    form: 'true, false',
    initial: 'false',
    description:
      'Whether the server can send requests to its own machine, also with HTTP. Only for development and tests.',
  }),
  dns_servers: setting({
    group: 'Operation',
    schema: list(dnsServer),
    form: 'list of IP addresses',
    initial: '',
    description:
      'The DNS servers for outgoing requests and for custom domains. An empty list selects the DNS servers of the system.',
  }),
} as const

export type SettingKey = keyof typeof SETTINGS
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[]

/** The environment variable of a setting. */
export function variableOf(key: SettingKey): string {
  return `COUNTERSIGN_${key.toUpperCase()}`
}
