// Owns how the console calls the API: credentials, errors, and what was called last.
import { INDEX } from '../made/operations.ts'
import type { Operations } from '../made/types.ts'

/** The name of an operation. */
export type Name = keyof Operations

/** What is wrong with one member of a request. */
export interface Flaw {
  readonly field: string
  readonly message: string
}

/** A refusal, in the words of the server. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly flaws: readonly Flaw[]
  /** How old the sign-in may be, in seconds, where it is too old. */
  readonly maxAge: number | undefined

  constructor(status: number, body: Readonly<Record<string, unknown>>, maxAge?: number) {
    super(String(body.error_description ?? body.error ?? `The server answered ${status}.`))
    this.status = status
    this.code = String(body.error ?? '')
    this.flaws = Array.isArray(body.errors) ? (body.errors as Flaw[]) : []
    this.maxAge = maxAge
  }
}

/** An answer, and the ETag of what it shows. */
export interface Answer<T> {
  readonly value: T
  readonly etag: string | undefined
}

/** One call, as it can be said in other ways. */
export interface Call {
  readonly name: Name
  readonly input: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

const KEY = 'countersign-key'

/** The API key that was pasted; gone with the tab. */
export const pastedKey = (): string | null => sessionStorage.getItem(KEY)

/** Keeps an API key until the tab is closed; null forgets it. */
export function keepKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, key)
}

/** The session of the console, as the server sees it. */
export interface Session {
  readonly signed_in: boolean
  readonly csrf_token?: string
  readonly authenticated_at?: string
  readonly expires_at?: string
  readonly account_url?: string | null
  readonly server_version: string
  readonly api_docs: boolean
}

let csrfToken: string | undefined

/** Asks who is signed in; what changes something needs it. */
export async function loadSession(): Promise<Session> {
  const response = await fetch('/admin/ui/session', { headers: { accept: 'application/json' } })
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})))
  const session = (await response.json()) as Session
  csrfToken = session.csrf_token
  return session
}

/** Ends the session, and forgets a pasted key. */
export async function signOut(): Promise<void> {
  keepKey(null)
  await fetch('/admin/ui/session', { method: 'DELETE', headers: csrfToken ? { 'x-csrf-token': csrfToken } : {} })
  csrfToken = undefined
}

type Refused = (error: ApiError) => Promise<boolean>
let onRefused: Refused = async () => false

/** Says what is done where a sign-in has ended or is too old. It returns whether the call is worth another try. */
export function whenSignInIsNeeded(act: Refused): void {
  onRefused = act
}

/** The address of a call: path and query. */
export function addressOf({ name, input }: Pick<Call, 'name' | 'input'>): string {
  const [, path] = INDEX[name]
  const used = new Set<string>()
  const filled = path.replace(/\{(\w+)\}/g, (_, member: string) => {
    used.add(member)
    return encodeURIComponent(String(input[member] ?? ''))
  })
  const query = new URLSearchParams()
  for (const [member, value] of Object.entries(input)) {
    if (used.has(member) || value === undefined || value === null || value === '') continue
    for (const one of [value].flat()) query.append(member, String(one))
  }
  return query.size > 0 ? `${filled}?${query}` : filled
}

/** What a call may have besides its input. */
export interface CallOptions {
  /** The version that is changed. */
  readonly etag?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls an operation.
 * @param input the parameters of the path and the query
 * @throws ApiError
 */
export async function call<N extends Name>(
  name: N,
  input: Readonly<Record<string, unknown>> = {},
  body?: unknown,
  options: CallOptions = {},
): Promise<Answer<Operations[N]['reply']>> {
  try {
    return await send(name, input, body, options)
  } catch (error) {
    const mayHelp = error instanceof ApiError && error.status === 401 && pastedKey() === null
    if (mayHelp && (await onRefused(error))) return send(name, input, body, options)
    throw error
  }
}

async function send<N extends Name>(
  name: N,
  input: Readonly<Record<string, unknown>>,
  body: unknown,
  { etag, signal }: CallOptions,
): Promise<Answer<Operations[N]['reply']>> {
  const [method] = INDEX[name]
  const isForm = body instanceof FormData
  const response = await fetch(addressOf({ name, input }), {
    method,
    headers: headersOf(method, body !== undefined && !isForm, etag),
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    signal: signal ?? null,
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  const value = text === '' ? undefined : isJson ? JSON.parse(text) : text
  if (!response.ok) throw new ApiError(response.status, isJson ? value : {}, maxAgeOf(response))
  return { value: value as Operations[N]['reply'], etag: response.headers.get('etag') ?? undefined }
}

/** The headers of a request. */
export function headersOf(method: string, hasJson: boolean, etag?: string): Record<string, string> {
  const key = pastedKey()
  return {
    accept: 'application/json',
    ...(hasJson && { 'content-type': 'application/json' }),
    ...(etag && { 'if-match': etag }),
    ...(key ? { authorization: `Bearer ${key}` } : method !== 'GET' && csrfToken ? { 'x-csrf-token': csrfToken } : {}),
  }
}

function maxAgeOf(response: Response): number | undefined {
  const challenge = response.headers.get('www-authenticate') ?? ''
  const [, age] = /max_age="(\d+)"/.exec(challenge) ?? []
  return age === undefined ? undefined : Number(age)
}
