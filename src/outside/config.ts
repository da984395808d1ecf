import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type * as z from 'zod'
import { ConfigurationError } from './configuration-error.ts'
import { configurationWarnings } from './configuration-warnings.ts'
import { isLoopback } from './outbound-url.ts'
import type { DatabaseLocation, ListenAddress } from './setting-forms.ts'
import { SETTING_KEYS, SETTINGS, type SettingKey, variableOf } from './settings.ts'

type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text
type Read = { [Key in SettingKey]: z.output<(typeof SETTINGS)[Key]['schema']> }
type Derived = 'databaseUrl' | 'publicUrl' | 'adminUrl'

/**
 * What the server was told, every default filled in. `dataDir` and a SQLite path are absolute; URLs end without a slash.
 * Holds secrets: never log it whole.
 */
export type Configuration = Readonly<
  Omit<{ [Key in SettingKey as Camel<Key>]: Read[Key] }, Derived> & {
    database: DatabaseLocation
    publicUrl: string
    adminUrl: string
  }
>

export interface ConfigurationSources {
  /** The environment; the process's unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The command line's arguments; only `--config path` is known. */
  readonly argv?: readonly string[]
  /** The directory that relative paths start from; the process's unless told. */
  readonly cwd?: string
}

export interface LoadedConfiguration {
  readonly configuration: Configuration
  /** Sentences for the operator about what is allowed but hardly meant. */
  readonly warnings: readonly string[]
  /** The file that was read; null where there was none. */
  readonly file: string | null
}

interface Given {
  readonly value: unknown
  /** Its name, for messages. */
  readonly name: string
}

/**
 * Reads the configuration: defaults, then the file (`--config`, else COUNTERSIGN_CONFIG, else `countersign.json` where
 * there is one), then the environment. An empty variable counts as not set; COUNTERSIGN_TEST_* are the tests’ own.
 * @throws ConfigurationError with every problem there is
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
    else problems.push('--config needs the path of a file after it.')
  }
  if (named !== undefined) return resolve(cwd, named)
  const usual = join(cwd, 'countersign.json')
  return existsSync(usual) ? usual : undefined
}

function readFile(file: string, problems: string[]): [SettingKey, Given][] {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    problems.push(code ? `${file} cannot be read (${code}). Name a file that is there.` : `${file} is not valid JSON.`)
    return []
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`${file} must hold one JSON object of settings.`)
    return []
  }
  return Object.entries(content).flatMap(([key, value]): [SettingKey, Given][] => {
    if (isSetting(key)) return [[key, { value, name: `${key} in ${file}` }]]
    problems.push(`${quote(key)} in ${file} is not a setting. ${suggestion(key, SETTING_KEYS)}`)
    return []
  })
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>, problems: string[]): [SettingKey, Given][] {
  const names = new Map<string, SettingKey>()
  for (const key of SETTING_KEYS) {
    for (const name of [variableOf(key), ...(aliasesOf(key) ?? [])]) names.set(name, key)
  }
  const given = new Map<SettingKey, Given>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.trim() === '' || name === 'COUNTERSIGN_CONFIG') continue
    const key = names.get(name)
    const other = key && given.get(key)
    if (key === undefined) {
      if (!name.startsWith('COUNTERSIGN_') || name.startsWith('COUNTERSIGN_TEST_')) continue
      problems.push(`The variable ${quote(name)} is not a setting. ${suggestion(name, [...names.keys()])}`)
    } else if (other && other.value !== value) {
      problems.push(`${other.name} and ${name} are two names of one setting, but differ. Set only one of them.`)
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
      const where = typeof entry === 'number' ? `Entry ${entry + 1} of ${name}` : name
      problems.push(`${where} ${issue.message}${secret ? '' : `; it is ${quote(value)}`}.`)
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
      problems.push(`${name}_address asks for any free port, so ${name}_url cannot be known. Set ${name}_url as well.`)
    }
  }
  problems.push(...problemsOfMail(rest))
  const publicUrl = rest.publicUrl ?? urlOf(rest.publicAddress)
  const shared = sameAddress(rest.publicAddress, rest.adminAddress)
  return {
    ...rest,
    dataDir,
    database: locate(databaseUrl, dataDir, cwd),
    publicUrl,
    adminUrl: rest.adminUrl ?? (shared ? publicUrl : urlOf(rest.adminAddress)),
  }
}

function problemsOfMail({
  smtpUrl,
  smtpTls,
  mailFrom,
}: Pick<Configuration, 'smtpUrl' | 'smtpTls' | 'mailFrom'>): string[] {
  if (smtpUrl === undefined) return []
  const problems = mailFrom ? [] : ['smtp_url is set, but not whom mails are from. Set mail_from as well.']
  if (smtpTls === 'optional' && smtpUrl.credentials && !smtpUrl.secure && !isLoopback(smtpUrl.host)) {
    problems.push(
      'smtp_tls is optional, so that the password of smtp_url could cross the network unencrypted. Require it.',
    )
  }
  return problems
}

/** Whether two addresses mean one listener. */
export function sameAddress(left: ListenAddress, right: ListenAddress): boolean {
  return left.host === right.host && left.port === right.port
}

function locate(given: DatabaseLocation | undefined, dataDir: string, cwd: string): DatabaseLocation {
  if (given === undefined) return { dialect: 'sqlite', path: join(dataDir, 'countersign.sqlite') }
  return given.dialect === 'sqlite' ? { ...given, path: resolve(cwd, given.path) } : given
}

/** A listener on every interface is reached on the machine itself by the loopback address. */
function urlOf({ host, port }: ListenAddress): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return new URL(`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`).origin
}

function exposedFile(file: string, inFile: readonly [SettingKey, Given][]): string[] {
  const secrets = inFile.filter(([key]) => 'secret' in SETTINGS[key]).map(([key]) => key)
  if (process.platform === 'win32' || secrets.length === 0 || (statSync(file).mode & 0o077) === 0) return []
  return [`${file} holds ${secrets.join(', ')} and may be read by other users. Run: chmod 600 '${file}'.`]
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

/** A value as a message shows it: short, and without the password that an address may carry. */
function quote(value: unknown): string {
  const shown = (JSON.stringify(value) ?? String(value)).replaceAll(/\/\/[^/@\s]*@/g, '//…@')
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}

function suggestion(wrong: string, right: readonly string[]): string {
  const [nearest] = right
    .map((name) => ({ name, distance: distance(wrong.toLowerCase().slice(0, 60), name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= 3)
    .sort((left, other) => left.distance - other.distance)
  return nearest ? `Did you mean ${nearest.name}?` : 'Remove it; docs/configuration.md lists those there are.'
}

/** How many letters must be added, removed or changed to make one word of the other. */
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
