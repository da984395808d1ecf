// Finds the tenant and the realm of a request to the native API.
import type { Actor, Scope } from '#domain/actor.ts'
import type { Places } from '#domain/places.ts'
import { Failure } from '#kernel/error.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import type { WireRequest } from '../surface.ts'

/**
 * Which tenant a request of the native API is about: that of the realm in its path, the one in `?tenant_id=`, or the
 * caller’s own. An object outside the reach is reported like one that does not exist.
 */
export async function nativeScope(
  path: string,
  operation: AnyOperation | AnyStreamOperation,
  { params, query }: WireRequest,
  places: Places,
  { reach }: Actor,
): Promise<Scope> {
  if (path.includes('{issuer_id}')) return places.realm(params.issuer_id)
  const asked = query.tenant_id
  if (asked === 'platform' && reach.kind === 'platform') return places.platform()
  if (asked !== undefined) return places.tenant(asked)
  if (reach.kind !== 'partner') return places.own()
  if (operation.across) return places.platform()
  throw new Failure('invalid_request', 'Say which tenant it is about: ?tenant_id=…')
}
