// Computes which scopes and authorization details of which resources a request needs consent for.
import type { Grant } from '../grant/grant.ts'
import { detailsAt } from '../resource/detail-type.ts'
import type { Resource } from '../resource/resource.ts'
import { type AuthorizationDetail, isSameDetail } from './authorization-detail.ts'
import { type AuthorizationRequest, OPENID_SCOPES } from './authorization-request.ts'

/** The scopes that a request needs at one resource; the empty text is the realm itself. */
export interface ConsentRequest {
  readonly resource: string
  readonly scopes: readonly string[]
  readonly details: readonly AuthorizationDetail[]
}

/**
 * Groups the requested scopes by resource, because consents are stored per resource. A scope belongs to each requested
 * resource that defines it, and to the realm if no resource defines it.
 * @param resourcesByIdentifier the tenant’s resources by identifier
 */
export function consentRequestsOf(
  request: Pick<AuthorizationRequest, 'scopes' | 'resources' | 'claims' | 'details'>,
  resourcesByIdentifier: ReadonlyMap<string, Resource>,
): ConsentRequest[] {
  const { resources, details = [] } = request
  const scopes = [...new Set([...request.scopes, ...(request.claims?.scopes ?? [])])]
  const declares = (identifier: string, scope: string) =>
    !OPENID_SCOPES.has(scope) &&
    resourcesByIdentifier.get(identifier)?.scopes.some(({ name }) => name === scope) === true
  const own = scopes.filter((scope) => !resources.some((identifier) => declares(identifier, scope)))
  const requested = resources.map((identifier) => ({
    resource: identifier,
    scopes: scopes.filter((scope) => declares(identifier, scope)),
    details: detailsAt(details, resourcesByIdentifier.get(identifier)),
  }))
  return own.length > 0 || requested.length === 0
    ? [{ resource: '', scopes: own, details: [] }, ...requested]
    : requested
}

/** Whether the grants include all requested scopes and, unchanged, all requested details of each resource. */
export function areGranted(
  grants: readonly (Pick<Grant, 'scopes' | 'details'> | undefined)[],
  requested: readonly ConsentRequest[],
): boolean {
  return requested.every(({ scopes, details }, index) => {
    const grant = grants[index]
    if (grant === undefined || !scopes.every((scope) => grant.scopes.includes(scope))) return false
    return details.every((detail) => grant.details.some((granted) => isSameDetail(granted, detail)))
  })
}
