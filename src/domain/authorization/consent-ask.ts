// Computes which scopes of which resources a request needs consent for.
import type { Grant } from '../grant/grant.ts'
import type { Resource } from '../resource/resource.ts'
import { type AuthorizationRequest, OPENID_SCOPES } from './authorization-request.ts'

/** The scopes that a request needs at one resource; the empty text is the realm itself. */
export interface ConsentRequest {
  readonly resource: string
  readonly scopes: readonly string[]
}

/**
 * Groups the requested scopes by resource, because consents are stored per resource. A scope belongs to each requested
 * resource that defines it, and to the realm if no resource defines it.
 * @param resourcesByIdentifier the tenant’s resources by identifier
 */
export function consentRequestsOf(
  request: Pick<AuthorizationRequest, 'scopes' | 'resources' | 'claims'>,
  resourcesByIdentifier: ReadonlyMap<string, Resource>,
): ConsentRequest[] {
  const { resources } = request
  const scopes = [...new Set([...request.scopes, ...(request.claims?.scopes ?? [])])]
  const declares = (identifier: string, scope: string) =>
    !OPENID_SCOPES.has(scope) &&
    resourcesByIdentifier.get(identifier)?.scopes.some(({ name }) => name === scope) === true
  const own = scopes.filter((scope) => !resources.some((identifier) => declares(identifier, scope)))
  const requested = resources.map((identifier) => ({
    resource: identifier,
    scopes: scopes.filter((scope) => declares(identifier, scope)),
  }))
  return own.length > 0 || requested.length === 0 ? [{ resource: '', scopes: own }, ...requested] : requested
}

/** Whether the granted scopes include all requested scopes of each resource. */
export function areGranted(
  grants: readonly (Pick<Grant, 'scopes'> | undefined)[],
  requested: readonly ConsentRequest[],
): boolean {
  return requested.every(({ scopes }, index) => {
    const grant = grants[index]
    return grant !== undefined && scopes.every((scope) => grant.scopes.includes(scope))
  })
}
