// The token exchange grant (RFC 8693): a client acts for the subject of an access token.
import type { RegisteredClient } from '#domain/client/client.ts'
import { Failure } from '#kernel/error.ts'
import type { Bound } from '../binding/binding.ts'
import { type LiveToken, liveToken } from '../live.ts'
import type { ReadContext } from '../read-context.ts'
import { ownScopes } from '../resource-indicator.ts'
import type { Subject } from './grant.ts'
import { type Act, type Delegation, grant, invalidGrant } from './grant.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const NOT_ACCESS_TOKEN = 'Only access tokens can be exchanged, and only for access tokens.'
/** The longest chain of actors. */
const DEPTH_MAX = 5
/** How often a token is exchanged in a row, also by one client: a revocation walks down so many steps. */
const EXCHANGES_MAX = 16

/**
 * RFC 8693, delegation: the new token has at most the scopes and the lifetime of the subject token, and is for a resource
 * that the client of that token could have asked for.
 */
export const tokenExchange = grant({
  type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  parameters: {
    subject_token: 'needed',
    subject_token_type: 'needed',
    requested_token_type: 'optional',
    actor_token: 'optional',
  },
  clients: ({ tokenExchangeAllowed, authMethod }) => tokenExchangeAllowed && authMethod !== 'none',
  async find({ context, client, parameters }) {
    if (parameters.subject_token_type !== ACCESS_TOKEN) throw new Failure('invalid_request', NOT_ACCESS_TOKEN)
    if ((parameters.requested_token_type ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
      throw new Failure('invalid_request', NOT_ACCESS_TOKEN)
    }
    if (parameters.actor_token !== undefined)
      throw new Failure('invalid_request', 'actor_token is not supported: the client itself is the actor.')
    const live = await liveToken(context, parameters.subject_token)
    if (!live) throw invalidGrant('subject_token_inactive')
    const { subject, allowedScopes, resources } = await subjectOf(context, client, live)
    if ((await context.read.issuances.countAbove(live.issued.id, EXCHANGES_MAX)) >= EXCHANGES_MAX) {
      throw invalidGrant('actor_chain_too_long', `A token is exchanged ${EXCHANGES_MAX} times in a row at most.`)
    }
    return {
      subject,
      allowed: {
        scopes: live.issued.scopes.filter((scope) => allowedScopes.includes(scope)),
        resources,
        details: Array.isArray(live.claims.authorization_details) ? live.claims.authorization_details : [],
        narrows: true,
      },
      boundTo: boundOf(live, client),
      consume: null,
      refreshFamily: null,
      nonce: null,
      delegation: delegationOf(live, client),
      responseMembers: { issued_token_type: ACCESS_TOKEN },
    }
  },
})

/**
 * The subject, the scopes that the acting client is registered for, and the resources that the token’s own client could
 * get a token for: those that the person approved, or those that the program is registered for.
 */
async function subjectOf(
  { read }: ReadContext,
  client: RegisteredClient,
  { issued, claims, client: issuedTo }: LiveToken,
): Promise<{ subject: Subject | null; allowedScopes: readonly string[]; resources: readonly string[] }> {
  if (issued.userId === null) return { subject: null, allowedScopes: ownScopes(client), resources: issuedTo.audiences }
  const issuance = await read.issuances.find(issued.id)
  const { auth_time: authTime, acr, amr } = claims
  if (!issuance?.familyId || typeof acr !== 'string' || !Array.isArray(amr)) {
    throw invalidGrant('subject_token_unusable')
  }
  const { sessionId, familyId } = issuance
  const family = await read.tokenFamilies.find(familyId)
  if (!family) throw invalidGrant('subject_token_unusable')
  const authenticatedAt = Number(authTime ?? 0) * 1000
  return {
    subject: { userId: issued.userId, sessionId, familyId, acr, amr, authenticatedAt },
    allowedScopes: client.scopes,
    resources: family.resources,
  }
}

/** A bound token never becomes a bearer token: its own client proves the same key, another client proves its own key. */
function boundOf({ claims, client: issuedTo }: LiveToken, client: RegisteredClient): Bound {
  if (claims.cnf === undefined) return null
  return issuedTo.id === client.id ? (claims.cnf as Bound) : 'any_key'
}

function delegationOf({ issued, claims, client: issuedTo }: LiveToken, client: RegisteredClient): Delegation {
  const before = claims.act as Act | undefined
  // RFC 8693 §4.4.
  const mayAct = claims.may_act as { sub?: unknown } | undefined
  if (mayAct && mayAct.sub !== client.clientId) throw invalidGrant('actor_not_allowed')
  const act = issuedTo.id === client.id ? before : { sub: client.clientId, ...(before && { act: before }) }
  if (depthOf(act) > DEPTH_MAX)
    throw invalidGrant('actor_chain_too_long', `The chain of actors is longer than ${DEPTH_MAX}.`)
  return { parent: issued.id, sub: String(claims.sub), act, expiresAt: issued.expiresAt }
}

function depthOf(act: Act | undefined): number {
  return act ? 1 + depthOf(act.act) : 0
}
