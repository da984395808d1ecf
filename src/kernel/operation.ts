import type * as z from 'zod'
import type { ErrorCode } from './error.ts'
import type { EventType } from './event.ts'
import type { Permission } from './permission.ts'

/**
 * One thing the server can do, described once. Routes, OpenAPI, the command line and the console all read this object.
 * `Context` is what its `run` may touch.
 */
export interface Operation<Context, In extends z.ZodType, Out extends z.ZodType> {
  /** `noun.verb`; `client.rotate_secret` is the command `client rotate-secret`. */
  readonly name: `${string}.${string}`
  /** One line, imperative. */
  readonly summary: string
  /** What a newcomer must know besides, in a few sentences. */
  readonly description?: string
  readonly permission: Permission
  /** The narrowest caller that may use it: a key for one realm can use only `realm` operations. */
  readonly reach: 'platform' | 'tenant' | 'realm'
  /** That it is about several tenants at once: its queries are bound to the caller’s reach instead of to one tenant. */
  readonly across?: true
  /** That programs ask it many times a second, so that plain requests are served past the router. */
  readonly direct?: true
  readonly input: In
  readonly output: Out
  /** What may fail besides bad input, missing credentials and missing permission. */
  readonly errors: readonly ErrorCode[]
  /** The events it may emit; none for a read. */
  readonly events: readonly EventType[]
  readonly run: (context: Context, input: z.output<In>) => Promise<z.input<Out>>
}

/** An operation that answers with outputs one by one, for as long as the caller listens. */
export interface StreamOperation<Context, In extends z.ZodType, Out extends z.ZodType>
  extends Omit<Operation<Context, In, Out>, 'run'> {
  readonly follow: (context: Context, input: z.output<In>, signal: AbortSignal) => AsyncIterable<z.input<Out>>
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds operations of every shape
export type AnyOperation = Operation<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyStreamOperation = StreamOperation<any, any, any>

/** A function that checks an operation against one context and returns it unchanged. */
export function operationsOver<Context>() {
  return <In extends z.ZodType, Out extends z.ZodType>(
    operation: Operation<Context, In, Out>,
  ): Operation<Context, In, Out> => operation
}
