// Hands a mail to whoever sends the mails of its realm: a mail server, or a program that gets them by HTTP.

import { renderId } from '#kernel/id.ts'
import { bodySignature } from '../body-signature.ts'
import type { Context } from '../context.ts'
import type { MailOutcome, OutgoingMail, PostOutcome } from '../outside.ts'
import type { StoredMailSettings } from './mail-settings.ts'

/** The purpose for which the secrets are sealed. */
export const SECRET_PURPOSE = 'mail-sender'

/** Milliseconds for a program to take a mail. */
const TIMEOUT = 15_000

/** A mail, and of which kind it is. */
export interface KindOfMail extends OutgoingMail {
  readonly kind: string
}

/**
 * Sends a mail as the settings say.
 * @param settings those of the realm; undefined for the mail server of the installation
 * @returns undefined if nobody sends mails
 */
export async function sendBy(
  context: Context,
  settings: StoredMailSettings | undefined,
  mail: KindOfMail,
  signal: AbortSignal,
): Promise<MailOutcome | undefined> {
  const { network } = context
  if (network.mail?.keeps) return network.mail.send(mail, signal)
  if (settings === undefined || settings.settings.sender === 'server') return network.mail?.send(mail, signal)
  return settings.settings.sender === 'smtp'
    ? sendBySmtp(context, settings, mail, signal)
    : postMail(context, settings, mail, signal)
}

function sendBySmtp(
  { crypto, network }: Context,
  { settings, smtpPassword, tenantId }: StoredMailSettings,
  mail: OutgoingMail,
  signal: AbortSignal,
): Promise<MailOutcome> {
  const { smtpHost, smtpPort, smtpTls, smtpUser, fromAddress, fromName } = settings
  const server = {
    host: smtpHost ?? '',
    port: smtpPort,
    secure: smtpTls === 'from_the_start',
    credentials:
      smtpUser !== null && smtpPassword !== null
        ? { user: smtpUser, password: crypto.open(SECRET_PURPOSE, smtpPassword) }
        : undefined,
  }
  const from = { name: fromName ?? undefined, address: fromAddress ?? '' }
  return network.mailOver({ server, from, tenantId }).send(mail, signal)
}

/** Posts a mail as JSON, with the signature that webhooks have. */
async function postMail(
  { clock, crypto, network }: Context,
  { settings, httpSecret, tenantId }: StoredMailSettings,
  { id, kind, recipient, subject, text, html, createdAt }: KindOfMail,
  signal: AbortSignal,
): Promise<MailOutcome> {
  const { fromAddress, fromName, httpUrl } = settings
  const body = JSON.stringify({
    id: renderId('mail', id),
    kind,
    from: { address: fromAddress, name: fromName },
    to: recipient,
    ...{ subject, text, html },
    created_at: new Date(createdAt).toISOString(),
  })
  const signature = bodySignature(crypto, [crypto.open(SECRET_PURPOSE, httpSecret ?? '')], body, clock.now())
  const headers = { 'content-type': 'application/json', 'Countersign-Signature': signature }
  return outcomeOfPost(await network.post(httpUrl ?? '', { tenantId, headers, body, timeout: TIMEOUT, signal }))
}

/** What an answer means: 408, 429 and all from 500 on may be better later, and every other one but 2xx is final. */
export function outcomeOfPost({ status, error }: PostOutcome): MailOutcome {
  if (status === null) {
    return error === 'refused'
      ? { error: 'rejected', responseCode: null, permanent: true }
      : { error, responseCode: null, permanent: false }
  }
  if (status >= 200 && status < 300) return { error: null, responseCode: status, permanent: false }
  const isLater = status === 408 || status === 429 || status >= 500
  return { error: isLater ? 'deferred' : 'rejected', responseCode: status, permanent: !isLater }
}
