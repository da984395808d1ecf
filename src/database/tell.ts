import type { Commit } from './database.ts'

/** Tells every listener. One that throws is a defect, but what it was told of is committed, so the others go on. */
export function tellAll(
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

/** Where nobody asked to be told of failures. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
