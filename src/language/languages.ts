// The languages of the hosted pages and mails, and which one a person wants.

interface LanguageFacts {
  /** What speakers call it. */
  readonly name: string
  /** How documents name it (BCP 47). */
  readonly lang: string
  readonly dir: 'ltr' | 'rtl'
  /** The locale of its dates and numbers: with the digits of codes and addresses, and 24 hours. */
  readonly locale: string
}

/** Every language, by the tag by which it is asked for. */
export const LANGUAGES = {
  en: { name: 'English', lang: 'en', dir: 'ltr', locale: 'en-GB' },
  de: { name: 'Deutsch', lang: 'de', dir: 'ltr', locale: 'de' },
  es: { name: 'Español', lang: 'es', dir: 'ltr', locale: 'es' },
  fr: { name: 'Français', lang: 'fr', dir: 'ltr', locale: 'fr' },
  it: { name: 'Italiano', lang: 'it', dir: 'ltr', locale: 'it' },
  nl: { name: 'Nederlands', lang: 'nl', dir: 'ltr', locale: 'nl' },
  pl: { name: 'Polski', lang: 'pl', dir: 'ltr', locale: 'pl' },
  pt: { name: 'Português', lang: 'pt', dir: 'ltr', locale: 'pt' },
  ar: { name: 'العربية', lang: 'ar', dir: 'rtl', locale: 'ar-u-nu-latn' },
  zh: { name: '简体中文', lang: 'zh-Hans', dir: 'ltr', locale: 'zh-Hans' },
  ja: { name: '日本語', lang: 'ja', dir: 'ltr', locale: 'ja' },
} as const satisfies Readonly<Record<string, LanguageFacts>>

export type LanguageTag = keyof typeof LANGUAGES

/** The tags of all languages, in the order of the menu. */
export const LANGUAGE_TAGS = Object.keys(LANGUAGES) as [LanguageTag, ...LanguageTag[]]

/** The longest list of wishes that is read. */
const LIST_MAX = 1000

/** The language that a tag means, such as `de` for `de-CH` (RFC 4647 §3.4); undefined for none. */
export function languageIn(tag: string | null | undefined): LanguageTag | undefined {
  const first = tag?.split(/[-_]/, 1)[0]?.toLowerCase()
  return LANGUAGE_TAGS.find((known) => known === first)
}

/** The first known language of `ui_locales` (OpenID Connect Core §3.1.2.1); undefined for none. */
export function languageOfLocales(locales: string | undefined): LanguageTag | undefined {
  return firstKnown(locales?.slice(0, LIST_MAX).split(' ') ?? [])
}

/** The known language that `Accept-Language` weighs most (RFC 9110 §12.5.4); undefined for none. */
export function languageAccepted(header: string | string[] | undefined): LanguageTag | undefined {
  if (typeof header !== 'string') return undefined
  const ranges = header
    .slice(0, LIST_MAX)
    .split(',')
    .map((range) => {
      const [tag = '', weight = ''] = range.split(';').map((part) => part.trim())
      const q = /^q=([01](?:\.\d{0,3})?)$/i.exec(weight)?.[1]
      return { tag, q: weight === '' ? 1 : Number(q ?? 0) }
    })
  const wanted = ranges.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q)
  return firstKnown(wanted.map(({ tag }) => tag))
}

function firstKnown(tags: readonly string[]): LanguageTag | undefined {
  for (const tag of tags) {
    const known = languageIn(tag)
    if (known) return known
  }
  return undefined
}
