// Checks how the configuration is read and refused.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { nonEmpty } from '#testing/non-empty.ts'
import { type ConfigurationSources, loadConfiguration } from './config.ts'
import { renderConfigurationReference } from './config-reference.ts'
import { ConfigurationError } from './configuration-error.ts'
import { SETTING_KEYS, SETTINGS, variableOf } from './settings.ts'

const cwd = mkdtempSync(join(tmpdir(), 'countersign-config-'))
after(() => rmSync(cwd, { recursive: true }))

function load(env: Record<string, string> = {}, rest: ConfigurationSources = {}) {
  return loadConfiguration({ env, cwd, ...rest })
}

function file(content: unknown, name = 'named.json'): string {
  const path = join(cwd, name)
  const isText = typeof content === 'string' || Buffer.isBuffer(content)
  writeFileSync(path, isText ? content : JSON.stringify(content), { mode: 0o600 })
  return path
}

function problemsOf(env: Record<string, string>, rest: ConfigurationSources = {}): readonly string[] {
  try {
    load(env, rest)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.problems
  }
  assert.fail('the configuration was accepted')
}

test('nothing configured is a server on this machine, with nothing to warn about', () => {
  const { configuration, warnings, file } = load()
  assert.deepEqual(warnings, [])
  assert.equal(file, null)
  assert.equal(configuration.dataDir, join(cwd, 'data'))
  assert.deepEqual(configuration.database, { dialect: 'sqlite', path: join(cwd, 'data/countersign.sqlite') })
  assert.deepEqual(configuration.publicAddress, { host: '127.0.0.1', port: 9000 })
  assert.deepEqual(configuration.adminAddress, { host: '127.0.0.1', port: 9001 })
  assert.equal(configuration.publicUrl, 'http://127.0.0.1:9000')
  assert.equal(configuration.adminUrl, 'http://127.0.0.1:9001')
  assert.equal(configuration.sqliteSynchronous, 'full')
  assert.equal(configuration.logLevel, 'info')
  assert.equal(configuration.networkAllowLoopback, false)
  assert.equal(configuration.adminApiKey, undefined)
  assert.deepEqual(configuration.trustedProxies, [])
})

test('the environment wins over the file, and the file over the defaults', () => {
  const path = file({ log_level: 'warn', database_pool_size: 20, allowed_origins: ['https://a.example'] })
  const { configuration, file: used } = load({ COUNTERSIGN_CONFIG: path, COUNTERSIGN_LOG_LEVEL: 'debug' })
  assert.equal(used, path)
  assert.equal(configuration.logLevel, 'debug')
  assert.equal(configuration.databasePoolSize, 20)
  assert.deepEqual(configuration.allowedOrigins, ['https://a.example'])
  assert.equal(load({ COUNTERSIGN_CONFIG: path, COUNTERSIGN_LOG_LEVEL: '' }).configuration.logLevel, 'warn')
})

test('--config wins over COUNTERSIGN_CONFIG, which wins over countersign.json', () => {
  const usual = file({ log_level: 'error' }, 'countersign.json')
  try {
    assert.equal(load().configuration.logLevel, 'error')
    const env = { COUNTERSIGN_CONFIG: file({ log_level: 'fatal' }, 'second.json') }
    assert.equal(load(env).configuration.logLevel, 'fatal')
    file({ log_level: 'trace' }, 'third.json')
    assert.equal(load(env, { argv: ['--config', 'third.json'] }).configuration.logLevel, 'trace')
    assert.equal(load(env, { argv: ['--config=third.json'] }).configuration.logLevel, 'trace')
  } finally {
    rmSync(usual)
  }
})

