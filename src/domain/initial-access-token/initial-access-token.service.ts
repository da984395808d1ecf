// Decides about initial access tokens: creates, revokes and consumes them.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  INITIAL_TOKEN_PREFIX,
  type InitialAccessToken,
  InitialAccessTokenFields,
  type InitialAccessTokenView,
  type InitialAccessTokenWithSecret,
  type NewInitialAccessToken,
} from './initial-access-token.ts'

/** Creates a token. Only this response contains its secret. @throws Failure `invalid_input` for an expiry in the past */
export async function createInitialAccessToken(
  context: Context,
  { name, uses, expiresAt }: NewInitialAccessToken,
): Promise<InitialAccessTokenWithSecret> {
  const { clock, crypto, random, scope } = context
  const realm = realmOf(scope)
  const now = clock.now()
  if (expiresAt !== undefined && expiresAt <= now) {
    const flaw = { path: 'expiresAt', message: 'is in the past' }
    throw flawed(flaw.path, flaw.message)
  }
  const secret = `${INITIAL_TOKEN_PREFIX}${random.secret()}`
  const token: InitialAccessToken = {
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    name,
    usesLeft: uses,
    createdAt: now,
    expiresAt: expiresAt ?? null,
    revokedAt: null,
  }
  await context.write(async (unit) => {
    await unit.initialAccessTokens.insert(token, crypto.digest(secret))
    emitEvent(unit, 'initial_access_token.created', token)
  })
  return { ...InitialAccessTokenFields.show(token), token: secret }
}

/** Revokes a token, which stops working at once. A revoked token stays as it is. @throws Failure `not_found` */
export async function revokeInitialAccessToken(
  { write, scope, clock }: Context,
  { id }: { id: string },
): Promise<InitialAccessTokenView> {
  const realm = realmOf(scope)
  const now = clock.now()
  return write(async (unit) => {
    const token = await unit.initialAccessTokens.find(realm.id, id)
    if (!token) throw new Failure('not_found')
    if (!(await unit.initialAccessTokens.revoke(realm.id, id, now))) return InitialAccessTokenFields.show(token)
    emitEvent(unit, 'initial_access_token.revoked', token)
    return InitialAccessTokenFields.show({ ...token, revokedAt: now })
  })
}

/** Whether a presented token can be used now. Only {@link consumeInitialAccessToken} takes a use. */
export function isUsableInitialToken(
  { crypto, clock, read, scope }: Pick<Context, 'crypto' | 'clock' | 'read' | 'scope'>,
  presented: string,
): Promise<boolean> {
  return read.initialAccessTokens.isUsable(realmOf(scope).id, crypto.digest(presented), clock.now())
}

/** What a token that cannot be used is refused with. */
export function unknownInitialToken(): Failure {
  return new Failure('invalid_token', 'The initial access token is unknown, used up, revoked or expired.')
}

/** Takes one use of a presented token, inside a write. @throws Failure `invalid_token` */
export async function consumeInitialAccessToken(
  { crypto, clock, scope }: Pick<Context, 'crypto' | 'clock' | 'scope'>,
  unit: Unit,
  presented: string,
): Promise<void> {
  if (await unit.initialAccessTokens.consume(realmOf(scope).id, crypto.digest(presented), clock.now())) return
  throw unknownInitialToken()
}

function emitEvent(unit: Unit, type: EventType, { id, name, realmId }: InitialAccessToken): void {
  unit.emit(type, { subject: { type: 'initial_access_token', id, label: name }, realmId, data: { name } })
}
