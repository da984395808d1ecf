// Reads and writes mails.
import { type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { dueRows } from '#database/due-rows.ts'
import { readListPage } from '#database/list-page.ts'
import type { MailTable } from '#database/tables/log.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { MAIL_LEASE, type Mail, type MailQuery } from './mail.ts'

export type MailStore = ReturnType<typeof mailStore>

type Row = Selectable<MailTable>

/** The mails of one tenant. */
export function mailStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const changeOpen = (change: Partial<Row>) =>
    kysely.updateTable('mail').set(change).where('tenant_id', '=', tenantId).where('settled_at', 'is', null)
  return {
    async insert(mail: Mail): Promise<void> {
      await kysely.insertInto('mail').values(toRow(mail)).execute()
    },

    /** One page of a realm’s mails, newest first. */
    async list(realmId: string, { status, ...query }: MailQuery): Promise<Page<Mail>> {
      const all = kysely
        .selectFrom('mail')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
      const mails = status ? all.where('status', '=', status) : all
      return mapPage(await readListPage(connection, mails, query, { newestFirst: true }), toMail)
    },

    /** One page of the mails about a user, newest first. */
    async listAbout(aboutId: string, query: ListQuery): Promise<Page<Mail>> {
      const mails = kysely
        .selectFrom('mail')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('about_id', '=', aboutId)
      return mapPage(await readListPage(connection, mails, query, { newestFirst: true }), toMail)
    },

    /**
     * Claims a mail that is due, for one attempt. Only one of several processes gets it. The claim ends with the lease.
     */
    async claim(id: string, now: number): Promise<Mail | undefined> {
      const row = await changeOpen({ attempted_at: now, next_attempt_at: now + MAIL_LEASE })
        .set((mail) => ({ attempts: mail('attempts', '+', 1) }))
        .where('id', '=', id)
        .where('next_attempt_at', '<=', now)
        .returningAll()
        .executeTakeFirst()
      return row && toMail(row)
    },

    /** Records the result of the attempt that claimed the mail. @returns whether that attempt still has the claim */
    async report(mail: Mail): Promise<boolean> {
      const { numUpdatedRows } = await changeOpen(toRow(mail))
        .where('id', '=', mail.id)
        .where('attempts', '=', mail.attempts)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Cancels the unsent mails about some subjects. */
    async withdraw(aboutIds: readonly string[], now: number): Promise<void> {
      if (aboutIds.length === 0) return
      await changeOpen({ status: 'withdrawn', body: null, next_attempt_at: null, settled_at: now })
        .where('about_id', 'in', aboutIds)
        .execute()
    },

    /** Deletes the mails about a subject, sent or not. */
    async deleteAbout(aboutId: string): Promise<void> {
      await kysely.deleteFrom('mail').where('tenant_id', '=', tenantId).where('about_id', '=', aboutId).execute()
    },

    /** Deletes the mails about nobody, as of a registration, that went to the address of a deleted user before the deletion. */
    async deleteToDeleted(userId: string): Promise<void> {
      const isTo = sql<boolean>`lower("user".email) = lower(mail.recipient) and "user".deleted_at >= mail.created_at`
      const deleted = kysely
        .selectFrom(['user', 'realm', 'mail'])
        .select('mail.id')
        .where('user.tenant_id', '=', tenantId)
        .where('user.id', '=', userId)
        .whereRef('realm.directory_id', '=', 'user.directory_id')
        .whereRef('mail.realm_id', '=', 'realm.id')
        .where('mail.about_id', 'is', null)
        .where(isTo)
      await kysely.deleteFrom('mail').where('tenant_id', '=', tenantId).where('id', 'in', deleted).execute()
    },
  }
}

/** The mails of every tenant that are due, the longest due first. */
export function dueMails(connection: Connection, now: number, limit: number): ReturnType<typeof dueRows> {
  return dueRows(connection, 'mail', now, limit)
}

function toRow(mail: Mail): Row {
  return {
    id: mail.id,
    tenant_id: mail.tenantId,
    realm_id: mail.realmId,
    kind: mail.kind,
    about_id: mail.aboutId,
    recipient: mail.recipient,
    subject: mail.subject,
    body: mail.body,
    status: mail.status,
    template: mail.template,
    attempts: mail.attempts,
    error: mail.error,
    response_code: mail.responseCode,
    expires_at: mail.expiresAt,
    created_at: mail.createdAt,
    attempted_at: mail.attemptedAt,
    next_attempt_at: mail.nextAttemptAt,
    settled_at: mail.settledAt,
    counted_on: mail.countedOn,
  }
}

/** A mail as its row has it. */
export function toMail(row: Row): Mail {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    kind: row.kind as Mail['kind'],
    aboutId: row.about_id,
    recipient: row.recipient,
    subject: row.subject,
    body: row.body,
    status: row.status as Mail['status'],
    template: row.template as Mail['template'],
    attempts: row.attempts,
    error: row.error as Mail['error'],
    responseCode: row.response_code,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    nextAttemptAt: row.next_attempt_at,
    settledAt: row.settled_at,
    countedOn: row.counted_on,
  }
}
