// Finds the tenant that an id belongs to.
import type { Connection } from '#database/database.ts'

/** The nouns whose ids lead to a tenant, with the column of their realm or directory. */
const PLACE_COLUMNS = {
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

/** A noun whose id leads to a tenant. */
export type PlacedNoun = keyof typeof PLACE_COLUMNS

/** The place of an object: its tenant, and its realm or directory if it has one. */
export interface Place {
  readonly tenantId: string
  readonly realmId?: string
  readonly directoryId?: string
}

/**
 * Finds the place of an object before the tenant is known, for requests that contain only an id. The result is not
 * shown to callers: the operation reads the object again within the tenant, after the check of the caller's reach.
 */
export async function findPlace({ kysely }: Connection, noun: PlacedNoun, id: string): Promise<Place | undefined> {
  const column = PLACE_COLUMNS[noun]
  const row = await kysely
    .selectFrom(noun as 'user')
    .select('tenant_id')
    .$if(column !== null, (query) => query.select(`${column} as lies_in` as 'directory_id as lies_in'))
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { tenant_id: tenantId, lies_in: placeId } = row
  return { tenantId, ...(placeId !== undefined && { [column === 'realm_id' ? 'realmId' : 'directoryId']: placeId }) }
}
