// The form with which a person chooses the language of the pages.
import { changeOwnLocale } from '#domain/account/own-account.service.ts'
import { Failure } from '#kernel/error.ts'
import { LANGUAGE_TAGS, languageIn } from '#language/languages.ts'
import { checkSameOrigin } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { rememberChosen } from '#web/language.ts'
import { LANGUAGE_PATH } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { failureReply } from './page-reply.ts'

/**
 * Keeps the choice in a cookie, and with the user where one is signed in, and leads back. The form needs no token: browsers
 * send no session with a form of another site (SameSite=Lax), and without one only this browser's language changes.
 */
export const languagePage: Endpoint = {
  name: 'language',
  methods: ['POST'],
  paths: [LANGUAGE_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const { form, base } = realmRequest
    const chosen = LANGUAGE_TAGS.find((tag) => tag === form.get('language'))
    const to = form.get('to')
    // Only a path of this realm is gone to.
    if (!chosen || to === undefined || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(to))
      throw new Failure('invalid_request')
    const context = contextOf(services, realmRequest)
    const signedIn = await currentSession(context, realmRequest)
    if (signedIn && languageIn(signedIn.user.locale) !== chosen) {
      await changeOwnLocale(contextOfPerson(services, realmRequest, signedIn.user), signedIn, chosen)
    }
    return seeOther(base + to, rememberChosen(realmRequest, chosen))
  },
}
