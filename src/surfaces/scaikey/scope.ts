// What requests of the ScaiKey surface are about: the tenant that a body names, or the one where a thing lies.
import type { PlacedNoun } from '#domain/place.store.ts'
import { Failure, flawed } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { parseId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'

/** Above all tenants for who reaches several, whose lists are bound to that reach; otherwise the caller’s own one. */
export const acrossTenants: Route['scope'] = async (_request, places, { reach }) =>
  reach.kind === 'platform' || reach.kind === 'partner' ? places.platform() : places.own()

/**
 * The tenant that a body names, and the realm that it came with; the caller’s own where it names none, which is only for
 * who has one. @throws Failure `invalid_input` for none or what is no id, `not_found`, `access_denied`
 */
export const homeAsked: Route['scope'] = async ({ body }, places, { reach }) => {
  const asked = tenantNamed(body)
  if (asked === undefined && (reach.kind === 'platform' || reach.kind === 'partner'))
    throw flawedTenant('Field required')
  try {
    return await places.home(asked)
  } catch (error) {
    throw error instanceof Failure && error.code === 'not_found' ? new Failure('not_found', 'Tenant not found') : error
  }
}

/** A list of all tenants within reach. */
export const acrossPartners = { scope: acrossTenants, reach: 'tenant' } as const

/** Where a thing lies that the path names by its id. */
export const placeOf =
  (noun: PlacedNoun): Route['scope'] =>
  async ({ params }, places) =>
    places.ofObject(noun, params.id)

const tenant_id = idOf('tenant').optional().describe('The tenant that it is in.')

/** A row that creates something in the tenant that its body names. */
export const inTenantOfBody = { scope: homeAsked, checked: { tenant_id } } as const

/**
 * A row that changes something, whose body may name its tenant and not change it.
 * @param place where the thing lies @param checked further members that are only checked
 * @throws Failure `invalid_input` for another tenant, `access_denied` for one out of reach, `not_found`
 */
export function inSameTenant(place: Route['scope'], checked = {}) {
  const scope: Route['scope'] = async (request, places, actor) => {
    const scope = await place(request, places, actor)
    const asked = tenantNamed(request.body)
    if (asked === undefined || asked === scope.tenantId) return scope
    await places.tenant(asked)
    throw flawedTenant('cannot be changed')
  }
  return { scope, checked: { tenant_id, ...checked } }
}

function tenantNamed(body: unknown): string | undefined {
  const named = typeof body === 'object' && body !== null ? (body as { tenant_id?: unknown }).tenant_id : undefined
  // Null names no tenant. A row refuses it where its body must not have it.
  if (named === undefined || named === null) return undefined
  const id = typeof named === 'string' ? parseId('tenant', named) : undefined
  if (id === undefined) throw flawedTenant('not the id of a tenant')
  return id
}

function flawedTenant(message: string): Failure {
  return flawed('body.tenant_id', message)
}
