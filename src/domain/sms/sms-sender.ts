// Hands a text message to the program that sends those of its realm.

import { renderId } from '#kernel/id.ts'
import { bodySignature } from '../body-signature.ts'
import type { Context } from '../context.ts'
import type { Mail, SmsBody } from '../mail/mail.ts'
import { outcomeOfPost } from '../mail-settings/mail-sender.ts'
import type { MailOutcome } from '../outside.ts'
import type { StoredSmsSettings } from '../sms-settings/sms-settings.ts'
import { SMS_SECRET_PURPOSE } from './sms.service.ts'

/** Milliseconds for a program to take a message. */
const TIMEOUT = 10_000

/**
 * Posts a message as JSON, with the signature that webhooks have.
 * @returns undefined if nobody sends messages
 */
export async function postSms(
  { clock, crypto, network }: Context,
  settings: StoredSmsSettings | undefined,
  {
    id,
    recipient,
    createdAt,
    expiresAt,
    subject,
  }: Pick<Mail, 'id' | 'recipient' | 'createdAt' | 'expiresAt' | 'subject'>,
  { text, sms }: { readonly text: string; readonly sms: SmsBody },
  signal: AbortSignal,
): Promise<MailOutcome | undefined> {
  if (!settings?.settings.url || settings.secret === null) return undefined
  const { tenantId, authorization } = settings
  const body = JSON.stringify({
    id: renderId('mail', id),
    channel: 'sms',
    to: recipient,
    ...{ purpose: sms.purpose, code: sms.code, text, locale: sms.locale, realm: subject },
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  })
  const secret = crypto.open(SMS_SECRET_PURPOSE, settings.secret)
  const headers = {
    'content-type': 'application/json',
    'Countersign-Signature': bodySignature(crypto, [secret], body, clock.now()),
    ...(authorization !== null && { authorization: crypto.open(SMS_SECRET_PURPOSE, authorization) }),
  }
  return outcomeOfPost(await network.post(settings.settings.url, { tenantId, headers, body, timeout: TIMEOUT, signal }))
}
