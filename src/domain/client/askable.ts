// What a client can ask a person for.
import { PLATFORM } from '#kernel/id.ts'
import { OPENID_SCOPES } from '../authorization/authorization-request.ts'
import { ADMIN_SCOPE, isPlatformScope } from '../resource/platform-api.ts'
import type { Resource } from '../resource/resource.ts'
import type { Client } from './client.ts'

/** What stands among the resources of a client for every resource of its tenant. */
export const EVERY_RESOURCE = '*'

/** Whether a list of resources stands for every resource of the tenant. */
export function usesEvery(audiences: readonly string[]): boolean {
  return audiences.length === 1 && audiences[0] === EVERY_RESOURCE
}

/**
 * A client with the scopes and resources that it can ask a person for. A client that registered itself can ask for every
 * scope that a resource of its tenant declares, unless an administrator gave it scopes or resources of its own. One whose
 * resources are `*` can ask for every resource.
 * @param resources the resources of the tenant by identifier
 */
export function askable<Of extends Client>(client: Of, resources: ReadonlyMap<string, Resource>): Of {
  const isDynamic = client.registeredBy === 'dynamic'
  const offered = [...resources.values()].filter(({ id, status }) => id !== PLATFORM && status === 'active')
  const mayHaveEach = usesEvery(client.audiences) || (isDynamic && client.audiences.length === 0)
  const audiences = mayHaveEach ? offered.map(({ identifier }) => identifier) : client.audiences
  if (!isDynamic) return mayHaveEach ? { ...client, audiences } : client
  const declared = offered
    .filter(({ identifier }) => audiences.includes(identifier))
    .flatMap(({ scopes }) => scopes.map(({ name }) => name))
    .filter((scope) => scope !== ADMIN_SCOPE && !isPlatformScope(scope))
  const scopes = client.scopes.length > 0 ? client.scopes : [...new Set([...OPENID_SCOPES, ...declared])]
  return { ...client, audiences, scopes }
}
