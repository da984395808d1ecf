// The kinds of mails that have a template: what their templates can name, and the template of the server for each, in each
// language. It is made of the messages of the language, so that it is what the server writes without a template.
import type { Language } from '#language/language.ts'
import {
  accountDeletedLetter,
  accountExistsLetter,
  addressChangedLetter,
  authenticatorChangedLetter,
  newBrowserLetter,
  passwordChangedLetter,
  recoveryLetter,
  registrationLetter,
  signInLetter,
  verificationLetter,
} from '../account/account-letters.ts'
import { requestLetter } from '../backchannel-authentication/request-mail.ts'
import type { Letter, LetterFrame, Text } from '../mail/letter.ts'
import { invitationLetter } from '../organization/invitation-letter.ts'
import type { TemplateContent, TemplateKind } from './mail-template.ts'

/** Every variable: what it is, and an example. */
export const VARIABLES = {
  realm: ['The name of the realm.', 'Northwind'],
  account: ['The e-mail address of the account.', 'ada@example.com'],
  link: ['Where the link leads.', 'https://id.example.com/example?token=example'],
  other_link: ['Where the second link leads: to set a new password.', 'https://id.example.com/recover'],
  code: ['The code that the person types.', '1234 5678'],
  expires_at: ['Until when the mail is of use.', '1 January 2026 at 12:00 UTC'],
  asked_from: ['The IP address from which it was asked for; empty if it is unknown.', '192.0.2.1'],
  changed_at: ['When it happened.', '1 January 2026 at 12:00 UTC'],
  signed_in_at: ['When the person signed in.', '1 January 2026 at 12:00 UTC'],
  title: ['What happened, in a few words of the language.', 'A passkey was added'],
  sentence: ['What happened, in a sentence of the language.', 'A passkey was added to your account.'],
  name: ['The name of what changed.', 'Key ring'],
  browser: ['The browser of the sign-in.', 'Firefox'],
  address: ['The IP address of the sign-in; empty if it is unknown.', '192.0.2.1'],
  organization: ['The name of the organization.', 'Acme'],
  inviter: ['Who invites; empty if it is unknown.', 'Grace'],
  role: ['The role in the organization.', 'member'],
  client: ['The name of the app; empty if it looks like a link.', 'Calendar'],
} as const satisfies Readonly<Record<string, readonly [description: string, example: string]>>

/** What whoever has it can sign in with, or act. Subjects are stored and listed, so that they have none of it. */
export const NOT_IN_SUBJECTS: readonly string[] = ['link', 'other_link', 'code'] satisfies (keyof typeof VARIABLES)[]

type VariableName = keyof typeof VARIABLES
type Sample = Readonly<Record<VariableName, string>>

interface Kind {
  /** What a mail of the kind is of no use without. */
  readonly required: readonly VariableName[]
  /** The variable that is a time, if there is one. */
  readonly time?: VariableName
  readonly write: (language: Language, sample: Sample) => Letter
}

const LINK = ['link'] as const
const linkParts = ({ realm, account: email, link: url, asked_from: askedFrom }: Sample) => ({
  ...{ realm, email, url, askedFrom },
  expiresAt: 0,
})
const noticeParts = ({ realm, account: email, link: url }: Sample) => ({ realm, email, url, at: 0 })

