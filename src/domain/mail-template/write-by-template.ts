// Writes a mail by the template of a realm. What is not in the template comes from the server: the facts and the links.
import { loadLanguage } from '#language/language.ts'
import { type LetterFrame, looksLikeLink, writeLetter } from '../mail/letter.ts'
import { builtInTemplate, NOT_IN_SUBJECTS } from './kinds.ts'
import { compileOnce } from './liquid.ts'
import type { TemplateContent, TemplateKind } from './mail-template.ts'

/** The content of a mail. */
export interface Written {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** The values that name something, which others may have chosen. */
const NAMES = ['realm', 'organization', 'inviter', 'client', 'name']

/** Stands for what a subject must not have. */
const WITHHELD = '\ue000'

/**
 * Writes a mail. A stored subject with a link or a code in it gives way to that of the server.
 * @throws Error if the template cannot be rendered, or nothing is left of the subject
 */
export async function writeByTemplate(
  kind: TemplateKind,
  content: TemplateContent,
  frame: LetterFrame,
): Promise<Written> {
  const language = await loadLanguage(frame.language)
  const plain = async (source: string, values = frame.values) =>
    (await (await compileOnce(source, 'text')).render(values)).trim()
  const all = async (sources: readonly string[]) =>
    (await Promise.all(sources.map((one) => plain(one)))).filter(Boolean)
  const own = await plain(content.subject, subjectValues(frame))
  const subject = own.includes(WITHHELD)
    ? await plain(builtInTemplate(kind, language).subject, subjectValues(frame))
    : own
  if (subject === '') throw new Error('The subject is empty.')
  const letter = writeLetter(language, {
    subject,
    preheader: await plain(content.preheader),
    heading: await plain(content.heading),
    sentences: await all(content.paragraphs),
    facts: frame.facts,
    action: { label: await plain(content.actionLabel), url: frame.action.url },
    ...(frame.other && { other: frame.other }),
    closing: await all(content.closing),
    values: {},
  })
  const { html, text } = content
  return {
    subject,
    html: html === null ? letter.html : await (await compileOnce(html, 'html')).render(frame.values),
    text: text === null ? letter.text : await (await compileOnce(text, 'text')).render(frame.values),
  }
}

/** Mail programs make links of what looks like a host name: a subject has no such names. */
function subjectValues({ values }: LetterFrame): Record<string, string> {
  const shown = ([name, value]: [string, string]) => [name, valueInSubject(name, value)]
  return Object.fromEntries(Object.entries(values).map(shown))
}

function valueInSubject(name: string, value: string): string {
  if (NOT_IN_SUBJECTS.includes(name)) return WITHHELD
  return NAMES.includes(name) && looksLikeLink(value) ? '…' : value
}
