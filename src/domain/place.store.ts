import type { Connection } from '#database/database.ts'

/** The nouns whose ids lead to a tenant, by the column that tells where in it they are. */
const LIES_IN = {
  user: 'directory_id',
  group: 'directory_id',
  organization: 'directory_id',
  application: 'realm_id',
  client: 'realm_id',
  agent: 'realm_id',
  identity_provider: 'realm_id',
  session: 'realm_id',
  role: 'realm_id',
  project: 'realm_id',
  resource: null,
  webhook: null,
} as const

/** A noun whose id leads to where it lies. */
export type PlacedNoun = keyof typeof LIES_IN

/** Where a thing lies: its tenant, and its realm or directory where it has one. */
export interface Place {
  readonly tenantId: string
  readonly realmId?: string
  readonly directoryId?: string
}

/**
 * Finds where a thing lies, before any tenant is known: that is how a request that names only the thing gets its tenant.
 * What it finds is shown to nobody; the operation reads it again within the tenant, once the caller was found to reach it.
 */
export async function findPlace({ kysely }: Connection, noun: PlacedNoun, id: string): Promise<Place | undefined> {
  const column = LIES_IN[noun]
  const row = await kysely
    .selectFrom(noun as 'user')
    .select('tenant_id')
    .$if(column !== null, (query) => query.select(`${column} as lies_in` as 'directory_id as lies_in'))
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { tenant_id: tenantId, lies_in: liesIn } = row
  return { tenantId, ...(liesIn !== undefined && { [column === 'realm_id' ? 'realmId' : 'directoryId']: liesIn }) }
}
