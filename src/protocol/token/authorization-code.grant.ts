// The authorization code grant (RFC 6749 §4.1.3).
import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import type { Client } from '#domain/client/client.ts'
import { oneTimeKey } from '#domain/one-time-token/one-time-token.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { matchesChallenge } from '../pkce.ts'
import type { ReadContext } from '../read-context.ts'
import { foundApproval } from './approval.ts'
import { grant, invalidGrant, Refusal } from './grant.ts'

interface Presented {
  readonly code_verifier: string | undefined
  readonly redirect_uri: string | undefined
}

/** RFC 6749 §4.1.3. */
export const authorizationCode = grant({
  type: 'authorization_code',
  parameters: { code: 'needed', code_verifier: 'optional', redirect_uri: 'optional' },
  clients: 'registered',
  async find({ context, client, parameters }) {
    const hash = oneTimeKey(context.crypto, parameters.code)
    const found = await context.read.oneTimeTokens.find<AuthorizationCode>('authorization_code', hash)
    if (!found) throw invalidGrant('code_unknown')
    const code = found.payload
    // A code that another client presents, or that is presented again, is revoked.
    const reason = found.consumedAt === null ? mismatchOf(context, client, code, parameters) : 'code_used'
    if (reason) return revokeReplayed(hash, code, reason)
    if (found.expiresAt <= context.clock.now()) throw invalidGrant('code_expired')
    return foundApproval(code, {
      boundTo: code.boundTo ?? null,
      consume: async (unit, now) =>
        (await unit.oneTimeTokens.consume('authorization_code', hash, now))
          ? undefined
          : revokeReplayed(hash, code, 'code_used'),
    })
  },
})

function mismatchOf(
  { crypto }: ReadContext,
  client: Client,
  code: AuthorizationCode,
  given: Presented,
): RefusalReason | undefined {
  if (code.clientId !== client.id) return 'code_of_other_client'
  if (!matchesChallenge(crypto, code.codeChallenge, given.code_verifier)) return 'pkce_mismatch'
  const isSameUri = given.redirect_uri === undefined || given.redirect_uri === code.redirectUri
  return isSameUri ? undefined : 'redirect_uri_mismatch'
}

// RFC 6749 §4.1.2: what a code that is used twice gave rise to is revoked.
function revokeReplayed(hash: string, code: AuthorizationCode, reason: RefusalReason): Refusal {
  const family = { userId: code.userId, familyId: code.familyId }
  return new Refusal(async (unit, now) => {
    if (await unit.oneTimeTokens.consume('authorization_code', hash, now)) return reason
    // The family first: a refresh that is under way ends before that, and its token is there to be revoked.
    const families = await unit.tokenFamilies.revokeWhere(family, now)
    const tokens = await unit.issuances.revokeWhere(family, now)
    if (tokens + families > 0) {
      unit.emit('authorization_code.replayed', {
        subject: { type: 'client', id: code.clientId },
        result: 'failure',
        data: { familyId: code.familyId, revoked: tokens },
      })
    }
    return reason
  })
}
