// The layout that all pages share.
import type { BrandingTexts } from '#domain/branding/branding.ts'
import type { Language, Messages } from '#language/language.ts'
import { API_DOCS_STYLE, ICON, STYLE } from './assets.ts'
import { languageMenu, type MenuProps } from './language-menu.ts'
import { mark } from './mark.ts'
import { type Content, documentText, html, type Markup } from './markup.ts'
import { plainText } from './plain-text.ts'

/** What a realm shows of itself. */
export interface Brand {
  /** The realm's display name. */
  readonly name: string
  /** An image as a `data:image/…` URL or an absolute path on this server; anything else is not shown. */
  readonly logoUrl?: string | undefined
  /** The icon of the tab: an absolute path on this server. */
  readonly iconUrl?: string | undefined
  /** Where its stylesheet is: an absolute path on this server. */
  readonly stylesheet?: string | undefined
  /** Its stylesheet itself, for a page whose policy names the digest of it: see `brandStyle`. */
  readonly style?: string | undefined
  /** Its own texts, and the pages that the foot links to. */
  readonly texts?: BrandingTexts | undefined
}

/** What every page needs besides its own content. */
export interface Frame {
  readonly brand: Brand
  readonly language: Language
  /** The menu of the languages; none for a page that has only one, or belongs to no realm. */
  readonly languageMenu?: MenuProps | undefined
  /** What stands before `/assets/…` when the server does not live at the root of its host, for example `/auth`. */
  readonly prefix?: string | undefined
}

/** A page's content and its name for the tab. */
export interface Page {
  readonly frame: Frame
  /** Stands before the brand's name in `<title>`. */
  readonly title: string
  /** The children of `<main>`, among them the only `h1`. */
  readonly content: Content
  /** A page as wide as the window, with its own stylesheet, instead of a card. */
  readonly wide?: boolean
}

/** The messages of a section, in the language of a page. */
export function wordsOf<Section extends keyof Messages>({ frame }: { readonly frame: Frame }, section: Section) {
  return frame.language.messages[section]
}

/** The title of a page for its tab, which says that it is shown again because of a problem. */
export function tabTitle({ frame }: { readonly frame: Frame }, title: string, isProblem: boolean): string {
  return isProblem ? frame.language.messages.layout.error(title) : title
}

/** The whole document: head, brand, content and footer. */
export function pageText(page: Page): string {
  const { frame, title } = page
  const name = plainText(frame.brand.name, 60) || 'Countersign'
  const { iconUrl, stylesheet, style } = frame.brand
  const prefix = frame.prefix ?? ''
  return documentText(html`<html lang=${frame.language.lang} dir=${frame.language.dir}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <meta name="robots" content="noindex" />
      <meta name="format-detection" content="telephone=no, email=no, address=no" />
      <title>${title} · ${name}</title>
      ${iconUrl ? html`<link rel="icon" href=${iconUrl} />` : html`<link rel="icon" type="image/svg+xml" href=${prefix + ICON.path} />`}
      <link rel="stylesheet" href=${prefix + STYLE.path} />
      ${page.wide && html`<link rel="stylesheet" href=${prefix + API_DOCS_STYLE.path} />`}
      ${stylesheet && html`<link rel="stylesheet" href=${stylesheet} />`}
      ${style && html`<style dangerouslySetInnerHTML=${{ __html: style }}></style>`}
    </head>
    ${page.wide ? wideBody(page, name) : cardBody(page, name)}
  </html>`)
}

function cardBody(page: Page, name: string): Markup {
  const { footer } = wordsOf(page, 'layout')
  const { language, languageMenu: menu } = page.frame
  return html`<body>
    <div class="sheet">
      <div class="band" aria-hidden="true"></div>
      <header class="brand">${emblem(page.frame.brand)}<span class="brand-name"><bdi>${name}</bdi></span></header>
      <main>${page.content}</main>
    </div>
    <footer class="foot">${menu && languageMenu(language, menu)}${brandLinks(page)}<p>${footer}</p></footer>
  </body>`
}

/** The pages of the tenant about privacy, terms and help. They open beside this one, so that nothing typed is lost. */
function brandLinks(page: Page): Content {
  const { privacy, terms, support } = page.frame.brand.texts ?? {}
  const { policy, terms: ofTerms } = wordsOf(page, 'consent').links
  const links = [
    [privacy, policy],
    [terms, ofTerms],
    [support, wordsOf(page, 'layout').support],
  ] as const
  if (!links.some(([uri]) => uri)) return undefined
  return html`<p class="brand-links">
    ${links.map(([uri, label]) => uri && html`<a href=${uri} target="_blank" rel="noopener noreferrer">${label}</a>`)}
  </p>`
}

function wideBody(page: Page, name: string): Markup {
  const words = wordsOf(page, 'layout')
  return html`<body class="wide">
    <a class="skip" href="#content">${words.skip}</a>
    <header class="brand">${emblem(page.frame.brand)}<span class="brand-name"><bdi>${name}</bdi></span></header>
    <div class="columns">${page.content}</div>
    <footer class="foot">${words.footer}</footer>
  </body>`
}

function emblem(brand: Brand): Markup {
  const source = brand.logoUrl
  const local = source && /^(data:image\/(png|jpeg|webp|gif|svg\+xml)[;,]|\/(?![/\\]))/.test(source)
  return local ? html`<img class="logo" src=${source} alt="" height="32" />` : mark()
}
