// The mails about a person's own account.
import { looksLikeLink, momentOf, shortName, writeLetter } from '../mail/letter.ts'
import type { Letter } from '../mail/mail.ts'

/** What every mail about an account says. */
interface Parts {
  /** The name of the realm. */
  readonly realm: string
  /** The address of the account. */
  readonly email: string
  readonly url: string
}

/** What a mail with a link that works once says. */
export interface LinkLetterParts extends Parts {
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** The IP address from which the link was asked for; null if it is unknown or an administrator asked. */
  readonly askedFrom: string | null
}

const ALONE = 'The link is for you alone, and works once. Do not pass it on.'

/** Renders the mail with the link to set a new password. */
export function recoveryLetter(parts: LinkLetterParts): Letter {
  return writeLetter({
    ...titled('Set a new password', parts.realm),
    sentences: ['Somebody asked to set a new password for your account.'],
    facts: linkFacts(parts),
    action: { label: 'Set a new password', url: parts.url },
    closing: [ALONE, 'If it was not you, do nothing: your password stays as it is.'],
  })
}

/** Renders the mail with the link to verify an address. */
export function verificationLetter(parts: LinkLetterParts): Letter {
  return writeLetter({
    ...titled('Confirm your e-mail address', parts.realm),
    sentences: ['Please confirm that this address is yours.'],
    facts: linkFacts(parts),
    action: { label: 'Confirm the address', url: parts.url },
    closing: [ALONE, 'If you have no account there, do nothing.'],
  })
}

/** Renders the mail with the link to make an account. */
export function registrationLetter(parts: LinkLetterParts): Letter {
  return writeLetter({
    ...titled('Create your account', parts.realm),
    sentences: ['Somebody began to create an account with this address.'],
    facts: linkFacts(parts),
    action: { label: 'Go on', url: parts.url },
    closing: [ALONE, 'If it was not you, do nothing: no account is made without the link.'],
  })
}

/** Renders the mail with which a person signs in. @param parts the code as the person reads it, besides the link */
export function signInLetter(parts: LinkLetterParts & { readonly code: string }): Letter {
  return writeLetter({
    ...titled('Sign in', parts.realm),
    sentences: ['Enter the code on the page where you began to sign in. Or open the link in the same browser.'],
    facts: [['Code', parts.code], ...linkFacts(parts)],
    action: { label: 'Sign in', url: parts.url },
    closing: [
      'The code and the link are for you alone, and one of them works, once. Tell the code nobody: we never ask for it.',
      'If it was not you, do nothing: nobody signs in without the code or the link.',
    ],
  })
}

/** Renders the mail to who has an account and began to make one. @param parts the link leads to the page that recovers it */
export function accountExistsLetter({ realm, email, url, askedFrom }: Omit<LinkLetterParts, 'expiresAt'>): Letter {
  return writeLetter({
    ...titled('You have an account', realm),
    sentences: [
      'Somebody began to create an account with this address, but there is one. Sign in with it where you want to go.',
    ],
    facts: [['Account', email], ...(askedFrom === null ? [] : [['Asked for from', askedFrom] as const])],
    action: { label: 'Forgot your password? Set a new one', url },
    closing: ['If it was not you, do nothing.'],
  })
}

/** Renders the mail that tells a person of a new password. @param parts the link leads to the page that recovers it */
export function passwordChangedLetter({
  realm,
  email,
  url,
  at,
  isKept,
  isRemoved,
}: Parts & { readonly at: number; readonly isKept: boolean; readonly isRemoved: boolean }): Letter {
  const [where, what] = [isKept ? 'everywhere else' : 'everywhere', isRemoved ? 'removed' : 'changed']
  return writeLetter({
    ...titled(`Your password was ${what}`, realm),
    sentences: [`The password of your account was ${what}, and you were signed out ${where}.`],
    facts: [
      ['Account', email],
      ['Changed', momentOf(at)],
    ],
    action: { label: 'It was not you? Set a new password', url },
    closing: ['If it was you, there is nothing to do.'],
  })
}

/**
 * Renders the mail that tells a person of a new address of the account. Neither mailbox learns the other address.
 * @param parts the link leads to the account; and whether the mail goes to the former address
 */
export function addressChangedLetter({
  realm,
  email,
  url,
  at,
  isFormer,
}: Parts & { readonly at: number; readonly isFormer: boolean }): Letter {
  const sentence = isFormer
    ? 'An administrator gave your account another address. You sign in with that one now, and mails go there.'
    : 'An administrator gave an account this address. Its owner signs in with it now, and mails come here.'
  return writeLetter({
    ...titled('The address of your account was changed', realm),
    sentences: [sentence, 'If you do not know of it, tell whoever runs this service.'],
    facts: [
      [isFormer ? 'Former address' : 'Address', email],
      ['Changed', momentOf(at)],
    ],
    action: { label: 'Open your account', url },
    closing: [],
  })
}

