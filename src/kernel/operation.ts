/** Owns the shape of an operation: one thing that the server can do, with everything that describes it. */
import type * as z from 'zod'
import type { ErrorCode } from './error.ts'
import type { EventType } from './event.ts'
import type { Permission } from './permission.ts'

/** What an operation that may read for seconds does between two pieces of its work. */
export interface Reading {
  /** Lets others have their turn. @throws Failure once the caller has hung up */
  rest(): Promise<void>
  /** Says how many entries were read since it was called last. */
  progress?(entries: number): void
}

/**
 * One thing that the server can do. Routes, OpenAPI, the command line and the console are derived from this object.
 * `Context` has everything that `run` may use.
 */
export interface Operation<Context, In extends z.ZodType, Out extends z.ZodType> {
  /** `noun.verb`; `client.rotate_secret` is the command `client rotate-secret`. */
  readonly name: `${string}.${string}`
  /** One line in the imperative. */
  readonly summary: string
  /** A few sentences for readers who do not know the operation. */
  readonly description?: string
  readonly permission: Permission
  /** The smallest reach that a caller needs: a key for one realm can use only `realm` operations. */
  readonly reach: 'platform' | 'tenant' | 'realm'
  /** Set if it reads several tenants whenever the request names none: its queries are limited to the caller’s reach. */
  readonly across?: true
  /** Set if what it makes outlasts the caller's access, such as a credential: a person must have signed in recently. */
  readonly freshSignIn?: true
  /** Set if it makes a credential, or an administrator: programs then need `credentials:write` as well. */
  readonly makesCredentials?: true
  /**
   * Set if nothing restores what it ends: a new object, secret or sign-in is not the old one. If that depends on a member of
   * the input, its name: the effect is final if the member is set, or unless it is.
   */
  readonly irreversible?: true | { readonly if: string } | { readonly unless: string }
  /** Permissions that some uses of it need besides `permission`, because they give what those permissions guard. */
  readonly alsoNeeds?: readonly { readonly permission: Permission | '*'; readonly when: string }[]
  /** Set if it is there only where the reverse proxy was on when the process started. */
  readonly needs?: 'proxy'
  /** Set if programs call it many times a second: plain requests then take the fast path instead of the router. */
  readonly fastPath?: true
  /** Set if it may read for seconds: each caller can have few of these at once, and they rest in between. */
  readonly longRead?: true
  readonly input: In
  readonly output: Out
  /** The errors besides invalid input, missing credentials and missing permission. */
  readonly errors: readonly ErrorCode[]
  /** The events that it can emit; none if it only reads. */
  readonly events: readonly EventType[]
  /** @param reading given where it is a `longRead` */
  readonly run: (context: Context, input: z.output<In>, reading?: Reading) => Promise<z.input<Out>>
}

/** An operation that sends outputs one by one until the caller disconnects. */
export interface StreamOperation<Context, In extends z.ZodType, Out extends z.ZodType>
  extends Omit<Operation<Context, In, Out>, 'run'> {
  readonly follow: (context: Context, input: z.output<In>, signal: AbortSignal) => AsyncIterable<z.input<Out>>
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds operations of every shape
export type AnyOperation = Operation<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyStreamOperation = StreamOperation<any, any, any>

/** Returns a function that checks the type of an operation against a context and returns the operation unchanged. */
export function operationsOver<Context>() {
  return <In extends z.ZodType, Out extends z.ZodType>(
    operation: Operation<Context, In, Out>,
  ): Operation<Context, In, Out> => operation
}
