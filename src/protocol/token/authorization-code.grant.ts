import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Parameters } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { beginFamily } from './begin-family.ts'
import type { Grant } from './grant.ts'

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
    const response = await beginFamily(context, client, {
      grantType: 'authorization_code',
      approved: code,
      form,
      consume: async (unit, now) => Boolean(await unit.oneTimeTokens.consume('authorization_code', hash, now)),
    })
    if (response) return response
    await burn(context, hash, code)
    throw new Failure('invalid_grant')
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

// RFC 6749 §4.1.2: what a code that is used twice gave rise to is revoked.
async function burn(context: Context, hash: string, code: AuthorizationCode): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    if (await unit.oneTimeTokens.consume('authorization_code', hash, now)) return
    // The family first: a refresh that is under way ends before that, and its token is there to be revoked.
    const families = await unit.tokenFamilies.revokeWhere({ userId: code.userId, familyId: code.familyId }, now)
    const tokens = await unit.issuances.revokeWhere({ userId: code.userId, familyId: code.familyId }, now)
    if (tokens + families === 0) return
    unit.emit('authorization_code.replayed', {
      subject: { type: 'client', id: code.clientId },
      result: 'failure',
      data: { familyId: code.familyId, revoked: tokens },
    })
  })
}
