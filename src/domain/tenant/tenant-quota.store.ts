// Reads a tenant's limits and the numbers that count towards them.
import type { Kysely } from 'kysely'
import type { Schema } from '#database/schema.ts'
import { countUsers } from '../user/user-row.store.ts'

/** The numbers, or the limits, of the nouns that partners limit. */
export interface Quota<Count = number> {
  readonly users: Count
  readonly applications: Count
}

/** A tenant's limit for a noun; it locks the limit until the write ends. */
export async function lockQuota(kysely: Kysely<Schema>, tenantId: string, noun: keyof Quota): Promise<number | null> {
  if ((await quotaOf(kysely, tenantId))?.[noun] == null) return null
  await kysely.selectFrom('tenant').select('id').where('id', '=', tenantId).forNoKeyUpdate().execute()
  // A concurrent write may have moved the tenant to another partner.
  return (await quotaOf(kysely, tenantId))?.[noun] ?? null
}

async function quotaOf(kysely: Kysely<Schema>, tenantId: string): Promise<Quota<number | null> | undefined> {
  return kysely
    .selectFrom('tenant')
    .innerJoin('partner', 'partner.id', 'tenant.partner_id')
    .select(['partner.max_users_per_tenant as users', 'partner.max_applications_per_tenant as applications'])
    .where('tenant.id', '=', tenantId)
    .executeTakeFirst()
}

/** A tenant's numbers, without its admin realm and the contents of that realm. */
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
