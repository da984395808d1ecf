// The scopes that let a client do at protocol endpoints what permissions guard in the admin API.
import type { Permission } from '#kernel/permission.ts'

/** The scope of clients that end what a person has, by Global Token Revocation. */
export const GLOBAL_REVOCATION_SCOPE = 'global_token_revocation'
/** The scopes of receivers of Shared Signals: to keep streams, and to read them. */
export const SSF_SCOPES = { manage: 'ssf.manage', read: 'ssf.read' } as const

interface Guarded {
  readonly scopes: readonly string[]
  readonly permissions: readonly Permission[]
}

/** Whoever can give a scope can do what it opens, so giving it needs the permissions. */
const GUARDED: readonly Guarded[] = [
  { scopes: [GLOBAL_REVOCATION_SCOPE], permissions: ['revocations:write', 'sessions:write'] },
  // A stream tells of the sessions and credentials of everybody.
  { scopes: [SSF_SCOPES.manage], permissions: ['sessions:read', 'users:read'] },
]

/** The permissions that giving these scopes needs. */
export function permissionsForScopes(scopes: readonly string[] = []): Permission[] {
  return GUARDED.flatMap((guarded) =>
    guarded.scopes.some((scope) => scopes.includes(scope)) ? guarded.permissions : [],
  )
}

/** What operations on clients and agents need besides their own permission, as their reference says it. */
export const GIVES_SCOPES = GUARDED.flatMap(({ scopes, permissions }) =>
  permissions.map((permission) => ({
    permission,
    when: `a client or agent has, or gets, the scope ${scopes.join(' or ')}`,
  })),
)
