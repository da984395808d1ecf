// Discovery documents: the realm's metadata and its public keys.
import { takesUserRegistrations } from '#domain/account/user-registration.service.ts'
import { OPENID_SCOPES, promptsOf } from '#domain/authorization/authorization-request.ts'
import { RESPONSE_MODES } from '#domain/authorization/response-mode.ts'
import { CIBA_GRANT, DELIVERY_MODES } from '#domain/client/backchannel.ts'
import { AUTH_METHODS, JWT_BEARER_GRANT, SUBJECT_TYPES } from '#domain/client/client.ts'
import { acceptsDocuments } from '#domain/client/client-id-url.ts'
import { isUsableMethod } from '#domain/client/mutual-tls.ts'
import { takesRegistrations } from '#domain/client/registration.service.ts'
import type { Context } from '#domain/context.ts'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import {
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  REQUEST_ENCRYPTION_ALGORITHMS,
  REQUEST_ENCRYPTIONS,
  type SigningAlgorithm,
} from '#domain/outside.ts'
import { allowsGrant, type Profile, profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { mutualTlsBaseOf, type Realm } from '#domain/realm/realm.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import { declaredScopes } from '#domain/resource/protected-resource.ts'
import type { Resource } from '#domain/resource/resource.ts'
import type { Settings } from '#domain/settings.ts'
import { reachableAcrs } from '#domain/sign-in/assurance.ts'
import { JWKS_MAX_AGE } from '#domain/signing-key/signing-key.ts'
import type { AssertionUse } from '#domain/trusted-issuer/trusted-issuer.ts'
import { Failure } from '#kernel/error.ts'
import { LANGUAGE_TAGS } from '#language/languages.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { refuseAsJson } from '#web/reply.ts'
import { requestKeyOf } from '../authorize/encrypted-object.ts'
import { SCOPE_CLAIMS } from '../claims.ts'
import { SECRET_ALGORITHMS } from '../client-authentication/client-secret-jwt.ts'
import { keyRingOf } from '../signing.ts'
import { TOKEN_EXCHANGE } from '../token/exchange-actor.ts'
import { ID_JAG } from '../token/identity-assertion.ts'
import { GRANTS } from '../token/token.endpoint.ts'
import { withSignedMetadata } from './signed-metadata.ts'

const AUTHENTICATION_METHODS = {
  none: ['none'],
  client_secret: ['client_secret_basic', 'client_secret_post'],
  private_key_jwt: ['private_key_jwt'],
  client_secret_jwt: ['client_secret_jwt'],
  // It has no registered name: only a client for which an administrator set it up can use it.
  federated_jwt: [],
  tls_client_auth: ['tls_client_auth'],
  self_signed_tls_client_auth: ['self_signed_tls_client_auth'],
} as const satisfies Record<(typeof AUTH_METHODS)[number], readonly string[]>

/** The first path of each endpoint by its name, and whether clients with certificates find it elsewhere. */
type MetadataPaths = ReadonlyMap<string, { readonly path: string; readonly mutualTls: boolean }>

/** The profile of grants that identity assertions are (draft-ietf-oauth-identity-assertion-authz-grant). */
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag'

/** Claims of ID tokens besides those of scopes. */
const ID_TOKEN_CLAIMS = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'sid']

/**
 * Authorization server metadata (RFC 8414 §2) and OpenID Connect discovery (§3), one document for both. It is made from
 * the tables of endpoints, grants and algorithms, as far as the realm's profile allows them.
 * @param keys the algorithms that the realm has keys for
 * @param paths each endpoint by its name
 * @param declared what the resources of the realm’s tenant declare: scopes, and types of authorization details
 * @param settings how certificates of clients arrive
 */
