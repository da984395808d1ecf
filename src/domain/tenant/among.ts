// What every list across tenants may be narrowed to, and who may narrow it to what.
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import type { Context } from '../context.ts'

/** The members of a list’s input that narrow it to one tenant, or to those of one partner. */
export const AMONG = {
  tenantId: idOf('tenant').optional().describe('Only in this tenant.'),
  partnerId: idOf('partner').optional().describe('Only in this partner’s tenants.'),
}

/**
 * Checks that what a list is narrowed to lies within the caller’s reach.
 * @throws Failure `access_denied`
 */
export async function checkAmong(
  { read, actor }: Pick<Context, 'read' | 'actor'>,
  { tenantId, partnerId }: { readonly tenantId?: string | undefined; readonly partnerId?: string | undefined },
): Promise<void> {
  const { reach } = actor
  if (reach.kind === 'platform') return
  if (tenantId !== undefined && !(await read.tenants.find(reach, tenantId))) throw new Failure('access_denied')
  if (partnerId === undefined) return
  if (reach.kind === 'partner') {
    if (reach.partnerId !== partnerId) throw new Failure('access_denied')
    return
  }
  const own = reach.kind === 'none' ? undefined : await read.tenants.find(reach, reach.tenantId)
  if (own?.partnerId !== partnerId) throw new Failure('access_denied')
}
