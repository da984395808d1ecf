import type { Client } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { type RefreshToken, readRefreshToken, renderRefreshToken } from '#domain/token-family/refresh-token.ts'
import type { RefreshState, TokenFamily } from '#domain/token-family/token-family.ts'
import { Failure } from '#kernel/error.ts'
import { grantedScopes, leftOf, targetOf } from '../resource-indicator.ts'
import { suffices } from './assurance.ts'
import { type Grant, tokenResponse } from './grant.ts'
import { record, type Subject, signAccessToken, signIdToken } from './issue.ts'

/**
 * RFC 6749 §6 with rotation (OAuth 2.1 §4.3.1). The next refresh token follows from the one presented, so that a client
 * which lost the answer gets the same one again within the grace; outside of it, a spent token ends its family.
 */
export const refreshToken: Grant = {
  type: 'refresh_token',
  async run(context, client, form) {
    const presented = readRefreshToken(context.crypto, form.need('refresh_token'))
    if (!presented) throw new Failure('invalid_grant')
    const family = await context.read.tokenFamilies.find(presented.familyId)
    const now = context.clock.now()
    if (!family?.refresh || family.clientId !== client.id) throw new Failure('invalid_grant')
    if (family.revokedAt !== null || family.expiresAt <= now) throw new Failure('invalid_grant')
    const realm = realmOf(context.scope)
    const standing = standingOf(family.refresh, presented, realm.policy, now)
    if (standing === 'spent') {
      await endFamily(context, client, family)
      throw new Failure('invalid_grant')
    }
    if (standing === 'unknown' || family.refresh.expiresAt <= now || !suffices(family.acr, realm)) {
      throw new Failure('invalid_grant')
    }
    if (!(await context.read.users.isActive(realm.directoryId, family.userId))) throw new Failure('invalid_grant')
    const left = leftOf(client, family)
    const resource = await targetOf(context, form, left.resources)
    const scopes = grantedScopes(form.get('scope'), left.scopes, resource)
    const subject: Subject = { ...family, familyId: family.id }
    const signed = await signAccessToken(context, client, {
      grantType: 'refresh_token',
      audience: resource?.identifier,
      scopes,
      subject,
    })
    const idToken = scopes.includes('openid')
      ? await signIdToken(context, client, { subject, nonce: null, accessToken: signed.token, scopes })
      : undefined
    const outcome = await rotate(context, family, presented, (unit) => record(unit, client, signed))
    if (outcome === 'spent') await endFamily(context, client, family)
    if (outcome === 'spent' || outcome === 'unknown') throw new Failure('invalid_grant')
    const successor = renderRefreshToken(context.crypto, { ...presented, generation: presented.generation + 1 })
    return tokenResponse(signed, { refreshToken: successor, idToken })
  },
}

/** `repeated` is a token that was spent a moment ago, by a client that may not have got the answer. */
type Standing = 'good' | 'repeated' | 'spent' | 'unknown'

/** What a token is to its family. A clock that is behind the one of whoever spent it makes no grace where there is none. */
function standingOf(
  { generation, refreshedAt }: RefreshState,
  presented: RefreshToken,
  { refreshTokenGrace }: RealmPolicy,
  now: number,
): Standing {
  const behind = generation - presented.generation
  if (behind === 0) return 'good'
  // Of a generation that there was not yet: the database was set back.
  if (behind < 0) return 'unknown'
  return behind === 1 && Math.max(0, now - refreshedAt) < refreshTokenGrace * 1000 ? 'repeated' : 'spent'
}

/** Spends a token and records what it is spent for; what it turned out to be where others were quicker. */
async function rotate(
  context: Context,
  family: TokenFamily,
  presented: RefreshToken,
  recordIn: (unit: Unit) => void,
): Promise<Standing> {
  const { policy } = realmOf(context.scope)
  return context.write(async (unit): Promise<Standing> => {
    const now = context.clock.now()
    const next: RefreshState = {
      generation: presented.generation + 1,
      refreshedAt: now,
      expiresAt: Math.min(family.expiresAt, now + policy.refreshTokenIdleLifetime * 1000),
    }
    if (await unit.tokenFamilies.rotate(family.id, presented.generation, next)) {
      recordIn(unit)
      return 'good'
    }
    // Holding the family keeps who revokes it waiting until the new tokens are there to be revoked.
    const held = await unit.tokenFamilies.hold(family.id)
    const standing = held ? standingOf(held, presented, policy, now) : 'unknown'
    if (standing === 'repeated') recordIn(unit)
    return standing
  })
}

// OAuth 2.1 §4.3.1: it cannot be told whether the client or a thief came second, so neither goes on.
async function endFamily(context: Context, client: Client, family: TokenFamily): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    await unit.tokenFamilies.revokeWhere({ userId: family.userId, familyId: family.id }, now)
    const revoked = await unit.issuances.revokeWhere({ userId: family.userId, familyId: family.id }, now)
    unit.emit('refresh_token.reused', {
      subject: { type: 'user', id: family.userId },
      result: 'failure',
      actor: { kind: 'client', id: client.id, label: client.label },
      data: { clientId: client.clientId, familyId: family.id, revoked },
    })
  })
}
