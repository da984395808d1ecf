// The types of requests to a realm, of the replies, and of the endpoints that answer.
import type { Origin } from '#domain/actor.ts'
import type { Brand } from '#domain/branding/branding.ts'
import type { Services } from '#domain/open-context.ts'
import type { ClientCertificate } from '#domain/outside.ts'
import type { Realm } from '#domain/realm/realm.ts'
import type { Failure } from '#kernel/error.ts'
import type { Language } from '#language/language.ts'
import type { Parameters } from './parameters.ts'

/** A request to a realm: of a client to an endpoint, or of a person’s browser to a page. */
export interface RealmRequest {
  readonly method: string
  readonly realm: Realm
  /** What its tenant shows of itself on the hosted pages. */
  readonly brand: Brand
  /** The realm’s issuer identifier. */
  readonly issuer: string
  /** What stands before the realm’s paths: empty, or `/realms/{issuer_id}`. */
  readonly base: string
  /** The path of the request below the base. */
  readonly path: string
  /** The language that the person is spoken to; English where nobody is. */
  readonly language: Language
  /** The host that was asked, with its port. */
  readonly host?: string
  /** What the path has where the endpoint’s ends with `*`. */
  readonly rest?: string
  readonly query: Parameters
  /** The form of a POST; empty for every other method. */
  readonly form: Parameters
  /** The JSON body, for an endpoint that takes one; undefined for none. */
  readonly json?: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The cookies; one that came twice with different values is left out. */
  readonly cookies: ReadonlyMap<string, string>
  readonly origin: Origin
  /** The certificate that the client presented in the TLS handshake (RFC 8705), if it presented one. */
  readonly certificate?: () => ClientCertificate | undefined
}

/** A request that is passed on to another server, whose response goes back. */
export interface Forward {
  /** Without the query, which is that of the request. */
  readonly url: string
  readonly tenantId: string
  /** Put in the place of those of the client; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Told of what came of it. */
  readonly done: (outcome: Forwarded) => Promise<void>
}

/** What came of a request that was passed on; no status where there was no response. */
export interface Forwarded {
  readonly status: number | null
  readonly problem?: string
  readonly requestBytes: number
  readonly responseBytes: number
}

/** What goes back. `body` is text, in one or many pieces, or the bytes of an image, as it is sent. */
export interface RealmReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array | AsyncIterable<string>
  /** A failure for a person to read; the sender of the reply replaces it with the error page. */
  readonly failure?: Failure
  /** What the reply tells a client instead of a person; the sender of the reply notes why. */
  readonly refusal?: Failure
  /** Where the page of the failure lets the person go on to. */
  readonly onward?: Onward
  /** Set where the request is passed on: the reply is that of another server. */
  readonly forward?: Forward
  /** What is done once the reply has left, so that neither the reply nor its time tells anything of it. */
  readonly after?: () => Promise<void>
}

/** A registered redirect URI of a client that nobody has approved, and what the client gets there. */
export interface Onward {
  readonly uri: string
  /** What is posted there; undefined where everything is in the URI. */
  readonly fields?: Readonly<Record<string, string>>
}

/** One endpoint of every realm. */
export interface Endpoint {
  /** The metadata’s or RFC’s word for it. */
  readonly name: string
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  /** Under the realm’s base; the first is the one that the metadata names. One that ends with `/*` takes every path below it. */
  readonly paths: readonly `/${string}`[]
  /** Where the platform’s own programs find the first tenant’s, on every listener. */
  readonly platformPath?: `/${string}`
  /** Whether pages of other origins may read it (CORS); only where cookies play no part. */
  readonly crossOrigin?: boolean
  /** Whether its body is not read, because it is passed on piece by piece. */
  readonly streams?: boolean
  /** Whether its body is JSON, and not a form. */
  readonly takesJson?: boolean
  /** Whether programs ask it so often that it is served without the router. Never where cookies play a part. */
  readonly fastPath?: boolean
  /** Whether clients with certificates find it at an address of its own, where that is configured (RFC 8705 §5). */
  readonly mutualTls?: boolean
  /** Whether people read its answers, in their language. Pages do so without saying it. */
  readonly speaks?: boolean
  /** Whether it answers for a disabled realm too. */
  readonly alwaysOn?: boolean
  readonly respond: (services: Services, request: RealmRequest) => Promise<RealmReply>
  /** A failure in the words of this endpoint. */
  readonly refuse: (failure: Failure, request: RealmRequest) => RealmReply
}
