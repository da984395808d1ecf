import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { DirectoryTable } from '#database/tables/accounts.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import type { Directory } from './directory.ts'

export type DirectoryStore = ReturnType<typeof directoryStore>

/** The directories of one tenant; the one of its administrators stays hidden. */
export function directoryStore({ kysely }: Connection, tenantId: string) {
  const shown = () =>
    kysely
      .selectFrom('directory')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('realm')
              .select('realm.id')
              .whereRef('realm.directory_id', '=', 'directory.id')
              .where('realm.kind', '=', 'admin'),
          ),
        ),
      )
  return {
    async insert(directory: Directory): Promise<void> {
      await kysely
        .insertInto('directory')
        .values({
          id: directory.id,
          tenant_id: directory.tenantId,
          name: directory.name,
          created_at: directory.createdAt,
        })
        .execute()
    },

    /** One page, oldest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Directory>> {
      let query = shown()
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toDirectory) }
    },

    async find(id: string): Promise<Directory | undefined> {
      const row = await shown().where('id', '=', id).executeTakeFirst()
      return row && toDirectory(row)
    },
  }
}

function toDirectory(row: Selectable<DirectoryTable>): Directory {
  return { id: row.id, tenantId: row.tenant_id, name: row.name, createdAt: row.created_at }
}
