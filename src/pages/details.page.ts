// The page that asks for what the realm still needs of a person, at the end of a sign-in.
import type { Services } from '#domain/open-context.ts'
import { missingFrom } from '#domain/profile-attribute/profile-attribute.service.ts'
import { giveDetails } from '#domain/sign-in/details.service.ts'
import { termsToAccept } from '#domain/terms/terms-acceptance.service.ts'
import type { User } from '#domain/user/user.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { type FormFlaw, firstProblem, type Problems, problemsOf, profileFields, typedProfile } from './profile-form.ts'
import { acceptedIn, termsBoxFor, termsProblem } from './terms-form.ts'
import { hidden, submit } from './views/form.ts'
import { formPage } from './views/form-page.ts'
import { html } from './views/markup.ts'
import { formOf, goOn, halfWay, switchAccount, toPage, type Waiting, waitingFor } from './waiting.ts'

/** The page with the fields. It leads back to the sign-in page without a proof that still counts. */
export const detailsPage: Endpoint = {
  name: 'sign_in_details',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.details],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    const { context, transaction } = waiting
    // A repeated form is answered as the first one was.
    if (realmRequest.method === 'POST' && transaction.proven?.answer !== undefined) {
      const user = await context.read.users.find(realmRequest.realm.directoryId, transaction.proven.userId)
      return user ? answer(services, waiting, user) : toPage(waiting, 'sign_in')
    }
    const person = await halfWay(waiting, 'details')
    if ('status' in person) return person
    if (realmRequest.method !== 'POST') return show(waiting, person.user)
    if (realmRequest.form.get('decision') === 'switch_account') return switchAccount(waiting)
    return answer(services, waiting, person.user)
  },
}

async function answer(services: Services, waiting: Waiting, user: User): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const asked = missingFrom(realmRequest, user)
  const terms = await termsToAccept(context, context.read, user)
  const { values, problems } = typedProfile(realmRequest, asked)
  const first = firstProblem(realmRequest, asked, problems)
  if (first) return show(waiting, user, first, problems)
  const accepted = terms && acceptedIn(realmRequest, terms)
  if (terms && accepted === undefined) return show(waiting, user, termsProblem(realmRequest))
  try {
    const person = contextOfPerson(services, realmRequest, user)
    return await goOn(waiting, await giveDetails(person, user, place, { values, accepted }))
  } catch (error) {
    const taken = problemsOf(error, realmRequest, asked)
    return show(waiting, user, firstProblem(realmRequest, asked, taken), taken)
  }
}

async function show(waiting: Waiting, user: User, flaw?: FormFlaw, problems?: Problems): Promise<RealmReply> {
  const { context, realmRequest } = waiting
  const words = wordsFor(realmRequest, 'profile')
  const { proceed, useAnother } = wordsFor(realmRequest, 'form')
  const asked = missingFrom(realmRequest, user)
  const terms = await termsToAccept(context, context.read, user)
  const { action, ...fields } = formOf(waiting, SIGN_IN_PATHS.details)
  const text = formPage({
    frame: frameOf(realmRequest),
    title: asked.length > 0 ? words.title : wordsFor(realmRequest, 'terms').title,
    paragraphs: [asked.length > 0 ? words.lead : wordsFor(realmRequest, 'terms').lead],
    action,
    hidden: fields,
    fields: profileFields(realmRequest, asked, { problems }),
    box: termsBoxFor(realmRequest, terms, flaw?.problem),
    submit: proceed,
    ...flaw,
    more: html`<form method="post" action=${action}>
      ${hidden(fields)} ${submit('link', useAnother, 'switch_account')}
    </form>`,
  })
  return pageReply(flaw ? 400 : 200, text, { leadsAway: true })
}
