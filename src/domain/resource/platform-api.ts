// The admin API as a resource. Every tenant has it. It has no row, so that no tenant can change or delete it, and its
// identifier follows from the configuration.

import { PLATFORM } from '#kernel/id.ts'
import { PLATFORM_API } from '#kernel/product-words.ts'
import type { Settings } from '../settings.ts'
import { isSameIdentifier, NO_BROKER, type Resource } from './resource.ts'

/** The scope that a token for the admin API needs. */
export const ADMIN_SCOPE = 'management:full'

/** The scopes of the operator's programs for administering the platform: to read, and to change. */
export const PLATFORM_SCOPES = { read: 'admin:read', write: 'admin:write' } as const

/** Whether only the operator's own programs can have a scope, because it gives access to the platform. */
export function isPlatformScope(scope: string): boolean {
  return scope === PLATFORM_SCOPES.read || scope === PLATFORM_SCOPES.write
}

/**
 * The admin API among a tenant’s resources. Its identifier, and so the audience of its tokens, is the admin URL.
 * @returns a resource whose id is {@link PLATFORM}
 */
export function platformApi({ adminUrl }: Pick<Settings, 'adminUrl'>, tenantId: string): Resource {
  return {
    id: PLATFORM,
    tenantId,
    identifier: adminUrl,
    slug: PLATFORM_API,
    name: 'Admin API',
    backend: 'mint',
    ...NO_BROKER,
    scopes: [{ name: ADMIN_SCOPE, description: 'Administer everything that you can administer' }],
    authorizationDetailsTypes: [],
    exchangeClients: [],
    runtimeClients: [],
    mappedClaims: [],
    signingAlgorithm: null,
    status: 'active',
    version: 1,
    createdAt: 0,
    updatedAt: 0,
  }
}

/** Whether a name belongs to the admin API, so that no resource of a tenant can have it. */
export function isPlatformApi({ adminUrl }: Pick<Settings, 'adminUrl'>, name: string): boolean {
  return name === PLATFORM_API || isSameIdentifier(name, adminUrl)
}
