// The mail of an invitation.
import { writeLetter } from '../mail/letter.ts'
import type { Letter } from '../mail/mail.ts'

/** The data of an invitation’s mail. */
export interface InvitationLetterParts {
  readonly organization: string
  readonly realm: string
  /** The display name of the inviting user; empty if it is unknown. */
  readonly inviter: string
  readonly role: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly url: string
}

const NAME_MAX = 80
// Mail programs make links of addresses, paths, ports and of what looks like a host name, and a tenant chooses these names.
const LINK = /[/\\@]|:\d|\bwww\.|[\p{L}\p{N}-]\.\p{L}{2,}|\d+(\.\d+){3}/u
/** What stands for the dot in a host name (UTS #46, IDNA2003 §3.1). */
const DOTS = /[\u3002\uff0e\uff61\u2024\ufe52]/gu

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** Renders the mail of an invitation. */
export function invitationLetter(parts: InvitationLetterParts): Letter {
  const [organization, realm] = [short(parts.organization), short(parts.realm)]
  return writeLetter({
    subject: looksLikeLink(`${organization} ${realm}`)
      ? 'Invitation to join an organization'
      : `Invitation to join ${organization} at ${realm}`,
    heading: `Join ${organization} at ${realm}`,
    sentences: [`You are invited to become a member of ${organization}.`],
    facts: [
      ['Organization', organization],
      ...(parts.inviter === '' ? [] : [['Invited by', short(parts.inviter)] as const]),
      ['Your role', parts.role],
      ['Valid until', `${moment.format(parts.expiresAt)} UTC`],
    ],
    action: { label: 'Accept the invitation', url: parts.url },
    closing: [
      'The link is for you alone and works once. Do not pass it on.',
      'If you did not expect this, do nothing: nobody becomes a member without following the link.',
    ],
  })
}

function looksLikeLink(text: string): boolean {
  return LINK.test(text.normalize('NFKC').replace(DOTS, '.'))
}

function short(name: string): string {
  return name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name
}
