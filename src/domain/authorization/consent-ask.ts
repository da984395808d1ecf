import type { Grant } from '../grant/grant.ts'
import type { Resource } from '../resource/resource.ts'
import { type AuthorizationRequest, OPENID_SCOPES } from './authorization-request.ts'

/** What a request asks a person to allow at one resource; the empty text stands for the realm itself. */
export interface ConsentAsk {
  readonly resource: string
  readonly scopes: readonly string[]
}

/**
 * What a request asks for, by resource: grants are remembered so. A scope belongs to every requested resource that
 * declares it, and to the realm where none does.
 * @param known the tenant’s resources by identifier
 */
export function asksOf(
  { scopes, resources }: Pick<AuthorizationRequest, 'scopes' | 'resources'>,
  known: ReadonlyMap<string, Resource>,
): ConsentAsk[] {
  const declares = (identifier: string, scope: string) =>
    !OPENID_SCOPES.has(scope) && known.get(identifier)?.scopes.some(({ name }) => name === scope) === true
  const own = scopes.filter((scope) => !resources.some((identifier) => declares(identifier, scope)))
  const asks = resources.map((identifier) => ({
    resource: identifier,
    scopes: scopes.filter((scope) => declares(identifier, scope)),
  }))
  return own.length > 0 || asks.length === 0 ? [{ resource: '', scopes: own }, ...asks] : asks
}

/** Whether what was granted covers what is asked, resource by resource. */
export function covers(grants: readonly (Pick<Grant, 'scopes'> | undefined)[], asks: readonly ConsentAsk[]): boolean {
  return asks.every(({ scopes }, index) => {
    const grant = grants[index]
    return grant !== undefined && scopes.every((scope) => grant.scopes.includes(scope))
  })
}
