// The look of a mail: that of the letter, in the colours and with the name, the logo and the links of a branding. It is put on
// when a mail is sent. Mails have the light scheme, and no font that has to be loaded.
import { type Language, loadLanguage } from '#language/language.ts'
import { languageIn } from '#language/languages.ts'
import {
  BRANDING_FILES_PATH,
  type Brand,
  type Branding,
  type BrandingTexts,
  colorsIn,
  textsIn,
} from '../branding/branding.ts'
import { shownColors } from '../branding/color.ts'
import { FONT_STACKS, type FontStack } from '../branding/fonts.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import { LETTER_STYLES, type Letter, looksLikeLink } from './letter.ts'

type Content = Pick<Letter, 'text' | 'html'>

/** What a mail is sent for. */
export interface MailPlace {
  readonly realm: Pick<Realm, 'defaultLanguage'>
  readonly brand: Brand
  /** The realm’s issuer, below which its files are. */
  readonly issuer: string
}

/** A mail in the look of a branding; as it is, where there is none. */
export async function dressed({ text, html }: Content, { realm, brand, issuer }: MailPlace): Promise<Content> {
  const tag = languageIn(/<html lang="([\w-]+)"/.exec(html)?.[1]) ?? realm.defaultLanguage
  const language = await loadLanguage(tag)
  const links = linksOf(textsIn(brand, [tag, realm.defaultLanguage, 'en']), language)
  const styles = stylesOf(brand)
  const card = `<div style="${LETTER_STYLES.card}" dir="${language.dir}">\n`
  const withHead = html.replace(card, () => card + headOf(brand, issuer))
  const foot = links.map(({ label, uri }) => `<a href="${escaped(uri)}" style="${styles.link}">${escaped(label)}</a>`)
  const line = foot.length > 0 ? `<p style="${LETTER_STYLES.secondary}">${foot.join(' · ')}</p>\n` : ''
  const whole = withHead.replace('\n</div></body>', () => `\n${line}</div></body>`)
  const plain = links.map(({ label, uri }) => language.messages.form.fact(label, uri).join('')).join('\n')
  return { text: plain === '' ? text : `${text}\n${plain}\n`, html: restyled(whole, styles) }
}

/** Replaces the styles of a letter. Text has no quotation marks, so that it has none of them. */
function restyled(html: string, styles: Readonly<Record<string, string>>): string {
  return Object.entries(LETTER_STYLES).reduce(
    (text, [name, style]) => text.replaceAll(`style="${style}"`, () => `style="${styles[name] ?? style}"`),
    html,
  )
}

function stylesOf(brand: Branding): Readonly<Record<string, string>> {
  const { primary, background, surface, text } = shownColors('light', colorsIn(brand, 'light'))
  const { font, tokens = {} } = brand
  const family = escaped(FONT_STACKS[font as FontStack] ?? 'system-ui,sans-serif').replaceAll('&quot;', "'")
  const card = `max-width:560px;margin:0 auto;padding:32px;background:${surface};border:1px solid #dedad0`
  const isPlain = brand.colors === undefined && (brand.color ?? brand.accent) === undefined
  return {
    page: `margin:0;padding:24px;background:${background};color:${text};font:16px/1.5 ${family}`,
    card: `${card};border-radius:${tokens.radius ?? '12px'}`,
    button: `display:inline-block;padding:12px 20px;background:${primary};color:#ffffff;border-radius:${tokens.corner ?? '8px'};text-decoration:none`,
    secondary: isPlain ? LETTER_STYLES.secondary : `color:${text};font-size:14px`,
    link: `color:${primary}`,
  }
}

// Mail programs show neither SVG nor WebP everywhere, and make links of what looks like one.
function headOf({ name, logo }: Branding, issuer: string): string {
  const alt = name === undefined || looksLikeLink(name) ? '' : escaped(name)
  const image =
    /\.(png|jpg)$/.test(logo ?? '') &&
    `<img src="${escaped(issuer)}${BRANDING_FILES_PATH}/${logo}" alt="${alt}" height="32">`
  const shown = image || (alt && `<strong>${alt}</strong>`)
  return shown ? `<p style="margin:0 0 16px">${shown}</p>\n` : ''
}

function linksOf({ privacy, terms, support }: BrandingTexts, { messages }: Language) {
  const labels = messages.consent.links
  const all = [
    { uri: privacy, label: labels.policy },
    { uri: terms, label: labels.terms },
    { uri: support, label: messages.layout.support },
  ]
  return all.filter((link): link is { uri: string; label: string } => link.uri !== undefined)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A mail in the look of the realm of a request. */
export async function dressedIn(
  { registry, scope }: Pick<Context, 'registry' | 'scope'>,
  content: Content,
): Promise<Content> {
  const place = await registry.realmById(realmOf(scope).id)
  return place ? dressed(content, { ...place, issuer: issuerOf(place.realm, registry.settings) }) : content
}
