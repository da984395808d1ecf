// Requests to the admin API, and what their failures mean to a person.
import { CommandFailure, EXIT } from './failure.ts'
import type { Target } from './target.ts'
import { harmless } from './text.ts'

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON; nothing is sent where it is undefined. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds until the server is given up; 60 seconds unless told. */
  readonly patience?: number
}

/** A success. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON; undefined where the answer has no body. */
  readonly body: unknown
}

/** What the API refused, in its words. */
export class ApiRefusal extends CommandFailure {
  readonly status: number
  readonly code: string
  /** What is wrong with single members of the input: their names on the wire and a sentence. */
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

const PATIENCE = 60_000

/**
 * Sends one request and reads the whole answer.
 * @param agent who asks, as `name/version`
 * @throws ApiRefusal for an answer that is no success; CommandFailure where there is no answer, or none of this API
 */
export async function call(target: Target, agent: string, request: ApiRequest): Promise<ApiAnswer> {
  const response = await send(target, agent, request, AbortSignal.timeout(request.patience ?? PATIENCE))
  const text = await readText(target, response)
  if (response.ok && text === '') return { status: response.status, headers: response.headers, body: undefined }
  const body = parseJson(text)
  if (body === undefined) throw notTheApi(target, `answered ${response.status} without JSON`)
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
    throw body === undefined ? notTheApi(target, `answered ${response.status}`) : refusalOf(target, response, body)
  }
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
    throw notTheApi(target, 'answered with something that is no stream of events')
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
      // The key goes to the server that was named, and to no other.
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
  if (typeof error !== 'string') return notTheApi(target, `answered ${status} in words that are not its API’s`)
  const retryAfter = headers.get('retry-after')
  const id = headers.get('x-request-id')
  const remedies: Record<number, string | undefined> = {
    401: `The key came from ${target.keySource}. It may be of another server, expired or revoked.`,
    403: 'Use a key that may, or ask who can make one: countersign api-key create --help.',
    429: retryAfter === null ? undefined : `Try again in ${harmless(retryAfter)} seconds.`,
    500: `The server’s log says more${id === null ? '' : `; the request was ${harmless(id)}`}.`,
    503: 'See whether the server’s database answers: countersign doctor.',
  }
  return new ApiRefusal(status, body as { error: string }, remedies[status])
}

/** Why there was no answer, as a failure with what to do about it. */
export function unreachable({ url }: Pick<Target, 'url'>, error: unknown): CommandFailure {
  const reason = reasonOf(error)
  return new CommandFailure(
    EXIT.unreachable,
    `Cannot connect to ${url}: ${reason}.`,
    /certificate|self.signed|CERT/i.test(reason)
      ? 'If its authority is your own, name it in NODE_EXTRA_CA_CERTS.'
      : 'Start the server, or set COUNTERSIGN_ADMIN_URL to where its admin API is. countersign doctor tells more.',
  )
}

/** Why a fetch failed, in a few words. */
export function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'it did not answer in time'
  const known: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'its name cannot be looked up now',
    ECONNRESET: 'the connection was cut off',
    UND_ERR_SOCKET: 'the connection was cut off',
    ETIMEDOUT: 'it did not answer in time',
    UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
  }
  const code = cause?.code ?? ''
  return known[code] ?? harmless(cause?.message || code || message)
}

function notTheApi({ url }: Target, what: string): CommandFailure {
  return new CommandFailure(
    EXIT.failed,
    `${url} ${what}.`,
    'Is this the address of the admin API? It is 127.0.0.1:9001 unless the server is configured otherwise.',
  )
}
