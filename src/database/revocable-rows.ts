// The lists of a realm's rows that are revoked and not deleted, as grants are.
import { decodeCursor } from '#kernel/page.ts'
import type { IndexedList, IndexFilter, ResidualFilter } from './indexed-list.ts'

interface RevocableQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly criteria: readonly IndexFilter[]
  /** Whether revoked rows are listed too. */
  readonly revoked: boolean
}

/** The rows of a query, newest first: one more than a page. Without criteria, the index of the realm is read. */
export function revocableRows(
  table: string,
  tenantId: string,
  realmId: string,
  { limit, cursor, criteria, revoked }: RevocableQuery,
): IndexedList<string> {
  const valid: ResidualFilter[] = revoked ? [] : [['revoked_at', 'is', null]]
  return {
    table,
    tenantId,
    position: 'id',
    from: '',
    before: cursor === undefined ? 'g' : decodeCursor(cursor),
    indexFilters: criteria.length > 0 ? criteria : [{ column: 'realm_id', values: [realmId] }],
    residualFilters: criteria.length > 0 ? [['realm_id', '=', realmId], ...valid] : valid,
    limit: limit + 1,
  }
}
