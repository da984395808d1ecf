// Reads and writes the applications of realms.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Application, ApplicationFields } from './application.ts'
import { applicationWithClientStore } from './application-with-client.store.ts'

const applications = versionedRows('application', ApplicationFields)

export type ApplicationStore = ReturnType<typeof applicationStore>

/** The applications of one tenant's realms. */
export function applicationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (realmId: string) => applications.living(kysely, { tenant_id: tenantId, realm_id: realmId })
  return {
    ...applicationWithClientStore(connection, tenantId),

    /** @returns false if the name is in use in the realm */
    insert(application: Application): Promise<boolean> {
      return applications.insertIfFree(kysely, application)
    },

    /** One page of a realm's applications, oldest first. */
    async list(realmId: string, query: ListQuery): Promise<Page<Application>> {
      return mapPage(await readListPage(connection, notDeleted(realmId), query), ApplicationFields.fromRow)
    },

    find(realmId: string, id: string): Promise<Application | undefined> {
      return applications.find(kysely, { tenant_id: tenantId, realm_id: realmId }, id)
    },

    /** Finds an application and locks it until the write ends. */
    async lock(realmId: string, by: { column: 'id' | 'name'; value: string }): Promise<Application | undefined> {
      const row = await notDeleted(realmId).where(by.column, '=', by.value).forUpdate().executeTakeFirst()
      return row && ApplicationFields.fromRow(row)
    },

    /** Updates an application if it still has the version that was read. */
    update(application: Application): Promise<UpdateOutcome> {
      return applications.update(kysely, { tenant_id: tenantId }, application)
    },

    /** @returns whether the application existed */
    delete(realmId: string, id: string, now: number): Promise<boolean> {
      return applications.delete(kysely, { tenant_id: tenantId, realm_id: realmId }, id, now)
    },
  }
}
