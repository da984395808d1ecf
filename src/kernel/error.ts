/**
 * Every failure a caller may see, by code. A surface decides only how one looks on its wire.
 * OAuth codes are RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 8628 §3.5, RFC 8707 §2, RFC 9470 §3 and OpenID
 * Connect Core §3.1.2.6.
 */
export const ERRORS = {
  invalid_request: { status: 400, message: 'The request is malformed.' },
  invalid_input: { status: 400, message: 'The request does not match its schema.' },
  unsupported_media_type: { status: 415, message: 'The content type is not supported here.' },
  payload_too_large: { status: 413, message: 'The request body is too large.' },
  unauthenticated: { status: 401, message: 'No valid credentials.' },
  forbidden: { status: 403, message: 'The caller lacks a permission.' },
  not_found: { status: 404, message: 'No such thing, or none within the caller’s reach.' },
  method_not_allowed: { status: 405, message: 'The method is not allowed on this path.' },
  conflict: { status: 409, message: 'The request conflicts with what is there.' },
  already_exists: { status: 409, message: 'A thing with this unique name exists.' },
  circular_nesting: { status: 400, message: 'Circular nesting: a group cannot lie inside itself.' },
  limit_reached: { status: 409, message: 'A limit set for this account is reached.' },
  idempotency_conflict: { status: 409, message: 'The idempotency key was used for another request.' },
  expired: { status: 410, message: 'This was used already, or was open for too long.' },
  precondition_failed: { status: 412, message: 'The thing was changed since it was read.' },
  too_many_requests: { status: 429, message: 'Too many requests; try again later.' },
  server_error: { status: 500, message: 'The server could not complete the request.' },
  temporarily_unavailable: { status: 503, message: 'The server cannot take the request now.' },
  invalid_client: { status: 401, message: 'Client authentication failed.' },
  invalid_client_metadata: { status: 400, message: 'The client metadata is not acceptable.' },
  invalid_redirect_uri: { status: 400, message: 'A redirect URI is not acceptable.' },
  invalid_grant: { status: 400, message: 'The grant is invalid, expired, revoked or meant for another client.' },
  authorization_pending: { status: 400, message: 'The user has not decided yet; poll again after the interval.' },
  slow_down: { status: 400, message: 'The poll came too early; wait five seconds longer between polls from now on.' },
  expired_token: { status: 400, message: 'The device code has expired; ask for another one.' },
  unauthorized_client: { status: 400, message: 'The client may not use this grant.' },
  unsupported_grant_type: { status: 400, message: 'The grant type is not supported.' },
  unsupported_response_type: { status: 400, message: 'The response type is not supported.' },
  invalid_scope: { status: 400, message: 'A requested scope is unknown or not allowed.' },
  invalid_target: { status: 400, message: 'The requested resource is unknown or not allowed.' },
  access_denied: { status: 403, message: 'The user or the server refused the request.' },
  login_required: { status: 400, message: 'The user must sign in.' },
  consent_required: { status: 400, message: 'The user must consent.' },
  interaction_required: { status: 400, message: 'The user must act before this can go on.' },
  account_selection_required: { status: 400, message: 'The user must select an account.' },
  unmet_authentication_requirements: { status: 400, message: 'The required authentication cannot be reached.' },
  request_not_supported: { status: 400, message: 'Request objects are not supported.' },
  request_uri_not_supported: { status: 400, message: 'Request URIs are not supported.' },
  invalid_token: { status: 401, message: 'The access token is missing, invalid, expired or revoked.' },
  insufficient_scope: { status: 403, message: 'The access token lacks a scope.' },
  unsupported_token_type: { status: 400, message: 'The token type is not supported.' },
  unreachable_host: { status: 400, message: 'The address may not be contacted or did not answer as it should.' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof ERRORS

/** One thing wrong with one part of the input: a dotted path and a sentence. */
export interface Flaw {
  readonly path: string
  readonly message: string
}

/** What a failure may say besides its code. Everything here may be shown to the caller, so nothing secret goes in. */
export interface FailureDetail {
  /** A sentence that replaces the registry's message. */
  readonly message?: string
  /** The input's flaws, for `invalid_input`. */
  readonly flaws?: readonly Flaw[]
  /** Seconds until a retry makes sense (RFC 9110 §10.2.3). */
  readonly retryAfter?: number
}

/** The only error thrown on purpose. Anything else that is thrown is a defect and answers 500. */
export class Failure extends Error {
  readonly code: ErrorCode
  readonly detail: FailureDetail

  /**
   * @param code a code of {@link ERRORS}
   * @param detail a sentence, or what else the caller may know
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
}
