// Ends what owners have: codes and approvals that wait, refresh tokens, and tokens with what they were exchanged for.
import type { TokenOwner } from '#database/token-log/token-log.ts'
import type { Unit } from '../context.ts'
import type { CodeOwner } from '../one-time-token/one-time-token.store.ts'

/** Ends all that some owners have, inside a write: first what could still become a token. @returns the number of tokens */
export async function endAll(unit: Unit, owners: readonly TokenOwner[], now: number): Promise<number> {
  let tokens = 0
  for (const owner of owners) {
    const own = codeOwner(owner)
    if (own) {
      await unit.oneTimeTokens.consumeCodes(own, now)
      await unit.deviceAuthorizations.denyApproved(own, now)
      await unit.backchannelAuthentications.denyApproved(own, now)
    }
    // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
    await unit.tokenFamilies.revokeWhere(owner, now)
    tokens += await unit.issuances.revokeWhere(owner, now)
  }
  return tokens
}

/** An owner of codes; undefined for a realm, whose codes end with it. */
export function codeOwner(owner: TokenOwner): CodeOwner | undefined {
  return 'realmId' in owner ? undefined : owner
}
