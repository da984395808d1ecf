// Reads and writes the files of the brandings of tenants.
import { type Kysely, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import { filesOf, readBranding } from './branding.ts'

/** An uploaded file: its name is its SHA-256 and its format. */
export interface BrandingFile {
  readonly file: string
  readonly content: Uint8Array
}

export type BrandingFileStore = ReturnType<typeof brandingFileStore>

/** The files of the brandings of one tenant. */
export function brandingFileStore({ kysely }: Connection, tenantId: string) {
  return {
    /** Stores a file. One that is there already counts as new. */
    async add({ file, content }: BrandingFile, now: number): Promise<void> {
      await kysely
        .insertInto('branding_file')
        .values({ tenant_id: tenantId, file, content, size: content.length, created_at: now, unused_since: now })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'file']).doUpdateSet({ unused_since: now }))
        .execute()
    },

    async find(file: string): Promise<Uint8Array | undefined> {
      const row = await kysely
        .selectFrom('branding_file')
        .select('content')
        .where('tenant_id', '=', tenantId)
        .where('file', '=', file)
        .executeTakeFirst()
      return row?.content
    },

    /** Which of these files there are not. */
    async missing(names: readonly string[]): Promise<string[]> {
      if (names.length === 0) return []
      const found = await kysely
        .selectFrom('branding_file')
        .select('file')
        .where('tenant_id', '=', tenantId)
        .where('file', 'in', names)
        .execute()
      return names.filter((name) => !found.some(({ file }) => file === name))
    },

    /** How many other files there are, and their bytes. Others that count wait until the write ends. */
    async usage(besides: string): Promise<{ readonly files: number; readonly bytes: number }> {
      await kysely.selectFrom('tenant').select('id').where('id', '=', tenantId).forNoKeyUpdate().execute()
      const { count, bytes } = await kysely
        .selectFrom('branding_file')
        .select(({ fn }) => [fn.countAll().as('count'), fn.sum('size').as('bytes')])
        .where('tenant_id', '=', tenantId)
        .where('file', '<>', besides)
        .executeTakeFirstOrThrow()
      return { files: Number(count), bytes: Number(bytes ?? 0) }
    },

    noteUse: (now: number) => noteUse(kysely, tenantId, now),
  }
}

/** Notes which files of a tenant are used, and since when others are not: those are purged later. */
export async function noteUse(kysely: Kysely<Schema>, tenantId: string, now: number): Promise<void> {
  const files = () => kysely.updateTable('branding_file').where('tenant_id', '=', tenantId)
  const tenant = await kysely
    .selectFrom('tenant')
    .select('branding')
    .where('id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  const ofTenant = tenant ? filesOf(readBranding(JSON.parse(tenant.branding))) : []
  const used = sql<boolean>`(${sql.join(
    [
      ...(['logo', 'favicon', 'font'] as const).map(
        (column) =>
          sql`exists (select 1 from branding where branding.tenant_id = ${tenantId} and ${sql.ref(`branding.${column}`)} = branding_file.file)`,
      ),
      ...ofTenant.map((file) => sql`branding_file.file = ${file}`),
    ],
    sql` or `,
  )})`
  await files().set({ unused_since: null }).where('unused_since', 'is not', null).where(used).execute()
  await files()
    .set({ unused_since: now })
    .where('unused_since', 'is', null)
    .where(({ not }) => not(used))
    .execute()
}
