// The mail of an invitation.
import type { Language } from '#language/language.ts'
import { datum, inSubject, type Letter, looksLikeLink, shortName, writeLetter } from '../mail/letter.ts'

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
export function invitationLetter(language: Language, parts: InvitationLetterParts): Letter {
  const { mail, invitationMail: own } = language.messages
  const [organization, realm] = [shortName(parts.organization), shortName(parts.realm)]
  const [named, at] = [inSubject(language, organization), inSubject(language, realm)]
  return writeLetter(language, {
    subject: looksLikeLink(`${organization} ${realm}`) ? own.subject : own.subjectOf(named, at).join(''),
    heading: own.heading(datum(organization), datum(realm)),
    sentences: [own.sentence(datum(organization))],
    facts: [
      [own.organization, [datum(organization)]],
      ...(parts.inviter === '' ? [] : [[own.inviter, [datum(shortName(parts.inviter))]] as const]),
      [own.role, [datum(parts.role)]],
      [mail.validUntil, language.moment(parts.expiresAt)],
    ],
    action: { label: own.action, url: parts.url },
    closing: [own.alone, own.closing],
    values: {
      realm: [datum(realm)],
      organization: [datum(organization)],
      inviter: [datum(shortName(parts.inviter))],
      role: [datum(parts.role)],
      expires_at: language.moment(parts.expiresAt),
    },
  })
}
