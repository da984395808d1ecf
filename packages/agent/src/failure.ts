// The errors of the library: each says what the program, or a person, has to do.

/** The authorization server refuses a token (RFC 6749 §5.2). */
export class TokenRefused extends Error {
  /** The error code of the response. */
  readonly code: string
  readonly status: number
  /** Seconds to wait for, where the response says so. */
  readonly retryAfter: number | undefined

  constructor(code: string, description: string, more: { status?: number; retryAfter?: number | undefined } = {}) {
    super(description)
    this.name = new.target.name
    this.code = code
    this.status = more.status ?? 400
    this.retryAfter = more.retryAfter
  }
}

/** A person must agree before there is a token: let them sign in with the scopes and the resource that were asked for. */
export class ConsentRequired extends TokenRefused {}

/** A person must sign in again, or in a stronger way (RFC 9470): ask for it with these parameters. */
export class StepUpRequired extends Error {
  /** Ways of signing in, one of which is enough; undefined if any is. */
  readonly acrValues: readonly string[] | undefined
  /** Seconds since the sign-in, at most. */
  readonly maxAge: number | undefined
  /** The resource that demands it; undefined if the authorization server does. */
  readonly resource: string | undefined

  constructor(needed: {
    acrValues?: readonly string[] | undefined
    maxAge?: number | undefined
    resource?: string | undefined
  }) {
    super('The user must sign in again, or in another way.')
    this.name = 'StepUpRequired'
    this.acrValues = needed.acrValues
    this.maxAge = needed.maxAge
    this.resource = needed.resource
  }
}

/** The token lacks scopes (RFC 6750 §3.1): ask for one that has them. */
export class InsufficientScope extends Error {
  /** All scopes that the request needs; empty if the resource does not say. */
  readonly scopes: readonly string[]
  readonly resource: string

  constructor(scopes: readonly string[], resource: string) {
    super(`The access token lacks a scope of: ${scopes.join(' ')}`)
    this.name = 'InsufficientScope'
    this.scopes = scopes
    this.resource = resource
  }
}

/** A resource or an authorization server is not what it says, so no token is sent to it or asked of it. */
export class Untrusted extends Error {
  constructor(description: string) {
    super(description)
    this.name = 'Untrusted'
  }
}
