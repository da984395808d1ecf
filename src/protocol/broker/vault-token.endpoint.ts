// The token of a user at a provider for a client that sends its own access token: a token exchange of that, in one request.
import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import { CONNECT_PATH, VAULT_PATH } from '#domain/connection/connect-paths.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { type BrokerResource, isBrokerResource, isSameIdentifier, resourceNamed } from '#domain/resource/resource.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import { type ErrorCode, Failure } from '#kernel/error.ts'
import { refuseAsCoded } from '#web/coded-refusal.ts'
import { Parameters } from '#web/parameters.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { json } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { type PresentedToken, presentedToken } from '../bearer.ts'
import { isSameKey, proofOf } from '../binding/binding.ts'
import type { Proof } from '../binding/proof.ts'
import { emitRefusal } from '../client-authentication/refusal.ts'
import { type LiveToken, liveToken } from '../live.ts'
import { ACCESS_TOKEN } from '../token/exchange-subject.ts'
import { useGrant } from '../token/grant-use.ts'
import { redeem, type TokenResponse } from '../token/redeem.ts'
import { tokenExchange } from '../token/token-exchange.grant.ts'

/** The scope that lets a client ask. */
const SCOPE = 'vault:read'
const PATH = new RegExp(`^${VAULT_PATH}/([a-z0-9_-]{1,64})/token$`)

/**
 * The access token is for the vault, which is a resource with the address `{issuer}/api/v1/vault`, and has `vault:read`. What
 * the client gets is what an exchange of this token for a resource of the provider gives (RFC 8693).
 */
export const vaultTokenEndpoint: Endpoint = {
  name: 'vault_token',
  methods: ['GET'],
  paths: [`${VAULT_PATH}/{provider}/token`],
  mutualTls: true,
  refuse,
  async respond(services, request) {
    const context = contextOf(services, request)
    const presented = presentedToken(request)
    const live = await liveToken(context, presented.token)
    if (!live) throw new Failure('invalid_token')
    const proof = heldKey(context, request, presented, live)
    const { issuer, query } = request
    if (!isSameIdentifier(live.issued.audience, issuer + VAULT_PATH)) {
      throw new Failure('invalid_token', `The token is for another audience than ${issuer}${VAULT_PATH}.`)
    }
    if (!live.issued.scopes.includes(SCOPE)) throw new Failure('insufficient_scope', `The token needs ${SCOPE}.`)
    const provider = await context.read.brokerProviders.findBySlug(request.realm.id, PATH.exec(request.path)?.[1] ?? '')
    if (!provider?.active) throw new Failure('not_found', 'There is no such provider.')
    if (live.issued.userId === null && provider.protocol !== 'service_account') {
      throw new Failure('insufficient_scope', 'The token is about no user, and a program has no account there.')
    }
    const resource = await resourceOf(context, live, provider, query.get('resource'))
    const vended = await exchanged(context, request, live, { token: presented.token, resource, proof })
    return json(200, {
      ...vended,
      issued_token_type: undefined,
      ...(vended.expires_in !== undefined && { expires_at: expiryOf(context, vended.expires_in) }),
    })
  },
}

/** What the client gets for its token: it has to be one that may exchange tokens, as often as it may. */
async function exchanged(
  context: Context,
  request: RealmRequest,
  { client }: LiveToken,
  asked: { readonly token: string; readonly resource: BrokerResource; readonly proof: Proof | undefined },
): Promise<TokenResponse> {
  const { issuer, realm } = request
  const form = new Parameters(
    new Map([
      ['subject_token', [asked.token]],
      ['subject_token_type', [ACCESS_TOKEN]],
      ['resource', [asked.resource.identifier]],
    ]),
  )
  const profile = profileOf(realm, client)
  try {
    await useGrant(context, tokenExchange, client)
    return await redeem(tokenExchange, { context, client, form, issuer, profile, proof: asked.proof })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'invalid_grant' || error.detail.reason) await emitRefusal(context, request, client, error)
    throw error.with({ clientId: client.clientId })
  }
}

