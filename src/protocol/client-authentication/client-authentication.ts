// Client authentication at the endpoints of a realm (RFC 6749 §2.3).

import type { RegisteredClient } from '#domain/client/client.ts'
import { isImportedHash, isImportedSecret } from '#domain/client/client-secret.ts'
import { findClient, isProvisional, whyNoClient } from '#domain/client/find-client.ts'
import type { Context } from '#domain/context.ts'
import { clientRule, listed, profileRule } from '#domain/decision/rule.ts'
import { type Profile, profileOf } from '#domain/realm/profile.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { Failure, type FailureDetail, type Rule } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import type { Parameters } from '#web/parameters.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { verifyClientSecretJwt } from './client-secret-jwt.ts'
import { verifyFederatedJwt } from './federated-jwt.ts'
import { certificateRule, verifySelfSigned, verifyTlsClientAuth } from './mutual-tls.ts'
import { verifyPrivateKeyJwt } from './private-key-jwt.ts'
import { emitRefusal } from './refusal.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** What a client identifier is made of (RFC 6749 §A.1). */
const VISIBLE = /^[\x20-\x7e]+$/

interface Credentials {
  readonly clientId: string
  readonly secret?: string
  readonly assertion?: string
}

/**
 * The client that a request comes from (RFC 6749 §2.3, RFC 7523 §2.2).
 * @param publicToo whether a client that does not authenticate may come here
 * @param provisionalToo whether a client of a metadata document may come here that nobody has approved yet
 * @throws Failure `invalid_client`, `invalid_request` for two methods at once or a page of an origin that the client is not
 * for; `temporarily_unavailable` where its metadata document cannot be fetched
 */
export async function authenticateClient(
  context: Context,
  request: RealmRequest,
  { publicToo, provisionalToo = false }: { publicToo: boolean; provisionalToo?: boolean },
): Promise<RegisteredClient> {
  const credentials = readCredentials(request.headers.authorization, request.form)
  const { realm } = request
  const { clientId } = credentials
  const client = VISIBLE.test(clientId) ? await findClient(context, clientId, { provisionalToo }) : undefined
  const found = client ? METHODS[client.authMethod]({ context, request, client, credentials }) : 'unknown_client'
  const flaw = found instanceof Promise ? await found : found
  const refusal = flaw
    ? { reason: flaw, ...(client && { rule: ruleOf(flaw, client, request, credentials) }) }
    : client && refusalOf(client, profileOf(realm, client), { publicToo, realm })
  if (client && !refusal) {
    checkOrigin(client, request.headers.origin)
    return client
  }
  const why = refusal ?? whyNoClient(realm, clientId)
  const failure = new Failure('invalid_client', { reason: 'unknown_client', ...why, clientId })
  if (client && !isProvisional(client)) await emitRefusal(context, request, client, failure)
  throw failure
}

/** Why a client that is who it says is refused. */
function refusalOf(
  client: RegisteredClient,
  profile: Profile,
  { publicToo, realm }: { readonly publicToo: boolean; readonly realm: Realm },
): FailureDetail | undefined {
  const { status, authMethod } = client
  if (status !== 'active') {
    return { reason: 'client_suspended', message: 'The client is suspended.', rule: clientRule(client, 'status') }
  }
  if (!profile.clientAuthentication.includes(authMethod)) {
    const message = 'The profile does not allow this method of client authentication.'
    const rule = profileRule(realm, client, profile, 'clientAuthentication', authMethod)
    return { reason: 'method_not_allowed', message, rule }
  }
  if (authMethod !== 'none' || publicToo) return undefined
  const message = 'A client that does not authenticate may not use this endpoint.'
  return { reason: 'public_client', message, rule: clientRule(client, 'authMethod') }
}

/** Which setting decided about what a client sent to authenticate. Secrets and assertions are never shown. */
function ruleOf(
  reason: RefusalReason,
  client: RegisteredClient,
  request: RealmRequest,
  { secret, assertion }: Credentials,
): Rule {
  if (reason === 'assertion_audience') {
    return { policy: 'accepted audiences', value: listed(audiencesOf(request, client)) }
  }
  if (reason.startsWith('certificate_') && reason !== 'certificate_missing') {
    return certificateRule(reason, client, request.realm, request.certificate?.())
  }
  const sent = assertion !== undefined ? 'a client assertion' : secret !== undefined ? 'a client secret' : 'nothing'
  return clientRule(client, 'authMethod', sent)
}