test('the environment writes numbers, flags, lists and addresses as text', () => {
  const { configuration } = load({
    COUNTERSIGN_DATABASE_URL: 'postgres://server@db.example/countersign',
    COUNTERSIGN_PUBLIC_ADDRESS: '[::1]:8443',
    COUNTERSIGN_PUBLIC_URL: 'https://ID.example.com/',
    COUNTERSIGN_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    COUNTERSIGN_NETWORK_ALLOW_LOOPBACK: 'true',
    COUNTERSIGN_DNS_SERVERS: '192.0.2.53,[2001:db8::53]:5353,127.0.0.1:5300',
    COUNTERSIGN_SQLITE_SYNCHRONOUS: 'NORMAL',
    COUNTERSIGN_MASTER_KEY: '0123456789abcdef'.repeat(4),
    COUNTERSIGN_REALM_DOMAIN: 'ID.Example.com',
  })
  assert.deepEqual(configuration.database, { dialect: 'postgres', url: 'postgres://server@db.example/countersign' })
  assert.deepEqual(configuration.publicAddress, { host: '::1', port: 8443 })
  assert.equal(configuration.publicUrl, 'https://id.example.com')
  assert.deepEqual(configuration.trustedProxies, ['10.0.0.0/8', '::1'])
  assert.equal(configuration.networkAllowLoopback, true)
  assert.equal(configuration.dnsServers.length, 3)
  assert.equal(configuration.sqliteSynchronous, 'normal')
  assert.deepEqual(Buffer.from(configuration.masterKey ?? []), Buffer.from('0123456789abcdef'.repeat(4), 'hex'))
  assert.equal(configuration.realmDomain, 'id.example.com')
})

test('one address for both listeners gives both one URL', () => {
  const { configuration } = load({ COUNTERSIGN_ADMIN_ADDRESS: '127.0.0.1:9000' })
  assert.equal(configuration.adminUrl, configuration.publicUrl)
})

test('AuthPlane’s variables are accepted, but not against ours', () => {
  const { configuration } = load({
    AUTHPLANE_ADMIN_API_KEY: 'a-key-of-sixteen-characters',
    AUTHPLANE_SERVER_ALLOWED_ORIGINS: 'https://a.example,http://localhost:3000',
  })
  assert.equal(configuration.adminApiKey, 'a-key-of-sixteen-characters')
  assert.deepEqual(configuration.allowedOrigins, ['https://a.example', 'http://localhost:3000'])
  const [problem = ''] = problemsOf({
    AUTHPLANE_ADMIN_API_KEY: 'a-key-of-sixteen-characters',
    COUNTERSIGN_ADMIN_API_KEY: 'another-key-of-some-length',
  })
  assert.match(problem, /Set only one/)
  assert.doesNotMatch(problem, /sixteen|another-key/)
})

test('everything that is wrong is told at once, each with what to do', () => {
  const path = file({ log_levle: 'info', database_pool_size: 'many' })
  const problems = problemsOf({
    COUNTERSIGN_CONFIG: path,
    COUNTERSIGN_LISTEN: ':80',
    COUNTERSIGN_LOG_LEVEL: 'loud',
    COUNTERSIGN_TRUSTED_PROXIES: '10.0.0.0/8,proxy',
    COUNTERSIGN_TEST_POSTGRES_URL: 'of the tests',
    UNRELATED: 'fine',
  })
  assert.deepEqual(problems, [
    `"log_levle" in ${path} is not a setting. Did you mean log_level?`,
    'The variable "COUNTERSIGN_LISTEN" is not a setting. Remove it. docs/configuration.md lists all settings.',
    'Entry 2 of COUNTERSIGN_TRUSTED_PROXIES must be an IP address or a range, for example 10.0.0.0/8; the value is "10.0.0.0/8,proxy".',
    `database_pool_size in ${path} must be a whole number from 2 to 200; the value is "many".`,
    'COUNTERSIGN_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent; the value is "loud".',
  ])
})

test('bad values', () => {
  for (const [key, ...values] of [
    ['PUBLIC_ADDRESS', '9000', ':9000', '127.0.0.1', 'a:b:1', '127.0.0.1:70000', '[zz]:1', 'http://127.0.0.1:9000'],
    ['PUBLIC_URL', 'id.example.com', 'ftp://a', 'https://a/path', 'https://a?q', 'https://u:p@a', 'https://a#f'],
    ['DATABASE_URL', 'mysql://a', 'sqlite:', 'postgres', '/var/lib/x.sqlite'],
    [
      'REDIS_URL',
      'localhost:6379',
      'http://a',
      'redis://',
      'redis:///0',
      'redis://a/x',
      'redis://a?b=c',
      'redis://:%@a',
    ],
    ['MASTER_KEY', 'secret', 'ab', 'z'.repeat(64), 'ab'.repeat(31), 'a'.repeat(42)],
    ['ADMIN_API_KEY', 'short', 'aaaaaaaaaaaaaaaa', 'with a space in the middle', 'ünïcödé-ünïcödé-ünïcödé'],
    ['REALM_DOMAIN', '-a.example', 'a..b', 'a.example.', 'https://a.example', '127'],
    ['ALLOWED_ORIGINS', '*', 'a.example', 'https://a.example/path'],
    ['DNS_SERVERS', 'dns.example', '1.2.3', '0x7f.1'],
    ['SHUTDOWN_GRACE_SECONDS', '-1', '1.5', '1e3', 'soon', '99999'],
    ['NETWORK_ALLOW_LOOPBACK', 'yes', 'TRUE!', '2'],
    ['OTLP_ENDPOINT', 'collector:4318', 'grpc://a', 'http://user:pw@a'],
    ['SQLITE_SYNCHRONOUS', 'off'],
  ] as const) {
    for (const value of values) {
      const [problem = '', ...others] = problemsOf({ [`COUNTERSIGN_${key}`]: value })
      assert.match(problem, new RegExp(`COUNTERSIGN_${key} must `), `${key}=${value}`)
      assert.deepEqual(others, [])
    }
  }
})

