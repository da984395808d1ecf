// The development inbox: mails that a server keeps instead of sending them, for people who try out what it mails.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { MAIL_KINDS, type Mail, type MailBody } from '../mail/mail.ts'

/** How many mails the inbox of a realm keeps. The oldest go first. */
export const DEV_INBOX_SIZE = 200

const entry = {
  id: idOut('mail'),
  kind: z.enum(MAIL_KINDS),
  recipient: z.string(),
  subject: z.string(),
  createdAt: time,
}

/** The schema of a kept mail in lists. */
export const KeptMailEntry = z.object(entry)
export type KeptMailEntry = z.output<typeof KeptMailEntry>

/** The schema of a kept mail with what it says. */
export const KeptMail = z.object({ ...entry, text: z.string(), html: z.string() })
export type KeptMail = z.output<typeof KeptMail>

export const DevInboxQuery = listQuery('created_at')
export type DevInboxQuery = z.output<typeof DevInboxQuery>

export const KeptMailId = z.strictObject({ id: idOf('mail') })
export type KeptMailId = z.output<typeof KeptMailId>

export const ClearedInbox = z.object({ deleted: z.number().int().describe('How many mails the inbox had.') })
export type ClearedInbox = z.output<typeof ClearedInbox>

/** Returns the entry of a kept mail. */
export function viewEntry({ id, kind, recipient, subject, createdAt }: Mail): KeptMailEntry {
  return { id, kind, recipient, subject, createdAt }
}

/** Returns a kept mail with its content. @param content as it was opened */
export function viewKept(mail: Mail, { text, html }: Pick<MailBody, 'text' | 'html'>): KeptMail {
  return { ...viewEntry(mail), text, html }
}
