import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { MailQuery, MailView, viewMail } from './mail.ts'

export const mailList = operation({
  name: 'mail.list',
  summary: 'List the mails that were sent for a realm, and those that were not',
  description:
    'Newest first: to whom, about what, and whether the mail server took it. What a mail says is not kept once it is sent, and shown to nobody before: it may hold a live link. Settled mails stay for 30 days.',
  permission: 'mails:read',
  reach: 'realm',
  input: MailQuery,
  output: pageOf(MailView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) => {
    const { data, nextCursor } = await read.mails.list(realmOf(scope).id, query)
    return { data: data.map(viewMail), nextCursor }
  },
})
