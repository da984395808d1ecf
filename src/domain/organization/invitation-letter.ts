// The mail of an invitation.
import { looksLikeLink, momentOf, shortName, writeLetter } from '../mail/letter.ts'
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

/** Renders the mail of an invitation. */
export function invitationLetter(parts: InvitationLetterParts): Letter {
  const [organization, realm] = [shortName(parts.organization), shortName(parts.realm)]
  return writeLetter({
    subject: looksLikeLink(`${organization} ${realm}`)
      ? 'Invitation to join an organization'
      : `Invitation to join ${organization} at ${realm}`,
    heading: `Join ${organization} at ${realm}`,
    sentences: [`You are invited to become a member of ${organization}.`],
    facts: [
      ['Organization', organization],
      ...(parts.inviter === '' ? [] : [['Invited by', shortName(parts.inviter)] as const]),
      ['Your role', parts.role],
      ['Valid until', momentOf(parts.expiresAt)],
    ],
    action: { label: 'Accept the invitation', url: parts.url },
    closing: [
      'The link is for you alone and works once. Do not pass it on.',
      'If you did not expect this, do nothing: nobody becomes a member without following the link.',
    ],
  })
}
