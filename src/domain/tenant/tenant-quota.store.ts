import type { Kysely } from 'kysely'
import type { Schema } from '#database/schema.ts'
import { countUsers } from '../user/user-row.store.ts'

/** How many of what partners limit a tenant has, or may have. */
export interface Quota<Count = number> {
  readonly users: Count
  readonly applications: Count
}

/** How many of a noun a tenant may have; where there is a limit, other writes wait with theirs. */
export async function lockQuota(kysely: Kysely<Schema>, tenantId: string, of: keyof Quota): Promise<number | null> {
  if ((await quotaOf(kysely, tenantId))?.[of] == null) return null
  await kysely.selectFrom('tenant').select('id').where('id', '=', tenantId).forNoKeyUpdate().execute()
  // Whoever had it before may have moved it to another partner.
  return (await quotaOf(kysely, tenantId))?.[of] ?? null
}

async function quotaOf(kysely: Kysely<Schema>, tenantId: string): Promise<Quota<number | null> | undefined> {
  return kysely
    .selectFrom('tenant')
    .innerJoin('partner', 'partner.id', 'tenant.partner_id')
    .select(['partner.max_users_per_tenant as users', 'partner.max_applications_per_tenant as applications'])
    .where('tenant.id', '=', tenantId)
    .executeTakeFirst()
}

/** How many a tenant has, without what its administrators’ realm came with. */
export async function usageOf(kysely: Kysely<Schema>, tenantId: string): Promise<Quota> {
  const { count } = await kysely
    .selectFrom('application')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('realm_id', 'in', (row) =>
      row.selectFrom('realm').select('id').where('tenant_id', '=', tenantId).where('kind', '!=', 'admin'),
    )
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return { users: await countUsers(kysely, tenantId), applications: Number(count) }
}
