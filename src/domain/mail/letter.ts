// The layout of a mail: a heading, sentences, facts and one link, as plain text and as HTML. Mail programs support
// neither style sheets nor scripts, so the HTML has a few inline styles and is readable without them.
import type { Language } from '#language/language.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { Mixed } from '#language/message.ts'

/** A link, and what it is for. */
export interface MailLink {
  readonly label: string
  readonly url: string
}

/** What somebody chose: it may come from an attacker. It is reduced to one line, escaped, and kept apart from what is around it. */
interface Datum {
  readonly datum: string
}

/** A message, with what others chose in it. */
export type Text = string | Mixed<Datum>

/** The content of a mail, in one language. */
export interface LetterParts {
  readonly subject: string
  /** What mail programs show beside the subject, in lists. */
  readonly preheader?: string
  readonly heading: Text
  readonly sentences: readonly Text[]
  /** Facts: a name and a value each. */
  readonly facts: readonly (readonly [label: string, value: Text])[]
  /** The first link of the mail. Its URL belongs to the server or the tenant, never to the recipient. */
  readonly action: MailLink
  /** Another link, below. */
  readonly other?: MailLink
  /** Further remarks. */
  readonly closing: readonly Text[]
  /** What the template of a realm can name, besides the links. */
  readonly values: Readonly<Record<string, Text>>
}

/** The parts of a mail that stay when a realm has words of its own for it. */
export interface LetterFrame {
  readonly language: LanguageTag
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly action: MailLink
  readonly other?: MailLink
  readonly values: Readonly<Record<string, string>>
}

/** The content of a mail, as text and as HTML, and what it is made of. */
export interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly parts: LetterParts
  readonly frame: LetterFrame
}

const TEXT_MAX = 400

// Control characters, bidirectional overrides and invisible characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu

const PAGE = 'margin:0;padding:24px;background:#f5f3ed;color:#1b2422;font:16px/1.5 system-ui,sans-serif'
const CARD = 'max-width:560px;margin:0 auto;padding:32px;background:#fffefb;border:1px solid #dedad0;border-radius:12px'
const BUTTON =
  'display:inline-block;padding:12px 20px;background:#0b5a54;color:#ffffff;border-radius:8px;text-decoration:none'
const SECONDARY_STYLE = 'color:#56615d;font-size:14px'
const PREHEADER = 'display:none;max-height:0;overflow:hidden'

/** The styles of a letter, which the look of a branding replaces. */
export const LETTER_STYLES = { page: PAGE, card: CARD, button: BUTTON, secondary: SECONDARY_STYLE } as const

// Mail programs make links of addresses, paths, ports and of what looks like a host name, and a tenant chooses its names.
const LINK = /[/\\@]|:\d|\bwww\.|[\p{L}\p{N}-]\.\p{L}{2,}|\d+(\.\d+){3}/u
/** What stands for the dot in a host name (UTS #46, IDNA2003 §3.1). */
const DOTS = /[\u3002\uff0e\uff61\u2024\ufe52]/gu
const NAME_MAX = 80

/** Letters that are written from the right to the left. */
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** What somebody chose, as a part of a message. */
export function datum(text: string): Datum {
  return { datum: text }
}

/** Whether a mail program could make a link of a name. */
export function looksLikeLink(name: string): boolean {
  return LINK.test(name.normalize('NFKC').replace(DOTS, '.'))
}

/** A name of at most 80 characters. */
export function shortName(name: string): string {
  return name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name
}

/** Renders a mail from its parts. @param language that of the parts */
export function writeLetter(language: Language, parts: LetterParts): Letter {
  const { sentences, facts, action, other, closing } = parts
  const { fact } = language.messages.form
  const links = other ? [action, other] : [action]
  const plain = (text: Text) => plainOf(language, text)
  const text = [
    plain(parts.heading),
    ...sentences.map(plain),
    facts.map(([name, value]) => fact(name, plain(value)).join('')).join('\n'),
    ...links.map(({ label, url }) => `${fact(label, '').join('').trim()}\n${url}`),
    ...closing.map(plain),
  ]
  const html = [
    ...(parts.preheader ? [`<div style="${PREHEADER}">${escaped(parts.preheader)}</div>`] : []),
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${htmlOf(parts.heading)}</h1>`,
    ...sentences.map((sentence) => `<p>${htmlOf(sentence)}</p>`),
    `<p>${facts.map(([name, value]) => fact(escaped(name), `<strong>${htmlOf(value)}</strong>`).join('')).join('<br>')}</p>`,
    ...links.flatMap(({ label, url }) => [
      `<p><a href="${escaped(url)}" style="${BUTTON}">${escaped(label)}</a></p>`,
      `<p style="${SECONDARY_STYLE}" dir="ltr">${escaped(url)}</p>`,
    ]),
    ...closing.map((sentence) => `<p style="${SECONDARY_STYLE}">${htmlOf(sentence)}</p>`),
  ]
  const { subject } = parts
  return {
    subject,
    text: `${text.filter(Boolean).join('\n\n')}\n`,
    html: documentOf(language, subject, html.join('\n')),
    parts,
    frame: frameOf(language, parts),
  }
}

function frameOf(language: Language, { facts, action, other, values }: LetterParts): LetterFrame {
  const plain = (text: Text) => plainOf(language, text)
  return {
    language: language.tag,
    facts: facts.map(([name, value]) => [name, plain(value)]),
    action,
    ...(other && { other }),
    values: {
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)])),
      link: action.url,
      ...(other && { other_link: other.url }),
    },
  }
}

/** A name as it stands in a subject, which has no markup. */
export function inSubject(language: Language, name: string): string {
  return plainOf(language, [datum(name)])
}

/** In text without markup, directional isolates (UAX #9 §2.4.2) stand around what could turn the text around it. */
function plainOf({ dir }: Language, text: Text): string {
  return [text]
    .flat()
    .map((part) => {
      if (typeof part === 'string') return part
      const line = oneLine(part.datum)
      return dir === 'rtl' || RIGHT_TO_LEFT.test(line) ? `\u2068${line}\u2069` : line
    })
    .join('')
}

function htmlOf(text: Text): string {
  return [text]
    .flat()
    .map((part) => (typeof part === 'string' ? escaped(part) : `<bdi>${escaped(oneLine(part.datum))}</bdi>`))
    .join('')
}

function documentOf({ lang, dir }: Language, title: string, body: string): string {
  return `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body style="${PAGE}"><div style="${CARD}" dir="${dir}">
${body}
</div></body>
</html>
`
}

function oneLine(text: string): string {
  const clean = [...text.replaceAll(INVISIBLE, ' ').replaceAll(/\s+/gu, ' ').trim()]
  return clean.length > TEXT_MAX ? `${clean.slice(0, TEXT_MAX - 1).join('')}…` : clean.join('')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
