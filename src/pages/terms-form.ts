// The terms in the forms of a realm: what is shown, and what a person accepted.
import { addressOf, type TermsVersion } from '#domain/terms/terms.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { wordsFor } from './page-reply.ts'
import type { FormFlaw } from './profile-form.ts'
import type { Content } from './views/markup.ts'
import { termsBox } from './views/terms-box.ts'

/** The box of a form; nothing where there are no terms to accept. */
export function termsBoxFor(
  realmRequest: RealmRequest,
  terms: TermsVersion | undefined,
  problem: string | undefined,
): Content {
  if (!terms) return undefined
  const { language, realm } = realmRequest
  const url = addressOf(terms, language.tag, realm.defaultLanguage)
  const isOwnProblem = problem !== undefined && problem === wordsFor(realmRequest, 'terms').needed
  const checked = acceptedIn(realmRequest, terms) !== undefined
  return termsBox(realmRequest, { version: terms.version, url }, { invalid: isOwnProblem, checked })
}

/** The version that a person accepted by a form; undefined if the box was not checked, or the terms are others by now. */
export function acceptedIn({ form }: RealmRequest, terms: TermsVersion): string | undefined {
  return form.get('accept') === 'yes' && form.get('terms') === terms.version ? terms.version : undefined
}

/** What is wrong with a form in which the terms were not accepted. */
export function termsProblem(realmRequest: RealmRequest): FormFlaw {
  return { problem: wordsFor(realmRequest, 'terms').needed, problemAt: 'accept' }
}
