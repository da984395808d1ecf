// Reads and writes directories.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { DirectoryTable } from '#database/tables/accounts.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { Directory } from './directory.ts'

export type DirectoryStore = ReturnType<typeof directoryStore>

/** The directories of one tenant, without the one of its administrators. */
export function directoryStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const visible = () =>
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
    async list(query: ListQuery): Promise<Page<Directory>> {
      return mapPage(await readListPage(connection, visible(), query), toDirectory)
    },

    async find(id: string): Promise<Directory | undefined> {
      const row = await visible().where('id', '=', id).executeTakeFirst()
      return row && toDirectory(row)
    },
  }
}

function toDirectory(row: Selectable<DirectoryTable>): Directory {
  return { id: row.id, tenantId: row.tenant_id, name: row.name, createdAt: row.created_at }
}
