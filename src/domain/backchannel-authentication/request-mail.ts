// The mail that tells a person that a client asks for an approval.
import { renderId } from '#kernel/id.ts'
import { ACCOUNT_PATHS } from '../account/account-paths.ts'
import type { Client } from '../client/client.ts'
import type { Context } from '../context.ts'
import { looksLikeLink, momentOf, shortName, writeLetter } from '../mail/letter.ts'
import { mailOf, mayTellOfRequest } from '../mail/mail.service.ts'
import { type Letter, type Mail, sendsMail } from '../mail/mail.ts'
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
  const letter = requestLetter({
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

// What the client calls itself, and its binding message, come from the client: only the page shows the message.
function requestLetter({
  realm,
  email,
  client,
  url,
  expiresAt,
}: {
  readonly realm: string
  readonly email: string
  readonly client: string
  readonly url: string
  readonly expiresAt: number
}): Letter {
  const name = looksLikeLink(client) ? 'An app' : shortName(client)
  const place = looksLikeLink(realm) ? '' : `: ${shortName(realm)}`
  return writeLetter({
    subject: `An app asks for your approval${place}`,
    heading: 'An app asks for your approval',
    sentences: [`${name} asks you to approve something. Look at what it is, and approve it only if you expect it.`],
    facts: [
      ['Account', email],
      ['Decide before', momentOf(expiresAt)],
    ],
    action: { label: 'Look at the request', url },
    closing: ['If you do not expect it, deny it there, or do nothing.'],
  })
}
