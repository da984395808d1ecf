// Where identity providers return people: the person signs in, or links an account.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { linkOwnAccount } from '#domain/account/own-linked-accounts.service.ts'
import { findWaiting } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import { type ExternalIdentity, identityFrom } from '#domain/external-sign-in/external-identity.ts'
import type { ExternalProvider } from '#domain/external-sign-in/external-provider.ts'
import { emitExternalFailure, signInExternally } from '#domain/external-sign-in/external-sign-in.service.ts'
import { type Answered, takePending } from '#domain/external-sign-in/pending-sign-in.ts'
import { CALLBACK_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Services } from '#domain/open-context.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { providerOfButton } from './external-sign-in.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { message } from './views/message.ts'
import { goOn, isToSignIn, resume, toWaiting } from './waiting.ts'

const ProviderId = idOf('identity_provider')

/** The redirect URI of each provider. */
export const externalCallbackPage: Endpoint = {
  name: 'external_callback',
  methods: ['GET'],
  paths: [`${CALLBACK_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const { query, rest = '' } = realmRequest
    const browserSecret = readCookie(realmRequest, 'browser')
    const providerId = ProviderId.safeParse(rest).data
    if (providerId === undefined) throw new Failure('not_found')
    const pending = await takePending(context, { state: query.get('state'), providerId, browserSecret })
    if (pending.isSpent) return seeOther(wayBack(realmRequest, pending))
    const provider = await providerOfButton({ context }, rest)
    try {
      const response = { code: query.get('code'), error: query.get('error'), iss: query.get('iss') }
      const identity = await identityFrom(context, provider, pending, response)
      return await finish({ services, context, realmRequest, pending, provider }, identity)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return refuse({ context, realmRequest, pending, provider }, error)
    }
  },
}

interface Visit {
  readonly services: Services
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly pending: Answered
  readonly provider: ExternalProvider
}

async function finish(visit: Visit, identity: ExternalIdentity): Promise<RealmReply> {
  const { services, context, realmRequest, pending, provider } = visit
  const { purpose } = pending
  const signedIn = await currentSession(context, realmRequest)
  if (purpose.kind === 'link') {
    const person = signedIn ? contextOfPerson(services, realmRequest, signedIn.user) : context
    await linkOwnAccount(person, signedIn, provider, purpose, identity)
    return seeOther(withQuery(wayBack(realmRequest, pending), { done: 'yes' }))
  }
  const transaction = await findWaiting(context, purpose.transaction, readCookie(realmRequest, 'browser'))
  const waiting = await toWaiting(context, realmRequest, signedIn, transaction)
  if (!isToSignIn(waiting)) return resume(waiting)
  const person = contextOfPerson(services, realmRequest, { id: context.random.id(), email: identity.email ?? '' })
  const outcome = await signInExternally(context, provider, identity, waiting.place, person)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  const words = outcome.kind === 'refused' ? refusedWords(provider) : noAccountWords(provider)
  return tell(visit, 403, words, {
    refusal: new Failure('access_denied', { step: 'account', message: `The sign-in ended: ${outcome.kind}.` }),
    ...(outcome.kind === 'no_account' && { next: linkHere(realmRequest) }),
  })
}

const refusedWords = ({ name }: ExternalProvider) => ({
  title: 'You cannot sign in here',
  paragraphs: [
    `The account to which your account at ${name} is linked may not sign in. Ask the people who run this service.`,
  ],
})

/** It does not say whether there is an account with the address. */
const noAccountWords = ({ name }: ExternalProvider) => ({
  title: 'Your account is not linked here',
  paragraphs: [
    `Nobody here is linked to your account at ${name}.`,
    'If you have an account here, sign in the way you did before, then link the other one. After that you can sign in with both.',
  ],
})

const linkHere = ({ base }: RealmRequest) => ({
  href: base + ACCOUNT_PATHS.linked_accounts,
  label: 'Sign in and link',
})

/** A failure as a page with a way back, so that the person can choose again. */
async function refuse(visit: Omit<Visit, 'services'>, failure: Failure): Promise<RealmReply> {
  const { context, provider } = visit
  if (failure.code === 'access_denied') {
    await emitExternalFailure(context, provider, { reason: 'denied' })
    const paragraphs = [`You did not sign in at ${provider.name}, or it refused. Try again, or choose another way.`]
    return tell(visit, 403, { title: 'Nobody was signed in', paragraphs }, { refusal: failure })
  }
  if (failure.code === 'identity_provider_failed') {
    await emitExternalFailure(context, provider, { reason: failure.detail.step ?? 'provider' })
    const paragraphs = [
      `Something went wrong between this service and ${provider.name}. Try again, or choose another way.`,
    ]
    return tell(visit, failure.status, { title: 'The sign-in did not work', paragraphs }, { refusal: failure })
  }
  if (failure.code === 'already_exists') {
    const paragraphs = [`Your account at ${provider.name} is linked to another account here.`]
    return tell(visit, 409, { title: 'It is linked already', paragraphs }, { refusal: failure })
  }
  throw failure
}

function tell(
  { realmRequest, pending }: Pick<Visit, 'realmRequest' | 'pending'>,
  status: number,
  { title, paragraphs }: { readonly title: string; readonly paragraphs: readonly string[] },
  {
    refusal,
    next = { href: wayBack(realmRequest, pending), label: 'Go back' },
  }: { readonly refusal: Failure; readonly next?: { readonly href: string; readonly label: string } },
): RealmReply {
  const html = message({
    frame: frameOf(realmRequest),
    title,
    paragraphs: [...paragraphs, `If you ask for help, give this id: ${realmRequest.origin.requestId}`],
    next,
  })
  return { ...pageReply(status, html), refusal }
}

/** Where the person was before. */
function wayBack({ base }: RealmRequest, { purpose }: Pick<Answered, 'purpose'>): string {
  if (purpose.kind === 'link') return base + ACCOUNT_PATHS.linked_accounts
  return withQuery(base + SIGN_IN_PATHS.sign_in, { transaction: purpose.transaction })
}
