// Runs `authserver admin`: reads flags, sends one request, and prints what comes back.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { call } from '../api.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from '../failure.ts'
import { renderTable } from '../table.ts'
import { findTarget, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { harmless, json } from '../text.ts'
import { readFile } from '../values.ts'
import { ADMIN_COMMANDS, type AdminCommand, type CommandFlag } from './commands.ts'
import { runPurge } from './purge.ts'

type Thing = Readonly<Record<string, unknown>>

/** What a command needs besides its words. */
export interface AuthserverParts {
  readonly terminal: Terminal
  readonly version: string
}

const PAGE = 200
const HELP = /^(-h|--help|help)$/

/**
 * Runs a command line after `authserver`.
 * @returns the exit code: 0, 1 for a refusal of the server, 2 for a wrong command line, 3 for a server that does not answer
 */
export async function runAuthserver(
  argv: readonly string[],
  { terminal, version }: AuthserverParts,
): Promise<ExitCode> {
  try {
    await execute(argv, terminal, version)
    return EXIT.done
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    terminal.note(`Error: ${error.message}`)
    if (error.remedy) terminal.note(error.remedy)
    return error.exit
  }
}

async function execute(argv: readonly string[], terminal: Terminal, version: string): Promise<void> {
  const [area, noun = ''] = argv
  const { command, verb, words } = find(argv)
  if (area === 'version' || area === '--version') return terminal.out(`${version}\n`)
  if (area === 'purge') return runPurge(argv.slice(1), terminal, `countersign/${version}`)
  if (!command || words.some((word) => HELP.test(word))) {
    const wanted = argv.filter((word) => !HELP.test(word))
    if (!command && wanted.length > 0 && !(area === 'admin' && noun === '')) {
      const known = area === 'admin' && ADMIN_COMMANDS[noun]
      if (known && verb === '') return terminal.out(helpOfNoun(noun))
      throw usage(
        `There is no command ${harmless(wanted.slice(0, 3).join(' '))}.`,
        'authserver admin shows all commands.',
      )
    }
    return terminal.out(command ? helpOf(noun, verb, command) : helpOfAll())
  }
  const given = read(command, words, terminal.env)
  const target = findTarget(terminal, given.server)
  const inputs = given.input ? objectsIn(await terminal.readInput()) : [{}]
  const all = inputs.map((input) => ({ ...input, ...given.members }) as Thing)
  for (const members of all) checkGiven(command, members)
  const sender = { target, agent: `countersign/${version}` }
  const [only] = all
  if (only && all.length === 1) return print(terminal, command, await send(sender, command, only), given.json)
  await sendAll(terminal, sender, command, all)
}

/** A command of one or two words after its noun. */
function find([area, noun = '', first = '', second = '', ...rest]: readonly string[]) {
  const verbs = area === 'admin' ? ADMIN_COMMANDS[noun] : undefined
  const long = verbs?.[`${first} ${second}`]
  if (long) return { command: long, verb: `${first} ${second}`, words: rest }
  return { command: verbs?.[first], verb: first, words: [...(second === '' ? [] : [second]), ...rest] }
}

function checkGiven({ flags }: AdminCommand, members: Thing): void {
  const missing = Object.entries(flags).find(([, flag]) => flag.required && members[flag.member] === undefined)
  if (missing) throw usage(`--${missing[0]} is required.`)
}

/** How many requests are on their way at once. */
const AT_ONCE = 16

/** Sends many things, some at once, and prints the replies in their order: each as JSON on a line of its own. */
async function sendAll(
  terminal: Terminal,
  sender: Sender,
  command: AdminCommand,
  all: readonly Thing[],
): Promise<void> {
  for (let done = 0; done < all.length; done += AT_ONCE) {
    const part = all.slice(done, done + AT_ONCE)
    const results = await Promise.allSettled(part.map((members) => ask(sender, command, members)))
    for (const result of results) if (result.status === 'fulfilled') terminal.out(`${json(result.value ?? {})}\n`)
    const failed = results.findIndex(({ status }) => status === 'rejected')
    if (failed < 0) continue
    const made = results.filter(({ status }) => status === 'fulfilled').length
    terminal.note(`Item ${done + failed + 1} of ${all.length} was refused; ${done + made} were done, as printed.`)
    throw (results[failed] as PromiseRejectedResult).reason
  }
}

interface Given {
  readonly members: Readonly<Record<string, unknown>>
  readonly server: string | undefined
  readonly json: boolean
  readonly input: boolean
}

/** @throws CommandFailure for flags that the command does not have */
function read(command: AdminCommand, words: readonly string[], env: Terminal['env']): Given {
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, { kind }]) => [
      name,
      { type: kind === 'flag' ? 'boolean' : 'string', multiple: true } as const,
    ]),
  )
  const common = { server: { type: 'string' }, json: { type: 'boolean' } } as const
  let parsed: { values: Readonly<Record<string, unknown>>; positionals: readonly string[] }
  try {
    parsed = parseArgs({ args: [...words], options: { ...options, ...common }, allowPositionals: true })
  } catch (error) {
    throw usage(harmless(error instanceof Error ? error.message : String(error)))
  }
  const { values, positionals } = parsed
  const stray = positionals.find((word) => word !== '-' || !command.takesInput)
  if (stray !== undefined) {
    throw usage(`${harmless(stray)} is no flag of this command.`, command.flags.id && 'Give the id as --id.')
  }
  const isInput = positionals.includes('-')
  const members = Object.entries(command.flags).flatMap(([name, flag]) => {
    // What comes from the environment is for commands without input, which says everything itself.
    const known = flag.env && !isInput ? env[flag.env] : undefined
    const texts = (values[name] as readonly string[] | undefined) ?? (known ? [known] : undefined)
    return texts === undefined ? [] : [[flag.member, valueFor(name, flag, texts)] as const]
  })
  return {
    members: Object.fromEntries(members),
    server: values.server as string | undefined,
    json: values.json === true,
    input: isInput,
  }
}