/** The proof of the key that a token is bound to; it is used up with what it is for. */
function heldKey(
  context: Context,
  request: RealmRequest,
  { token, scheme }: PresentedToken,
  { claims, client }: LiveToken,
): Proof | undefined {
  const bound = claims.cnf as Confirmation | undefined
  const place = {
    addresses: addressesOf(context, request, [request.path]),
    profile: profileOf(request.realm, client),
    client,
    accessToken: token,
  }
  const proof = proofOf(context, request, place)
  if (bound === undefined) {
    if (scheme === 'dpop') throw new Failure('invalid_token', 'The token is not bound to a key.')
    return proof
  }
  if ('jkt' in bound !== (scheme === 'dpop')) {
    throw new Failure('invalid_token', 'A token that is bound to a key is sent with the scheme DPoP, and no other one.')
  }
  if (!proof) throw new Failure('invalid_dpop_proof', 'A proof of possession is needed.')
  if (!isSameKey(proof.confirmation, bound)) throw new Failure('invalid_token', 'The proof is by another key.')
  return proof
}

/**
 * The resource of the provider that lets the client have raw tokens.
 * @param named by the request
 * @throws Failure `forbidden` where there is none, `invalid_request` where there are several and none is named
 */
async function resourceOf(
  { registry, scope }: Context,
  { client }: LiveToken,
  provider: BrokerProvider,
  named: string | undefined,
): Promise<BrokerResource> {
  const all = await registry.resources(scope.tenantId)
  const one = named === undefined ? undefined : resourceNamed(all, named)
  const candidates = named === undefined ? [...all.values()] : one ? [one] : []
  const [first, ...others] = candidates
    .filter(isBrokerResource)
    .filter(
      ({ brokerProviderId, vending, status, runtimeClients }) =>
        brokerProviderId === provider.id &&
        vending === 'token' &&
        status === 'active' &&
        runtimeClients.includes(client.id),
    )
  if (!first) throw new Failure('forbidden', 'No resource of this provider gives its tokens to this client.')
  if (others.length > 0) throw new Failure('invalid_request', 'Say for which resource: the parameter resource.')
  return first
}

function expiryOf({ clock }: Context, seconds: number): string {
  return new Date(clock.now() + seconds * 1000).toISOString().replace(/\.\d+/, '')
}

/** What an exchange refuses in the words of RFC 6749, as a resource says it. */
const OTHERWISE: Partial<Record<ErrorCode, { readonly word: string; readonly status: number }>> = {
  unauthenticated: { word: 'invalid_token', status: 401 },
  invalid_grant: { word: 'invalid_token', status: 401 },
  invalid_dpop_proof: { word: 'invalid_dpop_proof', status: 401 },
  use_dpop_nonce: { word: 'use_dpop_nonce', status: 401 },
  consent_required: { word: 'reauth_required', status: 401 },
  unauthorized_client: { word: 'forbidden', status: 403 },
  invalid_target: { word: 'forbidden', status: 403 },
  invalid_scope: { word: 'insufficient_scope', status: 403 },
}

function refuse(failure: Failure, request: RealmRequest): RealmReply {
  const { issuer, path, headers } = request
  const otherwise = OTHERWISE[failure.code]
  const { word, status } = { word: failure.code, status: failure.status, ...otherwise }
  const scheme = /^dpop /i.test(String(headers.authorization)) ? 'DPoP' : 'Bearer'
  const told = failure.code === 'unauthenticated' ? '' : `, error="${word}"`
  const { consent } = failure.detail
  return refuseAsCoded(failure, request, {
    ...otherwise,
    ...(consent && {
      members: {
        provider: PATH.exec(path)?.[1],
        details: {
          cause: consent.cause,
          consent_url: consent.url.replace(issuer + CONNECT_PATH, issuer + VAULT_PATH + CONNECT_PATH),
        },
      },
    }),
    headers: { ...(status === 401 && { 'www-authenticate': `${scheme} realm="${issuer}"${told}` }) },
  })
}
