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
import { signInByRegistration } from '#domain/sign-in/email-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { signsInByMail } from '#domain/sign-in/signs-in-by-mail.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import {
  addressField,
  checkForm,
  flawIn,
  NOTHING_ARRIVED,
  nameField,
  newPasswordFields,
  readAddress,
  showForm,
  tell,
} from './account-form.ts'
import { failureReply } from './page-reply.ts'
import { goOn, toPage, waitingHere } from './waiting.ts'

const CHECK_MAIL = {
  title: 'Look into your mailbox',
  paragraphs: [
    'A mail is on its way to you. Its link works for an hour, and only the newest one does. Open it in this browser to go on.',
    NOTHING_ARRIVED,
  ],
}
const DEAD = {
  title: 'This link does not work any more',
  paragraphs: [
    'It works once, for an hour, and only the newest one does. If you have an account by now, sign in where you want to go.',
  ],
}
const READY = {
  title: 'Your account is made',
  paragraphs: ['Go back to where you wanted to sign in, and sign in there.'],
}
const REFUSED: Readonly<Partial<Record<string, string>>> = {
  already_exists: 'There is an account with this address, or with one that looks the same.',
  limit_reached: 'No more accounts can be made here. Ask the people who run this service.',
}

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
    if (email === undefined) return showAddressForm(context, realmRequest, 'Enter your e-mail address.')
    if (!acceptsAddress(realmRequest.realm, email)) {
      return showAddressForm(context, realmRequest, 'Accounts here are only for addresses of certain domains.')
    }
    const transaction = realmRequest.form.get('transaction')
    const browserSecret = readCookie(realmRequest, 'browser')
    return {
      ...tell(realmRequest, 200, CHECK_MAIL),
      after: () => askForRegistration(context, { email, transaction, browserSecret }),
    }
  },
}

function showAddressForm(context: Context, realmRequest: RealmRequest, problem?: string): RealmReply {
  const { query, form, base } = realmRequest
  const transaction = (problem === undefined ? query : form).get('transaction')
  return showForm(context, realmRequest, {
    path: REGISTRATION_PATH,
    title: 'Create an account',
    paragraphs: ['Enter your e-mail address. A mail with a link to go on is sent to it.'],
    problem,
    hidden: { transaction },
    fields: [addressField(form.get('email'))],
    submit: 'Send the mail',
    aside:
      transaction === undefined
        ? undefined
        : { href: withQuery(base + SIGN_IN_PATHS.sign_in, { transaction }), label: 'Have an account? Sign in' },
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
    if (!open || token === undefined) return tell(realmRequest, 410, DEAD)
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
  const [token, name, typed] = [form.need('token'), form.get('name'), form.get('password') ?? '']
  const password = typed === '' && signsInByMail(context) ? undefined : typed
  const person = contextOfPerson(services, realmRequest, { id: context.random.id(), email: open.email })
  try {
    await registerUser(person, { token, name, password })
  } catch (error) {
    const refused = error instanceof Failure ? REFUSED[error.code] : undefined
    if (refused !== undefined) return tell(realmRequest, 409, { title: 'No account was made', paragraphs: [refused] })
    if (error instanceof Failure && error.code === 'expired') return tell(realmRequest, 410, DEAD)
    return showAccountForm(context, realmRequest, token, open, flawIn(error))
  }
  const waiting = await waitingHere(context, realmRequest, open.waiting)
  if (!waiting) return tell(realmRequest, 200, READY)
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
  problem?: string,
): RealmReply {
  const isOptional = signsInByMail(context)
  return showForm(context, realmRequest, {
    path: CONFIRM_REGISTRATION_PATH,
    about: token,
    leadsAway: true,
    title: 'Create your account',
    paragraphs: [
      `Your address is confirmed. Choose a password${isOptional ? ', or sign in by e-mail each time' : ''}.`,
    ],
    problem,
    hidden: { token },
    fields: [
      nameField(realmRequest.form.get('name')),
      ...newPasswordFields(email, realmRequest.realm.policy.passwordMinLength).map((field) =>
        isOptional && field.name === 'password'
          ? { ...field, label: 'New password (optional)', optional: true }
          : field,
      ),
    ],
    submit: 'Create the account',
  })
}
