// The kinds of callers of the admin surfaces, and their permissions.

import type { Reach } from '#domain/actor.ts'
import { EVERYTHING } from '#kernel/permission.ts'

/** A kind of caller that a surface lets in, and what it may at most: a key may have been given less. */
export interface Caller {
  readonly name: string
  readonly reach: Exclude<Reach['kind'], 'none'>
  readonly permissions: readonly string[]
}

const ALL = [...EVERYTHING]

/** Who administers with an access token of an admin realm. */
export const ADMINISTRATORS = {
  superAdmin: { name: 'super_admin', reach: 'platform', permissions: ALL },
  partnerAdmin: { name: 'partner_admin', reach: 'partner', permissions: ALL },
  tenantAdmin: { name: 'tenant_admin', reach: 'tenant', permissions: ALL },
  managementClient: { name: 'sa_mgmt_ client', reach: 'tenant', permissions: ALL },
} as const satisfies Record<string, Caller>

/** Who administers with an API key. */
export const KEYS: readonly Caller[] = [
  { name: 'platform key', reach: 'platform', permissions: ALL },
  { name: 'tenant key', reach: 'tenant', permissions: ALL },
  { name: 'realm key', reach: 'realm', permissions: ALL },
]

/** Which programs of the operator administer with a platform token (ScaiKey, “Authentication”). */
export const PLATFORM_TOKENS: readonly Caller[] = [
  { name: 'admin:read token', reach: 'platform', permissions: ['*:read'] },
  { name: 'admin:write token', reach: 'platform', permissions: ALL },
]
