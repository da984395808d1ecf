import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import type { RefreshToken, TokenFamily } from '#domain/token-family/token-family.ts'
import { Failure } from '#kernel/error.ts'
import { grantedScopes, leftOf, targetOf } from '../resource-indicator.ts'
import { suffices } from './assurance.ts'
import { type Grant, tokenResponse } from './grant.ts'
import { record, type Subject, signAccessToken, signIdToken } from './issue.ts'

/**
 * RFC 6749 §6 with rotation (OAuth 2.1 §4.3.1). The next refresh token is derived from the one presented, so that a
 * client which lost the answer gets the same one again within the grace; outside of it, a spent token ends its family.
 */
export const refreshToken: Grant = {
  type: 'refresh_token',
  async run(context, client, form) {
    const presented = form.need('refresh_token')
    const found = await context.read.tokenFamilies.findPresented(context.crypto.digest(presented))
    const now = context.clock.now()
    if (found?.family.clientId !== client.id) throw new Failure('invalid_grant')
    const { token, family } = found
    if (family.revokedAt !== null || family.expiresAt <= now) throw new Failure('invalid_grant')
    const realm = realmOf(context.scope)
    if (token.consumedAt !== null && !inGrace(token.consumedAt, realm.policy, now)) {
      await endFamily(context, client, family)
      throw new Failure('invalid_grant')
    }
    if (token.expiresAt <= now || !suffices(family.acr, realm)) throw new Failure('invalid_grant')
    const user = await context.read.users.find(realm.directoryId, family.userId)
    if (user?.status !== 'active') throw new Failure('invalid_grant')
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
      ? await signIdToken(context, client, { user, subject, nonce: null, accessToken: signed.token, scopes })
      : undefined
    const successor = context.crypto.mac('refresh-token-successor', presented)
    const outcome = await rotate(context, { token, family, successor }, (unit) => record(unit, client, signed))
    if (outcome === 'refused') throw new Failure('invalid_grant')
    if (outcome === 'reused') {
      await endFamily(context, client, family)
      throw new Failure('invalid_grant')
    }
    return tokenResponse(signed, { refreshToken: successor, idToken })
  },
}

/** A clock that is behind the one of whoever spent the token makes no grace where there is none. */
function inGrace(spentAt: number, { refreshTokenGrace }: RealmPolicy, now: number): boolean {
  return Math.max(0, now - spentAt) < refreshTokenGrace * 1000
}

type Outcome = 'rotated' | 'repeated' | 'reused' | 'refused'

async function rotate(
  context: Context,
  { token, family, successor }: { token: RefreshToken; family: TokenFamily; successor: string },
  recordIn: (unit: Parameters<Parameters<Context['write']>[0]>[0]) => void,
): Promise<Outcome> {
  const { policy } = realmOf(context.scope)
  const hash = context.crypto.digest(successor)
  return context.write(async (unit): Promise<Outcome> => {
    const now = context.clock.now()
    // Holding the family keeps who revokes it waiting until the new tokens are there to be revoked.
    if (!(await unit.tokenFamilies.hold(family.id))) return 'refused'
    if (await unit.tokenFamilies.consumeRefreshToken(token.hash, now)) {
      await unit.tokenFamilies.insertRefreshToken({
        hash,
        familyId: family.id,
        issuedAt: now,
        expiresAt: Math.min(family.expiresAt, now + policy.refreshTokenIdleLifetime * 1000),
      })
      recordIn(unit)
      return 'rotated'
    }
    const spent = await unit.tokenFamilies.findRefreshToken(token.hash)
    const next = await unit.tokenFamilies.findRefreshToken(hash)
    if (spent?.consumedAt == null || !inGrace(spent.consumedAt, policy, now)) return 'reused'
    if (next?.consumedAt !== null) return 'reused'
    recordIn(unit)
    return 'repeated'
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
