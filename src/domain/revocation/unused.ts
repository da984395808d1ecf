// Refuses to delete what has valid tokens.
import type { TokenOwner } from '#database/token-log/token-log.ts'
import { Failure } from '#kernel/error.ts'
import type { Unit } from '../context.ts'

/** @throws Failure `conflict` where there is a valid access token or refresh token */
export async function checkUnused({ revocations }: Unit, owner: TokenOwner, now: number): Promise<void> {
  const none = {
    subject: { type: '', id: '' },
    tokenIds: [],
    sessions: null,
    grantId: null,
    userId: null,
    clientId: null,
  }
  const { tokens, refreshTokens } = await revocations.radius({ ...none, owners: [owner] }, now)
  if (tokens.count + refreshTokens === 0) return
  throw new Failure('conflict', `It has ${tokens.count} valid tokens and ${refreshTokens} refresh tokens.`)
}
