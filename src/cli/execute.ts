// Carries out one command: one request, or as many as a list has pages.
import { type ApiAnswer, ApiRefusal, type ApiRequest, call } from './api.ts'
import type { Command } from './catalog.ts'
import type { Choices, Setting } from './choices.ts'
import { shellLine } from './example.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from './failure.ts'
import { flagName } from './flags.ts'
import { follow } from './follow.ts'
import { type Input, readInput } from './input.ts'
import { targetOf } from './login/signed-in.ts'
import { columnsOf, renderDetails, renderTable } from './table.ts'
import type { Target } from './target.ts'
import type { Terminal } from './terminal.ts'
import { harmless, json } from './text.ts'

type Thing = Readonly<Record<string, unknown>>

/**
 * Carries out a command and prints what comes of it.
 * @throws CommandFailure
 */
export async function execute(command: Command, choices: Choices, setting: Setting): Promise<ExitCode> {
  const input = await readInput(command, choices, setting.terminal, setting.now())
  const find = () => targetOf(setting.terminal, choices.server, setting.now)
  const target = await find()
  const request = requestOf(command, choices, input)
  try {
    if (command.answers === 'stream') return await follow(command, choices, target, request, { ...setting, find })
    if (command.answers === 'list') return await list(command, choices, target, request, setting)
    return showOne(command, choices, await call(target, setting.agent, request), setting.terminal)
  } catch (error) {
    throw error instanceof ApiRefusal ? explain(error, command, choices) : error
  }
}

function requestOf(command: Command, choices: Choices, { values, ifMatch }: Input): ApiRequest {
  const path = command.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const at = command.parameters.findIndex((parameter) => parameter.name === name)
    const text = at < 0 ? (choices.realm ?? 'default') : (choices.parameters[at] ?? '')
    if (text === '' || text === '.' || text === '..') throw usage(`${name} must not be empty.`)
    return encodeURIComponent(text)
  })
  const query = command.takesBody
    ? {}
    : Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
  return {
    method: command.method,
    path,
    query: { ...query, ...(choices.tenant !== undefined && { tenant_id: choices.tenant }) },
    ...(command.takesBody && { body: values }),
    headers: {
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(choices.idempotencyKey !== undefined && { 'idempotency-key': choices.idempotencyKey }),
    },
  }
}

function showOne(command: Command, choices: Choices, { body }: ApiAnswer, terminal: Terminal): ExitCode {
  if (body === undefined) {
    if (choices.json) terminal.out('null\n')
    else if (!choices.quiet) terminal.out(`${command.done ?? 'Done.'}\n`)
    return EXIT.done
  }
  const thing = body as Thing
  const made = command.shownOnce.filter((name) => typeof thing[name] === 'string')
  if (choices.json) terminal.out(`${json(thing, 2)}\n`)
  else if (choices.quiet) terminal.out(`${harmless(String(thing[command.key] ?? ''))}\n`)
  else terminal.out(renderDetails(thing, terminal))
  if (made.length > 0) {
    const names = made.join(', ')
    terminal.note(
      choices.quiet
        ? `Left out by --quiet, and never shown again: ${names}.`
        : `Keep this now, it is never shown again: ${names}.`,
    )
  }
  return thing.ok === false ? EXIT.failed : EXIT.done
}

/** Prints a page, so many items as `--limit` asks for, or everything. */
async function list(
  command: Command,
  choices: Choices,
  target: Target,
  request: ApiRequest,
  { terminal, agent }: Setting,
): Promise<ExitCode> {
  const { limit } = request.query ?? {}
  const wanted = choices.all ? Infinity : limit === undefined ? undefined : Number(limit)
  const printer = printerOf(command, choices, terminal)
  let cursor = request.query?.cursor ?? null
  let count = 0
  do {
    const size = wanted === undefined ? undefined : Math.min(command.pageMost ?? 1, wanted - count)
    const { cursor: _, limit: __, ...filters } = request.query ?? {}
    const query = {
      ...filters,
      ...(command.pageMost && size !== undefined && { limit: String(size) }),
      ...(cursor !== null && { cursor }),
    }
    const { body } = await call(target, agent, { ...request, query })
    const page = body as { data: Thing[]; next_cursor: string | null }
    printer.add(page.data)
    count += page.data.length
    cursor = page.next_cursor
  } while (cursor !== null && wanted !== undefined && count < wanted)
  printer.end(cursor)
  return EXIT.done
}

interface ListPrinter {
  add(things: readonly Thing[]): void
  end(cursor: string | null): void
}

function printerOf(command: Command, { json: asJson, quiet }: Choices, terminal: Terminal): ListPrinter {
  const more = (cursor: string | null) => {
    if (cursor !== null)
      terminal.note(`There are more: --all shows them, --cursor ${harmless(cursor)} goes on from here.`)
  }
  if (asJson) return jsonPrinter(terminal)
  if (quiet) {
    return {
      add(things) {
        for (const thing of things) terminal.out(`${harmless(String(thing[command.key] ?? ''))}\n`)
      },
      end: more,
    }
  }
  const all: Thing[] = []
  return {
    add: (things) => all.push(...things),
    end(cursor) {
      if (all.length > 0) terminal.out(renderTable(columnsOf(command, all), all, terminal))
      else terminal.note('None.')
      more(cursor)
    },
  }
}

/** One JSON document in the form of a page, however many pages it takes, without holding them. */
function jsonPrinter(terminal: Terminal): ListPrinter {
  let before = '{"data":['
  return {
    add(things) {
      for (const thing of things) {
        terminal.out(`${before}\n${json(thing)}`)
        before = ','
      }
    },
    end(cursor) {
      const start = before === ',' ? '\n' : before
      terminal.out(`${start}],"next_cursor":${json(cursor)}}\n`)
    },
  }
}

/** A refusal in the words of the command line: members are its flags, and a conflict says how to go on. */
function explain(refusal: ApiRefusal, command: Command, choices: Choices): CommandFailure {
  const { noun, flags, inRealm } = command
  const realm = choices.realm === undefined ? [] : ['--realm', choices.realm]
  const get = shellLine([noun, 'get', ...choices.parameters, ...realm])
  const remedies: Record<string, string> = {
    precondition_failed: `See what it is now: ${get}. Then repeat with --if-match and its version.`,
    not_found: inRealm ? 'Is it in another realm? --realm <issuer_id> names one.' : '',
    insufficient_scope: refusal.remedy ?? '',
  }
  const known = new Set(flags.flatMap(({ member }) => [member, member.split('.')[0] as string]))
  const flaws = refusal.flaws
    .filter(({ field }) => known.has(field.split('.')[0] ?? ''))
    .map(({ field, message }) => `--${flagName(field)}: ${message}`)
  const message = flaws.length > 0 ? flaws.join('; ') : refusal.message
  return new CommandFailure(
    refusal.exit,
    `${message} (${refusal.code})`,
    refusal.remedy ?? (remedies[refusal.code] || undefined),
  )
}
