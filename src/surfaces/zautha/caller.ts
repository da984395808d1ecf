// Finds the caller of a request to Zautha’s admin API.
import { Failure } from '#kernel/error.ts'
import { bearerOf } from '../bearer.ts'
import { ADMINISTRATORS } from '../callers.ts'
import type { Surface } from '../surface.ts'

const { superAdmin, tenantAdmin, managementClient } = ADMINISTRATORS
export const HOLDERS = [superAdmin, tenantAdmin, managementClient]

/** Whose credential a request has, with all that the holder reaches. @throws Failure `unauthenticated`, `forbidden` */
export async function holderOf(...[request, authenticators]: Parameters<Surface['authenticate']>) {
  const isCookie = request.headers.authorization === undefined && request.headers.cookie !== undefined
  const holder = isCookie
    ? await authenticators.adminSession(request)
    : await authenticators.adminToken(bearerOf(request, 'Send an access token: Authorization: Bearer …').token)
  const { tenantId } = holder
  if (tenantId !== undefined && holder.reach.kind !== 'partner') return { holder, tenantId }
  throw new Failure('forbidden', 'The token is of no tenant’s administrator.')
}
