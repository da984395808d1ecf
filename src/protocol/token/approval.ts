// What the grants that begin with a person’s approval have in common.
import { POLL_INTERVAL, type PolledRow } from '#domain/device-authorization/device-authorization.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import type { Bound } from '../binding/binding.ts'
import type { ReadContext } from '../read-context.ts'
import { type Approval, type Consume, type ConsumeUnit, type Found, invalidGrant, Refusal, refuse } from './grant.ts'

/** What a grant found that begins with an approval: a family begins, and `scope` cannot narrow it yet. */
export function foundApproval(approval: Approval, { boundTo, consume }: { boundTo: Bound; consume: Consume }): Found {
  return {
    subject: approval,
    allowed: {
      scopes: approval.scopes,
      resources: approval.resources,
      details: approval.details ?? [],
      narrows: false,
    },
    boundTo,
    consume,
    refreshFamily: { begins: approval },
    nonce: approval.nonce,
    delegation: null,
    upstream: null,
    responseMembers: {},
  }
}

/** What is polled for: the row, what was approved, and where the row is counted and spent. */
export interface Polled {
  readonly row: PolledRow
  readonly approved: Pick<Approval, 'scopes' | 'resources' | 'details' | 'organizationId'> & {
    readonly userId: string | null
  }
  readonly rows: (unit: ConsumeUnit) => Pick<ConsumeUnit['deviceAuthorizations'], 'poll' | 'consume'>
  readonly usedReason: RefusalReason
}

/**
 * What a poll finds (RFC 8628 §3.5, CIBA §11): tokens once, and an error before and after.
 * @throws Failure `expired_token`, `access_denied`, `invalid_grant`
 */
export async function foundByPoll(context: ReadContext, polled: Polled): Promise<Found | Refusal> {
  const { row, rows, usedReason } = polled
  if (row.consumedAt !== null) throw invalidGrant(usedReason)
  if (row.expiresAt <= context.clock.now()) throw new Failure('expired_token')
  if (row.status === 'denied') throw new Failure('access_denied')
  // Only who waits can poll too often: a decision is returned at once.
  if (row.status === 'pending') {
    return new Refusal(async (unit, now) =>
      (await rows(unit).poll(row.id, now, POLL_INTERVAL)) ? 'authorization_pending' : 'slow_down',
    )
  }
  return foundApproval(await approvalElsewhere(context, polled), {
    boundTo: null,
    consume: async (unit, now) => ((await rows(unit).consume(row.id, now)) ? undefined : refuse(usedReason)),
  })
}

/** What a person approved in another place than the client is. @throws Failure `invalid_grant` if the session ended */
export async function approvalElsewhere(
  { read, scope }: ReadContext,
  { row, approved }: Pick<Polled, 'row' | 'approved'>,
): Promise<Approval> {
  const { clientId, sessionId, familyId } = row
  const { userId } = approved
  const session = sessionId === null ? undefined : await read.sessions.find(realmOf(scope).id, sessionId)
  if (!session || session.endedAt !== null || userId === null || familyId === null) throw invalidGrant('session_ended')
  const { id, amr, aal, authenticatedAt } = session
  return { ...approved, userId, clientId, sessionId: id, familyId, nonce: null, acr: `aal${aal}`, amr, authenticatedAt }
}
