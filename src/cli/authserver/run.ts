// Runs `authserver admin`: reads flags, sends one request, and prints what comes back.
import { parseArgs } from 'node:util'
import { call } from '../api.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from '../failure.ts'
import { renderTable } from '../table.ts'
import { findTarget, type Target } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { harmless, json } from '../text.ts'
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
  const [area, noun = '', verb = '', ...words] = argv
  if (area === 'version' || area === '--version') return terminal.out(`${version}\n`)
  if (area === 'purge') return runPurge(argv.slice(1), terminal, `countersign/${version}`)
  const command = area === 'admin' ? ADMIN_COMMANDS[noun]?.[verb] : undefined
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
  const given = read(command, words)
  const target = findTarget(terminal, given.server)
  const members = { ...(given.input ? await inputOf(terminal) : {}), ...given.members }
  const missing = Object.entries(command.flags).find(([, flag]) => flag.required && members[flag.member] === undefined)
  if (missing) throw usage(`--${missing[0]} is required.`)
  const reply = await send({ target, agent: `countersign/${version}` }, command, members)
  print(terminal, command, reply, given.json)
}

interface Given {
  readonly members: Readonly<Record<string, unknown>>
  readonly server: string | undefined
  readonly json: boolean
  readonly input: boolean
}

/** @throws CommandFailure for flags that the command does not have */
function read(command: AdminCommand, words: readonly string[]): Given {
  const options = Object.fromEntries(
    Object.keys(command.flags).map((name) => [name, { type: 'string', multiple: true } as const]),
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
  const members = Object.entries(command.flags).flatMap(([name, flag]) => {
    const texts = values[name] as readonly string[] | undefined
    return texts === undefined ? [] : [[flag.member, valueFor(name, flag, texts)] as const]
  })
  return {
    members: Object.fromEntries(members),
    server: values.server as string | undefined,
    json: values.json === true,
    input: positionals.includes('-'),
  }
}

function valueFor(name: string, { kind }: CommandFlag, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? ''
  if (kind === 'list') return texts.flatMap((text) => text.split(',')).filter(Boolean)
  if (kind === 'scope_names') return texts.map((text) => scopeOf(name, text).name).join(' ')
  if (kind === 'scopes') return texts.map((text) => scopeOf(name, text))
  if (kind === 'number' && !/^\d+$/.test(last)) throw usage(`--${name} must be a whole number.`)
  return last
}

/** `name|upstream|description`. */
function scopeOf(flag: string, text: string) {
  const [name = '', upstream = '', ...description] = text.split('|')
  if (name === '') throw usage(`--${flag} must be name|upstream|description.`)
  const said = description.join('|')
  return { name, ...(upstream !== '' && { upstream }), ...(said !== '' && { description: said }) }
}

async function inputOf(terminal: Terminal): Promise<Thing> {
  return objectIn(await terminal.readInput())
}

function objectIn(text: string): Thing {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Thing
  } catch {}
  throw usage('The input must be one JSON object.')
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
  const isBody = method === 'POST' || method === 'PATCH'
  const hasBody = isBody && (others.length > 0 || Object.keys(flags).some((name) => !inPath.has(name)))
  const query = Object.fromEntries(others.map(([name, value]) => [name, String(value)]))
  const { body } = await call(target, agent, {
    method,
    path: filled,
    ...(!isBody && others.length > 0 && { query }),
    ...(hasBody && { body: Object.fromEntries(others) }),
  })
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
