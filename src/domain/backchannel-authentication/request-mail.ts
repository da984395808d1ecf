// The mail that tells a person that a client asks for an approval.
import { renderId } from '#kernel/id.ts'
import type { Language } from '#language/language.ts'
import { ACCOUNT_PATHS } from '../account/account-paths.ts'
import type { Client } from '../client/client.ts'
import type { Context } from '../context.ts'
import { datum, inSubject, type Letter, looksLikeLink, shortName, writeLetter } from '../mail/letter.ts'
import { mailOf, mayTellOfRequest } from '../mail/mail.service.ts'
import { type Mail, sendsMail } from '../mail/mail.ts'
import { languageOfNotice } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import type { BackchannelAuthentication } from './backchannel-authentication.ts'

/**
 * Prepares the mail of a request. Its link leads to the page with the request, where the person signs in: it decides nothing.
 * @returns undefined where no mail server is configured, or the person got many of them lately
 */
export async function requestMail(
  context: Context,
  client: Client,
  user: User,
  request: BackchannelAuthentication,
): Promise<Mail | undefined> {
  if (!sendsMail(context) || !(await mayTellOfRequest(context, user.email))) return undefined
  const realm = realmOf(context.scope)
  const url = `${issuerOf(realm, context.registry.settings)}${ACCOUNT_PATHS.approvals}?request=${renderId('backchannel_authentication', request.id)}`
  const letter = requestLetter(await languageOfNotice(context, user), {
    ...{ realm: realm.name, email: user.email, client: client.label, url },
    expiresAt: request.expiresAt,
  })
  const address = {
    kind: 'approval_request' as const,
    aboutId: user.id,
    recipient: user.email,
    expiresAt: request.expiresAt,
  }
  return mailOf(context, address, letter)
}

/** What the mail of a request says. */
export interface RequestLetterParts {
  readonly realm: string
  readonly email: string
  readonly client: string
  readonly url: string
  readonly expiresAt: number
}

// What the client calls itself, and its binding message, come from the client: only the page shows the message.
/** Renders the mail of a request. */
export function requestLetter(
  language: Language,
  { realm, email, client, url, expiresAt }: RequestLetterParts,
): Letter {
  const { mail, approvalMail: own } = language.messages
  const isNamed = !looksLikeLink(client)
  const title = own.title
  const sentence = isNamed ? own.sentence(datum(shortName(client))) : own.sentenceUnnamed
  const subject = looksLikeLink(realm) ? title : mail.titleAt(title, inSubject(language, shortName(realm))).join('')
  return writeLetter(language, {
    subject,
    heading: title,
    sentences: [sentence],
    facts: [
      [mail.account, [datum(email)]],
      [own.decideBefore, language.moment(expiresAt)],
    ],
    action: { label: own.action, url },
    closing: [own.closing],
    values: {
      realm: [datum(shortName(realm))],
      account: [datum(email)],
      client: isNamed ? [datum(shortName(client))] : '',
      sentence,
      expires_at: language.moment(expiresAt),
    },
  })
}
