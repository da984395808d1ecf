// Which language a person is spoken to on a page, and how it is remembered.
import { loadLanguage } from '#language/language.ts'
import { type LanguageTag, languageAccepted, languageIn, languageOfLocales } from '#language/languages.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { RealmRequest } from './realm-request.ts'

/** For how long a choice is remembered. Seconds. */
const CHOICE_LIFETIME = 31_536_000

/**
 * A request of a person, with the language of the answer: what `ui_locales` of the authorization request asks for, else what
 * the person chose in this browser, else what the browser asks for, else the realm's.
 */
export async function inLanguage(request: RealmRequest): Promise<RealmRequest> {
  const tag =
    languageOfLocales(request.query.all('ui_locales')[0]) ??
    languageIn(readCookie(request, 'ui_locales')) ??
    languageIn(readCookie(request, 'language')) ??
    languageAccepted(request.headers['accept-language']) ??
    request.realm.defaultLanguage
  return tag === request.language.tag ? request : { ...request, language: await loadLanguage(tag) }
}

/**
 * The Set-Cookie values that have the pages after an authorization request in the language that it asks for.
 * @param asked undefined for none that is known here
 */
export function rememberAsked(request: RealmRequest, asked: LanguageTag | undefined): string[] {
  if (asked === undefined && readCookie(request, 'ui_locales') === undefined) return []
  return [setCookie(request, 'ui_locales', asked ?? '')]
}

/** The Set-Cookie values that remember what a person chose; it counts for more than what a request asked for before. */
export function rememberChosen(request: RealmRequest, chosen: LanguageTag): string[] {
  return [setCookie(request, 'language', chosen, CHOICE_LIFETIME), ...rememberAsked(request, undefined)]
}
