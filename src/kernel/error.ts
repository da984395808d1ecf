// Owns the registry of errors that callers can receive.
import type { PasswordFlaw } from './password-flaw.ts'
import type { RefusalReason } from './refusal-reason.ts'

/**
 * Owns the error codes: every failure that a caller can receive, with its HTTP status and its default message.
 * A surface decides only how an error is written on its wire. The OAuth codes are from RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 8707 §2, RFC 9396 §5, RFC 9470 §3 and OpenID
 * Connect Core §3.1.2.6.
 */
export const ERRORS = {
  invalid_request: { status: 400, message: 'The request is malformed.' },
  invalid_input: { status: 400, message: 'The request does not match its schema.' },
  unsupported_media_type: { status: 415, message: 'The content type is not supported here.' },
  payload_too_large: { status: 413, message: 'The request body is too large.' },
  unauthenticated: { status: 401, message: 'The request has no valid credentials.' },
  forbidden: { status: 403, message: 'The caller does not have the required permission.' },
  not_found: { status: 404, message: 'The object does not exist, or the caller has no access to it.' },
  method_not_allowed: { status: 405, message: 'The method is not allowed on this path.' },
  conflict: { status: 409, message: 'The request conflicts with the current state of the object.' },
  already_exists: { status: 409, message: 'An object with this unique name already exists.' },
  circular_nesting: { status: 400, message: 'Circular nesting: a group cannot contain itself.' },
  limit_reached: { status: 409, message: 'The limit of this account is reached.' },
  idempotency_conflict: {
    status: 409,
    message: 'The idempotency key was already used for a different request. Send a new key.',
  },
  request_in_progress: {
    status: 409,
    message: 'A request with this idempotency key is in progress. Send it again after the time in Retry-After.',
  },
  expired: { status: 410, message: 'This link, code or form was already used, or it has expired.' },
  precondition_failed: {
    status: 412,
    message: 'The object was changed after you read it. Read it again, then repeat the change.',
  },
  too_many_requests: { status: 429, message: 'Too many requests; try again later.' },
  server_error: { status: 500, message: 'The server could not complete the request because of an internal error.' },
  temporarily_unavailable: { status: 503, message: 'The server cannot handle the request now; try again later.' },
  invalid_client: { status: 401, message: 'Client authentication failed.' },
  invalid_client_metadata: { status: 400, message: 'The client metadata is not valid.' },
  invalid_redirect_uri: { status: 400, message: 'A redirect URI is not valid.' },
  invalid_software_statement: { status: 400, message: 'The software statement is not valid.' },
  unapproved_software_statement: {
    status: 400,
    message: 'The software statement is of an issuer that is not trusted.',
  },
  invalid_grant: {
    status: 400,
    message: 'The grant is invalid, expired or revoked, or it was issued to another client.',
  },
  authorization_pending: { status: 400, message: 'The user has not decided yet; poll again after the interval.' },
  slow_down: { status: 400, message: 'The poll came too early; add five seconds to the polling interval.' },
  expired_token: { status: 400, message: 'The code or the request has expired; begin again.' },
  unknown_user_id: { status: 400, message: 'The hint identifies no user.' },
  invalid_binding_message: { status: 400, message: 'The binding message is too long or has other characters.' },
  unauthorized_client: { status: 400, message: 'The client is not allowed to use this grant type.' },
  unsupported_grant_type: { status: 400, message: 'The grant type is not supported.' },
  unsupported_response_type: { status: 400, message: 'The response type is not supported.' },
  invalid_scope: { status: 400, message: 'A requested scope is unknown or not allowed.' },
  invalid_authorization_details: { status: 400, message: 'The authorization details are not valid or not allowed.' },
  invalid_target: { status: 400, message: 'The requested resource is unknown or not allowed.' },
  access_denied: { status: 403, message: 'The user or the server refused the request.' },
  login_required: { status: 400, message: 'The user must sign in.' },
  consent_required: { status: 400, message: 'The user must consent.' },
  interaction_required: {
    status: 400,
    message: 'The user must complete a step in the browser before the request can continue.',
  },
  account_selection_required: { status: 400, message: 'The user must select an account.' },
  unmet_authentication_requirements: {
    status: 400,
    message: 'The user cannot meet the required authentication level.',
  },
  request_not_supported: { status: 400, message: 'Request objects are not supported.' },
  request_uri_not_supported: {
    status: 400,
    message: 'Only request URIs of pushed authorization requests are supported.',
  },
  invalid_token: { status: 401, message: 'The access token is missing, invalid, expired or revoked.' },
  insufficient_user_authentication: {
    status: 401,
    message: 'Sign in again, then repeat the request: this operation needs a recent sign-in.',
  },
  insufficient_scope: { status: 403, message: 'The access token does not have the required scope.' },
  invalid_request_uri: { status: 400, message: 'The request URI is unknown, already used or expired.' },
  invalid_request_object: { status: 400, message: 'The request object is not valid.' },
  invalid_dpop_proof: { status: 400, message: 'The DPoP proof is missing or not valid.' },
  use_dpop_nonce: {
    status: 400,
    message: 'The DPoP proof must contain the nonce from the DPoP-Nonce header of this response.',
  },
  unsupported_token_type: { status: 400, message: 'The token type is not supported.' },
  identity_provider_failed: {
    status: 502,
    message: 'The identity provider did not answer, or not as it has to.',
  },
  upstream_failed: { status: 502, message: 'The provider refused the request, or did not answer as it has to.' },
  provider_in_use: { status: 409, message: 'Resources use this provider. Change or delete them first.' },
  unreachable_host: { status: 400, message: 'The address is not allowed, or it did not respond correctly.' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof ERRORS

/** One error in one member of the input: a dotted path and a message. */
export interface Flaw {
  readonly path: string
  readonly message: string
}

/** What decided a refusal, for the operator. It must not contain a secret. */
export interface Rule {
  /** The setting or the limit that decided, as its API spells it, for example `client.redirect_uris` or `profile.pkce`. */
  readonly policy: string
  /** What it is set to. */
  readonly value: string
  /** What the request had, if that is no secret. */
  readonly given?: string
}

/** Refusals that pages tell people of, by the name of the message. */
type Told = 'onlyWay' | 'lastStep' | 'firstApp' | 'nothingToReplace' | 'off' | 'wrongNumber' | 'tooManyCodes'

/** The details of a failure. The caller receives all but those for the operator; none of them may contain a secret. */
export interface FailureDetail {
  /** A message that replaces the default message of the code. */
  readonly message?: string
  /** The errors in the input, for `invalid_input`. */
  readonly flaws?: readonly Flaw[]
  /** What refers to an object, so that it stays, in words. */
  readonly dependents?: readonly string[]
  /** Seconds that the caller should wait before it tries again (RFC 9110 §10.2.3). */
  readonly retryAfter?: number
  /** Seconds since the sign-in that the operation accepts, for `insufficient_user_authentication` (RFC 9470 §3). */
  readonly maxAge?: number
  /** Why, for the operator: the caller does not learn it. */
  readonly reason?: RefusalReason
  /** The `client_id` that the caller sent, for the operator. */
  readonly clientId?: string
  /** Which step of the endpoint refused, for the operator. */
  readonly step?: string
  /** Which policy decided, for the operator. */
  readonly rule?: Rule
  /** Which sentence a person reads of it on a page. */
  readonly told?: Told
  /** What is wrong with a new password. */
  readonly passwordFlaw?: PasswordFlaw
  /** What the person has to do before the client gets a token of a provider, for `consent_required`. */
  readonly consent?: { readonly cause: 'consent_missing' | 'scope_insufficient'; readonly url: string }
  /** The nonce that the next DPoP proof must carry, for `use_dpop_nonce` (RFC 9449 §8). */
  readonly dpopNonce?: string
}

/** The only error that code throws on purpose. Every other thrown error is a defect, and the response is 500. */
export class Failure extends Error {
  readonly code: ErrorCode
  readonly detail: FailureDetail

  /**
   * @param code a code of {@link ERRORS}
   * @param detail a message, or several details
   */
  constructor(code: ErrorCode, detail: FailureDetail | string = {}) {
    const full = typeof detail === 'string' ? { message: detail } : detail
    super(full.message ?? ERRORS[code].message)
    this.code = code
    this.detail = full
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  /** The same failure with details that it does not have yet. */
  with(detail: FailureDetail): Failure {
    return new Failure(this.code, { ...detail, ...this.detail })
  }
}

/**
 * The failure for one member of the input.
 * @param path the member, dotted
 * @returns `invalid_input` with the member in its message and in its flaws
 */
export function flawed(path: string, message: string): Failure {
  return new Failure('invalid_input', { message: `${path}: ${message}`, flaws: [{ path, message }] })
}
