// The pages on which a person makes an account: one asks for the address, the other is where the mailed link leads.
import { CONFIRM_REGISTRATION_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import {
  acceptsAddress,
  askForRegistration,
  findRegistration,
  type OpenRegistration,
  registerUser,
  takesUserRegistrations,
} from '#domain/account/user-registration.service.ts'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import type { ProfileAttribute } from '#domain/profile-attribute/profile-attribute.ts'
import { signInByRegistration } from '#domain/sign-in/email-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { signsInByMail } from '#domain/sign-in/signs-in-by-mail.ts'
import { currentTerms } from '#domain/terms/terms.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import {
  addressField,
  addressProblem,
  checkForm,
  nameField,
  newPasswordFields,
  proofOfForm,
  proofProblem,
  readAddress,
  refusedMailForm,
  showForm,
  tell,
  tellOfMail,
  toAccount,
} from './account-form.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { flawIn } from './password-flaw.ts'
import {
  askedAtRegistration,
  type FormFlaw,
  firstProblem,
  type Problems,
  problemsOf,
  profileFields,
  typedProfile,
} from './profile-form.ts'
import type { RefusedProof } from './proof-form.ts'
import { acceptedIn, termsBoxFor, termsProblem } from './terms-form.ts'
import { goOn, toPage, waitingHere } from './waiting.ts'

const REFUSED = ['already_exists', 'limit_reached'] as const

/** The page that asks for the address. Its answer is the same for every address, and the work for it is done afterwards. */
export const signUpPage: Endpoint = {
  name: 'sign_up',
  methods: ['GET', 'POST'],
  paths: [REGISTRATION_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    if (!takesUserRegistrations(context)) throw new Failure('not_found', 'Nobody can make an account here.')
    if (realmRequest.method === 'GET') return showAddressForm(context, realmRequest)
    checkForm(context, realmRequest, REGISTRATION_PATH)
    const email = readAddress(realmRequest)
    if (email === undefined) return showAddressForm(context, realmRequest, addressProblem(realmRequest))
    if (!acceptsAddress(realmRequest.realm, email)) {
      return showAddressForm(context, realmRequest, wordsFor(realmRequest, 'signUp').domains)
    }
    const refused = await refusedMailForm(context, realmRequest, 'registration')
    if (refused) return showAddressForm(context, realmRequest, proofProblem(realmRequest, refused), refused)
    const transaction = realmRequest.form.get('transaction')
    const browserSecret = readCookie(realmRequest, 'browser')
    return {
      ...tellOfMail(realmRequest, { sent: wordsFor(realmRequest, 'signUp').sent, email, path: REGISTRATION_PATH }),
      after: () => askForRegistration(context, { email, transaction, browserSecret }),
    }
  },
}

async function showAddressForm(
  context: Context,
  realmRequest: RealmRequest,
  problem?: string,
  refused?: RefusedProof,
): Promise<RealmReply> {
  const { query, form, base } = realmRequest
  const transaction = (problem === undefined ? query : form).get('transaction')
  const words = wordsFor(realmRequest, 'signUp')
  return showForm(context, realmRequest, {
    path: REGISTRATION_PATH,
    ...(await proofOfForm(context, realmRequest, { path: REGISTRATION_PATH, proof: 'registration' }, refused)),
    title: words.title,
    paragraphs: [words.lead],
    problem,
    hidden: { transaction },
    fields: [addressField(realmRequest, form.get('email'))],
    submit: wordsFor(realmRequest, 'mailed').sendMail,
    aside:
      transaction === undefined
        ? undefined
        : { href: withQuery(base + SIGN_IN_PATHS.sign_in, { transaction }), label: words.haveAccount },
  })
}

/** The page of the mailed link. GET changes nothing, because programs that protect mailboxes open every link. */
export const confirmSignUpPage: Endpoint = {
  name: 'confirm_sign_up',
  methods: ['GET', 'POST'],
  paths: [CONFIRM_REGISTRATION_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const token = (posted ? realmRequest.form : realmRequest.query).get('token')
    if (posted) checkForm(context, realmRequest, CONFIRM_REGISTRATION_PATH, token)
    const open = await findRegistration(context, token)
    if (!open || token === undefined) return dead(realmRequest)
    return posted
      ? register(services, context, realmRequest, open)
      : showAccountForm(context, realmRequest, token, open)
  },
}

