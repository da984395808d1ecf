// The messages between the driver and the load generator, which are two processes.

/** A confidential client that authenticates with `client_secret_basic`. */
export interface ClientCredentials {
  readonly id: string
  readonly secret: string
}

/** A client whose tokens are asked for at one realm's token endpoint. */
export interface Issuing extends ClientCredentials {
  /** The token endpoint's path. */
  readonly path: string
}

export interface Person {
  readonly login: string
  readonly password: string
}

/** A running server as the load generator sees it: where it listens, and what is registered there. */
export interface Target {
  readonly port: number
  /** The `Host` header, the public origin's. */
  readonly host: string
  readonly paths: {
    readonly token: string
    readonly introspect: string
    readonly userinfo: string
    readonly authorize: string
    readonly jwks: string
    readonly discovery: string
    /** Where requests are pushed (RFC 9126); absent where they cannot be. */
    readonly par?: string
  }
  /** Whether tokens can be bound by DPoP (RFC 9449). */
  readonly dpop?: true
  /** A web client that registered itself (RFC 7591); absent where none can. */
  readonly registered?: ClientCredentials
  /** Clients of the client_credentials grant; requests go round all of them. */
  readonly services: readonly Issuing[]
  /** The resource indicator that gets JWT access tokens, and one scope of it. */
  readonly resource: string
  readonly scope: string
  /** Scopes of people’s tokens besides those that a workload needs. */
  readonly personScopes?: string
  /** The resource whose tokens are introspected, where that is another one. */
  readonly introspectedResource?: string
  /** A first-party web client without, and one with, the refresh grant. */
  readonly web: ClientCredentials
  readonly offline: ClientCredentials
  readonly redirectUri: string
  /** One for each connection, so that no two fight over a row. */
  readonly people: readonly Person[]
  /** Names of the sign-in form's fields. */
  readonly fields: { readonly login: string; readonly password: string }
}

export const WORKLOADS = [
  'client_credentials',
  'introspection',
  'refresh',
  'login',
  'password',
  'code',
  'userinfo',
  'jwks',
  'dpop',
  'par_code',
  'registered_code',
] as const

export type WorkloadName = (typeof WORKLOADS)[number]

/** What one unit of each workload is. */
export const WORKLOAD_UNITS: Readonly<Record<WorkloadName, string>> = {
  client_credentials: 'one access token (ES256 JWT) for a resource',
  introspection: 'one active token introspected',
  refresh: 'one refresh token rotated: access token, id_token and the next refresh token',
  login: 'one whole login: authorize, sign-in page, password, code, exchange for access token and id_token',
  password: 'one sign-in form posted (argon2id); latency is that of this request',
  code: 'authorize with a live session and exchange of the code; no password',
  userinfo: 'one userinfo answer',
  jwks: 'one JWKS document',
  dpop: 'as client_credentials, with a new DPoP proof (ES256) and a bound token',
  par_code: 'as code, with the request pushed first (RFC 9126)',
  registered_code: 'as code, of a client that registered itself (RFC 7591) and whose consent is stored',
}

const NEEDS: Partial<Record<WorkloadName, (target: Target) => boolean>> = {
  dpop: ({ dpop }) => dpop === true,
  par_code: ({ paths }) => paths.par !== undefined,
  registered_code: ({ registered }) => registered !== undefined,
}

/** Whether a server has what a workload is about. */
export function supports(target: Target, name: WorkloadName): boolean {
  return NEEDS[name]?.(target) ?? true
}

/** Requests that are the same each time, for lists and other plain reads. */
export interface PlainReads {
  readonly port: number
  readonly host: string
  /** What is asked in turn. */
  readonly reads: readonly PlainRead[]
}

/** One request for a 200: a GET, or the POST of a question as JSON. */
export interface PlainRead {
  readonly path: string
  readonly authorization?: string
  readonly body?: string
  /** What the answer has to hold. */
  readonly holds?: string
}

/** One run: how long, with how many connections, what. */
export interface Job {
  readonly seconds: number
  readonly connections: number
  /** The server's process, for its CPU time. */
  readonly pid: number
  readonly work:
    | { readonly kind: 'workload'; readonly name: WorkloadName; readonly target: Target }
    | { readonly kind: 'reads'; readonly plain: PlainReads }
}

/** What one run came to. Latencies are milliseconds. */
export interface Outcome {
  readonly units: number
  /** Units per second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Answers with a status or a content other than the workload's, and connections that broke. */
  readonly errors: number
  /** Answers whose status was neither 2xx nor the redirect that was due. */
  readonly unexpectedStatuses: number
  /** The first error, for a person to read. */
  readonly firstError: string | null
  /** Members of the answer that the workload is about, to see that servers did the same work. */
  readonly answer: readonly string[]
  /** The share of its core that the load generator used. */
  readonly loadCpu: number
  /** Milliseconds of CPU time that the server used per unit, in all its threads. */
  readonly cpu: number
}
