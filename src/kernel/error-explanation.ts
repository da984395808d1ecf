// Owns the words about the errors of protocol endpoints: why each happens, and how to fix it. They are for developers.
import { ERRORS, type ErrorCode } from './error.ts'

export const ERROR_EXPLANATIONS = {
  invalid_request: {
    why: 'A parameter is missing, has a wrong value, was sent twice, or is not allowed by the security profile.',
    fix: 'Read error_description, which names the parameter, and compare the request with the metadata of the realm.',
  },
  invalid_client: {
    why: 'The client is not known, is suspended, or did not authenticate in the way that it is registered for.',
    fix: 'Compare the client_id, the secret or key, and the authentication method with the registration of the client.',
  },
  invalid_redirect_uri: {
    why: 'A redirect URI of the metadata is missing, has a form that is not allowed, or is not approved by the realm.',
    fix: 'Read error_description, which names the URI, and register another one.',
  },
  invalid_client_metadata: {
    why: 'A member of the metadata has a wrong value, contradicts another one, or is not possible at the realm.',
    fix: 'Read error_description, which names the member, and compare it with the metadata of the realm.',
  },
  invalid_software_statement: {
    why: 'The software statement is no JWT, is not signed by a key of its issuer, has expired, or is for another server.',
    fix: 'Get a new statement from its issuer.',
  },
  unapproved_software_statement: {
    why: 'The realm does not trust the issuer of the software statement.',
    fix: 'Register without a statement, or ask the operator to trust the issuer.',
  },
  invalid_grant: {
    why: 'The code, refresh token, device code or subject token is unknown, expired, used, revoked, or of another client.',
    fix: 'Start a new authorization request. If it happens again, ask the operator for the reason, which only they can see.',
  },
  unauthorized_client: {
    why: 'The client is not registered for this grant type, or the security profile does not allow it.',
    fix: 'Register the client for the grant type.',
  },
  unsupported_grant_type: {
    why: 'The server has no grant type of this name.',
    fix: 'Use one of grant_types_supported in the metadata.',
  },
  unsupported_response_type: {
    why: 'The server has no response type of this name.',
    fix: 'Use response_type=code.',
  },
  invalid_scope: {
    why: 'A scope is unknown, is not registered for the client, or belongs to a resource that was not requested.',
    fix: 'Ask for fewer scopes, send the resource that has the scope, or register the client for it.',
  },
  invalid_target: {
    why: 'The resource is unknown, suspended, not registered for the client, or must be named and was not.',
    fix: 'Send the identifier of one resource of the client, exactly as it is registered.',
  },
  invalid_authorization_details: {
    why: 'A detail has an unknown type, does not match the schema of its type, or was not granted.',
    fix: 'Read error_description, request the resource that declares the type, and register the client for the type.',
  },
  access_denied: {
    why: 'The user said no, or the realm is disabled.',
    fix: 'Ask the user again only if they want to.',
  },
  login_required: {
    why: 'The request had prompt=none, and nobody is signed in, or not the user of the request, or not recently enough.',
    fix: 'Repeat the request without prompt=none.',
  },
  consent_required: {
    why: 'The request had prompt=none, and the user has not consented to everything that is requested.',
    fix: 'Repeat the request without prompt=none.',
  },
  interaction_required: {
    why: 'The request had prompt=none, and the user must do something on a page.',
    fix: 'Repeat the request without prompt=none.',
  },
  account_selection_required: {
    why: 'The request had prompt=none, and the user must choose an account.',
    fix: 'Repeat the request without prompt=none.',
  },
  unmet_authentication_requirements: {
    why: 'No sign-in of the realm reaches the requested authentication context class.',
    fix: 'Ask for one of acr_values_supported in the metadata.',
  },
  request_not_supported: {
    why: 'The security profile does not allow request objects.',
    fix: 'Send the parameters themselves.',
  },
  request_uri_not_supported: {
    why: 'The request_uri is not a reference to a pushed request.',
    fix: 'Push the request first, and send the request_uri of the response.',
  },
  invalid_request_uri: {
    why: 'The pushed request is unknown, has expired, was opened by another browser, or is of another client.',
    fix: 'Push the request again for each attempt to sign in, and send the browser at once.',
  },
  invalid_request_object: {
    why: 'The request object is not signed by a key of the client, is for another server, or is not valid now.',
    fix: 'Sign with a registered key; set iss and client_id to the client, aud to the issuer, and a short exp.',
  },
  invalid_dpop_proof: {
    why: 'The DPoP proof is missing, is for another address or method, was used before, or is by another key.',
    fix: 'Make a new proof for each request, and compare the clocks.',
  },
  use_dpop_nonce: {
    why: 'The DPoP proof has no nonce of this server, or an old one.',
    fix: 'Repeat the request with the nonce of the DPoP-Nonce header.',
  },
  invalid_token: {
    why: 'The token is unknown, expired or revoked, is for another audience, or is bound to a key that was not proven.',
    fix: 'Get a new token for this resource, and send it with the proof or over the connection that it is bound to.',
  },
  insufficient_scope: {
    why: 'The token does not have the scope that this request needs.',
    fix: 'Ask for the scope of the WWW-Authenticate header, and repeat the request with the new token.',
  },
  authorization_pending: {
    why: 'The user has not decided yet.',
    fix: 'Poll again after the interval.',
  },
  slow_down: {
    why: 'The poll came before the interval was over.',
    fix: 'Add five seconds to the interval.',
  },
  expired_token: {
    why: 'The user did not decide before the device code expired.',
    fix: 'Start a new device authorization.',
  },
  too_many_requests: {
    why: 'The client, the network or the realm sent more requests than its limit allows.',
    fix: 'Wait as long as Retry-After says.',
  },
  temporarily_unavailable: {
    why: 'The server, its database or the host of the client’s keys or metadata cannot be reached now.',
    fix: 'Wait as long as Retry-After says, then repeat the request.',
  },
  server_error: {
    why: 'The server has a defect. The log of the server has the details, under the request id.',
    fix: 'Tell the operator the request id.',
  },
} as const satisfies Partial<Record<ErrorCode, { why: string; fix: string }>>

