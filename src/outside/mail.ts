// Sends mails over SMTP.
import type { Socket } from 'node:net'
import type { SMTPTransportGetSocket, SMTPTransportOptions } from 'nodemailer/lib/smtp-transport'
import type { Mail, MailOutcome, OutgoingMail } from '#domain/outside.ts'
import { emailAddress } from '#kernel/field.ts'
import { isLoopback } from './outbound-url.ts'
import type { Mailbox, MailServer } from './setting-forms.ts'

export interface MailOptions {
  readonly server: MailServer
  /** Whether a server without TLS is accepted; see the setting `smtp_tls`. */
  readonly tls?: 'required' | 'optional' | undefined
  readonly from: Mailbox
  /** The timeout for one mail in milliseconds; 30,000 by default. */
  readonly timeout?: number
  /** Certificate authorities in PEM, instead of those that Node trusts. */
  readonly authorities?: string | undefined
  /** Makes the connection; without it, the library does. */
  readonly connect?: (signal: AbortSignal) => Promise<Socket>
  /** Called with the reason why a mail could not be sent; the outcome has only a code. */
  readonly report?: (recipient: string, reason: string) => void
}

/** The error of nodemailer. */
interface SmtpError {
  readonly code?: string
  /** The error code of Node, if there is one. */
  readonly originalCode?: string
  readonly responseCode?: number
  readonly message?: string
}

/** Sends each mail over its own SMTP connection. The library is loaded with the first mail. */
export function createMail(options: MailOptions): Mail {
  const { from, timeout = 30_000, report = () => {} } = options
  const transport = connectionTo(options)
  const load = async () => (await import('nodemailer')).createTransport(transport)
  let loaded: ReturnType<typeof load> | undefined
  return {
    async send(mail, signal) {
      // The library would accept a list of addresses.
      if (!emailAddress.safeParse(mail.recipient).success) {
        return { error: 'rejected', responseCode: null, permanent: true }
      }
      try {
        loaded ??= load()
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
        const info = await (await loaded).sendMail({ ...messageOf(mail, from), signal: deadline })
        return { error: null, responseCode: codeIn(info.response), permanent: false }
      } catch (error) {
        const smtpError = error as SmtpError
        const outcome = outcomeOf(smtpError, signal)
        report(mail.recipient, `${outcome.error}: ${smtpError.message ?? ''}`)
        return outcome
      }
    },
  }
}

function connectionTo({ server, tls, authorities, connect }: MailOptions): SMTPTransportOptions {
  const { host, port, secure, credentials } = server
  const optional = tls === undefined ? isLoopback(host) && !credentials : tls === 'optional'
  return {
    host,
    port,
    secure,
    requireTLS: !secure && !optional,
    opportunisticTLS: !secure && optional,
    ...(credentials && { auth: { user: credentials.user, pass: credentials.password } }),
    tls: {
      minVersion: 'TLSv1.2',
      // If an unencrypted connection is accepted, an untrusted certificate is accepted, too.
      rejectUnauthorized: secure || !optional,
      ...(authorities && { ca: authorities }),
    },
    ...(connect && { getSocket: socketsBy(connect) }),
    connectionTimeout: CONNECTION_TIMEOUT,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    dnsTimeout: 5000,
    // The content of a mail must not make the library read a file or fetch a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const CONNECTION_TIMEOUT = 10_000

function socketsBy(connect: (signal: AbortSignal) => Promise<Socket>): SMTPTransportGetSocket {
  return (_, callback) => {
    connect(AbortSignal.timeout(CONNECTION_TIMEOUT)).then(
      (connection) => callback(null, { connection }),
      (error) => callback(error, false),
    )
  }
}

/** The envelope is separate, so that a header cannot change the recipient (RFC 5321 §2.3.1). */
function messageOf({ id, recipient, subject, text, html, createdAt }: OutgoingMail, { name, address }: Mailbox) {
  return {
    envelope: { from: address, to: [recipient] },
    from: { name: name ?? '', address },
    to: { name: '', address: recipient },
    subject: subject.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' '),
    text,
    html,
    date: new Date(createdAt),
    messageId: `<${id}@${address.slice(address.lastIndexOf('@') + 1)}>`,
    // RFC 3834 §5: prevents automatic replies.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function outcomeOf({ code = '', originalCode = '', responseCode = 0 }: SmtpError, signal: AbortSignal): MailOutcome {
  const replyCode = responseCode > 0 ? responseCode : null
  const as = (error: MailOutcome['error'], permanent = false) => ({ error, responseCode: replyCode, permanent })
  if (signal.aborted) return as('aborted')
  if (code === 'EAUTH' || code === 'ENOAUTH') return as('authentication')
  if (code === 'ETLS' || /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(originalCode)) return as('tls')
  if (code === 'ETIMEDOUT' || code === 'EABORT') return as('timeout')
  // RFC 5321 §4.2.1: 5yz is permanent, except 503, which is about the sequence of commands and not about the mail.
  if (responseCode >= 500) return as('rejected', responseCode !== 503)
  if (responseCode >= 400) return as('deferred')
  return as('unreachable')
}

function codeIn(response: string): number | null {
  const [digits] = /^\d{3}/.exec(response) ?? []
  return digits === undefined ? null : Number(digits)
}
