// Lists the operations that may run in the thread that reads logs, with what they do there.
import type { Reading } from '#kernel/operation.ts'
import { exportEvents, type LogReadContext, verifyChain } from './event/event.service.ts'
import type { EventExport, VerifyRange } from './event/event.ts'

type Run = (context: LogReadContext, input: unknown, reading: Reading) => AsyncIterable<unknown>

const RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['event.export', (context, input, reading) => exportEvents(context, input as EventExport, reading)],
  ['event.verify', (context, input, reading) => one(verifyChain(context, input as VerifyRange, reading))],
])

async function* one(output: Promise<unknown>): AsyncGenerator<unknown> {
  yield await output
}

/** Whether an operation may run in the thread that reads logs. */
export function isLogRead(operation: string): boolean {
  return RUNS.has(operation)
}

/**
 * Runs an operation for one tenant.
 * @param input what its schema returned
 * @returns its output, or its outputs one by one
 * @throws Error if the operation is not one of these
 */
export function runLogRead(
  operation: string,
  context: LogReadContext,
  input: unknown,
  reading: Reading,
): AsyncIterable<unknown> {
  const run = RUNS.get(operation)
  if (!run) throw new Error(`${operation} is not a read of a log.`)
  return run(context, input, reading)
}
