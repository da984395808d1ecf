// What a command sends: the JSON that was piped in, with the flags over it.
import type { Command } from './catalog.ts'
import { usage } from './failure.ts'
import { type Flag, flagName, isSecret } from './flags.ts'
import type { Terminal } from './terminal.ts'
import { type Moments, readFile, readValue } from './values.ts'

/** What was given on the command line, before it is read. */
export interface Given {
  /** The arguments of the path’s parameters, in order. */
  readonly parameters: readonly string[]
  /** Each flag’s texts by its member. */
  readonly flags: Readonly<Record<string, readonly string[] | boolean>>
  /** Files to read single members from, by member. */
  readonly files: Readonly<Record<string, string>>
  /** A file with the JSON body, `-` for standard input. */
  readonly input?: string
  readonly ifMatch?: string
}

/** A read input, ready to be sent. */
export interface Input {
  readonly values: Readonly<Record<string, unknown>>
  /** The value of If-Match. */
  readonly ifMatch?: string
}

type Values = Record<string, unknown>

/**
 * Reads the input of a command.
 * @throws CommandFailure for what cannot be its input
 */
export async function readInput(command: Command, given: Given, terminal: Terminal, now: number): Promise<Input> {
  const moments: Moments = { now, direction: command.takesBody ? 'ahead' : 'back' }
  const piped = given.input === undefined ? {} : await readJson(given.input, terminal)
  const { values, version } = withoutReadings(command, given, piped, terminal)
  for (const flag of command.flags) {
    const texts = given.flags[flag.member]
    if (texts !== undefined) put(values, flag.member, readValue(flag, texts, moments))
  }
  await readSecrets(command, given, values, terminal)
  refuseMissing(command, values)
  const ifMatch = given.ifMatch === undefined ? version : etagOf(given.ifMatch)
  return { values, ...(ifMatch !== undefined && { ifMatch }) }
}

async function readJson(source: string, terminal: Terminal): Promise<Values> {
  if (source === '-' && terminal.interactive) terminal.note('Reading JSON from standard input; Ctrl-D ends it.')
  const text = source === '-' ? await terminal.readInput() : readFile(source)
  const name = source === '-' ? 'Standard input' : source
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw usage(`${name} is not JSON${text.trim() === '' ? '; it is empty' : ''}.`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw usage(`${name} must hold one JSON object.`, 'To send the items of a list one by one: jq -c ".data[]".')
}

/**
 * What an answer shows can be sent back: what is only shown is left out, and the version that was read is the one to
 * change, so that nobody else’s change is overwritten.
 */
function withoutReadings(
  command: Command,
  given: Given,
  piped: Values,
  terminal: Terminal,
): { values: Values; version: string | undefined } {
  const takes = new Set(command.flags.map(({ member }) => member.split('.')[0]))
  const only = Object.keys(piped).filter((name) => !takes.has(name) && command.shows.includes(name))
  for (const [at, { name }] of command.parameters.entries()) {
    const [asked = '', found] = [given.parameters[at], piped[name]]
    if (typeof found === 'string' && only.includes(name) && found.length === asked.length && found !== asked) {
      throw usage(`The input is that of ${found}, not of ${asked}.`)
    }
  }
  if (only.length > 0 && terminal.watched) terminal.note(`Left out what is only shown: ${only.join(', ')}.`)
  const { version } = piped
  return {
    values: Object.fromEntries(Object.entries(piped).filter(([name]) => !only.includes(name))),
    version: command.takesIfMatch && typeof version === 'number' ? `"v${version}"` : undefined,
  }
}

/** `"v3"`, `v3` and `3` name the same version. */
function etagOf(text: string): string {
  if (text === '*') return text
  const [, number] = /^"?v?(\d{1,15})"?$/.exec(text) ?? []
  if (number !== undefined) return `"v${number}"`
  throw usage(`--if-match takes a version such as 3, not ${JSON.stringify(text)}.`)
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
  const flags = missing.map(({ member }) => `--${flagName(member)}`).join(', ')
  throw usage(`${name} needs ${flags}.`, `${name} --help shows an example.`)
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
