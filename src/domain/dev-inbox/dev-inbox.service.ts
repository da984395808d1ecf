// Shows and empties the development inbox of a realm.
import { Failure } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { BODY_PURPOSE } from '../mail/mail.service.ts'
import type { MailBody } from '../mail/mail.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  type ClearedInbox,
  type DevInboxQuery,
  type KeptMail,
  type KeptMailEntry,
  type KeptMailId,
  viewEntry,
  viewKept,
} from './dev-inbox.ts'

/** The kept mails of the realm, newest first. */
export async function listKeptMails({ read, scope }: Context, query: DevInboxQuery): Promise<Page<KeptMailEntry>> {
  return mapPage(await read.devInbox.list(realmOf(scope).id, query), viewEntry)
}

/** One kept mail, with what it says. @throws Failure `not_found` */
export async function getKeptMail({ read, scope, crypto }: Context, { id }: KeptMailId): Promise<KeptMail> {
  const mail = await read.devInbox.find(realmOf(scope).id, id)
  if (!mail?.body) throw new Failure('not_found')
  return viewKept(mail, JSON.parse(crypto.open(BODY_PURPOSE, mail.body)) as MailBody)
}

/** Empties the inbox. */
export function clearInbox({ write, scope }: Context): Promise<ClearedInbox> {
  const { id: realmId, name } = realmOf(scope)
  return write(async (unit) => {
    const deleted = await unit.devInbox.clear(realmId)
    if (deleted > 0) {
      const subject = { type: 'dev_inbox', id: 'dev-inbox', label: name }
      unit.emit('dev_inbox.cleared', { subject, realmId, data: { deleted } })
    }
    return { deleted }
  })
}
