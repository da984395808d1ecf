import { Failure } from '#kernel/error.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Session } from '../session/session.ts'
import type { AuthorizationCode } from './authorization-code.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import type { ConsentAsk } from './consent-ask.ts'
import { consumeTransaction, type Transaction } from './transaction.ts'

/** What a code is issued for. */
export interface Approval {
  readonly request: AuthorizationRequest
  readonly client: Client
  readonly session: Session
  /** The transaction that ends with it, where the person had to do something. */
  readonly transaction: Transaction | undefined
  /** What the person allowed just now, to be remembered. */
  readonly consents: readonly ConsentAsk[]
}

/**
 * Issues an authorization code. That the session and the user still hold is seen inside the write, so that neither
 * outlives its end through a code.
 * @returns the code
 * @throws Failure `expired` for a second code of one transaction, `login_required` where session or user ended meanwhile
 */
export async function issueCode(context: Context, approval: Approval): Promise<string> {
  const { clock, crypto, random, scope } = context
  const realm = realmOf(scope)
  const secret = random.secret()
  const code = toCode(approval, random.id())
  await context.write(async (unit) => {
    const now = clock.now()
    await recordApproval(context, unit, approval)
    await unit.oneTimeTokens.insert('authorization_code', crypto.digest(secret), {
      payload: code,
      createdAt: now,
      expiresAt: now + realm.policy.authorizationCodeLifetime * 1000,
    })
    tellIssued(unit, approval, code)
  })
  return secret
}

/**
 * Writes down inside a write that a person approved, whatever that gives the client: the transaction ends, and the
 * consent is remembered.
 * @throws Failure `expired` where the transaction ended before, `login_required` where session or user ended meanwhile
 */
export async function recordApproval(context: Context, unit: Unit, approval: Approval): Promise<void> {
  const { request, session, transaction, consents } = approval
  const realm = realmOf(context.scope)
  if (transaction) await consumeTransaction(context, unit, transaction)
  if (!(await unit.sessions.touch(session.id, context.clock.now()))) throw new Failure('login_required')
  const user = await unit.users.find(realm.directoryId, session.userId)
  if (user?.status !== 'active') throw new Failure('login_required')
  for (const { resource, scopes } of consents) {
    const given = { realmId: realm.id, userId: user.id, clientId: request.clientId, resource, scopes }
    await recordConsent(context, unit, given)
  }
}

function toCode({ request, session }: Approval, familyId: string): AuthorizationCode {
  return {
    clientId: request.clientId,
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
  }
}

function tellIssued(unit: Unit, { client, session }: Approval, code: AuthorizationCode): void {
  unit.emit('authorization_code.issued', {
    subject: { type: 'client', id: client.id },
    actor: { kind: 'user', id: session.userId },
    data: {
      clientId: client.clientId,
      scope: code.scopes.join(' '),
      resources: code.resources,
      sessionId: session.id,
      familyId: code.familyId,
    },
  })
}