function valueFor(name: string, { kind, value = true }: CommandFlag, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? ''
  switch (kind) {
    case 'flag':
      return value
    case 'list':
      return texts.flatMap((text) => text.split(',')).filter(Boolean)
    case 'scope_names':
      return texts.map((text) => scopeOf(name, text).name).join(' ')
    case 'scopes':
      return texts.map((text) => scopeOf(name, text))
    case 'scopes_file':
      return scopesIn(name, last)
    case 'json_file':
      return parsedOr(readFile(last), () => usage(`--${name}: the file is no JSON.`))
    case 'scope_map':
      return Object.fromEntries(
        texts.flatMap((text) => text.split(',').filter(Boolean)).map((part) => mapped(name, part)),
      )
    case 'number':
      if (!/^\d+$/.test(last)) throw usage(`--${name} must be a whole number.`)
      return last
    default:
      return last
  }
}

/** `A:AA+AB`, or `A=AA+AB` where names have colons. */
function mapped(flag: string, text: string): [string, string[]] {
  const parts = text.split(text.includes('=') ? '=' : ':')
  const [from = '', to = ''] = parts
  if (parts.length !== 2 || from === '' || to === '') {
    throw usage(`--${flag} must be A:AA+AB,B:BB, and not ${harmless(text)}.`, 'With names that have colons: A=AA+AB.')
  }
  return [from, to.split('+').filter(Boolean)]
}

/** @throws CommandFailure for a file that cannot be read */
function scopesIn(flag: string, path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw usage(`--${flag}: ${harmless(error instanceof Error ? error.message : String(error))}`)
  }
  if (text.trimStart().startsWith('[')) return parsedOr(text, () => usage(`--${flag}: the file is no JSON.`))
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => scopeOf(flag, line.trim()))
}

function parsedOr(text: string, failure: () => Error): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw failure()
  }
}

/** `name|upstream|description`. */
function scopeOf(flag: string, text: string) {
  const [name = '', upstream = '', ...description] = text.split('|')
  if (name === '') throw usage(`--${flag} must be name|upstream|description.`)
  const said = description.join('|')
  return { name, ...(upstream !== '' && { upstream }), ...(said !== '' && { description: said }) }
}