// A browser says which page asks (Fetch Standard §3.2); a program that is no page has no reason to.
function checkOrigin(client: RegisteredClient, origin: string | string[] | undefined): void {
  const { allowedOrigins, clientId } = client
  if (origin === undefined || allowedOrigins.length === 0 || allowedOrigins.includes(String(origin))) return
  const rule = clientRule(client, 'allowedOrigins', String(origin))
  throw new Failure('invalid_request', { message: 'Pages of this origin may not use this client.', clientId, rule })
}

/** What a client sent to authenticate, and where. */
interface Presented {
  readonly context: Context
  readonly request: RealmRequest
  readonly client: RegisteredClient
  readonly credentials: Credentials
}

type Verdict = RefusalReason | undefined

/** What is wrong with what a client of each method sent; undefined where nothing is. */
const METHODS: Readonly<Record<RegisteredClient['authMethod'], (presented: Presented) => Promise<Verdict> | Verdict>> =
  {
    // A client without a secret may still use Basic, with an empty password.
    none: ({ credentials: { secret, assertion } }) => (!secret && assertion === undefined ? undefined : 'wrong_method'),
    client_secret({ context: { crypto }, client: { secretHash }, credentials: { secret } }) {
      if (secret === undefined || secretHash === null) return 'wrong_method'
      if (isImportedHash(secretHash)) {
        return isImportedSecret(crypto, secret, secretHash).then((fits) => (fits ? undefined : 'wrong_secret'))
      }
      return crypto.equal(crypto.digest(secret), secretHash) ? undefined : 'wrong_secret'
    },
    private_key_jwt: byAssertion(verifyPrivateKeyJwt),
    client_secret_jwt: byAssertion(verifyClientSecretJwt),
    federated_jwt: ({ context, client, credentials: { assertion } }) =>
      assertion === undefined ? 'wrong_method' : verifyFederatedJwt(context, client, assertion),
    tls_client_auth: byCertificate(verifyTlsClientAuth),
    self_signed_tls_client_auth: byCertificate(verifySelfSigned),
  }

function byCertificate(verify: typeof verifyTlsClientAuth | typeof verifySelfSigned) {
  return ({ context, request, client, credentials }: Presented): Promise<Verdict> | Verdict =>
    credentials.secret === undefined && credentials.assertion === undefined
      ? verify(context, client, request.certificate?.())
      : 'wrong_method'
}

function byAssertion(verify: typeof verifyPrivateKeyJwt) {
  return ({ context, request, client, credentials: { assertion } }: Presented): Promise<Verdict> | Verdict =>
    assertion === undefined ? 'wrong_method' : verify(context, client, audiencesOf(request, client), assertion)
}

/** Whom an assertion may be addressed to: the issuer, and the token endpoint where the profile lets it (RFC 7523 §3). */
function audiencesOf({ issuer, realm }: RealmRequest, client: RegisteredClient): readonly string[] {
  if (profileOf(realm, client).assertionAudience === 'issuer') return [issuer]
  return [issuer, `${issuer}/oauth/token`, `${issuer}/token`]
}

function readCredentials(authorization: string | string[] | undefined, form: Parameters): Credentials {
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  const [clientId, secret, assertion] = [form.get('client_id'), form.get('client_secret'), form.get('client_assertion')]
  if ([basic, secret, assertion].filter((method) => method !== undefined).length > 1) {
    throw new Failure('invalid_request', 'Use one method of client authentication.')
  }
  if (basic) {
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw new Failure('invalid_request', 'client_id differs from the one in the Authorization header.')
    }
    return basic
  }
  if (assertion !== undefined) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new Failure('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`)
    }
    return { clientId: clientId ?? subjectOf(assertion), assertion }
  }
  if (clientId === undefined) {
    throw new Failure('invalid_client', { reason: 'no_client_id', message: 'The client did not say who it is.' })
  }
  return secret === undefined ? { clientId } : { clientId, secret }
}

/** RFC 6749 §2.3.1: both parts form-encoded, then joined by a colon and base64-encoded (RFC 7617 §2). */
function readBasic(header: string | string[]): Credentials {
  const [, encoded] = (typeof header === 'string' && /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)) || []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  const text = bytes.toString()
  const colon = text.indexOf(':')
  // One credential has one spelling: additional bits and missing padding are refused (RFC 4648 §3.5).
  if (colon < 1 || bytes.toString('base64') !== encoded)
    throw malformed('The Authorization header is not valid Basic authentication.')
  try {
    return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) }
  } catch {
    throw malformed('The Authorization header is not form-encoded.')
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function subjectOf(assertion: string): string {
  try {
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    if (typeof claims?.sub === 'string') return claims.sub
  } catch {}
  throw malformed('The client assertion has no subject.')
}

function malformed(message: string): Failure {
  return new Failure('invalid_client', { reason: 'malformed_credentials', message })
}
