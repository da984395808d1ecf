// Reads what waits to be sent, as the owner of a mailbox would read it.
import type { TestServices } from './services.ts'

/** A mail server that takes everything, for tests that read the mails before they are sent. */
export const SILENT_MAIL = {
  send: async () => ({ error: null, responseCode: 250, permanent: false }) as const,
}

/** A mail to an address. */
export interface WaitingMail {
  readonly kind: string
  readonly subject: string
  readonly text: string
  /** The link of the mail. */
  readonly link: URL
  /** The token of the link; empty if it has none. */
  readonly token: string
}

/** The mails that wait for an address, oldest first. */
export async function mailsTo({ database, crypto }: TestServices, recipient: string): Promise<WaitingMail[]> {
  const rows = await database.read.kysely
    .selectFrom('mail')
    .selectAll()
    .where('recipient', '=', recipient)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ kind, subject, body }) => {
    const { text } = JSON.parse(crypto.open('mail', body ?? '')) as { text: string }
    const link = new URL(/https?:\/\/\S+/.exec(text)?.[0] ?? '')
    return { kind, subject, text, link, token: link.searchParams.get('token') ?? '' }
  })
}
