import { type ErrorCode, Failure } from '#kernel/error.ts'
import type { Actor, Context, Origin } from './context.ts'
import { type House, openContext } from './open-context.ts'
import type { Realm } from './realm/realm.ts'

/** A request to a realm: of a client to an endpoint, or of a person’s browser to a page. */
export interface RealmRequest {
  readonly method: string
  readonly realm: Realm
  /** The realm’s issuer identifier. */
  readonly issuer: string
  /** What stands before the realm’s paths: empty, or `/realms/{issuer_id}`. */
  readonly base: string
  readonly query: Parameters
  /** The form of a POST; empty for every other method. */
  readonly form: Parameters
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The cookies; one that came twice with different values is left out. */
  readonly cookies: ReadonlyMap<string, string>
  readonly origin: Origin
}

/** What goes back. `body` is text as it is sent. */
export interface RealmReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: string
  /** A failure that a person is to read; whoever sends the reply puts the error page in its place. */
  readonly failure?: Failure
}

/** One endpoint of every realm. */
export interface Endpoint {
  /** The metadata’s or RFC’s word for it. */
  readonly name: string
  readonly methods: readonly ('GET' | 'POST')[]
  /** Under the realm’s base; the first is the one that the metadata names. */
  readonly paths: readonly `/${string}`[]
  /** Where the platform’s own programs find the first tenant’s, on every listener (ScaiKey, “Authentication”). */
  readonly platformPath?: `/${string}`
  /** Whether pages of other origins may read it (CORS); only where cookies play no part. */
  readonly crossOrigin?: boolean
  /** Whether programs ask it so often that it is served without the router. Never where cookies play a part. */
  readonly direct?: boolean
  /** Whether it answers for a disabled realm too. */
  readonly alwaysOn?: boolean
  readonly respond: (house: House, request: RealmRequest) => Promise<RealmReply>
  /** A failure in the words of this endpoint. */
  readonly refuse: (failure: Failure, request: RealmRequest) => RealmReply
}

// RFC 8707 §2: only these may be repeated; everything else may not (RFC 6749 §3.1, §3.2).
const REPEATABLE = new Set(['resource', 'audience'])
const VALUE_MAX = 8192

/** Parameters of a query or a form. An empty value counts as absent (RFC 6749 §3.1). */
export class Parameters {
  readonly #values: ReadonlyMap<string, string[]>

  constructor(values: ReadonlyMap<string, string[]>) {
    this.#values = values
  }

  /** @throws Failure `invalid_request` where it is repeated or longer than 8192 characters */
  get(name: string): string | undefined {
    const values = this.#values.get(name)
    if (!values) return undefined
    if (values.length > 1) throw new Failure('invalid_request', `The parameter ${name} was given twice.`)
    const [value = ''] = values
    if (value.length > VALUE_MAX) throw new Failure('invalid_request', `The parameter ${name} is too long.`)
    return value === '' ? undefined : value
  }

  /** @throws Failure `invalid_request` where it is absent, repeated or too long */
  need(name: string): string {
    const value = this.get(name)
    if (value === undefined) throw new Failure('invalid_request', `The parameter ${name} is missing.`)
    return value
  }

  /** Every value of a parameter that may be repeated. */
  all(name: string): string[] {
    return (this.#values.get(name) ?? []).filter((value) => value !== '')
  }

  /** @throws Failure `invalid_request` where a parameter that may not be repeated is */
  refuseRepeated(): void {
    for (const [name, values] of this.#values) {
      if (values.length > 1 && !REPEATABLE.has(name)) {
        throw new Failure('invalid_request', `The parameter ${name.slice(0, 40)} was given twice.`)
      }
    }
  }

  get names(): string[] {
    return [...this.#values.keys()]
  }
}

const NO_PERMISSIONS: ReadonlySet<string> = new Set()

/** A context about the request’s realm, for whoever sent it: who that is, each event says itself. */
export function contextOf(house: House, { realm, origin }: RealmRequest): Context {
  const actor: Actor = {
    kind: 'anonymous',
    id: 'anonymous',
    label: '',
    reach: { kind: 'none' },
    permissions: NO_PERMISSIONS,
    origin,
  }
  return openContext(house, actor, { tenantId: realm.tenantId, realm })
}

/** A context about the request’s realm, in which everything is done by one person. */
export function contextOfPerson(house: House, request: RealmRequest, person: { id: string; email: string }): Context {
  const { realm, origin } = request
  const actor: Actor = {
    kind: 'user',
    id: person.id,
    label: person.email,
    reach: { kind: 'none' },
    permissions: NO_PERMISSIONS,
    origin,
  }
  return openContext(house, actor, { tenantId: realm.tenantId, realm })
}

/** What nobody keeps (RFC 6749 §5.1). */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** A JSON reply that nobody keeps (RFC 6749 §5.1). */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): RealmReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...headers },
    body: JSON.stringify(body),
  }
}

// Whatever is malformed about a request, OAuth has one word for it; the HTTP status says more.
const MALFORMED: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'unsupported_media_type',
  'payload_too_large',
  'method_not_allowed',
])

/** A failure’s code as RFC 6749 §5.2 and RFC 6750 §3.1 have it. */
export function oauthCode({ code }: Failure): string {
  return MALFORMED.has(code) ? 'invalid_request' : code
}

/** A failure as RFC 6749 §5.2 writes it. */
export function refuseAsJson(failure: Failure): RealmReply {
  const { detail, status, message } = failure
  const code = oauthCode(failure)
  return json(
    status,
    { error: code, error_description: asciiOf(message) },
    {
      ...(code === 'invalid_client' && { 'www-authenticate': 'Basic realm="countersign", charset="UTF-8"' }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
  )
}

/** A failure as a person reads it, on a page that leads nowhere. */
export function refuseAsPage(failure: Failure): RealmReply {
  return { status: failure.status, headers: {}, failure }
}

/** A text with only the characters that RFC 6749 §5.2 allows in an error description. */
export function asciiOf(text: string): string {
  return text.replaceAll('’', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
}
