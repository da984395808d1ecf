import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { ApplicationTable } from '#database/schema.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Application } from './application.ts'

export type ApplicationStore = ReturnType<typeof applicationStore>

/** The applications of one tenant's realms. */
export function applicationStore({ kysely }: Connection, tenantId: string) {
  const living = (realmId: string) =>
    kysely
      .selectFrom('application')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
      .where('deleted_at', 'is', null)
  return {
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

function toRow(application: Application): Omit<Selectable<ApplicationTable>, 'deleted_at'> {
  return {
    id: application.id,
    tenant_id: application.tenantId,
    realm_id: application.realmId,
    name: application.name,
    description: application.description,
    terms_url: application.termsUrl,
    privacy_url: application.privacyUrl,
    version: application.version,
    created_at: application.createdAt,
    updated_at: application.updatedAt,
  }
}

function toApplication(row: Selectable<ApplicationTable>): Application {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    name: row.name,
    description: row.description,
    termsUrl: row.terms_url,
    privacyUrl: row.privacy_url,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
