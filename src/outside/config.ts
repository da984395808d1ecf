// Reads the configuration of the server from its sources and checks it.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type * as z from 'zod'
import type { Camel, Configuration, Read } from './configuration.ts'
import { ConfigurationError } from './configuration-error.ts'
import { configurationWarnings } from './configuration-warnings.ts'
import { isLoopback } from './outbound-url.ts'
import type { DatabaseLocation, ListenAddress } from './setting-forms.ts'
import { SETTING_KEYS, SETTINGS, type SettingKey, variableOf } from './settings.ts'

export interface ConfigurationSources {
  /** The environment variables; those of the process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The arguments of the server; only `--config path` is supported. */
  readonly argv?: readonly string[]
  /** The directory for relative paths; the working directory of the process by default. */
  readonly cwd?: string
}

export interface LoadedConfiguration {
  readonly configuration: Configuration
  /** Messages for the operator about risky settings. */
  readonly warnings: readonly string[]
  /** The file that was read; null if there was none. */
  readonly file: string | null
}

interface Given {
  readonly value: unknown
  /** Its name, for messages. */
  readonly name: string
}

/**
 * Reads the configuration: the defaults, then the file (`--config`, otherwise COUNTERSIGN_CONFIG, otherwise
 * `countersign.json` if it exists), then the environment. Empty variables are ignored. COUNTERSIGN_TEST_* are for tests.
 * @throws ConfigurationError with all problems
 */
