// Names the step that refuses with an error, where the step itself does not say.
import type { ErrorCode } from '#kernel/error.ts'

const STEPS: Partial<Record<ErrorCode, string>> = {
  invalid_client: 'client_authentication',
  invalid_grant: 'grant',
  expired_token: 'grant',
  authorization_pending: 'grant',
  slow_down: 'grant',
  unauthorized_client: 'grant_type',
  unsupported_grant_type: 'grant_type',
  invalid_scope: 'scopes',
  invalid_target: 'resources',
  invalid_authorization_details: 'details',
  invalid_dpop_proof: 'proof_of_possession',
  use_dpop_nonce: 'proof_of_possession',
  invalid_request_object: 'request_object',
  request_not_supported: 'request_object',
  invalid_request_uri: 'pushed_request',
  request_uri_not_supported: 'pushed_request',
  invalid_client_metadata: 'client_metadata',
  invalid_redirect_uri: 'redirect_uri',
  invalid_software_statement: 'software_statement',
  unapproved_software_statement: 'software_statement',
  login_required: 'session',
  interaction_required: 'session',
  account_selection_required: 'session',
  consent_required: 'consent',
  access_denied: 'consent',
  unmet_authentication_requirements: 'authentication_context',
  unauthenticated: 'access_token',
  invalid_token: 'access_token',
  insufficient_scope: 'access_token',
  too_many_requests: 'limit',
  temporarily_unavailable: 'server',
  server_error: 'server',
}

/** The step that refuses with an error: that of the request itself for an error that any step can have. */
export function stepOfError(code: ErrorCode): string {
  return STEPS[code] ?? 'request'
}
