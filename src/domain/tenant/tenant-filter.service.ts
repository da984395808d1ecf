// Checks that a list's tenant filter is within the caller's reach.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'

/** Checks that a tenant filter is within the caller’s reach. @throws Failure `access_denied` */
export async function checkTenantFilter(
  { read, actor }: Pick<Context, 'read' | 'actor'>,
  { tenantId, partnerId }: { readonly tenantId?: string | undefined; readonly partnerId?: string | undefined },
): Promise<void> {
  const { reach } = actor
  if (reach.kind === 'platform') return
  if (tenantId !== undefined && !(await read.acrossTenants.tenants.find(reach, tenantId)))
    throw new Failure('access_denied')
  if (partnerId === undefined) return
  if (reach.kind === 'partner') {
    if (reach.partnerId !== partnerId) throw new Failure('access_denied')
    return
  }
  const own = reach.kind === 'none' ? undefined : await read.acrossTenants.tenants.find(reach, reach.tenantId)
  if (own?.partnerId !== partnerId) throw new Failure('access_denied')
}
