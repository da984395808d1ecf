import type { Connection } from '#database/database.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Application } from './application.ts'
import { toApplication, toRow } from './application-row.store.ts'
import { registrationStore } from './registration.store.ts'

export type ApplicationStore = ReturnType<typeof applicationStore>

/** The applications of one tenant's realms. */
export function applicationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (realmId: string) =>
    kysely
      .selectFrom('application')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
      .where('deleted_at', 'is', null)
  return {
    ...registrationStore(connection, tenantId),

    /** @returns whether its name was free in its realm */
    async insert(application: Application): Promise<boolean> {
      const written = await kysely
        .insertInto('application')
        .values(toRow(application))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return written !== undefined
    },

    /** One page of a realm's applications, oldest first. */
    async list(realmId: string, { limit, cursor }: PageQuery): Promise<Page<Application>> {
      let query = living(realmId)
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toApplication) }
    },

    async find(realmId: string, id: string): Promise<Application | undefined> {
      const row = await living(realmId).where('id', '=', id).executeTakeFirst()
      return row && toApplication(row)
    },

    /** An application that nobody else deletes until the write is done. */
    async hold(realmId: string, by: { column: 'id' | 'name'; value: string }): Promise<Application | undefined> {
      const row = await living(realmId).where(by.column, '=', by.value).forUpdate().executeTakeFirst()
      return row && toApplication(row)
    },

    /** Writes an application back under the version it had. */
    update(application: Application): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('application')
          .set(toRow(application))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', application.id)
          .where('version', '=', application.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** @returns whether it was there */
    async delete(realmId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('application')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}