/** The JSON objects of an input: one, those of an array, or one on each line. */
function objectsIn(text: string): Thing[] {
  const wrong = () => usage('The input must be one JSON object, an array of them, or one on each line.')
  const isWhole = isJson(text)
  const values = isWhole
    ? [JSON.parse(text)].flat()
    : text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => parsedOr(line, wrong))
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (values.length === 0 || !values.every(isObject)) throw wrong()
  return values as Thing[]
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

interface Sender {
  readonly target: Target
  readonly agent: string
}

/** The reply. A list that is a bare array is read to its end, unless a limit is given. */
async function send(sender: Sender, command: AdminCommand, members: Thing): Promise<unknown> {
  const isWhole = command.list === '' && members.limit === undefined
  if (!isWhole) return ask(sender, command, members)
  const all: unknown[] = []
  for (;;) {
    const page = (await ask(sender, command, { ...members, limit: PAGE, offset: all.length })) as unknown[]
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

async function ask({ target, agent }: Sender, { method, path, flags }: AdminCommand, members: Thing): Promise<unknown> {
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(members[name])))
  const others = Object.entries(members).filter(([name]) => !inPath.has(name))
  const isBody = method !== 'GET' && method !== 'DELETE'
  const own = Object.values(flags)
  const inQuery = ([name]: readonly [string, unknown]) =>
    !isBody || own.some((flag) => flag.inQuery && flag.member === name)
  const query = Object.fromEntries(others.filter(inQuery).map(([name, value]) => [name, String(value)]))
  const sent = others.filter((other) => !inQuery(other))
  const hasBody = isBody && own.some(({ member, inQuery: away }) => !away && !inPath.has(member))
  const { body } = await call(target, agent, {
    method,
    path: filled,
    ...(Object.keys(query).length > 0 && { query }),
    ...(hasBody && { body: nested(sent) }),
  })
  return body
}

/** Members with dots in their names inside of others. */
function nested(members: readonly (readonly [string, unknown])[]): Thing {
  const body: Record<string, unknown> = {}
  for (const [path, value] of members) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let holder = body
    for (const name of names) {
      holder[name] ??= {}
      holder = holder[name] as Record<string, unknown>
    }
    holder[last] = value
  }
  return body
}

function print(terminal: Terminal, { list, columns = [] }: AdminCommand, reply: unknown, asJson: boolean): void {
  if (asJson) return terminal.out(`${json(reply ?? {}, 2)}\n`)
  if (reply === undefined) return terminal.note('Done.')
  if (list === undefined) return terminal.out(`${linesOf(reply as Thing)}\n`)
  const things = (list === '' ? reply : (reply as Thing)[list]) as readonly Thing[]
  if (things.length === 0) return terminal.note('None.')
  terminal.out(renderTable(columns, things, terminal))
}

function linesOf(thing: Thing): string {
  return Object.entries(thing)
    .map(([name, value]) => `${name}: ${harmless(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('\n')
}

function helpOfAll(): string {
  const nouns = Object.entries(ADMIN_COMMANDS).map(
    ([noun, verbs]) => `  ${noun.padEnd(10)}${Object.keys(verbs).join(', ')}`,
  )
  return `Usage: authserver admin <noun> <verb> [flags]\n       authserver serve | purge | version\n\n${nouns.join('\n')}\n\nSet AUTHPLANE_ADMIN_API_KEY to the admin key. --server names another admin address than http://127.0.0.1:9001.\n`
}

function helpOfNoun(noun: string): string {
  const verbs = Object.entries(ADMIN_COMMANDS[noun] ?? {})
  return `${verbs.map(([verb, { summary }]) => `  authserver admin ${noun} ${verb.padEnd(18)}${summary}`).join('\n')}\n`
}

function helpOf(noun: string, verb: string, { summary, flags, takesInput }: AdminCommand): string {
  const lines = Object.entries(flags).map(
    ([name, flag]) => `  --${name.padEnd(16)}${flag.summary}${flag.required ? ' Required.' : ''}`,
  )
  const more = ['  --json            Print JSON.', '  --server          The admin address.']
  const input = takesInput ? ['  -                 Read the body from standard input, as JSON.'] : []
  return `authserver admin ${noun} ${verb}: ${summary}\n\n${[...lines, ...more, ...input].join('\n')}\n`
}
