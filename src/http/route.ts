// Owns what a served path is: its methods, its handler, and the group of paths that it belongs to.
import type { IncomingHttpHeaders } from 'node:http'
import type { Services } from '#domain/open-context.ts'
import type { RefusalCounter } from '#domain/refusal/refusal-counter.ts'
import type { Failure } from '#kernel/error.ts'
import type { ConsoleBuild } from '#outside/console-build.ts'
import type { Upstreams } from '#outside/upstreams.ts'
import type { Authenticators } from '#surfaces/surface.ts'
import type { AfterReply } from './after-reply.ts'
import type { HttpReply } from './reply.ts'
import type { BODY_MAX, HttpRequest } from './request.ts'
import type { Telemetry } from './telemetry.ts'

/** What handlers work with. */
export interface HttpContext {
  readonly services: Services
  readonly authenticators: Authenticators
  readonly telemetry: Telemetry
  readonly refusals: RefusalCounter
  readonly afterReply: AfterReply
  /** The connections to the APIs of providers. */
  readonly upstreams: Pick<Upstreams, 'pool'>
  readonly version: string
  /** Whether `/docs` is served. */
  readonly apiDocs: boolean
  /** Aborted when the server stops; it ends event streams. */
  readonly stopping: AbortSignal
  /** What an operator should look at, as codes; shown by `/health`. */
  readonly notices?: readonly string[]
  /** The web console; undefined if it is switched off, or not part of the installation. */
  readonly console?: Pick<ConsoleBuild, 'state'> | undefined
  /** The Redis that holds shared limits; undefined if none is configured. */
  readonly redis: { responds(): Promise<boolean> } | undefined
}

/** One path that is served. */
export interface ServedRoute {
  readonly listener: 'public' | 'admin' | 'both'
  readonly methods: readonly string[]
  /** With `{name}` for a parameter, and `*` at the end for whatever follows. A path that is served by GET is served by HEAD too. */
  readonly path: `/${string}`
  /** The operation, endpoint, page or document. */
  readonly name: string
  /** Answers a request. It does not throw. */
  readonly respond: (context: HttpContext, request: HttpRequest) => Promise<HttpReply>
  /** Answers a request that could not be read. It does not throw. */
  readonly refuse: (context: HttpContext, request: HttpRequest, failure: Failure) => Promise<HttpReply> | HttpReply
  /** Whether the listener for clients with certificates serves it. */
  readonly mutualTls?: boolean
  /** Whether its body is not read, because it is passed on piece by piece. */
  readonly streams?: boolean
  /** The longest body that is read, in bytes, if it is not {@link BODY_MAX}. */
  readonly bodyMax?: number
  /** Set if programs ask for it so often that it is served without the router: whether it takes a request with these headers. */
  readonly fastPath?: (headers: IncomingHttpHeaders, method: string) => boolean
}

/** The paths of one surface, of realms, or of the server itself. */
export interface RouteGroup {
  readonly name: string
  readonly routes: readonly ServedRoute[]
  /** Where all its paths begin, so that it refuses in its own form what is there and has no route; with `{name}` for a parameter. */
  readonly prefixes: readonly string[]
  /** Whether a request belongs to this group, if another group has the same path. */
  readonly isMeant?: (request: HttpRequest) => boolean
  /** Refuses an unknown path or method. */
  readonly refuse: (context: HttpContext, request: HttpRequest, failure: Failure) => HttpReply
}

/** A path as Fastify writes it: `:name` for a parameter. Log lines and measurements name a route so. */
export function patternOf({ path }: Pick<ServedRoute, 'path'>): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
