// The operations on mails.
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { MailQuery, MailView, viewMail } from './mail.ts'

export const mailList = operation({
  name: 'mail.list',
  summary: 'List the outgoing mails of a realm',
  description:
    'Newest first: recipient, subject object and status. The text of a mail is never shown, because it can contain a valid link, and it is deleted when the mail is sent. Entries of sent and failed mails are kept as long as the setting mail_retention_days says.',
  permission: 'mails:read',
  reach: 'realm',
  input: MailQuery,
  output: listOf(MailView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) => mapPage(await read.mails.list(realmOf(scope).id, query), viewMail),
})
