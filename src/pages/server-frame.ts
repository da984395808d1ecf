// What pages show that belong to no realm.
import { loadLanguage } from '#language/language.ts'
import { languageAccepted } from '#language/languages.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import type { Frame } from './views/layout.ts'

/** The frame of a page of the server, in the language that the browser asks for. */
export async function serverFrame(headers: RealmRequest['headers']): Promise<Frame> {
  const language = await loadLanguage(languageAccepted(headers['accept-language']) ?? 'en')
  return { brand: { name: 'Countersign' }, language }
}
