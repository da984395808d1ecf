// What the grants that begin with a person’s approval have in common.
import type { Bound } from '../binding/binding.ts'
import type { Approval, Consume, Found } from './grant.ts'

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
    responseMembers: {},
  }
}