test('a secret is never in a message', () => {
  const secret = 'do not tell'
  const secrets = SETTING_KEYS.filter(
    (name) => 'secret' in SETTINGS[name] && !SETTINGS[name].schema.safeParse(secret).success,
  )
  for (const key of nonEmpty(secrets, 'the secret settings')) {
    assert.ok(
      !problemsOf({ [variableOf(key)]: secret })
        .join()
        .includes(secret),
      key,
    )
  }
  const [problem = ''] = problemsOf({ COUNTERSIGN_PUBLIC_URL: 'https://user:hunter2@id.example.com' })
  assert.doesNotMatch(problem, /hunter2/)
})

test('files that are missing, unreadable, no JSON or no object fail the start', () => {
  assert.match(problemsOf({ COUNTERSIGN_CONFIG: 'missing.json' })[0] ?? '', /cannot be read \(ENOENT\)/)
  assert.match(problemsOf({ COUNTERSIGN_CONFIG: '.' })[0] ?? '', /cannot be read \(EISDIR\)/)
  assert.match(problemsOf({ COUNTERSIGN_CONFIG: file('{"log_level": ') })[0] ?? '', /not valid JSON/)
  assert.match(problemsOf({ COUNTERSIGN_CONFIG: file('[]') })[0] ?? '', /must contain one JSON object/)
  assert.match(problemsOf({}, { argv: ['--config'] })[0] ?? '', /requires the path/)
  assert.match(problemsOf({}, { argv: ['--port', '80'] })[0] ?? '', /not an option/)
  for (const key of ['__proto__', 'constructor', 'toString']) {
    assert.match(problemsOf({ COUNTERSIGN_CONFIG: file(`{"${key}": {}}`) })[0] ?? '', /is not a setting/)
  }
})

test('a listener on any free port needs its URL told', () => {
  assert.match(problemsOf({ COUNTERSIGN_PUBLIC_ADDRESS: '127.0.0.1:0' })[0] ?? '', /Set public_url as well/)
  load({ COUNTERSIGN_PUBLIC_ADDRESS: '127.0.0.1:0', COUNTERSIGN_PUBLIC_URL: 'https://id.example.com' })
})

