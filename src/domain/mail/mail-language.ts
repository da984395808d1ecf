// Which language a mail is in.
import { type Language, loadLanguage } from '#language/language.ts'
import { languageIn } from '#language/languages.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'

type Reader = { readonly locale?: string | null } | undefined

/** The language of a mail that somebody asked for: that of the page on which it was, else of the user, else of the realm. */
export function languageOfAskedMail({ scope }: Pick<Context, 'scope'>, user?: Reader): Promise<Language> {
  return loadLanguage(scope.language ?? languageIn(user?.locale) ?? realmOf(scope).defaultLanguage)
}

/**
 * The language of a mail that tells a user of something: that of the user, else of the page on which it happened, else of the
 * realm. The page may be that of a stranger.
 */
export function languageOfNotice({ scope }: Pick<Context, 'scope'>, user: Reader): Promise<Language> {
  return loadLanguage(languageIn(user?.locale) ?? scope.language ?? realmOf(scope).defaultLanguage)
}
