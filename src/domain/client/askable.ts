// What a client can ask a person for.
import { PLATFORM } from '#kernel/id.ts'
import { OPENID_SCOPES } from '../authorization/authorization-request.ts'
import { ADMIN_SCOPE, isPlatformScope } from '../resource/platform-api.ts'
import type { Resource } from '../resource/resource.ts'
import type { Client } from './client.ts'

/**
 * A client with the scopes and resources that it can ask a person for. A client that registered itself can ask for every
 * scope that a resource of its tenant declares, unless an administrator gave it scopes or resources of its own.
 * @param resources the resources of the tenant by identifier
 */
export function askable<Of extends Client>(client: Of, resources: ReadonlyMap<string, Resource>): Of {
  if (client.registeredBy !== 'dynamic') return client
  const offered = [...resources.values()].filter(({ id, status }) => id !== PLATFORM && status === 'active')
  const audiences = client.audiences.length > 0 ? client.audiences : offered.map(({ identifier }) => identifier)
  const declared = offered
    .filter(({ identifier }) => audiences.includes(identifier))
    .flatMap(({ scopes }) => scopes.map(({ name }) => name))
    .filter((scope) => scope !== ADMIN_SCOPE && !isPlatformScope(scope))
  const scopes = client.scopes.length > 0 ? client.scopes : [...new Set([...OPENID_SCOPES, ...declared])]
  return { ...client, audiences, scopes }
}
