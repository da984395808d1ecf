// Finds and revokes issued tokens.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Issuance } from './issuance.ts'

/** @throws Failure `not_found` */
export function getIssuance(context: Context, id: string): Promise<Issuance> {
  return requireIssuance(context, context.read, id)
}

/** Revokes a token of the realm; a revoked token stays as it is. @throws Failure `not_found` */
export async function revokeIssuance(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const issuance = await requireIssuance(context, unit, id)
    if (!(await unit.issuances.revoke(id, context.clock.now()))) return
    const named = await unit.clients.find(issuance.realmId, issuance.clientId)
    unit.emit('token.revoked', {
      subject: { type: 'issuance', id },
      realmId: issuance.realmId,
      data: { clientId: named?.client.clientId ?? null, userId: issuance.userId, why: 'revoked' },
    })
  })
}

/** The record of an access token of the realm, by its value. @throws Failure `not_found` */
export async function issuanceOfToken(context: Context, stores: Stores, token: string): Promise<Issuance> {
  const jti = jtiOf(token)
  const presented = jti === undefined ? undefined : await stores.issuances.findToken(jti)
  const { crypto } = context
  if (!presented || !crypto.equal(presented.tokenHash, crypto.digest(token))) throw new Failure('not_found')
  return requireIssuance(context, stores, presented.id)
}

/** The `jti` that a JWT says it has; its record decides whether that is so. */
function jtiOf(token: string): string | undefined {
  const [, payload = ''] = token.split('.')
  try {
    const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {}
    return typeof jti === 'string' ? jti : undefined
  } catch {
    return undefined
  }
}

async function requireIssuance({ scope }: Pick<Context, 'scope'>, stores: Stores, id: string): Promise<Issuance> {
  const realm = realmOf(scope)
  const issuance = await stores.issuances.find(id)
  if (issuance?.realmId !== realm.id) throw new Failure('not_found')
  return issuance
}
