// Calls the listeners of commits.
import type { Commit } from './database.ts'

/** Calls every listener. The commit is done already, so a listener that throws is reported and the others are called. */
export function notifyAll(
  listeners: ReadonlySet<(commit: Commit) => void>,
  commit: Commit,
  report: (error: unknown) => void,
): void {
  for (const listener of listeners) {
    try {
      listener(commit)
    } catch (error) {
      report(error)
    }
  }
}

/** Reports a failure where no reporter was given. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
