// Counts what no counter counts: people with a second factor, API keys and identity providers of one tenant.
import { type Connection, longReadsOf } from '#database/database.ts'
import { PLATFORM } from '#kernel/id.ts'

/** Numbers of one tenant. */
export interface Counted {
  readonly secondFactors: number
  readonly apiKeys: number
  readonly expiringApiKeys: number
  readonly connections: number
  readonly enabledConnections: number
}

export type TenantFigures = ReturnType<typeof tenantFigures>

/** The numbers of one tenant. */
export function tenantFigures(connection: Connection, tenantId: string) {
  return {
    /** @param times.within milliseconds in which an API key expires that is counted as expiring */
    count: (times: { readonly now: number; readonly within: number }): Promise<Counted> =>
      countOfTenant(connection, tenantId, times),
  }
}

async function countOfTenant(
  connection: Connection,
  tenantId: string,
  { now, within }: { readonly now: number; readonly within: number },
): Promise<Counted> {
  const kysely = longReadsOf(connection)
  const people = await kysely
    .selectFrom('authenticator')
    .select(({ fn }) => fn.count<number>('user_id').distinct().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('kind', '!=', 'recovery_code')
    .executeTakeFirstOrThrow()
  const keys = await kysely
    .selectFrom('api_key')
    .select('expires_at')
    .where('tenant_id', 'in', [tenantId, PLATFORM])
    .where('revoked_at', 'is', null)
    .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .execute()
  const providers = await kysely
    .selectFrom('identity_provider')
    .select('enabled')
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute()
  return {
    secondFactors: Number(people.count),
    apiKeys: keys.length,
    expiringApiKeys: keys.filter(({ expires_at: at }) => at !== null && Number(at) <= now + within).length,
    connections: providers.length,
    enabledConnections: providers.filter(({ enabled }) => Boolean(enabled)).length,
  }
}
