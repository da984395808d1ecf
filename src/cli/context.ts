// Stores contexts: named sets of a server, a realm and a tenant, of which one is in use. They contain no secrets.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EXIT, type ExitCode, usage } from './failure.ts'
import { signInFile } from './login/sign-in-file.ts'
import { renderTable } from './table.ts'
import { findUrl } from './target.ts'
import type { Terminal } from './terminal.ts'
import { json } from './text.ts'

/** What a context sets; flags and environment variables have priority. */
export interface CliContext {
  readonly server?: string
  readonly realm?: string
  readonly tenant?: string
}

interface Contexts {
  readonly current: string | null
  readonly contexts: Readonly<Record<string, CliContext>>
}

const VARIABLE = 'COUNTERSIGN_CONTEXT'
const NAME = /^[\w.-]{1,64}$/

/** The context in use: that of COUNTERSIGN_CONTEXT, or the one that was chosen. @throws CommandFailure if it is unknown */
export function currentContext(terminal: Pick<Terminal, 'env'>): CliContext {
  const asked = terminal.env[VARIABLE]?.trim()
  if (!asked && !terminal.env.XDG_CONFIG_HOME && !terminal.env.APPDATA && !terminal.env.HOME) return {}
  const { current, contexts } = readAll(terminal)
  const name = asked || current
  if (!name) return {}
  return find(contexts, name, asked ? VARIABLE : 'The current context')
}

/** Stores a context under a name, with what is given, and replaces an earlier one. @throws CommandFailure */
export function setContext(terminal: Terminal, name: string, context: CliContext): ExitCode {
  if (!NAME.test(name)) throw usage('A name has letters, digits, dots, underscores and hyphens, at most 64.')
  if (context.server !== undefined) findUrl({}, context.server)
  const all = readAll(terminal)
  write(terminal, { current: all.current ?? name, contexts: { ...all.contexts, [name]: context } })
  const isCurrent = all.current === null || all.current === name
  terminal.note(`${name} was stored${isCurrent ? ', and is in use.' : `. Use it: countersign context use ${name}`}`)
  return EXIT.done
}

/** Chooses a context for later commands. @throws CommandFailure if it is unknown */
export function useContext(terminal: Terminal, name: string): ExitCode {
  const all = readAll(terminal)
  find(all.contexts, name, 'The argument')
  write(terminal, { ...all, current: name })
  terminal.note(`${name} is in use.`)
  return EXIT.done
}

/** Deletes a context. @throws CommandFailure if it is unknown */
export function deleteContext(terminal: Terminal, name: string): ExitCode {
  const { current, contexts } = readAll(terminal)
  find(contexts, name, 'The argument')
  const { [name]: _, ...others } = contexts
  write(terminal, { current: current === name ? null : current, contexts: others })
  terminal.note(`${name} was deleted.`)
  return EXIT.done
}

/** Prints the contexts. */
export function listContexts(terminal: Terminal, asJson: boolean): ExitCode {
  const { current, contexts } = readAll(terminal)
  const rows = Object.entries(contexts).map(([name, context]) => ({ name, current: name === current, ...context }))
  if (asJson) terminal.out(`${json({ data: rows }, 2)}\n`)
  else if (rows.length === 0) terminal.note('None.')
  else terminal.out(renderTable(['name', 'current', 'server', 'realm', 'tenant'], rows, terminal))
  return EXIT.done
}

function find(contexts: Contexts['contexts'], name: string, source: string): CliContext {
  const named = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (named) return named
  const known = Object.keys(contexts).join(', ') || 'none'
  throw usage(`${source} names the context ${name}, which does not exist.`, `Known contexts: ${known}.`)
}

function fileOf(terminal: Pick<Terminal, 'env'>): string {
  return join(dirname(signInFile(terminal)), 'contexts.json')
}

function readAll(terminal: Pick<Terminal, 'env'>): Contexts {
  const file = fileOf(terminal)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return { current: null, contexts: {} }
  }
  try {
    return JSON.parse(text) as Contexts
  } catch {
    throw usage(`${file} does not contain valid JSON.`, 'Correct or delete the file.')
  }
}

function write(terminal: Pick<Terminal, 'env'>, all: Contexts): void {
  const file = fileOf(terminal)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
  renameSync(fresh, file)
}
