import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { MailTable } from '#database/tables/log.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { MAIL_LEASE, type Mail, type MailQuery } from './mail.ts'

export type MailStore = ReturnType<typeof mailStore>

type Row = Selectable<MailTable>

/** The mails of one tenant. */
export function mailStore({ kysely }: Connection, tenantId: string) {
  const changeOpen = (change: Partial<Row>) =>
    kysely.updateTable('mail').set(change).where('tenant_id', '=', tenantId).where('settled_at', 'is', null)
  return {
    async insert(mail: Mail): Promise<void> {
      await kysely.insertInto('mail').values(toRow(mail)).execute()
    },

    /** One page of a realm’s mails, newest first. */
    async list(realmId: string, { limit, cursor, status }: MailQuery): Promise<Page<Mail>> {
      let query = kysely
        .selectFrom('mail')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '<', decodeCursor(cursor))
      if (status) query = query.where('status', '=', status)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toMail) }
    },

    /**
     * Takes a mail whose time has come, for one try: of several processes one gets it. Whoever does not report back
     * within the lease has lost it.
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

    /** Writes back what became of a mail by the try that it was claimed for. @returns whether it was still that try’s */
    async report(mail: Mail): Promise<boolean> {
      const { numUpdatedRows } = await changeOpen(toRow(mail))
        .where('id', '=', mail.id)
        .where('attempts', '=', mail.attempts)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Takes back what was not sent yet about some things. */
    async withdraw(aboutIds: readonly string[], now: number): Promise<void> {
      if (aboutIds.length === 0) return
      await changeOpen({ status: 'withdrawn', body: null, next_attempt_at: null, settled_at: now })
        .where('about_id', 'in', aboutIds)
        .execute()
    },
  }
}

/** Mails of every tenant whose time has come, the longest due first. */
export async function dueMails({ kysely }: Connection, now: number, limit: number): Promise<Pick<Mail, DueKey>[]> {
  const rows = await kysely
    .selectFrom('mail')
    .select(['id', 'tenant_id'])
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id }))
}
type DueKey = 'id' | 'tenantId'

/** Forgets mails that were settled before a moment, the oldest first. @returns how many */
export async function purgeMails({ kysely }: Connection, before: number, limit = 5000): Promise<number> {
  const old = kysely.selectFrom('mail').select('id').where('settled_at', '<', before).orderBy('settled_at').limit(limit)
  const { numDeletedRows } = await kysely.deleteFrom('mail').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
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
    attempts: mail.attempts,
    error: mail.error,
    response_code: mail.responseCode,
    expires_at: mail.expiresAt,
    created_at: mail.createdAt,
    attempted_at: mail.attemptedAt,
    next_attempt_at: mail.nextAttemptAt,
    settled_at: mail.settledAt,
  }
}

function toMail(row: Row): Mail {
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
    attempts: row.attempts,
    error: row.error as Mail['error'],
    responseCode: row.response_code,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    nextAttemptAt: row.next_attempt_at,
    settledAt: row.settled_at,
  }
}