test('certificates in a header need the address at which the proxy sends them, also beside a listener for certificates', () => {
  const header = { COUNTERSIGN_CLIENT_CERTIFICATE_HEADER: 'true', COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' }
  assert.match(problemsOf(header).join(), /Set mtls_url as well/)
  const files = { COUNTERSIGN_MTLS_CERTIFICATE: 'mtls.crt', COUNTERSIGN_MTLS_KEY: 'mtls.key' }
  const listener = { ...files, COUNTERSIGN_MTLS_ADDRESS: '127.0.0.1:9443' }
  assert.match(problemsOf({ ...header, ...listener }).join(), /Set mtls_url as well/)
  load({ ...header, COUNTERSIGN_MTLS_URL: 'https://mtls.id.example.com' })
})

test('a mail server is named with whom mails are from, and its password never crosses the network in the clear', () => {
  const MAIL_FROM = { COUNTERSIGN_MAIL_FROM: 'no-reply@id.example.com' }
  const serverOf = (url: string) => load({ COUNTERSIGN_SMTP_URL: url, ...MAIL_FROM }).configuration.smtpUrl
  assert.equal(load().configuration.smtpUrl, undefined)
  const credentials = { user: 'me@example.com', password: 'p@ss/word' }
  assert.deepEqual(serverOf('smtp://me%40example.com:p%40ss%2Fword@mail.example.com'), {
    host: 'mail.example.com',
    port: 587,
    secure: false,
    credentials,
  })
  assert.deepEqual(serverOf('smtps://[::1]'), { host: '::1', port: 465, secure: true, credentials: undefined })
  assert.equal(serverOf('smtp://mail.example.com:2525')?.port, 2525)
  const sender = (text: string) => load({ COUNTERSIGN_MAIL_FROM: text }).configuration.mailFrom
  assert.deepEqual(sender('no-reply@id.example.com'), { name: undefined, address: 'no-reply@id.example.com' })
  assert.deepEqual(sender('"Acme, Accounts" <a@b.example>'), { name: 'Acme, Accounts', address: 'a@b.example' })

  assert.match(problemsOf({ COUNTERSIGN_SMTP_URL: 'smtp://mail.example.com' }).join('\n'), /Set mail_from as well/)
  const secret = 'hunter2-hunter2'
  for (const url of [
    'mail.example.com:587',
    `http://me:${secret}@mail.example.com`,
    `smtp://me:${secret}@`,
    'smtp://me@mail.example.com',
    `smtp://:${secret}@mail.example.com`,
    `smtp://me:${secret}%@mail.example.com`,
    `smtp://me:${secret}@mail.example.com/path`,
    `smtp://me:${secret}@mail.example.com?tls=no`,
    `smtp://me:${secret}@mail.example.com:99999`,
  ]) {
    const told = problemsOf({ COUNTERSIGN_SMTP_URL: url, ...MAIL_FROM }).join('\n')
    assert.match(told, /^COUNTERSIGN_SMTP_URL must be smtp:\/\/ or smtps:\/\//)
    assert.ok(!told.includes(secret))
  }
  for (const from of ['nobody', 'A <nobody>', 'A\r\nBcc: x <a@b.example>', 'a@b.example, c@d.example']) {
    assert.match(
      problemsOf({ COUNTERSIGN_MAIL_FROM: from }).join('\n'),
      /must be an e-mail address, or a name with an address/,
    )
  }
  const lax = (url: string) => ({ COUNTERSIGN_SMTP_URL: url, COUNTERSIGN_SMTP_TLS: 'optional', ...MAIL_FROM })
  const told = problemsOf(lax(`smtp://me:${secret}@mail.example.com`)).join('\n')
  assert.match(told, /could be sent unencrypted/)
  assert.ok(!told.includes(secret))
  for (const url of [
    'smtp://relay.example.com',
    `smtp://me:${secret}@127.0.0.1`,
    `smtps://me:${secret}@mail.example.com`,
  ]) {
    assert.equal(load(lax(url)).configuration.smtpTls, 'optional')
  }
})

test('what is allowed but hardly meant is warned about', () => {
  const warned = (env: Record<string, string>) => load(env).warnings.join('\n')
  assert.match(warned({ COUNTERSIGN_PUBLIC_URL: 'http://id.example.com' }), /passwords and tokens are sent unencrypted/)
  assert.equal(warned({ COUNTERSIGN_PUBLIC_URL: 'http://localhost:9000' }), '')
  assert.equal(warned({ COUNTERSIGN_PUBLIC_URL: 'http://[::1]:9000' }), '')
  assert.equal(warned({ COUNTERSIGN_PUBLIC_URL: 'https://id.example.com' }), '')
  assert.match(warned({ COUNTERSIGN_ADMIN_URL: 'http://admin.example.com' }), /admin keys are sent unencrypted/)
  assert.match(warned({ COUNTERSIGN_PUBLIC_ADDRESS: '0.0.0.0:9000' }), /public_url is not set/)
  assert.match(warned({ COUNTERSIGN_TRUSTED_PROXIES: '0.0.0.0/0' }), /contains all addresses/)
  assert.match(warned({ COUNTERSIGN_ARGON2_MEMORY_KIB: '1024' }), /OWASP/)
  assert.match(warned({ COUNTERSIGN_MTLS_CERTIFICATE: 'a.crt' }), /mtls_certificate and mtls_key have no effect/)
  assert.match(warned({ COUNTERSIGN_NETWORK_ALLOW_LOOPBACK: 'true' }), /network_allow_loopback is true/)

  const path = file({ admin_api_key: 'a-key-of-sixteen-characters' })
  assert.equal(warned({ COUNTERSIGN_CONFIG: path }), '')
  chmodSync(path, 0o644)
  assert.match(warned({ COUNTERSIGN_CONFIG: path }), /contains admin_api_key, and other users can read it/)
})

test('whatever stands in the file and the environment, the answer is a configuration or sentences', () => {
  const key = fc.oneof(fc.constantFrom(...SETTING_KEYS), fc.string())
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.ipV6(),
    fc.constantFrom(...SETTING_KEYS.map((name) => (SETTINGS[name] as { initial?: string }).initial ?? 'sqlite://')),
  )
  const env = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...SETTING_KEYS.map(variableOf)),
      fc.string().map((name) => `COUNTERSIGN_${name}`),
    ),
    text,
    { maxKeys: 3 },
  )
  const content = fc.oneof(fc.dictionary(key, fc.oneof(text, fc.jsonValue())), fc.jsonValue())
  fc.assert(
    fc.property(env, content, (variables, value) => {
      const path = file(value, 'arbitrary.json')
      try {
        const { configuration } = load({ ...variables, COUNTERSIGN_CONFIG: path })
        assert.ok(configuration.publicUrl.startsWith('http'))
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error))
        for (const problem of error.problems) assert.match(problem, /[A-Za-z].*[.?]$/s)
      }
    }),
    { numRuns: 60 },
  )
})

