// Sends requests to the admin API and turns failures into messages for people.
import { existsSync } from 'node:fs'
import { CommandFailure, EXIT } from './failure.ts'
import { SIGN_IN_SOURCE, type Target } from './target.ts'
import { harmless } from './text.ts'

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON; without it the request has no body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Timeout in milliseconds; 60 seconds by default. */
  readonly timeout?: number
}

/** A successful response. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON; undefined if the response has no body. */
  readonly body: unknown
}

/** An error response of the API, with its message. */
export class ApiRefusal extends CommandFailure {
  readonly status: number
  readonly code: string
  /** The errors in members of the input: the name on the wire and a message. */
  readonly flaws: readonly { readonly field: string; readonly message: string }[]

  constructor(status: number, body: { error: string; error_description?: string; errors?: unknown }, remedy?: string) {
    super(EXIT.failed, harmless(body.error_description || body.error), remedy)
    this.status = status
    this.code = harmless(body.error)
    this.flaws = Array.isArray(body.errors)
      ? body.errors.map(({ field, message }) => ({
          field: harmless(String(field)),
          message: harmless(String(message)),
        }))
      : []
  }
}

const TIMEOUT = 60_000

const SIGN_IN_AGAIN = 'Sign in with your password, and run the command again: countersign login.'

/**
 * Sends one request and reads the whole response.
 * @param agent the User-Agent, `name/version`
 * @throws ApiRefusal for an error response; CommandFailure if there is no response, or the response is not of this API
 */
export async function call(target: Target, agent: string, request: ApiRequest): Promise<ApiAnswer> {
  const response = await send(target, agent, request, AbortSignal.timeout(request.timeout ?? TIMEOUT))
  const text = await readText(target, response)
  if (response.ok && text === '') return { status: response.status, headers: response.headers, body: undefined }
  const body = parseJson(text)
  if (body === undefined) throw notTheApi(target, `responded ${response.status} without JSON`)
  if (!response.ok) throw refusalOf(target, response, body)
  return { status: response.status, headers: response.headers, body }
}

/**
 * Opens a stream of events.
 * @throws as {@link call} does
 */
export async function open(
  target: Target,
  agent: string,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers = { accept: 'text/event-stream', ...request.headers }
  const response = await send(target, agent, { ...request, headers }, signal)
  if (!response.ok) {
    const body = parseJson(await readText(target, response))
    throw body === undefined ? notTheApi(target, `responded ${response.status}`) : refusalOf(target, response, body)
  }
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
    throw notTheApi(target, 'responded without an event stream')
  }
  return response.body
}

async function send(target: Target, agent: string, request: ApiRequest, signal: AbortSignal): Promise<Response> {
  const { method, path, query = {}, body, headers = {} } = request
  const search = new URLSearchParams(query).toString()
  const address = `${target.url}${path}${search && `?${search}`}`
  try {
    const response = await fetch(address, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${target.key}`,
        'user-agent': agent,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The key must not be sent to another server.
      redirect: 'manual',
      signal,
    })
    if (response.status < 300 || response.status > 399) return response
    const to = harmless(response.headers.get('location') ?? 'another address')
    throw notTheApi(target, `redirects to ${to}`)
  } catch (error) {
    throw error instanceof CommandFailure ? error : unreachable(target, error)
  }
}

async function readText(target: Target, response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw unreachable(target, error)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusalOf(target: Target, { status, headers }: Response, body: unknown): CommandFailure {
  const { error } = (body ?? {}) as { error?: unknown }
  if (typeof error !== 'string') return notTheApi(target, `responded ${status} without an error of the admin API`)
  const retryAfter = headers.get('retry-after')
  const id = headers.get('x-request-id')
  const remedies: Record<number, string | undefined> = {
    401:
      target.keySource === SIGN_IN_SOURCE
        ? 'Your sign-in has ended. Sign in again: countersign login.'
        : `The command sent ${target.keySource}. It may be expired or revoked, or belong to another server.`,
    403: 'Use a key with the permission. To create one: countersign api-key create --help.',
    429: retryAfter === null ? undefined : `Try again in ${harmless(retryAfter)} seconds.`,
    500: `The server’s log has the details${id === null ? '' : `; the request id is ${harmless(id)}`}.`,
    503: 'Check whether the server’s database responds: countersign doctor.',
  }
  const remedy = error === 'insufficient_user_authentication' ? SIGN_IN_AGAIN : remedies[status]
  return new ApiRefusal(status, body as { error: string }, remedy)
}

/** The failure for a request without a response, with what to do. */
export function unreachable({ url }: Pick<Target, 'url'>, error: unknown): CommandFailure {
  const reason = reasonOf(error)
  return new CommandFailure(
    EXIT.unreachable,
    `Cannot connect to ${url}: ${reason}.`,
    /certificate|self.signed|CERT/i.test(reason)
      ? 'For your own certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file.'
      : `Start the server, or set COUNTERSIGN_ADMIN_URL to the address of its admin API. ${hintOfFile()}`,
  )
}

// A file of settings may be that of somebody else, so commands send no key to an address that is only there.
function hintOfFile(): string {
  return existsSync('countersign.json')
    ? 'Commands do not read countersign.json in this folder; countersign doctor does, and shows its addresses.'
    : 'countersign doctor shows more.'
}

/** The reason why a fetch failed, in a few words. */
export function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'the request timed out'
  const known: Record<string, string> = {
    ECONNREFUSED: 'no program listens on this address',
    ENOTFOUND: 'the host is unknown',
    EAI_AGAIN: 'the host name cannot be resolved now',
    ECONNRESET: 'the connection was closed',
    UND_ERR_SOCKET: 'the connection was closed',
    ETIMEDOUT: 'the connection timed out',
    UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  }
  const code = cause?.code ?? ''
  return known[code] ?? harmless(cause?.message || code || message)
}

function notTheApi({ url }: Target, what: string): CommandFailure {
  return new CommandFailure(
    EXIT.failed,
    `${url} ${what}.`,
    'Check the address of the admin API. The default is 127.0.0.1:9001.',
  )
}