async function register(
  services: Services,
  context: Context,
  realmRequest: RealmRequest,
  open: OpenRegistration,
): Promise<RealmReply> {
  const { form } = realmRequest
  const asked = askedAtRegistration(realmRequest)
  const { values, problems } = typedProfile(realmRequest, asked)
  const [token, name, typed] = [form.need('token'), form.get('name'), form.get('password') ?? '']
  const password = typed === '' && signsInByMail(context) ? undefined : typed
  const person = contextOfPerson(services, realmRequest, { id: context.random.id(), email: open.email })
  if (problems.size > 0) {
    return showAccountForm(context, realmRequest, token, open, firstProblem(realmRequest, asked, problems), problems)
  }
  const terms = currentTerms(realmRequest.realm.policy)
  const accepted = terms && acceptedIn(realmRequest, terms)
  if (terms && accepted === undefined) {
    return showAccountForm(context, realmRequest, token, open, termsProblem(realmRequest))
  }
  try {
    await registerUser(person, { token, name, password, values, accepted })
  } catch (error) {
    const words = wordsFor(realmRequest, 'signUp')
    const taken = takenIn(error, realmRequest, asked)
    if (taken)
      return showAccountForm(context, realmRequest, token, open, firstProblem(realmRequest, asked, taken), taken)
    const refused = REFUSED.find((code) => error instanceof Failure && error.code === code)
    if (refused) return tell(realmRequest, 409, { title: words.refusedTitle, paragraphs: [words[refused]] })
    if (error instanceof Failure && error.code === 'expired') return dead(realmRequest)
    return showAccountForm(context, realmRequest, token, open, {
      problem: flawIn(error, realmRequest.language),
    })
  }
  const waiting = await waitingHere(context, realmRequest, open.waiting)
  if (!waiting) {
    const { readyTitle: title, ready } = wordsFor(realmRequest, 'signUp')
    return tell(realmRequest, 200, { title, paragraphs: [ready], next: toAccount(realmRequest) })
  }
  const outcome =
    password === undefined
      ? await signInByRegistration(context, person.actor.id, waiting.place)
      : await signInWithPassword(context, { email: open.email, password, known: undefined }, waiting.place)
  return isAdvance(outcome) ? goOn(waiting, outcome) : toPage(waiting, 'sign_in')
}

function showAccountForm(
  context: Context,
  realmRequest: RealmRequest,
  token: string,
  { email }: OpenRegistration,
  flaw?: FormFlaw,
  problems?: Problems,
): RealmReply {
  const isOptional = signsInByMail(context)
  const asked = askedAtRegistration(realmRequest)
  const words = wordsFor(realmRequest, 'signUp')
  return showForm(context, realmRequest, {
    path: CONFIRM_REGISTRATION_PATH,
    about: token,
    leadsAway: true,
    title: words.confirmTitle,
    paragraphs: [isOptional ? words.chooseOrMail : words.choose],
    ...flaw,
    hidden: { token },
    fields: [
      ...(asked.some(({ name }) => name === 'name') ? [] : [nameField(realmRequest, realmRequest.form.get('name'))]),
      ...profileFields(realmRequest, asked, { problems }),
      ...newPasswordFields(realmRequest, email, { isOptional }),
    ],
    box: termsBoxFor(realmRequest, currentTerms(realmRequest.realm.policy), flaw?.problem),
    submit: words.create,
  })
}

/** Which values another user has; undefined for a failure that is about anything else. */
function takenIn(error: unknown, realmRequest: RealmRequest, asked: readonly ProfileAttribute[]): Problems | undefined {
  const isTaken = error instanceof Failure && error.code === 'already_exists' && error.detail.flaws !== undefined
  return isTaken ? problemsOf(error, realmRequest, asked) : undefined
}

function dead(realmRequest: RealmRequest): RealmReply {
  const { deadTitle: title } = wordsFor(realmRequest, 'mailed')
  const paragraphs = [wordsFor(realmRequest, 'signUp').dead]
  return tell(realmRequest, 410, { title, paragraphs, next: toAccount(realmRequest) })
}
