// The operations on the development inbox.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { clearInbox, getKeptMail, listKeptMails } from './dev-inbox.service.ts'
import { ClearedInbox, DEV_INBOX_SIZE, DevInboxQuery, KeptMail, KeptMailEntry, KeptMailId } from './dev-inbox.ts'

export const devInboxList = operation({
  name: 'dev_inbox.list',
  summary: 'List the mails that were kept instead of sent',
  description: `Newest first, the last ${DEV_INBOX_SIZE} of the realm. There are some only where the setting dev_inbox is true, for development.`,
  permission: 'dev-inbox:read',
  reach: 'realm',
  input: DevInboxQuery,
  output: listOf(KeptMailEntry),
  errors: ['not_found'],
  events: [],
  run: listKeptMails,
})

export const devInboxGet = operation({
  name: 'dev_inbox.get',
  summary: 'Show a kept mail with its links',
  description:
    'The links and codes in it work. Programs need credentials:write as well, because whoever reads them can open accounts.',
  permission: 'dev-inbox:read',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: KeptMailId,
  output: KeptMail,
  errors: ['not_found'],
  events: [],
  run: getKeptMail,
})

export const devInboxClear = operation({
  name: 'dev_inbox.clear',
  summary: 'Delete the kept mails of a realm',
  description: 'The entries in the log of mails stay.',
  permission: 'dev-inbox:write',
  reach: 'realm',
  irreversible: true,
  input: z.strictObject({}),
  output: ClearedInbox,
  errors: ['not_found'],
  events: ['dev_inbox.cleared'],
  run: clearInbox,
})