test('the reference names every setting, its variable, its default and nothing secret', () => {
  const reference = renderConfigurationReference()
  for (const key of SETTING_KEYS) {
    assert.ok(reference.includes(`### ${key}\n`), key)
    assert.ok(reference.includes(`\`${variableOf(key)}\``), key)
  }
  assert.match(reference, /`AUTHPLANE_ADMIN_API_KEY`/)
  assert.ok(reference.endsWith('\n') && !reference.endsWith('\n\n'))
})

test('the links that Kubernetes puts into the environment for services do not stop the start', () => {
  const env = {
    COUNTERSIGN_PORT: 'tcp://10.0.0.7:9000',
    COUNTERSIGN_PORT_9000_TCP: 'tcp://10.0.0.7:9000',
    COUNTERSIGN_PORT_9000_TCP_PROTO: 'tcp',
    COUNTERSIGN_PORT_9000_TCP_PORT: '9000',
    COUNTERSIGN_PORT_9000_TCP_ADDR: '10.0.0.7',
    COUNTERSIGN_SERVICE_HOST: '10.0.0.7',
    COUNTERSIGN_SERVICE_PORT: '9000',
    COUNTERSIGN_SERVICE_PORT_HTTP: '9000',
    COUNTERSIGN_ADMIN_SERVICE_HOST: '10.0.0.8',
    COUNTERSIGN_ADMIN_PORT: 'tcp://10.0.0.8:9001',
    COUNTERSIGN_LOG_LEVEL: 'warn',
  }
  assert.equal(load(env).configuration.logLevel, 'warn')
  assert.match(problemsOf({ COUNTERSIGN_PORT: '9000' })[0] ?? '', /"COUNTERSIGN_PORT" is not a setting/)
})

test('a byte order mark before the configuration file is fine', () => {
  const text = '{"log_level": "warn"}'
  for (const content of [`\uFEFF${text}`, Buffer.from(`\uFEFF${text}`, 'utf16le')]) {
    assert.equal(load({ COUNTERSIGN_CONFIG: file(content) }).configuration.logLevel, 'warn')
  }
})

test('mails are kept for development only where nobody else reaches the server, and instead of a mail server', () => {
  const on = { COUNTERSIGN_DEV_INBOX: 'true' }
  assert.equal(load().configuration.devInbox, false)
  for (const url of ['http://localhost:9000', 'http://127.0.0.1:9000', 'http://[::1]:9000'])
    assert.match(load({ ...on, COUNTERSIGN_PUBLIC_URL: url }).warnings.join(), /dev_inbox is true/)
  const mail = { COUNTERSIGN_SMTP_URL: 'smtp://mail.example.com', COUNTERSIGN_MAIL_FROM: 'a@example.com' }
  for (const more of [
    mail,
    { COUNTERSIGN_PUBLIC_URL: 'https://id.example.com' },
    { COUNTERSIGN_ADMIN_URL: 'https://admin.example.com' },
    { COUNTERSIGN_PUBLIC_URL: 'http://10.0.0.1:9000' },
  ])
    assert.match(problemsOf({ ...on, ...more }).join(), /^dev_inbox is /, JSON.stringify(more))
})