export function loadConfiguration(sources: ConfigurationSources = {}): LoadedConfiguration {
  const { env = process.env, argv = [], cwd = process.cwd() } = sources
  const problems: string[] = []
  const file = findFile(env, argv, cwd, problems)
  const inFile = file ? readFile(file, problems) : []
  const given = new Map([...inFile, ...readEnvironment(env, problems)])
  const read = readSettings(given, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)

  const configuration = derive(read as Read, cwd, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
  const warnings = configurationWarnings(configuration, { publicUrlIsGiven: given.has('public_url') })
  const exposed = file ? exposedFile(file, inFile) : []
  return { configuration, warnings: [...exposed, ...warnings], file: file ?? null }
}

function findFile(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  cwd: string,
  problems: string[],
): string | undefined {
  let named = env.COUNTERSIGN_CONFIG?.trim() || undefined
  for (let at = 0; at < argv.length; at++) {
    const [option = '', inline] = splitOnce(argv[at] ?? '', '=')
    if (option !== '--config') {
      problems.push(`${JSON.stringify(option)} is not an option of the server. The only one is --config path.`)
      continue
    }
    const path = inline ?? argv[++at]
    if (path) named = path
    else problems.push('--config requires the path of a file.')
  }
  if (named !== undefined) return resolve(cwd, named)
  const usual = join(cwd, 'countersign.json')
  return existsSync(usual) ? usual : undefined
}

function readFile(file: string, problems: string[]): [SettingKey, Given][] {
  let content: unknown
  try {
    content = JSON.parse(textOf(readFileSync(file)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    problems.push(
      code ? `${file} cannot be read (${code}). Use the path of an existing file.` : `${file} is not valid JSON.`,
    )
    return []
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`${file} must contain one JSON object with settings.`)
    return []
  }
  return Object.entries(content).flatMap(([key, value]): [SettingKey, Given][] => {
    if (isSetting(key)) return [[key, { value, name: `${key} in ${file}` }]]
    problems.push(`${quote(key)} in ${file} is not a setting. ${suggestion(key, SETTING_KEYS)}`)
    return []
  })
}

/** A file's text, without the byte order mark that some editors put before it (RFC 8259 §8.1 allows to ignore it). */
function textOf(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  return bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '')
}

/** Whether a variable is not meant as a setting: the path of the file, what the tests use, and {@link isServiceLink}. */
function isNoSetting(name: string, value: string): boolean {
  return name === 'COUNTERSIGN_CONFIG' || name.startsWith('COUNTERSIGN_TEST_') || isServiceLink(name, value)
}

/**
 * What Kubernetes puts into the environment of every pod for a service called `countersign` or `countersign-…`:
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isServiceLink(name: string, value: string): boolean {
  if (
    /^COUNTERSIGN_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name)
  ) {
    return true
  }
  return /^COUNTERSIGN_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value)
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>, problems: string[]): [SettingKey, Given][] {
  const names = new Map<string, SettingKey>()
  for (const key of SETTING_KEYS) {
    for (const name of [variableOf(key), ...(aliasesOf(key) ?? [])]) names.set(name, key)
  }
  const given = new Map<SettingKey, Given>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.trim() === '' || isNoSetting(name, value)) continue
    const key = names.get(name)
    const other = key && given.get(key)
    if (key === undefined) {
      if (!name.startsWith('COUNTERSIGN_')) continue
      problems.push(`The variable ${quote(name)} is not a setting. ${suggestion(name, [...names.keys()])}`)
    } else if (other && other.value !== value) {
      problems.push(
        `${other.name} and ${name} are names of the same setting, but have different values. Set only one of them.`,
      )
    } else {
      given.set(key, { value, name })
    }
  }
  return [...given]
}

function readSettings(given: ReadonlyMap<SettingKey, Given>, problems: string[]): Partial<Read> {
  const read: Partial<Record<SettingKey, unknown>> = {}
  for (const key of SETTING_KEYS) {
    const { schema, initial, secret }: { schema: z.ZodType; initial?: string; secret?: true } = SETTINGS[key]
    const { value, name } = given.get(key) ?? { value: initial, name: key }
    const result = schema.safeParse(value)
    if (result.success) read[key] = result.data
    for (const issue of result.error?.issues ?? []) {
      const [entry] = issue.path
      const label = typeof entry === 'number' ? `Entry ${entry + 1} of ${name}` : name
      problems.push(`${label} ${issue.message}${secret ? '' : `; the value is ${quote(value)}`}.`)
    }
  }
  return read as Partial<Read>
}

function derive(read: Read, cwd: string, problems: string[]): Configuration {
  const camel = Object.fromEntries(
    Object.entries(read).map(([key, value]) => [key.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase()), value]),
  ) as { [Key in SettingKey as Camel<Key>]: Read[Key] }
  const { databaseUrl, ...rest } = camel
  const dataDir = resolve(cwd, rest.dataDir)
  for (const name of ['public', 'admin'] as const) {
    if (rest[`${name}Address`].port === 0 && rest[`${name}Url`] === undefined) {
      problems.push(
        `${name}_address has port 0 (any free port), so the server cannot derive ${name}_url. Set ${name}_url as well.`,
      )
    }
  }
  problems.push(...problemsOfMail(rest), ...problemsOfMutualTls(rest), ...problemsOfKeyStore(rest))
  if (rest.proxyRulesFile !== undefined && !rest.proxyAddress)
    problems.push('proxy_rules_file is set, but the proxy is off. Set proxy_address as well.')
  const publicUrl = rest.publicUrl ?? urlOf(rest.publicAddress)
  const shared = sameAddress(rest.publicAddress, rest.adminAddress)
  const adminUrl = rest.adminUrl ?? (shared ? publicUrl : urlOf(rest.adminAddress))
  problems.push(...problemsOfDevInbox({ ...rest, publicUrl, adminUrl }))
  return {
    ...rest,
    dataDir,
    keyStoreDir: rest.keyStoreDir === undefined ? join(dataDir, 'keys') : resolve(cwd, rest.keyStoreDir),
    database: locate(databaseUrl, dataDir, cwd),
    publicUrl,
    mtlsUrl: rest.mtlsUrl ?? (rest.mtlsAddress && urlOf(rest.mtlsAddress).replace('http:', 'https:')),
    ...pathsOf(rest, cwd),
    adminUrl,
  }
}

function problemsOfKeyStore({
  keyStore,
  vaultAddress,
  vaultToken,
  vaultRoleId,
  vaultSecretId,
  pkcs11Module,
  pkcs11TokenLabel,
  pkcs11Pin,
}: Pick<
  Configuration,
  | 'keyStore'
  | 'vaultAddress'
  | 'vaultToken'
  | 'vaultRoleId'
  | 'vaultSecretId'
  | 'pkcs11Module'
  | 'pkcs11TokenLabel'
  | 'pkcs11Pin'
>): string[] {
  const problems: string[] = []
  if (keyStore === 'vault_transit' && vaultAddress === undefined) {
    problems.push('key_store is vault_transit, but the address of Vault is not set. Set vault_address as well.')
  }
  const hasRole = vaultRoleId !== undefined && vaultSecretId !== undefined
  if (vaultAddress !== undefined && (vaultToken === undefined) !== hasRole) {
    problems.push('vault_address needs either vault_token, or vault_role_id and vault_secret_id.')
  }
  if (keyStore === 'pkcs11' && pkcs11Module === undefined) {
    problems.push('key_store is pkcs11, but the module is not set. Set pkcs11_module as well.')
  }
  if (pkcs11Module !== undefined && (pkcs11TokenLabel === undefined || pkcs11Pin === undefined)) {
    problems.push('pkcs11_module needs pkcs11_token_label and pkcs11_pin.')
  }
  return problems
}

function problemsOfMail({
  smtpUrl,
  smtpTls,
  mailFrom,
}: Pick<Configuration, 'smtpUrl' | 'smtpTls' | 'mailFrom'>): string[] {
  if (smtpUrl === undefined) return []
  const problems = mailFrom ? [] : ['smtp_url is set, but the sender of mails is not. Set mail_from as well.']
  if (smtpTls === 'optional' && smtpUrl.credentials && !smtpUrl.secure && !isLoopback(smtpUrl.host)) {
    problems.push(
      'smtp_tls is optional, so the password of smtp_url could be sent unencrypted. Set smtp_tls to required.',
    )
  }
  return problems
}

/** Nobody shall lose mails by a setting for development, nor read those of others. */
function problemsOfDevInbox({
  devInbox,
  smtpUrl,
  publicUrl,
  adminUrl,
}: Pick<Configuration, 'devInbox' | 'smtpUrl' | 'publicUrl' | 'adminUrl'>): string[] {
  if (!devInbox) return []
  const problems = smtpUrl ? ['dev_inbox is true, so no mail is sent, but smtp_url is set. Set only one of them.'] : []
  for (const [name, url] of Object.entries({ public_url: publicUrl, admin_url: adminUrl })) {
    if (isLoopback(new URL(url).hostname.replaceAll(/[[\]]/g, ''))) continue
    problems.push(`dev_inbox is only for development, but ${name} is ${url}. Set dev_inbox to false.`)
  }
  return problems
}

/** The paths of files are relative to the directory of the configuration's other paths. */
function pathsOf(
  { mtlsCertificate, mtlsKey, proxyRulesFile }: Pick<Configuration, 'mtlsCertificate' | 'mtlsKey' | 'proxyRulesFile'>,
  cwd: string,
) {
  return {
    mtlsCertificate: mtlsCertificate && resolve(cwd, mtlsCertificate),
    mtlsKey: mtlsKey && resolve(cwd, mtlsKey),
    proxyRulesFile: proxyRulesFile && resolve(cwd, proxyRulesFile),
  }
}

function problemsOfMutualTls({
  mtlsAddress,
  mtlsUrl,
  mtlsCertificate,
  mtlsKey,
  clientCertificateHeader,
  trustedProxies,
}: Pick<
  Configuration,
  'mtlsAddress' | 'mtlsUrl' | 'mtlsCertificate' | 'mtlsKey' | 'clientCertificateHeader' | 'trustedProxies'
>): string[] {
  const problems: string[] = []
  if (mtlsAddress && !(mtlsCertificate && mtlsKey)) {
    problems.push(
      'mtls_address is set, but the certificate of its listener is not. Set mtls_certificate and mtls_key as well.',
    )
  }
  if (mtlsAddress?.port === 0 && mtlsUrl === undefined) {
    problems.push(
      'mtls_address has port 0 (any free port), so the server cannot derive mtls_url. Set mtls_url as well.',
    )
  }
  if (mtlsUrl?.startsWith('http:')) problems.push('mtls_url must be an https address: certificates come with TLS.')
  if (mtlsUrl !== undefined && !mtlsAddress && !clientCertificateHeader) {
    problems.push(
      'mtls_url is set, but no certificate can arrive. Set mtls_address or client_certificate_header as well.',
    )
  }
  if (clientCertificateHeader && mtlsUrl === undefined) {
    problems.push(
      'client_certificate_header is true, but not at which host the proxy sends it. Set mtls_url as well, to an address where only clients with certificates connect.',
    )
  }
  if (clientCertificateHeader && trustedProxies.length === 0) {
    problems.push('client_certificate_header is true, but no proxy is trusted. Set trusted_proxies as well.')
  }
  return problems
}

/** Whether two addresses are the same listener. */
export function sameAddress(left: ListenAddress, right: ListenAddress): boolean {
  return left.host === right.host && left.port === right.port
}

function locate(given: DatabaseLocation | undefined, dataDir: string, cwd: string): DatabaseLocation {
  if (given === undefined) return { dialect: 'sqlite', path: join(dataDir, 'countersign.sqlite') }
  return given.dialect === 'sqlite' ? { ...given, path: resolve(cwd, given.path) } : given
}

/** The URL of a listener. A listener on all interfaces is reached with the loopback address. */
function urlOf({ host, port }: ListenAddress): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return new URL(`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`).origin
}

function exposedFile(file: string, inFile: readonly [SettingKey, Given][]): string[] {
  const secrets = inFile.filter(([key]) => 'secret' in SETTINGS[key]).map(([key]) => key)
  if (process.platform === 'win32' || secrets.length === 0 || (statSync(file).mode & 0o077) === 0) return []
  return [`${file} contains ${secrets.join(', ')}, and other users can read it. Run: chmod 600 '${file}'.`]
}

function isSetting(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key)
}

function aliasesOf(key: SettingKey): readonly string[] | undefined {
  return (SETTINGS[key] as { aliases?: readonly string[] }).aliases
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** A value for a message: shortened, and without the password of a URL. */
function quote(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/\/\/[^/@\s]*@/g, '//…@')
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function suggestion(wrong: string, right: readonly string[]): string {
  const [nearest] = right
    .map((name) => ({ name, distance: distance(wrong.toLowerCase().slice(0, 60), name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= 3)
    .sort((left, other) => left.distance - other.distance)
  return nearest ? `Did you mean ${nearest.name}?` : 'Remove it. docs/configuration.md lists all settings.'
}

/** The edit distance of two words (Levenshtein). */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[right.length] as number
}