/** What changed of the ways in which a person signs in. */
export type AuthenticatorChange =
  | 'passkey_added'
  | 'passkey_removed'
  | 'app_added'
  | 'app_removed'
  | 'codes_renewed'
  | 'all_removed'
  | 'account_linked'
  | 'account_unlinked'

const CHANGES: Readonly<Record<AuthenticatorChange, { readonly title: string; readonly sentence: string }>> = {
  passkey_added: {
    title: 'A passkey was added',
    sentence: 'A passkey was added to your account. Whoever has it can sign in as you.',
  },
  passkey_removed: { title: 'A passkey was removed', sentence: 'A passkey of your account was removed.' },
  app_added: {
    title: 'An authenticator app was added',
    sentence: 'An authenticator app was added to your account. Whoever has it knows the codes of your second step.',
  },
  app_removed: {
    title: 'An authenticator app was removed',
    sentence: 'An authenticator app of your account was removed.',
  },
  codes_renewed: {
    title: 'Your recovery codes were replaced',
    sentence: 'New recovery codes were made for your account. The former ones work no more.',
  },
  all_removed: {
    title: 'Your second factors were removed',
    sentence:
      'An administrator removed every passkey, authenticator app and recovery code of your account, and you were signed out everywhere.',
  },
  account_linked: {
    title: 'An account was linked',
    sentence: 'An account at another service was linked to your account. Whoever has it can sign in as you.',
  },
  account_unlinked: {
    title: 'An account was unlinked',
    sentence: 'An account at another service was unlinked from your account. It signs nobody in any more.',
  },
}

/**
 * Renders the mail that tells a person of a change of authenticators. No link changes anything by itself: programs that
 * protect mailboxes open every link.
 * @param parts the links lead to the page with them, and to the page that recovers the password
 */
export function authenticatorChangedLetter({
  realm,
  email,
  url,
  recoveryUrl,
  change,
  name,
  at,
}: Parts & {
  readonly recoveryUrl: string
  readonly change: AuthenticatorChange
  readonly name: string
  readonly at: number
}): Letter {
  const { title, sentence } = CHANGES[change]
  return writeLetter({
    ...titled(title, realm),
    sentences: [
      sentence,
      'If it was you, there is nothing to do. If it was not you, set a new password, and then remove from your account what you do not know. If you cannot sign in any more, tell whoever runs this service.',
    ],
    facts: [
      ['Account', email],
      ['Name', name],
      ['Changed', momentOf(at)],
    ],
    action: { label: 'Look at what you sign in with', url },
    other: { label: 'It was not you? Set a new password', url: recoveryUrl },
    closing: [],
  })
}

/** Renders the mail that tells a person of a sign-in in a new browser. @param parts the link leads to the password’s recovery */
export function newBrowserLetter({
  realm,
  email,
  url,
  sessionsUrl,
  at,
  ip,
  program,
}: Parts & {
  readonly sessionsUrl: string
  readonly at: number
  /** The IP address of the browser; null if it is unknown. */
  readonly ip: string | null
  /** The name of the browser, as it is known here. */
  readonly program: string
}): Letter {
  return writeLetter({
    ...titled('A sign-in from a new browser', realm),
    sentences: [
      'Somebody signed in to your account in a browser that is not known for it. A browser is known for a year, and until the password is another one.',
      'If it was you, there is nothing to do. If it was not you, set a new password: that ends every session.',
    ],
    facts: [
      ['Account', email],
      ['Browser', program],
      ...(ip === null ? [] : [['Address', ip] as const]),
      ['Signed in', momentOf(at)],
    ],
    action: { label: 'See where you are signed in', url: sessionsUrl },
    other: { label: 'It was not you? Set a new password', url },
    closing: [],
  })
}

function titled(title: string, realm: string) {
  const name = shortName(realm)
  return { subject: looksLikeLink(name) ? title : `${title} at ${name}`, heading: `${title} at ${name}` }
}

function linkFacts({ email, expiresAt, askedFrom }: LinkLetterParts): (readonly [string, string])[] {
  return [
    ['Account', email],
    ...(askedFrom === null ? [] : [['Asked for from', askedFrom] as const]),
    ['Valid until', momentOf(expiresAt)],
  ]
}
