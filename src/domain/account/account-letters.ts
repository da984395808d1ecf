// The mails about a person's own account.
import type { Language } from '#language/language.ts'
import { datum, inSubject, type Letter, looksLikeLink, shortName, writeLetter } from '../mail/letter.ts'
import type { NamedProgram } from '../session/program.ts'

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

/** Renders the mail with the link to set a new password. */
export function recoveryLetter(language: Language, parts: LinkLetterParts): Letter {
  const { recoveryMail: own } = language.messages
  return linkLetter(language, { ...own, action: own.title }, parts)
}

/** Renders the mail with the link to verify an address. */
export function verificationLetter(language: Language, parts: LinkLetterParts): Letter {
  return linkLetter(language, language.messages.verificationMail, parts)
}

/** Renders the mail with the link to make an account. */
export function registrationLetter(language: Language, parts: LinkLetterParts): Letter {
  return linkLetter(language, language.messages.registrationMail, parts)
}

interface LinkWords {
  readonly title: string
  readonly sentence: string
  readonly action: string
  readonly closing: string
}

/** A mail whose link is for one thing, and which nobody has to follow. */
function linkLetter(language: Language, words: LinkWords, parts: LinkLetterParts): Letter {
  return writeLetter(language, {
    ...titled(language, words.title, parts.realm),
    sentences: [words.sentence],
    facts: linkFacts(language, parts),
    action: { label: words.action, url: parts.url },
    closing: [language.messages.mail.alone, words.closing],
    values: linkValues(language, parts),
  })
}

/** Renders the mail with which a person signs in. @param parts the code as the person reads it, besides the link */
export function signInLetter(language: Language, parts: LinkLetterParts & { readonly code: string }): Letter {
  const { mail, signInMail: own } = language.messages
  return writeLetter(language, {
    ...titled(language, own.title, parts.realm),
    sentences: [own.sentence],
    facts: [[mail.code, [datum(parts.code)]], ...linkFacts(language, parts)],
    action: { label: own.title, url: parts.url },
    closing: [own.alone, own.closing],
    values: { ...linkValues(language, parts), code: parts.code },
  })
}

/** Renders the mail to who has an account and began to make one. @param parts the link leads to the page that recovers it */
export function accountExistsLetter(
  language: Language,
  { realm, email, url, askedFrom }: Omit<LinkLetterParts, 'expiresAt'>,
): Letter {
  const { accountExistsMail: own } = language.messages
  return writeLetter(language, {
    ...titled(language, own.title, realm),
    sentences: [own.sentence],
    facts: accountFacts(language, { email, askedFrom }),
    action: { label: own.action, url },
    closing: [own.closing],
    values: { ...accountValues({ realm, email }), asked_from: askedFrom ?? '' },
  })
}

interface PasswordParts extends Parts {
  readonly at: number
  readonly isKept: boolean
  readonly isRemoved: boolean
}

/** Renders the mail that tells a person of a new password. @param parts the link leads to the page that recovers it */
export function passwordChangedLetter(
  language: Language,
  { realm, email, url, at, isKept, isRemoved }: PasswordParts,
): Letter {
  const { mail, passwordChangedMail: own } = language.messages
  const title = isRemoved ? own.removedTitle : own.title
  const sentence = isRemoved ? own.removed : isKept ? own.sentenceKeptOne : own.sentence
  return writeLetter(language, {
    ...titled(language, title, realm),
    sentences: [sentence],
    facts: [...accountFacts(language, { email }), [mail.changedAt, language.moment(at)]],
    action: { label: mail.notYou, url },
    closing: [mail.nothingToDo],
    values: { ...accountValues({ realm, email }), title, sentence, changed_at: language.moment(at) },
  })
}

/**
 * Renders the mail that tells a person of a new address of the account. Neither mailbox learns the other address.
 * @param parts the link leads to the account; and whether the mail goes to the former address
 */
export function addressChangedLetter(
  language: Language,
  { realm, email, url, at, isFormer }: Parts & { readonly at: number; readonly isFormer: boolean },
): Letter {
  const { mail, addressChangedMail: own, getStarted } = language.messages
  const sentence = isFormer ? own.former : own.present
  return writeLetter(language, {
    ...titled(language, own.title, realm),
    sentences: [sentence, own.advice],
    facts: [
      [isFormer ? own.formerAddress : mail.address, [datum(email)]],
      [mail.changedAt, language.moment(at)],
    ],
    action: { label: getStarted.account, url },
    closing: [],
    values: { ...accountValues({ realm, email }), sentence, changed_at: language.moment(at) },
  })
}

