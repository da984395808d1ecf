// The types of a surface: its routes, requests, replies and errors.
import type { Actor, Scope } from '#domain/actor.ts'
import type { OutOfReach, Places } from '#domain/places.ts'
import type { Failure } from '#kernel/error.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import type { Caller } from './callers.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** A request as a surface reads it. */
export interface WireRequest extends WireHead {
  /** The parsed JSON body; undefined where there was none. */
  readonly body: unknown
}

/** A request without its body. */
export interface WireHead {
  readonly method: string
  /** The path as it was asked for, without the query. */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  /** A parameter that was given twice is a list. */
  readonly query: Readonly<Record<string, string | string[]>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A reply as it goes on the wire. A body of undefined is no body; one that is no JSON is a `Content`. */
export interface WireReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The caller of a request, and the tenant and realm that it is about. */
export interface ActorAndScope {
  readonly actor: Actor
  readonly scope: Scope
}

/** One row: where an operation hangs, and how its input and output look on this wire. */
export interface Route {
  readonly method: Method
  /** With `{name}` for a parameter. `{issuer_id}` names the realm that the request is about. */
  readonly path: `/${string}`
  readonly operation: AnyOperation | AnyStreamOperation
  readonly status: number
  /** Who may call it here, where a document lets fewer do so than the operation does. */
  readonly reach?: AnyOperation['reach']
  /** Which tenant, and which of its realms, a request is about. @throws Failure `not_found`, or the surface’s `outOfReach` */
  readonly scope: (request: WireRequest, places: Places, actor: Actor) => Promise<Scope>
  /** The operation’s input as this wire writes it, before it is parsed. @throws Failure `not_found` for an id of another form */
  readonly toInput: (request: WireRequest, about: ActorAndScope) => unknown
  /** The output as JSON, what headers it brings, and the status where it is not the row’s. */
  readonly toReply: (
    output: unknown,
    request: WireRequest,
  ) => { status?: number; body: unknown; headers?: Record<string, string> }
  /** The answer of an operation that streams, where it is none of server-sent events. */
  readonly toStream?: (outputs: AsyncIterable<unknown>, request: WireRequest) => Omit<WireReply, 'status'>
  /** Who calls this row, where it lets in others than the surface does. @throws Failure `unauthenticated` */
  readonly authenticate?: Surface['authenticate']
  /** Set if it is served only where the reverse proxy was on at boot, though its operation is there anyway. */
  readonly needs?: AnyOperation['needs']
  /** The kinds of callers that it lets in, where they are others than the surface’s. */
  readonly callers?: Surface['callers']
  /** The path’s parameters as ids, where the path may call things otherwise. @throws Failure `not_found` */
  readonly locate?: (params: WireRequest['params'], places: Places) => Promise<WireRequest['params']>
  /** Members of its body and its reply that name clients by their `client_id`, where the operation has ids. */
  readonly clientMembers?: readonly string[]
  /** The type of its body. Default: JSON. Parts of a form are members, a file is a `File`. */
  readonly requestType?: 'multipart/form-data'
  /** The longest body that is read, in bytes, where it is not the server’s. */
  readonly bodyMax?: number
  /** This row in OpenAPI: parameters and bodies. */
  readonly describe: () => RouteDescription
  /** The wire name of a part of the operation’s input that has a flaw. Default: as in the native API. */
  readonly wireName?: (path: string) => string
}

/** What OpenAPI says of one row besides what its operation says. */
export interface RouteDescription {
  readonly parameters: readonly object[]
  /** JSON Schema of the body; undefined where the row takes none. */
  readonly requestBody: object | undefined
  readonly reply: object | undefined
  /** Media types, where they are not JSON’s. */
  readonly requestType?: string
  readonly replyType?: string
}

/** A documented API: a table of routes, and the few things that hold for all of them. */
export interface Surface {
  /** As events name it. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** The kinds of callers that it lets in. */
  readonly callers: readonly Caller[]
  /** Who calls. @throws Failure `unauthenticated` */
  readonly authenticate: (request: WireHead, authenticators: Authenticators) => Promise<Omit<Actor, 'origin'>>
  /** Whether the credential of a request belongs to this surface. It decides if another surface has the same path. */
  readonly matchesCredential?: (request: Pick<WireRequest, 'headers' | 'query'>) => boolean
  /** What it says of things that are there and out of the caller’s reach. */
  readonly outOfReach: OutOfReach
  /** Where all its paths begin, so that what lies there and is none of them is refused in its words too; none for the native API. */
  readonly prefix?: `/${string}`
  /** Where its paths begin besides, with `{name}` for a parameter. */
  readonly furtherPrefixes?: readonly `/${string}`[]
  /** A failure in this surface’s words. */
  readonly error: (failure: Failure, context: FailureContext) => WireReply
  /** How OpenAPI describes the error body. */
  readonly errorSchema: object
  readonly routes: readonly Route[]
}

/** Where the pages about the errors of the admin APIs are. */
export const ADMIN_ERRORS_PATH = '/errors'

/** The request that failed. */
export interface FailureContext {
  readonly path: string
  /** The address of the page about an error, by its code without a slash before it. */
  readonly errorPages: string
  readonly requestId: string
}

/** How credentials are looked up, given to each surface’s `authenticate`. */
export interface Authenticators {
  /** The holder of an opaque API key. @throws Failure `unauthenticated` */
  apiKey(secret: string): Promise<Omit<Actor, 'origin'>>
  /**
   * The holder of an access token that a tenant’s admin realm issued (SemAuth, “How access works”).
   * @throws Failure `invalid_token`, `insufficient_scope`
   */
  adminToken(jwt: string): Promise<Omit<Actor, 'origin'>>
  /**
   * The administrator who is signed in in the browser that asks; for what changes something, with the CSRF token.
   * @throws Failure `unauthenticated`, `forbidden`
   */
  adminSession(request: Pick<WireRequest, 'method' | 'headers'>): Promise<Omit<Actor, 'origin'>>
  /**
   * The administrator whose console asks, by the cookie of its session; undefined for a request without one. What changes
   * something needs the session’s CSRF token.
   * @throws Failure `unauthenticated`, `forbidden`
   */
  consoleSession(request: Pick<WireRequest, 'method' | 'headers'>): Promise<Omit<Actor, 'origin'>> | undefined
  /**
   * The holder of a token that one of the operator’s own programs got for itself; undefined for one of an admin realm.
   * @throws Failure `invalid_token`, `access_denied`
   */
  platformToken(jwt: string): Promise<PlatformHolder | undefined>
}

/** One of the operator’s own programs, and what its token lets it do: nothing at all, where it has neither scope. */
export interface PlatformHolder extends Omit<Actor, 'origin'> {
  readonly reads: boolean
  readonly writes: boolean
}
