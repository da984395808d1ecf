// What becomes of the answer of an identity provider that a browser brings: the person signs in, or links an account.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { linkOwnAccount } from '#domain/account/own-linked-accounts.service.ts'
import { findWaiting } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import type { ExternalIdentity } from '#domain/external-sign-in/external-identity.ts'
import type { ExternalProvider } from '#domain/external-sign-in/external-provider.ts'
import { emitExternalFailure, signInExternally } from '#domain/external-sign-in/external-sign-in.service.ts'
import { type Answered, takePending } from '#domain/external-sign-in/pending-sign-in.ts'
import type { Services } from '#domain/open-context.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { postingPage, seeOther, withQuery } from '#web/reply.ts'
import { quoted } from './account-form.ts'
import { providerOfId } from './external-sign-in.ts'
import { frameOf, pageReply, wordsFor } from './page-reply.ts'
import { type Content, html } from './views/markup.ts'
import { message } from './views/message.ts'
import { goOn, isToSignIn, resume, toWaiting } from './waiting.ts'

const ProviderId = idOf('identity_provider')

/** An answer, before it is read. */
export interface ExternalAnswer {
  /** The id of the provider in the path. */
  readonly provider: string
  /** The state of the request, which the provider gives back. */
  readonly state: string | undefined
  /** Reads who the person is. @throws Failure `identity_provider_failed`, `access_denied` */
  readonly identify: (context: Context, provider: ExternalProvider, pending: Answered) => Promise<ExternalIdentity>
}

/**
 * Replies to the browser that brings an answer. The request is used up before anything of the answer is read.
 * @throws Failure `not_found`, `expired`, `forbidden`
 */
export async function replyToAnswer(
  services: Services,
  realmRequest: RealmRequest,
  { provider: id, state, identify }: ExternalAnswer,
): Promise<RealmReply> {
  const context = contextOf(services, realmRequest)
  const browserSecret = readCookie(realmRequest, 'browser')
  const providerId = ProviderId.safeParse(id).data
  if (providerId === undefined) throw new Failure('not_found')
  const pending = await takePending(context, { state, providerId, browserSecret })
  if (pending.isSpent) return seeOther(wayBack(realmRequest, pending))
  const provider = await providerOfId({ context }, id)
  try {
    const identity = await identify(context, provider, pending)
    return await finish({ services, context, realmRequest, pending, provider }, identity)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return refuse({ context, realmRequest, pending, provider }, error)
  }
}

/**
 * Where the page of a provider posts an answer, the browser leaves out the cookies (SameSite=Lax). So a page of this server
 * posts it once more.
 * @returns that page; undefined where it is not needed
 */
export function postedAgain(
  realmRequest: RealmRequest,
  parameters: Readonly<Record<string, string>>,
): RealmReply | undefined {
  const { base, form, path, language } = realmRequest
  if (readCookie(realmRequest, 'browser') !== undefined || form.get('again') !== undefined) return undefined
  return postingPage(base + path, { ...parameters, again: 'yes' }, language)
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
  const words = wordsFor(realmRequest, 'external')
  const name = quoted(provider.name)
  // It does not say whether there is an account with the address.
  const told =
    outcome.kind === 'refused'
      ? { title: words.refusedTitle, paragraphs: [words.refused(name)] }
      : { title: words.noAccountTitle, paragraphs: [words.noAccount(name), words.noAccountAdvice] }
  return tell(visit, 403, told, {
    refusal: new Failure('access_denied', { step: 'account', message: `The sign-in ended: ${outcome.kind}.` }),
    ...(outcome.kind === 'no_account' && { next: linkHere(realmRequest) }),
  })
}

const linkHere = (realmRequest: RealmRequest) => ({
  href: realmRequest.base + ACCOUNT_PATHS.linked_accounts,
  label: wordsFor(realmRequest, 'external').signInAndLink,
})

/** A failure as a page with a way back, so that the person can choose again. */
async function refuse(visit: Omit<Visit, 'services'>, failure: Failure): Promise<RealmReply> {
  const { context, realmRequest, provider } = visit
  const words = wordsFor(realmRequest, 'external')
  const name = quoted(provider.name)
  if (failure.code === 'access_denied') {
    await emitExternalFailure(context, provider, { reason: 'denied' })
    const paragraphs = [words.denied(name)]
    return tell(visit, 403, { title: words.deniedTitle, paragraphs }, { refusal: failure })
  }
  if (failure.code === 'identity_provider_failed') {
    await emitExternalFailure(context, provider, { reason: failure.detail.step ?? 'provider' })
    const paragraphs = [words.failed(name)]
    return tell(visit, failure.status, { title: words.failedTitle, paragraphs }, { refusal: failure })
  }
  if (failure.code === 'already_exists') {
    const paragraphs = [words.taken(name)]
    return tell(visit, 409, { title: words.takenTitle, paragraphs }, { refusal: failure })
  }
  throw failure
}

function tell(
  { realmRequest, pending }: Pick<Visit, 'realmRequest' | 'pending'>,
  status: number,
  { title, paragraphs }: { readonly title: string; readonly paragraphs: readonly Content[] },
  {
    refusal,
    next = { href: wayBack(realmRequest, pending), label: wordsFor(realmRequest, 'external').back },
  }: { readonly refusal: Failure; readonly next?: { readonly href: string; readonly label: string } },
): RealmReply {
  const text = message({
    frame: frameOf(realmRequest),
    title,
    paragraphs: [
      ...paragraphs,
      wordsFor(realmRequest, 'external').help(html`<code>${realmRequest.origin.requestId}</code>`),
    ],
    next,
  })
  return { ...pageReply(status, text), refusal }
}

/** Where the person was before. */
function wayBack({ base }: RealmRequest, { purpose }: Pick<Answered, 'purpose'>): string {
  if (purpose.kind === 'link') return base + ACCOUNT_PATHS.linked_accounts
  return withQuery(base + SIGN_IN_PATHS.sign_in, { transaction: purpose.transaction })
}
