// Issues authorization codes, and records consent.
import { Failure } from '#kernel/error.ts'
import { userActor } from '../actor.ts'
import type { Client } from '../client/client.ts'
import { keepClient, takeNewClient } from '../client/kept-client.ts'
import type { Context, Unit } from '../context.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { oneTimeKey, timeOrderedSecret } from '../one-time-token/one-time-token.ts'
import { profileOf } from '../realm/profile.ts'
import { realmOf } from '../realm/realm.service.ts'
import { touchedSince } from '../session/session.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { AuthorizationCode } from './authorization-code.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import type { ConsentRequest } from './consent-ask.ts'
import { recordAnswer, type Transaction } from './transaction.ts'

/** The data that a code is issued for. */
export interface Approval {
  readonly request: AuthorizationRequest
  readonly client: Client
  readonly signedIn: SignedIn
  /** The transaction that the code answers, if the user had to act. */
  readonly transaction: Transaction | undefined
  /** The consent that the user just gave, to be stored. */
  readonly consents: readonly ConsentRequest[]
  /** The organization that the user signs in for. */
  readonly organizationId: string | undefined
}

/**
 * Issues an authorization code. The write checks again that session and user are valid, so that no code outlives them.
 * A browser that asks again within a minute gets another code: a client that was called twice can exchange both. A code
 * that is used twice would revoke its tokens (RFC 6749 §4.1.2).
 * @returns the code
 * @throws Failure `expired` if the transaction was answered more than a minute ago, `login_required` if the session or
 * the user ended, `too_many_requests` for a user who approves many new clients
 */
export async function issueCode(context: Context, approval: Approval): Promise<string> {
  const { clock, crypto, random, scope } = context
  const realm = realmOf(scope)
  const secret = timeOrderedSecret(context)
  const familyId = random.id()
  const { codeLifetime } = profileOf(realm, approval.client)
  await takeNewClient(context, approval.client, approval.signedIn.user.id)
  await context.write(async (unit) => {
    const now = clock.now()
    const client = await keepClient(context, unit, approval.client, approval.signedIn.user)
    const kept = { ...approval, client }
    const code = toCode(kept, familyId)
    await recordApproval(context, unit, kept)
    await unit.oneTimeTokens.insert('authorization_code', oneTimeKey(crypto, secret), {
      payload: code,
      createdAt: now,
      expiresAt: now + Math.min(realm.policy.authorizationCodeLifetime, codeLifetime) * 1000,
    })
    emitIssued(unit, kept, code)
  })
  return secret
}

/**
 * Records a user's approval inside a write, for codes, devices and clients elsewhere: marks the transaction as answered and stores the
 * consent.
 * @throws Failure `expired` if the transaction is over, `login_required` if the session or the user ended, `access_denied`
 *   if the user is not a member of the organization any more
 */
export async function recordApproval(context: Context, unit: Unit, approval: Omit<Approval, 'request'>): Promise<void> {
  const { client, signedIn, transaction, consents, organizationId } = approval
  const { session, user } = signedIn
  const realm = realmOf(context.scope)
  if (transaction) await recordAnswer(context, unit, transaction)
  const now = context.clock.now()
  if (!(await unit.sessions.touch(session.id, now, touchedSince(realm.policy, now))))
    throw new Failure('login_required')
  if (!(await unit.users.isActive(realm.directoryId, user.id))) throw new Failure('login_required')
  if (organizationId !== undefined && !(await unit.organizations.holdMember(organizationId, user.id))) {
    throw new Failure('access_denied')
  }
  for (const { resource, scopes, details } of consents) {
    await recordConsent(context, unit, { realmId: realm.id, user, client, resource, scopes, details })
  }
}

function toCode(
  { request, client, signedIn: { session }, organizationId }: Approval,
  familyId: string,
): AuthorizationCode {
  return {
    clientId: client.id,
    redirectUri: request.redirectUri,
    redirectUriGiven: request.redirectUriGiven,
    codeChallenge: request.codeChallenge,
    scopes: request.scopes,
    resources: request.resources,
    userId: session.userId,
    sessionId: session.id,
    nonce: request.nonce,
    acr: `aal${session.aal}`,
    amr: session.amr,
    authenticatedAt: session.authenticatedAt,
    familyId,
    ...(request.claims && { claims: request.claims }),
    ...(request.details && request.details.length > 0 && { details: request.details }),
    ...(organizationId !== undefined && { organizationId }),
    ...(request.boundTo && { boundTo: request.boundTo }),
  }
}

function emitIssued(unit: Unit, { client, signedIn: { session, user } }: Approval, code: AuthorizationCode): void {
  unit.emit('authorization_code.issued', {
    subject: { type: 'client', id: client.id, label: client.label },
    actor: userActor(user),
    data: {
      clientId: client.clientId,
      scope: code.scopes.join(' '),
      resources: code.resources,
      sessionId: session.id,
      familyId: code.familyId,
      ...(code.organizationId !== undefined && { organizationId: code.organizationId }),
    },
  })
}
