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

async function requireIssuance({ scope }: Pick<Context, 'scope'>, stores: Stores, id: string): Promise<Issuance> {
  const realm = realmOf(scope)
  const issuance = await stores.issuances.find(id)
  if (issuance?.realmId !== realm.id) throw new Failure('not_found')
  return issuance
}
