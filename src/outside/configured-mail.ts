// Owns the choice of what sends the mails of the server.
import type { Mail } from '#domain/outside.ts'
import type { Configuration } from './configuration.ts'
import { DEV_INBOX } from './dev-inbox.ts'
import type { Log } from './log.ts'
import { createMail } from './mail.ts'

/** What sends the mails of the configuration: the development inbox, a server, or nothing. */
export function configuredMail({ devInbox, smtpUrl, smtpTls, mailFrom }: Configuration, log: Log): Mail | undefined {
  if (devInbox) return DEV_INBOX
  if (smtpUrl === undefined || mailFrom === undefined) return undefined
  const report = (recipient: string, reason: string) => log.warn('A mail was not accepted.', { recipient, reason })
  return createMail({ server: smtpUrl, tls: smtpTls, from: mailFrom, report })
}
