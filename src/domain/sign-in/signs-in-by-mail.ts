// Says whether people can sign in by mail at a realm now.
import type { Context } from '../context.ts'
import { sendsMail } from '../mail/mail.ts'
import { realmOf } from '../realm/realm.service.ts'
import { METHODS } from './methods.ts'

/** Whether people can sign in by mail at the context’s realm now. It needs a mail server, which may be gone since. */
export function signsInByMail(context: Pick<Context, 'network' | 'scope'>): boolean {
  return METHODS.email.isOn(realmOf(context.scope)) && sendsMail(context)
}
