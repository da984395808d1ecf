// The layout of a mail: a heading, sentences, facts and one link, as plain text and as HTML. Mail programs support
// neither style sheets nor scripts, so the HTML has a few inline styles and is readable without them.
import type { Letter } from './mail.ts'

/** A link, and what it is for. */
interface MailLink {
  readonly label: string
  readonly url: string
}

/** The content of a mail. Any text may come from an attacker: it is reduced to one line, and escaped in HTML. */
export interface LetterParts {
  readonly subject: string
  readonly heading: string
  readonly sentences: readonly string[]
  /** Facts: a name and a value each. */
  readonly facts: readonly (readonly [label: string, value: string])[]
  /** The first link of the mail. Its URL belongs to the server or the tenant, never to the recipient. */
  readonly action: MailLink
  /** Another link, below. */
  readonly other?: MailLink
  /** Further remarks. */
  readonly closing: readonly string[]
}

const SUBJECT_MAX = 200
const TEXT_MAX = 400

// Control characters, bidirectional overrides and invisible characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu

const PAGE = 'margin:0;padding:24px;background:#f5f3ed;color:#1b2422;font:16px/1.5 system-ui,sans-serif'
const CARD = 'max-width:560px;margin:0 auto;padding:32px;background:#fffefb;border:1px solid #dedad0;border-radius:12px'
const BUTTON =
  'display:inline-block;padding:12px 20px;background:#0b5a54;color:#ffffff;border-radius:8px;text-decoration:none'
const SECONDARY_STYLE = 'color:#56615d;font-size:14px'

// Mail programs make links of addresses, paths, ports and of what looks like a host name, and a tenant chooses its names.
const LINK = /[/\\@]|:\d|\bwww\.|[\p{L}\p{N}-]\.\p{L}{2,}|\d+(\.\d+){3}/u
/** What stands for the dot in a host name (UTS #46, IDNA2003 §3.1). */
const DOTS = /[\u3002\uff0e\uff61\u2024\ufe52]/gu
const NAME_MAX = 80

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** A time as mails write it. @param time milliseconds since 1970 */
export function momentOf(time: number): string {
  return `${moment.format(time)} UTC`
}

/** Whether a mail program could make a link of a name. */
export function looksLikeLink(name: string): boolean {
  return LINK.test(name.normalize('NFKC').replace(DOTS, '.'))
}

/** A name of at most 80 characters. */
export function shortName(name: string): string {
  return name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name
}

/** Renders a mail from its parts. */
export function writeLetter(parts: LetterParts): Letter {
  const heading = oneLine(parts.heading)
  const sentences = parts.sentences.map((sentence) => oneLine(sentence))
  const facts = parts.facts.map(([label, value]) => [label, oneLine(value)] as const)
  const closing = parts.closing.map((sentence) => oneLine(sentence))
  const { action, other } = parts
  const links = other ? [action, other] : [action]
  const text = [
    heading,
    ...sentences,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    ...links.map(({ label, url }) => `${label}:\n${url}`),
    ...closing,
  ]
  const html = [
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escaped(heading)}</h1>`,
    ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
    `<p>${facts.map(([name, value]) => `${name}: <strong>${escaped(value)}</strong>`).join('<br>')}</p>`,
    ...links.flatMap(({ label, url }) => [
      `<p><a href="${escaped(url)}" style="${BUTTON}">${escaped(label)}</a></p>`,
      `<p style="${SECONDARY_STYLE}">${escaped(url)}</p>`,
    ]),
    ...closing.map((sentence) => `<p style="${SECONDARY_STYLE}">${escaped(sentence)}</p>`),
  ]
  const subject = oneLine(parts.subject, SUBJECT_MAX)
  return { subject, text: `${text.filter(Boolean).join('\n\n')}\n`, html: documentOf(subject, html.join('\n')) }
}

function documentOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body style="${PAGE}"><div style="${CARD}">
${body}
</div></body>
</html>
`
}

function oneLine(text: string, limit = TEXT_MAX): string {
  const clean = [...text.replaceAll(INVISIBLE, ' ').replaceAll(/\s+/gu, ' ').trim()]
  return clean.length > limit ? `${clean.slice(0, limit - 1).join('')}…` : clean.join('')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