export type ExplainedError = keyof typeof ERROR_EXPLANATIONS

/** Whether a text is the name of an error that has a page. */
export function isExplained(code: string): code is ExplainedError {
  return Object.hasOwn(ERROR_EXPLANATIONS, code)
}

/** What an error of the admin APIs is called, and why it happens and how to fix it. Codes of our own have no other name. */
export interface AdminExplanation {
  readonly message: string
  readonly why: string
  readonly fix: string
}

const PASSWORD_FIX = 'Choose another password. details and the policy of the realm say what it needs.'
const CREDENTIAL = {
  why: 'The credential is missing, unknown, revoked or expired, or it is of a kind that this API does not take.',
  fix: 'Send Authorization: Bearer with a credential that works. A key of an application is none of this API.',
}
const TAKEN = {
  why: 'Something that exists already, or was changed meanwhile, stands against the request.',
  fix: 'Read the object again, and send a request that fits what is there.',
}
const RIGHTS = {
  why: 'The credential is good, but it has not the permission that the operation needs, or not its reach.',
  fix: 'Use a credential that has the permission which the message names. What is about the whole server needs a platform key.',
}

const ADMIN_ERRORS: Readonly<Record<string, Omit<AdminExplanation, 'message'> & { readonly code: ErrorCode }>> = {
  invalid_request: {
    code: 'invalid_input',
    why: 'A member of the body or a parameter is missing or wrong. details names each of them.',
    fix: 'Compare the request with the reference of the API.',
  },
  invalid_input: {
    code: 'invalid_input',
    why: 'A member of the body or a parameter is missing or wrong. Each of them is named.',
    fix: 'Compare the request with the reference of the API.',
  },
  unauthorized: { code: 'unauthenticated', ...CREDENTIAL },
  unauthenticated: { code: 'unauthenticated', ...CREDENTIAL },
  forbidden: { code: 'forbidden', ...RIGHTS },
  not_found: {
    code: 'not_found',
    why: 'Nothing has this id, or it is out of the reach of the credential: both look the same.',
    fix: 'Look the id up in the list, with the same credential.',
  },
  method_not_allowed: {
    code: 'method_not_allowed',
    why: 'The path has other methods.',
    fix: 'The header Allow names them.',
  },
  conflict: { code: 'conflict', ...TAKEN },
  already_exists: { code: 'already_exists', ...TAKEN },
  limit_reached: {
    code: 'limit_reached',
    why: 'There are as many objects of the kind as there may be.',
    fix: 'Delete one that nobody needs, or have the limit of the tenant or partner raised.',
  },
  expired: {
    code: 'expired',
    why: 'The link, code or form works once and for a time.',
    fix: 'Ask for a new one.',
  },
  precondition_failed: { code: 'precondition_failed', ...TAKEN },
  payload_too_large: {
    code: 'payload_too_large',
    why: 'The body is longer than the server reads.',
    fix: 'Send less at once.',
  },
  unsupported_media_type: {
    code: 'unsupported_media_type',
    why: 'The body has another media type than the operation reads, or another encoding than UTF-8.',
    fix: 'Send Content-Type: application/json, or multipart/form-data where a file is uploaded.',
  },
  rate_limited: {
    code: 'too_many_requests',
    why: 'There were more requests than the limit allows.',
    fix: 'Wait as many seconds as Retry-After says.',
  },
  unreachable_host: {
    code: 'unreachable_host',
    why: 'The address is in a network that the server does not call, does not resolve, or did not answer.',
    fix: 'Give an https address that is public, or have the operator allow the network.',
  },
  internal_error: {
    code: 'server_error',
    why: 'The server has a defect. Its log has the details under the request id.',
    fix: 'Tell the operator the X-Request-Id of the response.',
  },
  weak_password: { code: 'invalid_input', why: 'The password is too easy to guess.', fix: PASSWORD_FIX },
  password_too_short: { code: 'invalid_input', why: 'The password has too few characters.', fix: PASSWORD_FIX },
  password_too_long: { code: 'invalid_input', why: 'The password has too many characters.', fix: PASSWORD_FIX },
  password_too_common: { code: 'invalid_input', why: 'Many people have this password.', fix: PASSWORD_FIX },
  password_in_breach: { code: 'invalid_input', why: 'The password was in a leak.', fix: PASSWORD_FIX },
}

/** What a page says of an error of the admin APIs; undefined for a name that none has. */
export function adminExplanation(name: string): AdminExplanation | undefined {
  if (Object.hasOwn(ADMIN_ERRORS, name)) {
    const { code, why, fix } = ADMIN_ERRORS[name] as (typeof ADMIN_ERRORS)[string]
    return { message: ERRORS[code].message, why, fix }
  }
  if (isExplained(name)) return { message: ERRORS[name].message, ...ERROR_EXPLANATIONS[name] }
  if (!Object.hasOwn(ERRORS, name)) return undefined
  const { message, status } = ERRORS[name as ErrorCode]
  const fix = status < 500 ? 'Compare the request with the reference of the API.' : 'Tell the operator the request id.'
  return { message, why: message, fix }
}
