// The keys of issuers that an administrator trusts: at the address that is set, or in their discovery documents.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { KeysOfClient } from './client-key-set.ts'
import type { NamedIssuer } from './trusted-issuer.ts'

const DISCOVERY_KEPT = 3_600_000
const RETRY_AFTER_SECONDS = 15

/**
 * Where the keys of an issuer are.
 * @throws Failure `temporarily_unavailable` where its discovery document is needed and cannot be fetched now
 */
export async function keysOfIssuer(
  context: Pick<Context, 'network' | 'scope'>,
  { issuer, jwksUri }: NamedIssuer,
): Promise<KeysOfClient> {
  const { tenantId } = context.scope
  return { jwks: null, jwksUri: jwksUri ?? (await discovered(context, issuer)), tenantId }
}

/** The `jwks_uri` in the discovery document of an issuer (OpenID Connect Discovery §4). */
async function discovered({ network, scope }: Pick<Context, 'network' | 'scope'>, issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await network
    .fetchJson(address, { tenantId: scope.tenantId, maxAge: DISCOVERY_KEPT })
    .catch(() => {})
  const { issuer: named, jwks_uri: uri } = (document ?? {}) as {
    readonly issuer?: unknown
    readonly jwks_uri?: unknown
  }
  if (named === issuer && typeof uri === 'string' && uri.startsWith('https://')) return uri
  const message = 'The discovery document of the issuer of the JWT cannot be fetched now; try again later.'
  throw new Failure('temporarily_unavailable', { message, retryAfter: RETRY_AFTER_SECONDS })
}
