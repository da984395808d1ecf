// Reads and writes the templates of mails.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { MailTemplateTable } from '#database/tables/log.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { MailTemplate, TemplateKey, TemplateKind } from './mail-template.ts'

export type MailTemplateStore = ReturnType<typeof mailTemplateStore>

/** The templates of one tenant’s realms. */
export function mailTemplateStore({ kysely }: Connection, tenantId: string) {
  const ofRealm = (realmId: string) =>
    kysely.selectFrom('mail_template').selectAll().where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  const one = (realmId: string, { kind, language }: { readonly kind: string; readonly language: string }) =>
    ofRealm(realmId).where('kind', '=', kind).where('language', '=', language)
  return {
    async find(realmId: string, key: { readonly kind: string; readonly language: string }) {
      const row = await one(realmId, key).executeTakeFirst()
      return row && toTemplate(row)
    },

    /** Finds a template and locks it until the write ends. */
    async lock(realmId: string, key: TemplateKey): Promise<MailTemplate | undefined> {
      const row = await one(realmId, key).forUpdate().executeTakeFirst()
      return row && toTemplate(row)
    },

    /** Those of one language: at most one of each kind. */
    async allIn(realmId: string, language: LanguageTag): Promise<MailTemplate[]> {
      return (await ofRealm(realmId).where('language', '=', language).execute()).map(toTemplate)
    },

    /** Stores a template. @returns false if another call stored it first */
    async save({ content, ...template }: MailTemplate): Promise<boolean> {
      const changed = { content: JSON.stringify(content), version: template.version, updated_at: template.updatedAt }
      const { realmId, kind, language, createdAt } = template
      const row = { realm_id: realmId, kind, language, tenant_id: tenantId, created_at: createdAt, ...changed }
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('mail_template')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['realm_id', 'kind', 'language'])
            .doUpdateSet(changed)
            .where('mail_template.version', '=', template.version - 1),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Deletes a template. @returns whether there was one */
    async delete(realmId: string, { kind, language }: TemplateKey): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('mail_template')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('kind', '=', kind)
        .where('language', '=', language)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}

function toTemplate(row: Selectable<MailTemplateTable>): MailTemplate {
  return {
    realmId: row.realm_id,
    kind: row.kind as TemplateKind,
    language: row.language as LanguageTag,
    tenantId: row.tenant_id,
    content: JSON.parse(row.content),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
