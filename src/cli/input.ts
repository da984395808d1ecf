// Builds the input of a command from JSON and flags; flags override the JSON.
import type { Command } from './catalog.ts'
import { usage } from './failure.ts'
import { type Flag, flagName, isSecret } from './flags.ts'
import type { Terminal } from './terminal.ts'
import { type Moments, readFile, readValue } from './values.ts'

/** The arguments and flags of the command line, as text. */
export interface Given {
  /** The arguments for the path parameters, in order. */
  readonly parameters: readonly string[]
  /** The texts of each flag, by its member. */
  readonly flags: Readonly<Record<string, readonly string[] | boolean>>
  /** Files to read single members from, by member. */
  readonly files: Readonly<Record<string, string>>
  /** A file with the JSON body, `-` for standard input. */
  readonly input?: string
  readonly ifMatch?: string
}

/** The input of a command, ready to be sent. */
export interface Input {
  readonly values: Readonly<Record<string, unknown>>
  /** The value of If-Match. */
  readonly ifMatch?: string
  /** The id in the JSON input, which is that of the object to change. */
  readonly belongsTo?: string
}

type Values = Record<string, unknown>

/**
 * Reads the input of a command.
 * @throws CommandFailure for invalid input
 */
export async function readInput(command: Command, given: Given, terminal: Terminal, now: number): Promise<Input> {
  const moments: Moments = { now, direction: command.takesBody ? 'ahead' : 'back' }
  const piped = given.input === undefined ? {} : await readJson(given.input, terminal)
  const { values, version } = withoutReadOnlyMembers(command, given, piped, terminal)
  for (const flag of command.flags) {
    const texts = given.flags[flag.member]
    if (texts !== undefined) put(values, flag.member, readValue(flag, texts, moments))
  }
  await readSecrets(command, given, values, terminal)
  refuseMissing(command, values)
  const ifMatch = given.ifMatch === undefined ? version : etagOf(given.ifMatch)
  const { id } = piped
  return {
    values,
    ...(ifMatch !== undefined && { ifMatch }),
    ...(typeof id === 'string' && !('id' in values) && { belongsTo: id }),
  }
}

async function readJson(source: string, terminal: Terminal): Promise<Values> {
  if (source === '-' && terminal.interactive)
    terminal.note('Reading JSON from standard input. Press Ctrl-D at the end.')
  const text = source === '-' ? await terminal.readInput() : readFile(source)
  const name = source === '-' ? 'Standard input' : source
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw usage(text.trim() === '' ? `${name} is empty. It must contain JSON.` : `${name} does not contain valid JSON.`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw usage(`${name} must contain one JSON object.`, 'To split a list into its items, use jq -c ".data[]".')
}

/**
 * Converts a response into an input: removes read-only members, and returns the version for If-Match, so that the change
 * of another person is not overwritten.
 */
function withoutReadOnlyMembers(
  command: Command,
  given: Given,
  piped: Values,
  terminal: Terminal,
): { values: Values; version: string | undefined } {
  const writable = new Set(command.flags.map(({ member }) => member.split('.')[0]))
  const readOnly = Object.keys(piped).filter((name) => !writable.has(name) && command.shows.includes(name))
  for (const [at, { name }] of command.parameters.entries()) {
    const [argument = '', id] = [given.parameters[at], piped[name]]
    if (typeof id === 'string' && readOnly.includes(name) && id.length === argument.length && id !== argument) {
      throw usage(`The input belongs to ${id}, but the command is for ${argument}.`)
    }
  }
  if (readOnly.length > 0 && terminal.watched) terminal.note(`Read-only members are not sent: ${readOnly.join(', ')}.`)
  const { version } = piped
  return {
    values: Object.fromEntries(Object.entries(piped).filter(([name]) => !readOnly.includes(name))),
    version: command.takesIfMatch && typeof version === 'number' ? `"v${version}"` : undefined,
  }
}

/** The ETag of a version; `"v3"`, `v3` and `3` are the same version. */
function etagOf(text: string): string {
  if (text === '*') return text
  const [, number] = /^"?v?(\d{1,15})"?$/.exec(text) ?? []
  if (number !== undefined) return `"v${number}"`
  throw usage(`--if-match must be a version such as 3, not ${JSON.stringify(text)}.`)
}

async function readSecrets(command: Command, given: Given, values: Values, terminal: Terminal): Promise<void> {
  for (const flag of command.flags.filter(isSecret)) {
    const file = given.files[flag.member]
    if (file !== undefined) {
      const text = file === '-' ? await terminal.readInput() : readFile(file)
      put(values, flag.member, text.replace(/\r?\n$/, ''))
    } else if (flag.required && !has(values, flag.member) && terminal.interactive) {
      put(values, flag.member, await terminal.readSecret(`${sentenceOf(flag)}: `))
    }
  }
}

function sentenceOf({ member }: Flag): string {
  return member.charAt(0).toUpperCase() + member.slice(1).replaceAll(/[._]/g, ' ')
}

function refuseMissing(command: Command, values: Values): void {
  const missing = command.flags.filter(({ required, member }) => required && !has(values, member))
  if (missing.length === 0) return
  const name = `countersign ${command.noun} ${command.verb}`
  const flags = missing.map((flag) => `--${flagName(flag.member)}${isSecret(flag) ? '-file' : ''}`).join(', ')
  throw usage(`${name} requires ${flags}.`, `${name} --help shows an example.`)
}

function has(values: Values, member: string): boolean {
  const [first = '', ...rest] = member.split('.')
  if (!Object.hasOwn(values, first)) return false
  const inner = values[first]
  return rest.length === 0 || (typeof inner === 'object' && inner !== null && has(inner as Values, rest.join('.')))
}

function put(values: Values, member: string, value: unknown): void {
  const [first = '', ...rest] = member.split('.')
  if (rest.length === 0) {
    values[first] = value
    return
  }
  const known = values[first]
  const inner = typeof known === 'object' && known !== null && !Array.isArray(known) ? { ...known } : {}
  put(inner as Values, rest.join('.'), value)
  values[first] = inner
}
