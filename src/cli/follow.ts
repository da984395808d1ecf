// Prints an event stream until the user stops it, and reconnects after a broken connection.
import { setTimeout } from 'node:timers/promises'
import { ApiRefusal, type ApiRequest, open, unreachable } from './api.ts'
import type { Command } from './catalog.ts'
import type { Choices, Setting } from './choices.ts'
import { CommandFailure, EXIT, type ExitCode } from './failure.ts'
import { SignInEnded } from './login/issuer.ts'
import { readEvents } from './server-sent-events.ts'
import { rowPrinter } from './table.ts'
import type { Target } from './target.ts'
import type { Terminal } from './terminal.ts'
import { harmless, json } from './text.ts'
import { yaml } from './yaml.ts'

/** The state of a stream between connections. */
interface Progress {
  lastId: string | undefined
  /** Milliseconds to wait before the next connection, as the server requested. */
  retry: number
  /** Failed connections since the last successful one; undefined before the first connection. */
  failures: number | undefined
}

const RETRY = 3000
const RETRY_MOST = 30_000

/**
 * Prints events until Ctrl-C. After a broken connection it reconnects and continues after the last event.
 * @param first the server and the credential
 * @param setting.find returns the server and a valid credential for each further connection, because an access token
 *   expires and its stream ends
 * @throws CommandFailure if the first connection fails or the server refuses the request
 */
export async function follow(
  command: Command,
  choices: Choices,
  first: Target,
  request: ApiRequest,
  { terminal, agent, find }: Omit<Setting, 'catalog'> & { readonly find: () => Promise<Target> },
): Promise<ExitCode> {
  const stop = terminal.interruption()
  const print = printerOf(command, choices, terminal)
  const progress: Progress = { lastId: undefined, retry: RETRY, failures: undefined }
  let target = first
  const connect = async () => {
    if (progress.failures !== undefined) target = await find()
    const { lastId } = progress
    const headers = { ...request.headers, ...(lastId !== undefined && { 'last-event-id': lastId }) }
    const stream = await open(target, agent, { ...request, headers }, stop)
    if (progress.failures === undefined && terminal.watched) terminal.note('Waiting for events. Press Ctrl-C to stop.')
    progress.failures = 0
    for await (const { id, data } of readEvents(stream, (milliseconds) => (progress.retry = milliseconds))) {
      progress.lastId = id ?? progress.lastId
      print(data)
    }
  }
  while (!stop.aborted) {
    await connect().catch((error) => {
      const over = progress.failures === undefined || error instanceof ApiRefusal || isUsage(error)
      if (over && !stop.aborted) throw error instanceof CommandFailure ? error : unreachable(target, error)
    })
    if (!stop.aborted) await waitToRetry(progress, terminal, stop)
  }
  return EXIT.done
}

/** Whether there is no valid credential any more, so that a retry cannot succeed. */
function isUsage(error: unknown): boolean {
  return error instanceof SignInEnded || (error instanceof CommandFailure && error.exit === EXIT.usage)
}

/** Prints once that the connection was lost, and waits: twice as long after each failure. */
async function waitToRetry(progress: Progress, terminal: Terminal, stop: AbortSignal): Promise<void> {
  const { failures = 0, lastId, retry } = progress
  if (failures === 0) {
    const gap = lastId === undefined ? ' Events in the meantime can be missed.' : ''
    terminal.note(`The connection was lost. Reconnecting.${gap}`)
  }
  progress.failures = failures + 1
  const wait = Math.min(RETRY_MOST, retry * 2 ** Math.min(failures, 6))
  await setTimeout(wait, undefined, { signal: stop }).catch(() => {})
}

function printerOf(command: Command, choices: Choices, terminal: Terminal): (data: string) => void {
  const { out } = terminal
  // The id is the last column, because long lines are cut at their end.
  const columns = [...command.columns.filter((name) => name !== command.key), command.key]
  const row = rowPrinter(columns, terminal)
  return (data) => {
    const thing = JSON.parse(data) as Record<string, unknown>
    if (choices.json) out(`${json(thing)}\n`)
    else if (choices.yaml) out(`---\n${yaml(thing)}`)
    else if (choices.quiet) out(`${harmless(String(thing[command.key] ?? ''))}\n`)
    else out(row(thing))
  }
}
