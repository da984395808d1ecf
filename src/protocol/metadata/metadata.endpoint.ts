import { OPENID_SCOPES } from '#domain/authorization/authorization-request.ts'
import { contextOf, type Endpoint, type RealmReply, type RealmRequest, refuseAsJson } from '#domain/realm-request.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import { JWKS_MAX_AGE } from '#domain/signing-key/signing-key.ts'
import { Failure } from '#kernel/error.ts'
import { SCOPE_CLAIMS } from '../claims.ts'
import { keyRingOf } from '../live.ts'
import { GRANTS } from '../token/token.endpoint.ts'

const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256']

/**
 * Authorization server metadata (RFC 8414 §2) and OpenID Connect discovery (§3), one document for both.
 * @param paths the first path of each endpoint by its name
 */
export function metadataOf(
  { realm, issuer }: Pick<RealmRequest, 'realm' | 'issuer'>,
  paths: ReadonlyMap<string, string>,
) {
  const at = (name: string) => `${issuer}${paths.get(name)}`
  return {
    issuer,
    authorization_endpoint: at('authorization_endpoint'),
    token_endpoint: at('token_endpoint'),
    device_authorization_endpoint: at('device_authorization_endpoint'),
    userinfo_endpoint: at('userinfo_endpoint'),
    jwks_uri: at('jwks_uri'),
    introspection_endpoint: at('introspection_endpoint'),
    revocation_endpoint: at('revocation_endpoint'),
    end_session_endpoint: at('end_session_endpoint'),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: GRANTS.map(({ type }) => type),
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['none', ...CLIENT_AUTHENTICATION],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: ['none', ...CLIENT_AUTHENTICATION],
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    scopes_supported: [...OPENID_SCOPES, ...(realm.kind === 'admin' ? [ADMIN_SCOPE] : [])],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'sid'],
      ...Object.values(SCOPE_CLAIMS).flat(),
      ...(realm.kind === 'admin' ? ['org_id', 'azp', 'scope'] : []),
    ],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [realm.algorithm],
    acr_values_supported: ['aal1', 'aal2', 'aal3'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}

/** The metadata of a realm. Its other addresses, with the realm’s path after the well-known part, the listener knows. */
export function metadataEndpoint(endpoints: () => readonly Endpoint[]): Endpoint {
  let paths: ReadonlyMap<string, string> | undefined
  return {
    name: 'metadata',
    methods: ['GET'],
    paths: ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
    direct: true,
    crossOrigin: true,
    alwaysOn: true,
    refuse: refuseAsJson,
    async respond(_house, request) {
      paths ??= new Map(endpoints().map(({ name, paths: [first] }) => [name, first ?? '']))
      return cacheable(metadataOf(request, paths))
    },
  }
}

/** The realm’s public keys (RFC 7517 §5): those that sign, will sign, and signed what may still be valid. */
export const jwksEndpoint: Endpoint = {
  name: 'jwks_uri',
  methods: ['GET'],
  paths: ['/.well-known/jwks.json', '/jwks.json'],
  direct: true,
  crossOrigin: true,
  alwaysOn: true,
  refuse: refuseAsJson,
  async respond(house, request) {
    const ring = await keyRingOf(contextOf(house, request))
    if (ring.published.length === 0) throw new Failure('temporarily_unavailable')
    return cacheable({ keys: ring.published })
  },
}

function cacheable(document: unknown): RealmReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${JWKS_MAX_AGE}` },
    body: JSON.stringify(document),
  }
}