/** Renders the mail that tells a person that the account is deleted. @param parts the link leads to where it was */
export function accountDeletedLetter(
  language: Language,
  { realm, email, url, at }: Parts & { readonly at: number },
): Letter {
  const { mail, accountDeletedMail: own } = language.messages
  return writeLetter(language, {
    ...titled(language, own.title, realm),
    sentences: [own.sentence, own.advice],
    facts: [...accountFacts(language, { email }), [mail.changedAt, language.moment(at)]],
    action: { label: own.action, url },
    closing: [],
    values: { ...accountValues({ realm, email }), changed_at: language.moment(at) },
  })
}

/** What changed of the ways in which a person signs in. */
export type AuthenticatorChange =
  | 'passkey_added'
  | 'passkey_removed'
  | 'app_added'
  | 'app_removed'
  | 'phone_added'
  | 'phone_removed'
  | 'codes_renewed'
  | 'all_removed'
  | 'account_linked'
  | 'account_unlinked'

interface AuthenticatorParts extends Parts {
  readonly recoveryUrl: string
  readonly change: AuthenticatorChange
  readonly name: string | null
  readonly at: number
}

/**
 * Renders the mail that tells a person of a change of authenticators. No link changes anything by itself: programs that
 * protect mailboxes open every link.
 * @param parts the links lead to the page with them, and to the page that recovers the password
 */
export function authenticatorChangedLetter(
  language: Language,
  { realm, email, url, recoveryUrl, change, name, at }: AuthenticatorParts,
): Letter {
  const { linkedAccounts, mail, authenticatorMail: own } = language.messages
  const [title, sentence] = own[change]
  const named = change === 'all_removed' ? own.all : name === null ? linkedAccounts.gone : [datum(name)]
  return writeLetter(language, {
    ...titled(language, title, realm),
    sentences: [sentence, own.advice],
    facts: [...accountFacts(language, { email }), [mail.name, named], [mail.changedAt, language.moment(at)]],
    action: { label: own.action, url },
    other: { label: mail.notYou, url: recoveryUrl },
    closing: [],
    values: { ...accountValues({ realm, email }), title, sentence, name: named, changed_at: language.moment(at) },
  })
}

interface NewBrowserParts extends Parts {
  readonly sessionsUrl: string
  readonly at: number
  /** The IP address of the browser; null if it is unknown. */
  readonly ip: string | null
  readonly program: NamedProgram
}

/** Renders the mail that tells a person of a sign-in in a new browser. @param parts the link leads to the password’s recovery */
export function newBrowserLetter(
  language: Language,
  { realm, email, url, sessionsUrl, at, ip, program: { browser, system } }: NewBrowserParts,
): Letter {
  const { mail, newBrowserMail: own, sessions } = language.messages
  const known = system === undefined ? browser : browser && sessions.browserOn(browser, system).join('')
  const program = known ?? sessions.unknownProgram
  return writeLetter(language, {
    ...titled(language, own.title, realm),
    sentences: [own.sentence, own.advice],
    facts: [
      ...accountFacts(language, { email }),
      [mail.browser, program],
      ...(ip === null ? [] : [[mail.address, [datum(ip)]] as const]),
      [mail.signedIn, language.moment(at)],
    ],
    action: { label: own.action, url: sessionsUrl },
    other: { label: mail.notYou, url },
    closing: [],
    values: {
      ...accountValues({ realm, email }),
      browser: program,
      address: ip === null ? '' : [datum(ip)],
      signed_in_at: language.moment(at),
    },
  })
}

function titled(language: Language, title: string, realm: string) {
  const { titleAt } = language.messages.mail
  const name = shortName(realm)
  const subject = looksLikeLink(name) ? title : titleAt(title, inSubject(language, name)).join('')
  return { subject, heading: titleAt<string | ReturnType<typeof datum>>(title, datum(name)) }
}

function accountValues({ realm, email }: Pick<Parts, 'realm' | 'email'>) {
  return { realm: [datum(shortName(realm))], account: [datum(email)] }
}

function linkValues(language: Language, { expiresAt, askedFrom, ...parts }: LinkLetterParts) {
  return { ...accountValues(parts), expires_at: language.moment(expiresAt), asked_from: askedFrom ?? '' }
}

function linkFacts(language: Language, parts: LinkLetterParts) {
  return [
    ...accountFacts(language, parts),
    [language.messages.mail.validUntil, language.moment(parts.expiresAt)] as const,
  ]
}

function accountFacts(
  { messages: { mail } }: Language,
  { email, askedFrom = null }: { readonly email: string; readonly askedFrom?: string | null },
) {
  return [
    [mail.account, [datum(email)]] as const,
    ...(askedFrom === null ? [] : [[mail.askedFrom, [datum(askedFrom)]] as const]),
  ]
}