const KINDS: Readonly<Record<TemplateKind, Kind>> = {
  invitation: {
    required: LINK,
    time: 'expires_at',
    write: (language, { organization, realm, inviter, role, link }) =>
      invitationLetter(language, { organization, realm, inviter, role, expiresAt: 0, url: link }),
  },
  password_recovery: {
    required: LINK,
    time: 'expires_at',
    write: (language, sample) => recoveryLetter(language, linkParts(sample)),
  },
  password_changed: {
    required: [],
    time: 'changed_at',
    write: (language, sample) =>
      passwordChangedLetter(language, { ...noticeParts(sample), isKept: false, isRemoved: false }),
  },
  email_changed: {
    required: [],
    time: 'changed_at',
    write: (language, sample) => addressChangedLetter(language, { ...noticeParts(sample), isFormer: false }),
  },
  authenticator_changed: {
    required: [],
    time: 'changed_at',
    write: (language, sample) =>
      authenticatorChangedLetter(language, {
        ...noticeParts(sample),
        ...{ recoveryUrl: sample.other_link, change: 'passkey_added', name: sample.name },
      }),
  },
  new_browser: {
    required: [],
    time: 'signed_in_at',
    write: (language, { link, ...sample }) =>
      newBrowserLetter(language, {
        ...noticeParts({ ...sample, link: sample.other_link }),
        ...{ sessionsUrl: link, ip: sample.address, program: { browser: sample.browser, system: undefined } },
      }),
  },
  email_verification: {
    required: LINK,
    time: 'expires_at',
    write: (language, sample) => verificationLetter(language, linkParts(sample)),
  },
  user_registration: {
    required: LINK,
    time: 'expires_at',
    write: (language, sample) => registrationLetter(language, linkParts(sample)),
  },
  account_exists: { required: [], write: (language, sample) => accountExistsLetter(language, linkParts(sample)) },
  email_sign_in: {
    required: ['code'],
    time: 'expires_at',
    write: (language, sample) => signInLetter(language, { ...linkParts(sample), code: sample.code }),
  },
  approval_request: {
    required: LINK,
    time: 'expires_at',
    write: (language, { realm, account: email, client, link: url }) =>
      requestLetter(language, { realm, email, client, url, expiresAt: 0 }),
  },
  account_deleted: {
    required: [],
    time: 'changed_at',
    write: (language, sample) => accountDeletedLetter(language, noticeParts(sample)),
  },
}

const names = Object.keys(VARIABLES) as VariableName[]
const sampleOf = (value: (name: VariableName) => string) =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Sample
const EXAMPLES = sampleOf((name) => VARIABLES[name][1])
const MARKS = sampleOf((name) => `{{ ${name} }}`)

function writeSample(kind: TemplateKind, language: Language, sample: Sample): Letter {
  const { write, time } = KINDS[kind]
  return write({ ...language, moment: () => (time === undefined ? '' : sample[time]) }, sample)
}

/** The frame of an example of a mail. */
export function exampleFrame(kind: TemplateKind, language: Language): LetterFrame {
  return writeSample(kind, language, EXAMPLES).frame
}

/** What the templates of a kind can name. */
export function variablesOf(kind: TemplateKind, { values }: LetterFrame) {
  const known = names.filter((name) => Object.hasOwn(values, name))
  const { required } = KINDS[kind]
  return known.map((name) => ({
    name,
    description: VARIABLES[name][0],
    example: values[name] ?? '',
    required: required.includes(name),
  }))
}

/** The template of the server for a kind. */
export function builtInTemplate(kind: TemplateKind, language: Language): TemplateContent {
  const { parts } = writeSample(kind, language, MARKS)
  const { title = '', sentence = '' } = parts.values
  const source = (text: Text) => {
    const named = sourceOf(text)
    const replaced = named.replace(sourceOf(sentence) || named, sentence === '' ? named : '{{ sentence }}')
    return title === '' ? replaced : replaced.replace(sourceOf(title), '{{ title }}')
  }
  return {
    subject: source(parts.subject),
    preheader: '',
    heading: source(parts.heading),
    paragraphs: parts.sentences.map(source),
    actionLabel: parts.action.label,
    closing: parts.closing.map(source),
    html: null,
    text: null,
  }
}

/** A text with marks in it, without what separates names from the text around them: values have that. */
function sourceOf(text: Text): string {
  return [text]
    .flat()
    .map((part) => (typeof part === 'string' ? part : part.datum))
    .join('')
    .replaceAll(/[\u2068\u2069]/g, '')
}
