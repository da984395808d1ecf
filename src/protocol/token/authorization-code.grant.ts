import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import { asksOf, type ConsentAsk, covers } from '#domain/authorization/consent-ask.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Parameters } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { grantedScopes, leftOf, targetOf } from '../resource-indicator.ts'
import { suffices } from './assurance.ts'
import { type Grant, type TokenResponse, tokenResponse } from './grant.ts'
import { record, type SignedAccessToken, signAccessToken, signIdToken } from './issue.ts'

const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/

/** RFC 6749 §4.1.3 with PKCE (RFC 7636 §4.5), which every client has to use. */
export const authorizationCode: Grant = {
  type: 'authorization_code',
  async run(context, client, form) {
    const hash = context.crypto.digest(form.need('code'))
    const found = await context.read.oneTimeTokens.find<AuthorizationCode>('authorization_code', hash)
    if (!found) throw new Failure('invalid_grant')
    const code = found.payload
    if (found.consumedAt !== null || !fits(context, client, code, form)) {
      // A code that was shown to the wrong party, or is shown again, is worth nothing to anybody from now on.
      await burn(context, hash, code)
      throw new Failure('invalid_grant')
    }
    return exchange(context, client, { hash, code, form })
  },
}

function fits({ crypto }: Context, client: Client, code: AuthorizationCode, form: Parameters): boolean {
  const verifier = form.get('code_verifier') ?? ''
  const redirectUri = form.get('redirect_uri')
  return (
    code.clientId === client.id &&
    VERIFIER.test(verifier) &&
    crypto.equal(crypto.digest(verifier), code.codeChallenge) &&
    (redirectUri === undefined || redirectUri === code.redirectUri)
  )
}

async function exchange(
  context: Context,
  client: Client,
  { hash, code, form }: { hash: string; code: AuthorizationCode; form: Parameters },
): Promise<TokenResponse> {
  const { clock, random, read, scope } = context
  const realm = realmOf(scope)
  const left = leftOf(client, code)
  const resource = await targetOf(context, form, left.resources)
  const scopes = grantedScopes(undefined, left.scopes, resource)
  const signed = await signAccessToken(context, client, {
    grantType: 'authorization_code',
    audience: resource?.identifier,
    scopes,
    subject: code,
  })
  const user = await read.users.find(realm.directoryId, code.userId)
  if (!user || !suffices(code.acr, realm)) throw new Failure('invalid_grant')
  const idToken = left.scopes.includes('openid')
    ? await signIdToken(context, client, { user, subject: code, nonce: code.nonce, accessToken: signed.token, scopes })
    : undefined
  const asks = asksOf(code, await context.registry.resources(realm.tenantId))
  const refresh = client.grantTypes.includes('refresh_token') ? random.secret() : undefined
  const done = await context.write(async (unit) => {
    const now = clock.now()
    if (!(await unit.oneTimeTokens.consume('authorization_code', hash, now))) return false
    // Touching the session keeps who ends it waiting until its tokens are there to be revoked.
    if (!(await unit.sessions.touch(code.sessionId, now))) return false
    if ((await unit.users.find(realm.directoryId, code.userId))?.status !== 'active') return false
    if (!client.firstParty && !(await holdConsent(unit, code, asks))) return false
    await insertFamily(unit, client, { code, refresh, now, signed, context })
    record(unit, client, signed)
    return true
  })
  if (!done) {
    await burn(context, hash, code)
    throw new Failure('invalid_grant')
  }
  return tokenResponse(signed, { refreshToken: refresh, idToken })
}

// A consent that is revoked before the code is exchanged takes what the code stands for with it; held, it waits until
// the tokens are there to be revoked.
async function holdConsent(
  { grants }: Pick<Unit, 'grants'>,
  { userId, clientId }: AuthorizationCode,
  asks: readonly ConsentAsk[],
): Promise<boolean> {
  const held = []
  for (const { resource } of asks) held.push(await grants.hold(userId, clientId, resource))
  return covers(held, asks)
}

async function insertFamily(
  unit: Unit,
  client: Client,
  given: {
    code: AuthorizationCode
    refresh: string | undefined
    now: number
    signed: SignedAccessToken
    context: Context
  },
): Promise<void> {
  const { code, refresh, now, context } = given
  const realm = realmOf(context.scope)
  const { refreshTokenLifetime, refreshTokenIdleLifetime } = realm.policy
  const expiresAt = now + refreshTokenLifetime * 1000
  await unit.tokenFamilies.insert({
    id: code.familyId,
    tenantId: realm.tenantId,
    realmId: realm.id,
    clientId: client.id,
    userId: code.userId,
    sessionId: code.sessionId,
    scopes: code.scopes,
    resources: code.resources,
    nonce: code.nonce,
    acr: code.acr,
    amr: code.amr,
    authenticatedAt: code.authenticatedAt,
    createdAt: now,
    expiresAt,
    revokedAt: null,
  })
  if (refresh === undefined) return
  await unit.tokenFamilies.insertRefreshToken({
    hash: context.crypto.digest(refresh),
    familyId: code.familyId,
    issuedAt: now,
    expiresAt: Math.min(expiresAt, now + refreshTokenIdleLifetime * 1000),
  })
}

// RFC 6749 §4.1.2: what a code that is used twice gave rise to is revoked.
async function burn(context: Context, hash: string, code: AuthorizationCode): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    if (await unit.oneTimeTokens.consume('authorization_code', hash, now)) return
    // The family first: a refresh that is under way ends before that, and its token is there to be revoked.
    const families = await unit.tokenFamilies.revokeWhere({ familyId: code.familyId }, now)
    const tokens = await unit.issuances.revokeWhere({ familyId: code.familyId }, now)
    if (tokens + families === 0) return
    unit.emit('authorization_code.replayed', {
      subject: { type: 'client', id: code.clientId },
      result: 'failure',
      data: { familyId: code.familyId, revoked: tokens },
    })
  })
}
