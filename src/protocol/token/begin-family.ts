// What a code of a person’s approval becomes, whichever way the code came to the client: a family of tokens.
import { asksOf, type ConsentAsk, covers } from '#domain/authorization/consent-ask.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Parameters } from '#domain/realm-request.ts'
import { renderRefreshToken } from '#domain/token-family/refresh-token.ts'
import { Failure } from '#kernel/error.ts'
import { grantedScopes, leftOf, targetOf } from '../resource-indicator.ts'
import { suffices } from './assurance.ts'
import { type Grant, type TokenResponse, tokenResponse } from './grant.ts'
import { record, type Subject, signAccessToken, signIdToken } from './issue.ts'

/** What a person approved, and how they were signed in. */
export interface Approved extends Subject {
  /** The client’s row id. */
  readonly clientId: string
  readonly sessionId: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  readonly nonce: string | null
}

/**
 * Issues the first tokens of a family. That the approval, the session, the user and the consent still hold is seen
 * inside the write.
 * @param consume spends the approval, once; false where it is spent
 * @returns undefined where something does not hold any more, with nothing spent but the approval perhaps
 * @throws Failure `invalid_target`, `invalid_grant` with nothing spent
 */
export async function beginFamily(
  context: Context,
  client: Client,
  given: {
    grantType: Grant['type']
    approved: Approved
    form: Parameters
    consume: (unit: Unit, now: number) => Promise<boolean>
  },
): Promise<TokenResponse | undefined> {
  const { grantType, approved, form, consume } = given
  const { clock, read, scope } = context
  const realm = realmOf(scope)
  const left = leftOf(client, approved)
  const resource = await targetOf(context, form, left.resources)
  const scopes = grantedScopes(undefined, left.scopes, resource)
  const signed = await signAccessToken(context, client, {
    grantType,
    audience: resource?.identifier,
    scopes,
    subject: approved,
  })
  const isActive = await read.users.isActive(realm.directoryId, approved.userId)
  if (!isActive || !suffices(approved.acr, realm)) throw new Failure('invalid_grant')
  const about = { subject: approved, nonce: approved.nonce, accessToken: signed.token, scopes }
  const idToken = left.scopes.includes('openid') ? await signIdToken(context, client, about) : undefined
  const asks = asksOf(approved, await context.registry.resources(realm.tenantId))
  const refreshes = client.grantTypes.includes('refresh_token')
  const done = await context.write(async (unit) => {
    const now = clock.now()
    if (!(await consume(unit, now))) return false
    // Touching the session keeps who ends it waiting until its tokens are there to be revoked.
    if (!(await unit.sessions.touch(approved.sessionId, now))) return false
    if (!(await unit.users.isActive(realm.directoryId, approved.userId))) return false
    if (!client.firstParty && !(await holdConsent(unit, approved, asks))) return false
    await insertFamily(context, unit, client, { approved, refreshes, now })
    record(unit, client, signed)
    return true
  })
  if (!done) return undefined
  const first = refreshes
    ? renderRefreshToken(context.crypto, { familyId: approved.familyId, generation: 1 })
    : undefined
  return tokenResponse(signed, { refreshToken: first, idToken })
}

// A consent that is revoked before the exchange takes what was approved with it; held, it waits until the tokens are
// there to be revoked.
async function holdConsent(
  { grants }: Pick<Unit, 'grants'>,
  { userId, clientId }: Approved,
  asks: readonly ConsentAsk[],
): Promise<boolean> {
  const held = []
  for (const { resource } of asks) held.push(await grants.hold(userId, clientId, resource))
  return covers(held, asks)
}

async function insertFamily(
  { scope }: Context,
  unit: Unit,
  client: Client,
  { approved, refreshes, now }: { approved: Approved; refreshes: boolean; now: number },
): Promise<void> {
  const realm = realmOf(scope)
  const { refreshTokenLifetime, refreshTokenIdleLifetime } = realm.policy
  const expiresAt = now + (client.refreshTokenLifetime ?? refreshTokenLifetime) * 1000
  await unit.tokenFamilies.insert({
    id: approved.familyId,
    tenantId: realm.tenantId,
    realmId: realm.id,
    clientId: approved.clientId,
    userId: approved.userId,
    sessionId: approved.sessionId,
    scopes: approved.scopes,
    resources: approved.resources,
    nonce: approved.nonce,
    acr: approved.acr,
    amr: approved.amr,
    authenticatedAt: approved.authenticatedAt,
    createdAt: now,
    expiresAt,
    revokedAt: null,
    refresh: refreshes
      ? { generation: 1, refreshedAt: now, expiresAt: Math.min(expiresAt, now + refreshTokenIdleLifetime * 1000) }
      : null,
  })
}