export function metadataOf(
  { realm, issuer }: Pick<RealmRequest, 'realm' | 'issuer'>,
  keys: readonly SigningAlgorithm[],
  paths: MetadataPaths,
  declared: {
    readonly scopes: readonly string[]
    readonly detailTypes: readonly string[]
    /** Whether people can make accounts. */
    readonly canRegister: boolean
    /** What assertions of trusted issuers are accepted as. */
    readonly assertions: ReadonlySet<AssertionUse>
  },
  settings: Pick<Settings, 'mutualTls'>,
) {
  const profile = profileOf(realm)
  const signing = keys.filter((algorithm) => profile.signingAlgorithms.includes(algorithm))
  const isAdmin = realm.kind === 'admin'
  const { assertions } = declared
  const takesAssertions = assertions.has('jwt_bearer') || assertions.has('id_jag')
  const grants = GRANTS.map(({ type }) => type).filter(
    (type) => allowsGrant(profile, type) && (type !== JWT_BEARER_GRANT || takesAssertions),
  )
  const authentication = AUTH_METHODS.filter(
    (method) => profile.clientAuthentication.includes(method) && isUsableMethod(method, realm, settings),
  )
  return {
    issuer,
    ...endpointsOf(realm, issuer, paths),
    response_types_supported: ['code'],
    response_modes_supported: profile.responseModes,
    grant_types_supported: grants,
    code_challenge_methods_supported: ['S256'],
    // RFC 8707 registers no name for it; clients look for this one.
    resource_indicators_supported: true,
    authorization_response_iss_parameter_supported: true,
    ...authenticationOf('token', authentication, profile),
    ...authenticationOf(
      'introspection',
      authentication.filter((method) => method !== 'none'),
      profile,
    ),
    ...authenticationOf('revocation', authentication, profile),
    global_token_revocation_endpoint_auth_methods_supported: ['Bearer', 'DPoP'],
    dpop_signing_alg_values_supported: profile.proofAlgorithms,
    ...(settings.mutualTls && mutualTlsOf(realm, paths, settings)),
    scopes_supported: [...new Set([...OPENID_SCOPES, ...(isAdmin ? [ADMIN_SCOPE] : declared.scopes)])],
    claims_supported: [
      ...ID_TOKEN_CLAIMS,
      ...Object.values(SCOPE_CLAIMS).flat(),
      ...realm.policy.profileAttributes.flatMap(({ claim }) => claim ?? []),
      ...(isAdmin ? ['org_id', 'azp', 'scope'] : []),
    ],
    subject_types_supported: SUBJECT_TYPES,
    ...(profile.responseModes.some((mode) => RESPONSE_MODES[mode].signed) && protectionOf('authorization', signing)),
    ...protectionOf('id_token', signing),
    ...protectionOf('userinfo', signing),
    ...protectionOf('introspection', signing),
    acr_values_supported: reachableAcrs(realm),
    ui_locales_supported: LANGUAGE_TAGS,
    prompt_values_supported: promptsOf(declared.canRegister),
    claims_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    ...requestObjectsOf(profile, realm),
    ...backchannelOf(profile),
    ...(declared.detailTypes.length > 0 && { authorization_details_types_supported: declared.detailTypes }),
    ...(grants.includes(TOKEN_EXCHANGE) && { identity_chaining_requested_token_types_supported: [ID_JAG] }),
    ...(assertions.has('id_jag') &&
      grants.includes(JWT_BEARER_GRANT) && { authorization_grant_profiles_supported: [ID_JAG_PROFILE] }),
    ...(acceptsDocuments(realm.policy) && { client_id_metadata_document_supported: true }),
  }
}

/** What a kind of response can be signed and encrypted with (OpenID Connect Discovery §3, JARM §4, RFC 9701 §7). */
function protectionOf(kind: string, signing: readonly SigningAlgorithm[]) {
  return {
    [`${kind}_signing_alg_values_supported`]: signing,
    [`${kind}_encryption_alg_values_supported`]: ENCRYPTION_ALGORITHMS,
    [`${kind}_encryption_enc_values_supported`]: CONTENT_ENCRYPTIONS,
  }
}

/** RFC 8705 §3.3, §5. @param paths of the endpoints that clients with certificates use, among others */
function mutualTlsOf(realm: Realm, paths: MetadataPaths, settings: Pick<Settings, 'mutualTls'>) {
  const base = mutualTlsBaseOf(realm, settings)
  const aliases = shownEndpoints(realm, paths).filter(([, { mutualTls }]) => mutualTls)
  return {
    tls_client_certificate_bound_access_tokens: true,
    ...(base !== undefined && {
      mtls_endpoint_aliases: Object.fromEntries(aliases.map(([name, { path }]) => [name, `${base}${path}`])),
    }),
  }
}

/** RFC 9396 §10. */
function detailTypesOf(resources: ReadonlyMap<string, Resource>): string[] {
  const active = [...resources.values()].filter(({ status }) => status === 'active')
  return [...new Set(active.flatMap((resource) => resource.authorizationDetailsTypes.map(({ type }) => type)))]
}

/** RFC 9101 §10.5, RFC 9126 §5. */
function requestObjectsOf({ carriers, proofAlgorithms, pushedRequests }: Profile, { policy }: Realm) {
  const signed = carriers.includes('object')
  return {
    request_parameter_supported: signed,
    request_uri_parameter_supported: false,
    ...(signed && { request_object_signing_alg_values_supported: proofAlgorithms }),
    ...(signed &&
      policy.encryptedRequestObjects && {
        request_object_encryption_alg_values_supported: REQUEST_ENCRYPTION_ALGORITHMS,
        request_object_encryption_enc_values_supported: REQUEST_ENCRYPTIONS,
      }),
    ...(!carriers.includes('parameters') && { require_signed_request_object: true }),
    ...(pushedRequests === 'required' && { require_pushed_authorization_requests: true }),
  }
}

