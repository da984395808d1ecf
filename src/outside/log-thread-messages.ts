// Owns the messages between the main thread and the thread that reads logs.
import type { LogRead } from '#domain/outside.ts'
import { type ErrorCode, Failure, type FailureDetail } from '#kernel/error.ts'

/** To the thread: start a read, send what comes next, end it. */
export type ToThread = { readonly id: number } & (
  | { readonly read: LogRead }
  | { readonly next: true }
  | { readonly cancel: true }
)

/** From the thread: outputs, how many entries were read since the last time, and why a read failed. */
export type FromThread = { readonly id: number } & (
  | { readonly outputs: readonly unknown[]; readonly isLast: boolean }
  | { readonly entries: number }
  | { readonly thrown: Thrown }
)

/** An error as a message holds it: a failure loses its class on the way. */
export type Thrown =
  | { readonly code: ErrorCode; readonly detail: FailureDetail; readonly cause: string | undefined }
  | { readonly error: unknown }

/** An error for a message. */
export function toThrown(error: unknown): Thrown {
  if (!(error instanceof Failure)) return { error: error instanceof Error ? error : new Error(String(error)) }
  const { code, detail, cause } = error
  return { code, detail, cause: cause instanceof Error ? cause.message : undefined }
}

/** The error of a message. */
export function fromThrown(thrown: Thrown): unknown {
  if ('error' in thrown) return thrown.error
  const failure = new Failure(thrown.code, thrown.detail)
  if (thrown.cause !== undefined) failure.cause = new Error(thrown.cause)
  return failure
}
