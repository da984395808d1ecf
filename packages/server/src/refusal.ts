// The refusal of a request: its status, its error and the challenge that tells the client what to do (RFC 6750 §3).

/** The schemes that an access token is presented with. */
export type Scheme = 'Bearer' | 'DPoP'

/** The parameters of a challenge, in their order. */
export type ChallengeParameters = Readonly<Record<string, string | number | undefined>>

/** Why a request is refused. Adapters turn it into a response; `headers` and `body` are all of it. */
export class Refusal extends Error {
  readonly status: number
  /** The error code of the challenge; `unauthorized` where the request has no token. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, description: string, headers: Readonly<Record<string, string>> = {}) {
    super(description)
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.headers = headers
  }

  /** The JSON body of the response. */
  get body(): { readonly error: string; readonly error_description: string } {
    return { error: this.code, error_description: this.message }
  }
}

/** A fault of the request that is not yet a challenge: the scheme and the address of the metadata are added to it. */
export class Fault extends Error {
  readonly status: number
  readonly code: string
  /** Parameters besides the error, as `scope` and `max_age`. */
  readonly parameters: ChallengeParameters
  readonly headers: Readonly<Record<string, string>>
  /** The scheme that the client must use, where it is another one (RFC 9449 §7.2). */
  readonly scheme: Scheme | undefined

  constructor(
    code: string,
    description: string,
    more: {
      status?: number
      parameters?: ChallengeParameters
      headers?: Readonly<Record<string, string>>
      scheme?: Scheme
    } = {},
  ) {
    super(description)
    this.name = 'Fault'
    this.code = code
    this.status = more.status ?? 401
    this.parameters = more.parameters ?? {}
    this.headers = more.headers ?? {}
    this.scheme = more.scheme
  }
}

/** What is needed to verify a token cannot be had: the issuer does not respond. The request may be repeated. */
export class Unavailable extends Error {
  constructor(description: string, cause?: unknown) {
    super(description, { cause })
    this.name = 'Unavailable'
  }
}

/** Writes one challenge of `WWW-Authenticate` (RFC 9110 §11.6.1). Parameters without a value are left out. */
export function challenge(scheme: Scheme, parameters: ChallengeParameters): string {
  const written = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(
      ([name, value]) =>
        `${name}="${String(value)
          .replaceAll(/[^\x20-\x7e]/g, '?')
          .replaceAll(/["\\]/g, '\\$&')}"`,
    )
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`
}
