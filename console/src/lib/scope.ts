// Owns which tenant and realm a page is about. They stand in its address, so that it can be sent to a colleague.
import { useParams } from '@tanstack/react-router'
import { currentMe } from './me.ts'
import type { Operation } from './operations.ts'

/** The tenant by its id, and the realm by its issuer id; each empty where there is none. */
export interface Scope {
  readonly tenant: string
  readonly realm: string
}

const NONE = '-'
const KEPT = 'countersign-scope'

/** The scope of the page that is shown. */
export function useScope(): Scope {
  const { tenant = NONE, realm = NONE } = useParams({ strict: false }) as { tenant?: string; realm?: string }
  return { tenant: tenant === NONE ? '' : tenant, realm: realm === NONE ? '' : realm }
}

/** A scope as it stands in addresses. */
export function scopeParams({ tenant, realm }: Scope): { tenant: string; realm: string } {
  return { tenant: tenant || NONE, realm: realm || NONE }
}

/** The scope that somebody begins with: the one of last time, else the caller's own tenant and its first realm. */
export function firstScope(): Scope {
  const me = currentMe()
  const own = { tenant: me?.tenant?.id ?? '', realm: me?.realms[0]?.issuer_id ?? '' }
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Scope | null
    const mayWander = me?.reach === 'platform' || me?.reach === 'partner'
    const isOwn = me?.realms.some(({ issuer_id: id }) => id === kept?.realm)
    if (kept && (isOwn || mayWander)) return kept
  } catch {
    // Nothing was kept.
  }
  return own
}

/** Remembers a scope for the next page without one. */
export const keepScope = (scope: Scope): void => sessionStorage.setItem(KEPT, JSON.stringify(scope))

/** What the input of an operation has because of the scope. */
export function scopeInput(operation: Operation, { tenant, realm }: Scope): Record<string, string> {
  if (operation.inRealm) return { issuer_id: realm }
  const reach = currentMe()?.reach
  const isWide = reach === 'platform' || reach === 'partner'
  return operation.takesTenant && isWide && tenant !== '' && operation.noun !== 'tenant' ? { tenant_id: tenant } : {}
}

/** Whether a page about an operation can be shown in a scope. */
export const isInScope = (operation: Operation, { realm }: Scope): boolean => !operation.inRealm || realm !== ''

/** Where a link or a navigation leads. The router knows the addresses of pages only by their patterns. */
export interface LinkTarget {
  readonly to: '/'
  readonly search?: never
}

/**
 * The address of a page in a scope, or of one thing on it.
 * @param search what stands in the query
 */
export function linkTo(
  scope: Scope,
  page: string,
  key?: string,
  search?: Readonly<Record<string, string>>,
): LinkTarget {
  const to = key === undefined ? '/t/$tenant/$realm/$page' : '/t/$tenant/$realm/$page/$key'
  return {
    to,
    params: { ...scopeParams(scope), page, ...(key !== undefined && { key }) },
    ...(search && { search }),
  } as unknown as LinkTarget
}
