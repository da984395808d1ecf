// Reads and writes subject mappings.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { type SubjectMapping, SubjectMappingFields, type SubjectMappingQuery } from './subject-mapping.ts'

export type SubjectMappingStore = ReturnType<typeof subjectMappingStore>

/** The subject mappings of one tenant's realms. */
export function subjectMappingStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const ofRealm = (realmId: string) =>
    kysely.selectFrom('subject_mapping').selectAll().where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  return {
    /** @returns false if the subject is somebody already */
    async insert(mapping: SubjectMapping): Promise<boolean> {
      const row = await kysely
        .insertInto('subject_mapping')
        .values(SubjectMappingFields.toRow(mapping))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** One page of the mappings of a realm, oldest first. */
    async list(realmId: string, { trustedIssuerId, ...query }: SubjectMappingQuery): Promise<Page<SubjectMapping>> {
      const all = ofRealm(realmId)
      const matches = trustedIssuerId === undefined ? all : all.where('trusted_issuer_id', '=', trustedIssuerId)
      const page = await readListPage(connection, matches, query)
      return mapPage(page, (row) => SubjectMappingFields.fromRow(row))
    },

    async find(realmId: string, id: string): Promise<SubjectMapping | undefined> {
      const row = await ofRealm(realmId).where('id', '=', id).executeTakeFirst()
      return row && SubjectMappingFields.fromRow(row)
    },

    /** The user who is meant by a subject of an issuer. @param trustedIssuerId the id of its row */
    async userOf(trustedIssuerId: string, subject: string): Promise<string | undefined> {
      const row = await kysely
        .selectFrom('subject_mapping')
        .select('user_id')
        .where('tenant_id', '=', tenantId)
        .where('trusted_issuer_id', '=', trustedIssuerId)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row?.user_id
    },

    /** @returns whether the mapping existed */
    async delete(realmId: string, id: string): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('subject_mapping')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async deleteOfIssuer(trustedIssuerId: string): Promise<void> {
      await kysely
        .deleteFrom('subject_mapping')
        .where('tenant_id', '=', tenantId)
        .where('trusted_issuer_id', '=', trustedIssuerId)
        .execute()
    },

    async deleteOfUser(userId: string): Promise<void> {
      await kysely
        .deleteFrom('subject_mapping')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute()
    },
  }
}