async function acceptedAssertions({ registry, scope }: Context): Promise<ReadonlySet<AssertionUse>> {
  const { tenantId, id } = realmOf(scope)
  const issuers = [...(await registry.trustedIssuers(tenantId, id)).values()]
  return new Set(issuers.filter(({ enabled }) => enabled).flatMap(({ accepts }) => accepts))
}

/** CIBA §4. */
function backchannelOf(profile: Profile) {
  if (!allowsGrant(profile, CIBA_GRANT)) return {}
  const bound = profile.boundTokens === 'required'
  return {
    backchannel_token_delivery_modes_supported: DELIVERY_MODES.filter((mode) => !(bound && mode === 'push')),
    backchannel_user_code_parameter_supported: false,
    ...(profile.carriers.includes('object') && {
      backchannel_authentication_request_signing_alg_values_supported: profile.proofAlgorithms,
    }),
  }
}

function endpointsOf(realm: Realm, issuer: string, paths: MetadataPaths): Record<string, string> {
  return Object.fromEntries(shownEndpoints(realm, paths).map(([name, { path }]) => [name, `${issuer}${path}`]))
}

/** The endpoints that the metadata of a realm names. */
function shownEndpoints(realm: Realm, paths: MetadataPaths) {
  const usable: Readonly<Record<string, boolean>> = {
    device_authorization_endpoint: allowsGrant(profileOf(realm), DEVICE_CODE_GRANT),
    backchannel_authentication_endpoint: allowsGrant(profileOf(realm), CIBA_GRANT),
    registration_endpoint: takesRegistrations(realm),
  }
  const advertised = [...paths].filter(([name]) => name === 'jwks_uri' || name.endsWith('_endpoint'))
  return advertised.filter(([name]) => usable[name] ?? true)
}

function authenticationOf(
  endpoint: string,
  methods: readonly (typeof AUTH_METHODS)[number][],
  { proofAlgorithms: algorithms }: Profile,
) {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: methods.flatMap((method) => AUTHENTICATION_METHODS[method]),
    ...(methods.includes('private_key_jwt') && {
      [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: [
        ...algorithms,
        ...(methods.includes('client_secret_jwt') ? SECRET_ALGORITHMS : []),
      ],
    }),
  }
}

/** The metadata of a realm. The listener knows the addresses that have the realm’s path after the well-known part. */
export function metadataEndpoint(endpoints: () => readonly Endpoint[]): Endpoint {
  let paths: MetadataPaths | undefined
  return {
    name: 'metadata',
    methods: ['GET'],
    paths: ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
    fastPath: true,
    crossOrigin: true,
    alwaysOn: true,
    refuse: refuseAsJson,
    async respond(services, request) {
      paths ??= new Map(
        endpoints().map(({ name, paths: [path = ''], mutualTls = false }) => [name, { path, mutualTls }]),
      )
      const context = contextOf(services, request)
      const { signers } = await keyRingOf(context)
      const resources = await context.registry.resources(request.realm.tenantId)
      const canRegister = takesUserRegistrations(context)
      const declared = {
        ...{ scopes: declaredScopes(resources), detailTypes: detailTypesOf(resources), canRegister },
        assertions: await acceptedAssertions(context),
      }
      const document = metadataOf(request, [...signers.keys()], paths, declared, context.registry.settings)
      return cacheable(await withSignedMetadata(context, request.issuer, document))
    },
  }
}

/** The realm’s public keys (RFC 7517 §5): those that sign, will sign, and signed what may still be valid; and the one for request objects. */
export const jwksEndpoint: Endpoint = {
  name: 'jwks_uri',
  methods: ['GET'],
  paths: ['/.well-known/jwks.json', '/jwks.json'],
  fastPath: true,
  crossOrigin: true,
  alwaysOn: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const context = contextOf(services, request)
    const ring = await keyRingOf(context)
    if (ring.published.length === 0) throw new Failure('temporarily_unavailable')
    const forRequests = requestKeyOf(context, request.realm)
    return cacheable({ keys: forRequests ? [...ring.published, forRequests] : ring.published })
  },
}

/** A document that everybody may keep for as long as the realm’s keys. */
export function cacheable(document: unknown): RealmReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${JWKS_MAX_AGE}` },
    body: JSON.stringify(document),
  }
}
