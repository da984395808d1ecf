// The refresh token grant with rotation (RFC 6749 §6).
import { realmOf } from '#domain/realm/realm.service.ts'
import { standingOf } from '#domain/token-family/refresh-standing.ts'
import { type RefreshToken, readRefreshToken, renderRefreshToken } from '#domain/token-family/refresh-token.ts'
import type { RefreshState, TokenFamily } from '#domain/token-family/token-family.ts'
import type { ReadContext } from '../read-context.ts'
import { resourcesLeft } from '../resource-indicator.ts'
import { type Consume, grant, invalidGrant, Refusal, refuse } from './grant.ts'

/**
 * RFC 6749 §6 with rotation (OAuth 2.1 §4.3.1). The next refresh token follows from the one presented, so that a client
 * which lost the answer gets the same one again within the grace; outside of it, a spent token ends its family. Without
 * rotation, the answer has the presented one.
 */
export const refreshToken = grant({
  type: 'refresh_token',
  parameters: { refresh_token: 'needed' },
  clients: 'registered',
  async find({ context, client, parameters, isRotating }) {
    const presented = readRefreshToken(context.crypto, parameters.refresh_token)
    if (!presented) throw invalidGrant('refresh_token_unknown')
    const family = await context.read.tokenFamilies.find(presented.familyId)
    const now = context.clock.now()
    if (!family?.refresh) throw invalidGrant('refresh_token_unknown')
    if (family.clientId !== client.id) throw invalidGrant('refresh_token_of_other_client')
    if (family.revokedAt !== null) throw invalidGrant('refresh_token_revoked')
    if (family.expiresAt <= now) throw invalidGrant('refresh_token_expired')
    const standing = standingOf(family.refresh, presented, realmOf(context.scope).policy, now)
    if (standing === 'spent') return endFamily(family, client)
    if (standing === 'unknown') throw invalidGrant('refresh_token_unknown')
    if (family.refresh.expiresAt <= now) throw invalidGrant('refresh_token_expired')
    const { scopes, details } = family
    const resources = await resourcesLeft(context, client, family)
    if (resources.length === 0 && family.resources.length > 0) throw invalidGrant('resource_removed')
    const generation = presented.generation + (isRotating ? 1 : 0)
    return {
      subject: { ...family, familyId: family.id },
      allowed: { scopes, resources, details, narrows: true },
      boundTo: family.confirmation,
      consume: rotate(context, family, presented, { client, generation }),
      refreshFamily: {
        next: renderRefreshToken(context.crypto, { ...presented, generation }),
      },
      nonce: null,
      delegation: null,
      upstream: null,
      responseMembers: {},
    }
  },
})

/** Sets the valid generation of the family. If another request did so first, decides whether this token is repeated or reused. */
function rotate(
  { scope }: ReadContext,
  family: TokenFamily,
  presented: RefreshToken,
  { client, generation }: { readonly client: Named; readonly generation: number },
): Consume {
  const { policy } = realmOf(scope)
  return async (unit, now) => {
    const next: RefreshState = {
      generation,
      refreshedAt: now,
      expiresAt: Math.min(family.expiresAt, now + policy.refreshTokenIdleLifetime * 1000),
    }
    if (await unit.tokenFamilies.rotate(family.id, presented.generation, next)) return undefined
    // Holding the family keeps who revokes it waiting until the new tokens are there to be revoked.
    const held = await unit.tokenFamilies.lock(family.id)
    const standing = held ? standingOf(held, presented, policy, now) : 'unknown'
    if (standing === 'repeated') return undefined
    return standing === 'spent' ? endFamily(family, client) : refuse('refresh_token_revoked')
  }
}

interface Named {
  readonly id: string
  readonly label: string
  readonly clientId: string
}

// OAuth 2.1 §4.3.1: the server cannot know whether the client or a thief used it again, so both lose access.
function endFamily(family: TokenFamily, client: Named): Refusal {
  const owner = { userId: family.userId, familyId: family.id }
  return new Refusal(async (unit, now) => {
    await unit.tokenFamilies.revokeWhere(owner, now)
    const revoked = await unit.issuances.revokeWhere(owner, now)
    unit.emit('refresh_token.reused', {
      subject: { type: 'user', id: family.userId },
      result: 'failure',
      actor: { kind: 'client', id: client.id, label: client.label },
      data: { clientId: client.clientId, familyId: family.id, revoked },
    })
    return 'refresh_token_reused'
  })
}
