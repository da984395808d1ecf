// A real SMTP server that a test can take down, slow down, or have refuse.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { TEST_CERTIFICATE } from './certificate.ts'

/** A mail that was taken. */
export interface ReceivedMail {
  /** To whom, and from whom, the envelope says. */
  readonly to: readonly string[]
  readonly from: string
  /** As it came over the wire. */
  readonly raw: string
  readonly parsed: Email
  readonly secure: boolean
  /** Who handed it in; undefined for nobody in particular. */
  readonly user: string | undefined
}

export interface MailServerOptions {
  /** Default: `starttls`. */
  readonly tls?: 'none' | 'starttls' | 'from the start'
  /** Whose mails it takes. Default: everybody’s. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** What a mail or a recipient is answered with instead of yes; undefined for yes. */
export type ReplyCode = (recipient: string, count: number) => number | undefined

export interface MailServer extends AsyncDisposable {
  readonly port: number
  /** Without a user. */
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** How many recipients were named to it, those it refused too. */
  readonly asked: number
  /** Refuses recipients with a code. */
  refuse(objection: ReplyCode): void
  /** Takes mails but does not say so for so many milliseconds. */
  dawdle(milliseconds: number): void
  /** Stops listening and drops every connection. */
  down(): Promise<void>
  /** Listens again on the same port. */
  up(): Promise<void>
}

/** Starts a mail server that takes everything. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { tls = 'starttls', login } = options
  const mails: ReceivedMail[] = []
  let objection: ReplyCode = () => undefined
  let delay = 0
  let asked = 0
  let port = 0
  let server: SMTPServer
  const settings: SMTPServerOptions = {
    ...TEST_CERTIFICATE,
    secure: tls === 'from the start',
    authOptional: login === undefined,
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(login ? [] : ['AUTH'])],
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === login?.user && password === login?.password) callback(null, { user: username })
      else callback(refusal(535, 'Wrong user or password'))
    },
    onRcptTo: ({ address }, _session, callback) => {
      const code = objection(address, ++asked)
      callback(code === undefined ? null : refusal(code, 'Refused, https://mail.example/why?code=secret'))
    },
    onData: async (stream, { envelope, secure, user }, callback) => {
      const raw = await text(stream).catch(() => undefined)
      // The client hung up in the middle.
      if (raw === undefined) return callback(refusal(421, 'Not received in full'))
      const to = envelope.rcptTo.map(({ address }) => address)
      const from = envelope.mailFrom ? envelope.mailFrom.address : ''
      mails.push({ to, from, raw, parsed: await PostalMime.parse(raw), secure, user })
      setTimeout(() => callback(null, 'Taken'), delay)
    },
  }
  const up = async () => {
    server = new SMTPServer(settings)
    // A client that hangs up in the middle is no trouble of the server’s.
    server.on('error', () => {})
    const listener = server.listen(port, '127.0.0.1')
    await once(listener, 'listening')
    port = (listener.address() as AddressInfo).port
  }
  const down = () => new Promise<void>((resolve) => server.close(() => resolve()))
  await up()
  return {
    port,
    url: `${tls === 'from the start' ? 'smtps' : 'smtp'}://127.0.0.1:${port}`,
    mails,
    get asked() {
      return asked
    },
    refuse: (next) => {
      objection = next
    },
    dawdle: (milliseconds) => {
      delay = milliseconds
    },
    down,
    up,
    [Symbol.asyncDispose]: down,
  }
}

/** The link in a mail’s text. @throws Error where it has none */
export function linkIn({ parsed }: ReceivedMail): string {
  const [link] = /https?:\/\/\S+/.exec(parsed.text ?? '') ?? []
  if (!link) throw new Error(`the mail has no link: ${parsed.text}`)
  return link
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
