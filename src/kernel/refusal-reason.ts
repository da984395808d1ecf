/**
 * Owns the reasons behind `invalid_client` and `invalid_grant`. The caller gets only the error (RFC 6749 §5.2); the reason
 * is for the operator, in events, in the list of refusals and in the metrics. It contains no secret.
 */
export const REFUSAL_REASONS = {
  unknown_client: {
    error: 'invalid_client',
    meaning: 'The realm has no client with this client_id.',
    advice: 'Compare the client_id and the issuer with those of the client. A client belongs to one realm.',
  },
  no_client_id: {
    error: 'invalid_client',
    meaning: 'The request has no client_id.',
    advice: 'Send the client_id in the body or with Basic authentication.',
  },
  malformed_credentials: {
    error: 'invalid_client',
    meaning: 'The Authorization header or the assertion cannot be read.',
    advice: 'Form-encode the client_id and the secret, join them with a colon, and encode the result with base64.',
  },
  client_suspended: {
    error: 'invalid_client',
    meaning: 'The client is suspended.',
    advice: 'Reactivate the client, or let its owner know.',
  },
  document_invalid: {
    error: 'invalid_client',
    meaning: 'The metadata document at the client_id is not one that the realm can use.',
    advice: 'The error that the client got says which member is wrong. The client has to change its document.',
  },
  wrong_secret: {
    error: 'invalid_client',
    meaning: 'The secret is not that of the client.',
    advice: 'Check which secret is deployed. A rotation replaces the secret at once. The server cannot show it again.',
  },
  wrong_method: {
    error: 'invalid_client',
    meaning: 'The client authenticated in another way than it is registered for, or not at all.',
    advice: 'Compare the auth_method of the client with the settings of its library.',
  },
  method_not_allowed: {
    error: 'invalid_client',
    meaning: 'The security profile does not allow this method of client authentication.',
    advice: 'Register a client with private_key_jwt, or change the profile.',
  },
  public_client: {
    error: 'invalid_client',
    meaning: 'A client without authentication called an endpoint that needs it.',
    advice: 'Use a confidential client for this endpoint.',
  },
  assertion_invalid: {
    error: 'invalid_client or invalid_grant',
    meaning: 'The assertion has a wrong signature, key, issuer or subject, or lacks a claim.',
    advice: 'Compare the kid and the keys of the client; iss and sub must be the client_id.',
  },
  assertion_expired: {
    error: 'invalid_client or invalid_grant',
    meaning: 'The assertion has expired.',
    advice: 'Make a new assertion for each request, and compare the clocks.',
  },
  assertion_audience: {
    error: 'invalid_client or invalid_grant',
    meaning: 'The assertion is addressed to another server.',
    advice: 'Set aud to the issuer of the realm.',
  },
  assertion_lifetime: {
    error: 'invalid_client or invalid_grant',
    meaning:
      'The assertion is valid for more than ten minutes or than its trusted issuer may say, or was made too long ago or in the future.',
    advice: 'Make assertions of a few minutes, and compare the clocks.',
  },
  assertion_jti: {
    error: 'invalid_client or invalid_grant',
    meaning: 'The assertion has no jti of 1 to 256 characters.',
    advice: 'Give each assertion a random jti.',
  },
  assertion_replayed: {
    error: 'invalid_client',
    meaning: 'The assertion was used before.',
    advice: 'Make a new assertion for each request, also when a request is repeated.',
  },
  issuer_not_trusted: {
    error: 'invalid_client',
    meaning: 'The issuer of the assertion is in no federated credential of the client.',
    advice: 'Compare the iss of the JWT with federated_credentials of the client, byte for byte.',
  },
  subject_not_trusted: {
    error: 'invalid_client',
    meaning: 'The subject of the assertion is in no federated credential of the client for its issuer.',
    advice: 'Compare the sub of the JWT with the subjects in federated_credentials of the client.',
  },
  certificate_missing: {
    error: 'invalid_client',
    meaning: 'The client authenticates by a TLS certificate, and the request came without one.',
    advice:
      'The client connects to the address in mtls_endpoint_aliases with its certificate. Behind a proxy: see client_certificate_header.',
  },
  certificate_expired: {
    error: 'invalid_client',
    meaning: 'The certificate of the client has expired, or is not valid yet.',
    advice: 'Renew the certificate of the client, and compare the clocks.',
  },
  certificate_not_trusted: {
    error: 'invalid_client',
    meaning: 'None of the authorities of the realm issued the certificate for clients, or the authority has expired.',
    advice:
      'Compare client_certificate_authorities of the realm with the issuer of the certificate, which must be one of them.',
  },
  certificate_name: {
    error: 'invalid_client',
    meaning: 'The certificate has another name than the client is registered with.',
    advice:
      'Compare the tls_client_auth fields of the client with openssl x509 -noout -subject -nameopt RFC2253 -ext subjectAltName.',
  },
  certificate_not_registered: {
    error: 'invalid_client',
    meaning:
      'The certificate is in the x5c of none of the keys of the client that are not for encryption, or its RSA key has fewer than 2048 bits.',
    advice: 'Add the new certificate to the jwks of the client, or to the document at its jwks_uri.',
  },
  code_unknown: {
    error: 'invalid_grant',
    meaning: 'There is no such code: it was never issued by this realm, or was deleted after it expired.',
    advice: 'Check that the code is sent unchanged, to the issuer that issued it.',
  },
  code_expired: {
    error: 'invalid_grant',
    meaning: 'The code has expired.',
    advice: 'Exchange the code at once; it is valid for a minute.',
  },
  code_used: {
    error: 'invalid_grant',
    meaning: 'The code was used before. The tokens that it gave were revoked.',
    advice: 'Exchange a code once; do not repeat the request, and do not load the callback URL twice.',
  },
  code_of_other_client: {
    error: 'invalid_grant',
    meaning: 'The code was issued to another client.',
    advice: 'Use the same client_id at both endpoints. If nobody mixed them up, the code was stolen.',
  },
  redirect_uri_mismatch: {
    error: 'invalid_grant',
    meaning: 'The redirect_uri is not that of the authorization request.',
    advice: 'Send the same redirect_uri at both endpoints, byte for byte.',
  },
  pkce_mismatch: {
    error: 'invalid_grant',
    meaning: 'The code_verifier does not belong to the code_challenge, is missing, or was sent without a challenge.',
    advice: 'Keep the verifier of each authorization request, for example in the session. The method is S256.',
  },
  refresh_token_unknown: {
    error: 'invalid_grant',
    meaning: 'There is no such refresh token.',
    advice:
      'Check that the token is sent unchanged, to the issuer that issued it. After a restore, people sign in again.',
  },
  refresh_token_of_other_client: {
    error: 'invalid_grant',
    meaning: 'The refresh token was issued to another client.',
    advice: 'Use the client_id that got the token. If nobody mixed them up, the token was stolen.',
  },
  refresh_token_revoked: {
    error: 'invalid_grant',
    meaning: 'The refresh token was revoked: by a sign-out, a new password, a suspension or the client.',
    advice: 'The person signs in again. The event log says what revoked it.',
  },
  refresh_token_expired: {
    error: 'invalid_grant',
    meaning: 'The refresh token has expired, or was not used for too long.',
    advice: 'The person signs in again. The lifetimes are in the policy of the realm.',
  },
  refresh_token_reused: {
    error: 'invalid_grant',
    meaning: 'The refresh token was used again after it was replaced. The whole family was revoked.',
    advice: 'Store the newest refresh token, and refresh in one place at a time.',
  },
  resource_removed: {
    error: 'invalid_grant',
    meaning: 'The resource that the refresh token is for was deleted since, or taken from the client.',
    advice: 'The person signs in again, for a resource that there is and that the client may have.',
  },
  device_code_unknown: {
    error: 'invalid_grant',
    meaning: 'There is no such device code for this client.',
    advice: 'Start a new device authorization.',
  },
  device_code_used: {
    error: 'invalid_grant',
    meaning: 'The device code was used before.',
    advice: 'Stop polling after the first token response.',
  },
  auth_req_id_unknown: {
    error: 'invalid_grant',
    meaning: 'There is no such auth_req_id for this client.',
    advice: 'Start a new backchannel authentication.',
  },
  auth_req_id_used: {
    error: 'invalid_grant',
    meaning: 'The auth_req_id was used before.',
    advice: 'Stop polling after the first token response.',
  },
  session_ended: {
    error: 'invalid_grant',
    meaning: 'The session in which the person approved has ended.',
    advice: 'The person signs in again.',
  },
  user_inactive: {
    error: 'invalid_grant',
    meaning: 'The person was suspended or deleted.',
    advice: 'Reactivate the user if that was a mistake.',
  },
  organization_left: {
    error: 'invalid_grant',
    meaning: 'The person is no longer a member of the organization that they signed in for.',
    advice: 'Make the person a member again, who then signs in again; or sign in for another organization.',
  },
  assurance_too_low: {
    error: 'invalid_grant',
    meaning: 'The sign-in does not reach the min_aal of the realm or the client any more.',
    advice: 'The person signs in again.',
  },
  subject_token_inactive: {
    error: 'invalid_grant',
    meaning: 'The token to exchange is not a valid access token of this realm.',
    advice: 'Introspect the token; get a new one.',
  },
  subject_token_unusable: {
    error: 'invalid_grant',
    meaning: 'The token to exchange has no session or family of a person any more.',
    advice: 'The person signs in again.',
  },
  actor_not_allowed: {
    error: 'invalid_grant',
    meaning: 'The may_act claim of the token names another client, or it is a token for the admin API.',
    advice: 'Exchange the token with the client that it names. Tokens for the admin API are not handed on.',
  },
  actor_token_invalid: {
    error: 'invalid_grant',
    meaning: 'The actor token is not a valid access token of the client that sends it.',
    advice: 'Send an access token that this client got for itself, or no actor_token.',
  },
  id_token_invalid: {
    error: 'invalid_grant',
    meaning: 'The ID token is not from this realm, is for another client or has expired, or its session has ended.',
    advice: 'Send the ID token that this client got itself; the person signs in again.',
  },
  actor_chain_too_long: {
    error: 'invalid_grant',
    meaning: 'The token was exchanged too often in a row.',
    advice: 'Exchange an earlier token of the chain.',
  },
  untrusted_issuer: {
    error: 'invalid_grant',
    meaning: 'The realm does not trust the issuer of the assertion.',
    advice: 'Compare the iss of the JWT with the trusted issuers of the realm, byte for byte.',
  },
  idp_disabled: {
    error: 'invalid_grant',
    meaning: 'The trusted issuer of the assertion is disabled.',
    advice: 'Enable the trusted issuer if its assertions are to be accepted.',
  },
  jwks_fetch_failed: {
    error: 'temporarily_unavailable',
    meaning: 'The keys of the trusted issuer cannot be fetched.',
    advice: 'Check that its jwks_uri, or its discovery document, can be reached from this server.',
  },
  replay: {
    error: 'invalid_grant',
    meaning: 'The assertion was used before.',
    advice: 'Get a new assertion from the issuer for each token request.',
  },
  client_mismatch: {
    error: 'invalid_grant',
    meaning: 'The client_id of the identity assertion is not the client that sent it.',
    advice: 'The issuer has to know the client by its client_id at this realm.',
  },
  invalid_scope: {
    error: 'invalid_scope',
    meaning: 'A scope was asked for that the assertion, the policies of its issuer or the client do not allow.',
    advice: 'Compare the scopes of the assertion, of the policies and of the client.',
  },
  invalid_resource: {
    error: 'invalid_target',
    meaning:
      'The assertion or the request names a resource that there is not, or that the client cannot get tokens for.',
    advice: 'Compare the resource with the audiences of the client.',
  },
  policy_denied: {
    error: 'invalid_grant or invalid_target',
    meaning:
      'No policy allows this: of the trusted issuer, the kind of assertion, the client or the resource; of the client, an identity assertion for this server.',
    advice: 'Look at accepts and policies of the trusted issuer, and at identity_assertions of the client.',
  },
  subject_not_mapped: {
    error: 'invalid_grant',
    meaning: 'The subject of the assertion is no user of the realm.',
    advice: 'Create a subject mapping; or let the verified e-mail address decide (subject_source).',
  },
  not_the_gateway: {
    error: 'invalid_target',
    meaning: 'A fronting link leads to the resource, and the client is not its gateway.',
    advice: 'Add the client to runtime_clients of the source of the link, or to exchange_clients of its target.',
  },
  link_maps_no_scope: {
    error: 'invalid_scope',
    meaning: 'The fronting link maps none of the scopes of the token to a scope that the client may have.',
    advice: 'Look at scope_map of the fronting link, at the scopes of the token, and at those of the client.',
  },
  delegation_ended: {
    error: 'invalid_grant',
    meaning: 'The delegation grant was revoked, has expired, or gave all the tokens that it may give.',
    advice: 'Look at the delegation grants to the client, and create another one if it is to go on.',
  },
  delegation_hops_used: {
    error: 'invalid_grant',
    meaning: 'The delegation grant by which the token was issued allows no further actor.',
    advice: 'Give the first client of the chain a grant with more hops, or exchange an earlier token.',
  },
  other_key: {
    error: 'invalid_grant',
    meaning: 'The DPoP proof is by another key than the code or token is bound to.',
    advice: 'Use the key of the first request. If nobody mixed them up, the token was stolen.',
  },
  not_valid_any_more: {
    error: 'invalid_grant',
    meaning: 'Something ended while the request was answered: the session, the consent, the client or the user.',
    advice: 'The person signs in again.',
  },
  other: {
    error: 'invalid_client or invalid_grant',
    meaning: 'Too many different refusals in one minute: this line counts the rest.',
    advice: 'Look at the other lines of the minute, and at the network that sends the requests.',
  },
} as const satisfies Record<string, { error: string; meaning: string; advice: string }>

export type RefusalReason = keyof typeof REFUSAL_REASONS
