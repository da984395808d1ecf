// Follows a live stream for as long as the person wants, across breaks of the connection.
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

/** Where a stream stands, from one connection to the next. */
interface Progress {
  lastId: string | undefined
  /** Milliseconds to wait before the next connection, as the server wishes. */
  retry: number
  /** Connections that failed since the last one that did not; undefined before the first. */
  failures: number | undefined
}

const RETRY = 3000
const RETRY_MOST = 30_000

/**
 * Prints events as they come until Ctrl-C. A connection that breaks is made again, and goes on after the last event.
 * @param first the server and what to send it
 * @param setting.find finds these anew for each further connection: a sign-in’s token ends, and its stream with it
 * @throws CommandFailure where the first connection fails, or the server refuses
 */
export async function follow(
  command: Command,
  choices: Choices,
  first: Target,
  request: ApiRequest,
  { terminal, agent, find }: Setting & { readonly find: () => Promise<Target> },
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
    if (progress.failures === undefined && terminal.watched) terminal.note('Following; Ctrl-C ends it.')
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

/** Whether there is nothing to send any more, as where a sign-in is over: to wait would not help. */
function isUsage(error: unknown): boolean {
  return error instanceof SignInEnded || (error instanceof CommandFailure && error.exit === EXIT.usage)
}

/** Says once that the connection was lost, and waits: twice as long after each failure. */
async function waitToRetry(progress: Progress, terminal: Terminal, stop: AbortSignal): Promise<void> {
  const { failures = 0, lastId, retry } = progress
  if (failures === 0) {
    const gap = lastId === undefined ? ' What happens meanwhile may be missed.' : ''
    terminal.note(`The connection was lost; connecting again.${gap}`)
  }
  progress.failures = failures + 1
  const wait = Math.min(RETRY_MOST, retry * 2 ** Math.min(failures, 6))
  await setTimeout(wait, undefined, { signal: stop }).catch(() => {})
}

function printerOf(command: Command, choices: Choices, terminal: Terminal): (data: string) => void {
  const { out } = terminal
  // A line is cut at its end: what names an event to other commands matters least to who watches.
  const columns = [...command.columns.filter((name) => name !== command.key), command.key]
  const row = rowPrinter(columns, terminal)
  return (data) => {
    const thing = JSON.parse(data) as Record<string, unknown>
    if (choices.json) out(`${json(thing)}\n`)
    else if (choices.quiet) out(`${harmless(String(thing[command.key] ?? ''))}\n`)
    else out(row(thing))
  }
}
