// The languages as pages and mails use them: each is loaded when it is first asked for, and kept.
import { messages as english } from './en/messages.ts'
import { LANGUAGES, type LanguageTag } from './languages.ts'

/** Every message of a language. */
export type Messages = typeof english

/** A language with what is written in it. */
export interface Language {
  readonly tag: LanguageTag
  /** How a document names it (BCP 47). */
  readonly lang: string
  readonly dir: 'ltr' | 'rtl'
  readonly messages: Messages
  /** A time, precise to the minute. @param time milliseconds since 1970 */
  readonly moment: (time: number) => string
}

const LOADERS: Readonly<Record<LanguageTag, () => Promise<{ readonly messages: Messages }>>> = {
  en: async () => ({ messages: english }),
  de: () => import('./de/messages.ts'),
  es: () => import('./es/messages.ts'),
  fr: () => import('./fr/messages.ts'),
  it: () => import('./it/messages.ts'),
  nl: () => import('./nl/messages.ts'),
  pl: () => import('./pl/messages.ts'),
  pt: () => import('./pt/messages.ts'),
  zh: () => import('./zh/messages.ts'),
  ja: () => import('./ja/messages.ts'),
  ar: () => import('./ar/messages.ts'),
}

/** English, which is always there. */
export const ENGLISH: Language = languageWith('en', english)

const loaded = new Map<LanguageTag, Promise<Language>>([['en', Promise.resolve(ENGLISH)]])

/** A language, loaded when it is first asked for. */
export function loadLanguage(tag: LanguageTag): Promise<Language> {
  const known = loaded.get(tag)
  if (known !== undefined) return known
  const loading = LOADERS[tag]().then(({ messages }) => languageWith(tag, messages))
  loaded.set(tag, loading)
  return loading
}

/** A language from its messages. @param messages those of a language, or of a test */
export function languageWith(tag: LanguageTag, messages: Messages): Language {
  const { lang, dir, locale } = LANGUAGES[tag]
  let format: Intl.DateTimeFormat | undefined
  return {
    ...{ tag, lang, dir, messages },
    moment: (time) => {
      format ??= new Intl.DateTimeFormat(locale, {
        ...{ year: 'numeric', month: 'long', day: 'numeric' },
        ...{ hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'UTC', timeZoneName: 'short' },
      })
      return format.format(time)
    },
  }
}
