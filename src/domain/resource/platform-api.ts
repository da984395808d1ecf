// The admin API as a resource like any other. It is the platform's and every tenant has it, so it is no row that a
// tenant could change or delete, and it is where the configuration says that it is.
import { PLATFORM } from '#kernel/id.ts'
import type { Settings } from '../settings.ts'
import type { Resource } from './resource.ts'

/** The admin API’s slug in every tenant’s catalogue (SemAuth, “The APIs catalog”). */
export const PLATFORM_API = 'semauth-admin-api'

/** The scope without which no token opens the admin API (SemAuth, “How access works”). */
export const ADMIN_SCOPE = 'management:full'

/** The scopes with which a program of the operator administers the platform (ScaiKey, “Authentication”): to see, to change. */
export const PLATFORM_SCOPES = { read: 'admin:read', write: 'admin:write' } as const

/** Whether a scope opens the platform, so that only the operator’s own programs may have it. */
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
    scopes: [{ name: ADMIN_SCOPE, description: 'Administer everything in the organization' }],
    status: 'active',
    version: 1,
    createdAt: 0,
    updatedAt: 0,
  }
}

/** Whether a name is one of the admin API’s, which no resource of a tenant may have. */
export function isPlatformApi({ adminUrl }: Pick<Settings, 'adminUrl'>, name: string): boolean {
  return name === PLATFORM_API || name === adminUrl
}
