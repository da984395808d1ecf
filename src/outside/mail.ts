import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport'
import type { Mail, MailOutcome, OutgoingMail } from '#domain/outside.ts'
import { emailAddress } from '#kernel/field.ts'
import { isLoopback } from './outbound-url.ts'
import type { Mailbox, MailServer } from './setting-forms.ts'

export interface MailOptions {
  readonly server: MailServer
  /** Whether a server that offers no TLS is spoken to all the same; see the setting `smtp_tls`. */
  readonly tls?: 'required' | 'optional' | undefined
  readonly from: Mailbox
  /** Milliseconds that handing one mail over may take in all; 30,000 unless told. */
  readonly timeout?: number
  /** Certificate authorities in PEM, instead of those that Node trusts. */
  readonly authorities?: string
  /** Told why a mail was not taken; the outcome says it in one word. */
  readonly report?: (recipient: string, reason: string) => void
}

/** What nodemailer says of a try that failed. */
interface Trouble {
  readonly code?: string
  /** Node’s own word, where the library has one besides. */
  readonly originalCode?: string
  readonly responseCode?: number
  readonly message?: string
}

/** Mails over SMTP, one connection each. The library is loaded with the first of them. */
export function createMail(options: MailOptions): Mail {
  const { from, timeout = 30_000, report = () => {} } = options
  const transport = connectionTo(options)
  const load = async () => (await import('nodemailer')).createTransport(transport)
  let loaded: ReturnType<typeof load> | undefined
  return {
    async send(mail, signal) {
      // The library would read a list of addresses where there is one.
      if (!emailAddress.safeParse(mail.recipient).success) {
        return { error: 'rejected', responseCode: null, permanent: true }
      }
      try {
        loaded ??= load()
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
        const info = await (await loaded).sendMail({ ...messageOf(mail, from), signal: deadline })
        return { error: null, responseCode: codeIn(info.response), permanent: false }
      } catch (error) {
        const trouble = error as Trouble
        const outcome = outcomeOf(trouble, signal)
        report(mail.recipient, `${outcome.error}: ${trouble.message ?? ''}`)
        return outcome
      }
    },
  }
}

function connectionTo({ server, tls, authorities }: MailOptions): SMTPTransportOptions {
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
      // Where nothing at all would do, a certificate that nobody vouches for is no worse.
      rejectUnauthorized: secure || !optional,
      ...(authorities && { ca: authorities }),
    },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    dnsTimeout: 5000,
    // A mail is text: nothing in it may make the library read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** The envelope is told apart, so that no text in a header decides who gets the mail (RFC 5321 §2.3.1). */
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
    // RFC 3834 §5: nobody’s holiday shall answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function outcomeOf({ code = '', originalCode = '', responseCode = 0 }: Trouble, signal: AbortSignal): MailOutcome {
  const answered = responseCode > 0 ? responseCode : null
  const as = (error: MailOutcome['error'], permanent = false) => ({ error, responseCode: answered, permanent })
  if (signal.aborted) return as('aborted')
  if (code === 'EAUTH' || code === 'ENOAUTH') return as('authentication')
  if (code === 'ETLS' || /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(originalCode)) return as('tls')
  if (code === 'ETIMEDOUT' || code === 'EABORT') return as('timeout')
  // RFC 5321 §4.2.1: 5yz is final, but for 503, which is about the conversation and not about the mail.
  if (responseCode >= 500) return as('rejected', responseCode !== 503)
  if (responseCode >= 400) return as('deferred')
  return as('unreachable')
}

function codeIn(response: string): number | null {
  const [digits] = /^\d{3}/.exec(response) ?? []
  return digits === undefined ? null : Number(digits)
}
