// The session of a client that a person approved in another place: it ends together with the client's tokens.
import { userActor } from '../actor.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Session } from '../session/session.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'

/** Where the client is: its IP address, and its program. */
type Origin = Pick<Session, 'ip' | 'userAgent'>

/** Who lets a client in: the user, with what the user proved for it. */
export interface LetIn {
  readonly session: Pick<Session, 'userId' | 'amr' | 'aal' | 'authenticatedAt' | 'tenantId' | 'realmId'>
  readonly user: SignedIn['user']
}

/**
 * Prepares a session for a client that a person approves. Its secret is discarded, so no browser can use it.
 * @param signedIn the person, as the approval was proven
 * @param isGiven whether the caller approves in the name of the user
 * @returns what begins it inside the write of the approval
 */
export function sessionElsewhere(
  { clock, crypto, random, scope }: Context,
  { session: own, user }: LetIn,
  { id, client, isGiven }: { readonly id: string; readonly client: Client; readonly isGiven?: true },
): (unit: Unit, origin: Origin) => Promise<void> {
  const secretHash = crypto.digest(random.secret())
  return async (unit, { ip, userAgent }) => {
    const now = clock.now()
    const { userId, amr, aal, authenticatedAt, tenantId, realmId } = own
    const expiresAt = now + realmOf(scope).policy.sessionLifetime * 1000
    const session: Session = {
      ...{ id, tenantId, realmId, userId, secretHash, amr, aal, ip, userAgent, authenticatedAt },
      ...{ createdAt: now, lastSeenAt: now, expiresAt, endedAt: null },
    }
    await unit.sessions.insert(session)
    unit.emit('session.started', {
      subject: { type: 'session', id },
      ...(!isGiven && { actor: userActor(user) }),
      data: { userId, amr, aal, renewed: false, expiresAt, clientId: client.clientId },
    })
  }
}
