// The sign-in page of a realm.
import { RECOVERY_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import { takesUserRegistrations } from '#domain/account/user-registration.service.ts'
import { isForClient } from '#domain/authorization/transaction.ts'
import { routesAddresses } from '#domain/external-sign-in/external-provider.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import { noteSignOfAttack } from '#domain/proof-of-work/proof-of-work.service.ts'
import type { Challenge } from '#domain/proof-of-work/proof-of-work.ts'
import { askForSignInMail, newAsk } from '#domain/sign-in/email-sign-in.service.ts'
import { signInWithPasskey } from '#domain/sign-in/passkey-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { isKnownBrowser, signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { signsInByMail } from '#domain/sign-in/signs-in-by-mail.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { readAddress } from './account-form.ts'
import { providerOfButton, providerOfTyped, providersFor, toProvider } from './external-sign-in.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { passkeyAnswer, passkeyCeremony } from './passkey-form.ts'
import { proofFor, type RefusedProof, refusedProof } from './proof-form.ts'
import { destinationOf } from './views/destination.ts'
import type { ProofProps } from './views/proof.ts'
import { type SignInProblem, signIn } from './views/sign-in.ts'
import {
  checkTaken,
  formOf,
  goOn,
  isToSignIn,
  onward,
  resume,
  switchAccount,
  takes,
  toPage,
  type Waiting,
  waitingFor,
} from './waiting.ts'

/** The sign-in page. */
export const signInPage: Endpoint = {
  name: 'sign_in',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.sign_in],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    if (!isToSignIn(waiting)) return resume(waiting)
    if (realmRequest.method !== 'POST') return (await onward(waiting)) ?? show(waiting)
    if (waiting.transaction.replaces !== undefined) {
      return show(waiting, { kind: 'stale' }, realmRequest.form.get('email'))
    }
    return answerForm(services, waiting)
  },
}

async function answerForm(services: Services, waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const { form } = realmRequest
  if (form.get('decision') === 'switch_account') return switchAccount(waiting)
  if (form.get('method') === 'passkey') return answerPasskey(waiting)
  if (form.get('decision') === 'mail') return askForMail(waiting)
  const button = form.get('provider')
  if (button !== undefined) return toProvider(waiting, await providerOfButton(waiting, button))
  const email = form.get('email') ?? ''
  const password = form.get('password')
  if (password !== undefined) checkTaken(waiting, 'password')
  const ofDomain = password === undefined ? await providerOfTyped(waiting, email.trim()) : undefined
  if (ofDomain) return toProvider(waiting, ofDomain, email.trim())
  if (email.trim() === '' || password === undefined) {
    if (takes(waiting, 'password')) return show(waiting, { kind: 'incomplete' }, email)
    checkTaken(waiting, 'email')
    return show(waiting, { kind: 'no_address' }, email)
  }
  const known = readCookie(realmRequest, 'known')
  const refused = await refusedFor(waiting, email.trim())
  if (refused) return show(waiting, refused.problem, email, refused.challenge)
  const newPerson = (address: string) =>
    contextOfPerson(services, realmRequest, { id: context.random.id(), email: address })
  const outcome = await signInWithPassword(context, { email: email.trim(), password, known, newPerson }, place)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  return show(waiting, outcome, email)
}

/** The answer is the same for every address, and the work for it is done afterwards. */
async function askForMail(waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, transaction } = waiting
  if (!signsInByMail(context)) throw new Failure('not_found', 'Nobody can sign in by mail here.')
  checkTaken(waiting, 'email')
  const email = readAddress(realmRequest)
  if (email === undefined) return show(waiting, { kind: 'no_address' }, realmRequest.form.get('email'))
  const refused = await refusedFor(waiting, email)
  if (refused) return show(waiting, refused.problem, email, refused.challenge)
  await noteSignOfAttack(context)
  const [browserSecret, known] = [readCookie(realmRequest, 'browser'), readCookie(realmRequest, 'known')]
  const ask = newAsk(context, { email, request: transaction.key }, browserSecret ?? '')
  const asked = { transaction: transaction.id, browserSecret, known }
  return { ...toPage(waiting, 'email', { ask: ask.id }), after: () => askForSignInMail(context, ask, asked) }
}

/** A proof of work that does not count. None is asked of a browser in which the account signed in before. */
async function refusedFor({ context, realmRequest }: Waiting, typed: string): Promise<RefusedProof | undefined> {
  if (await isKnownBrowser(context, typed, readCookie(realmRequest, 'known'))) return undefined
  return refusedProof(context, realmRequest, 'sign_in')
}

async function answerPasskey(waiting: Waiting): Promise<RealmReply> {
  checkTaken(waiting, 'passkey')
  const outcome = await signInWithPasskey(waiting.context, passkeyAnswer(waiting, 'sign_in'), waiting.place)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  if (outcome.kind === 'too_many_attempts') return show(waiting, outcome)
  return show(waiting, { kind: outcome.kind === 'stale' ? 'passkey_stale' : 'passkey' })
}

async function show(
  waiting: Waiting,
  problem?: SignInProblem,
  typed?: string,
  challenge?: Challenge,
): Promise<RealmReply> {
  const { context, realmRequest, transaction, client } = waiting
  const account = toConfirm(waiting)
  const destination = isForClient(transaction) ? destinationOf(transaction.request.redirectUri) : undefined
  // Where a passkey was refused just now, a browser must not offer it again by itself.
  const isRefused = problem?.kind === 'passkey' || problem?.kind === 'passkey_stale'
  const meant = account === undefined ? null : waiting.signedIn?.user.id
  const [password, mail] = [takes(waiting, 'password'), takes(waiting, 'email') && signsInByMail(context)]
  const autofill = meant === null && !isRefused && (password || mail)
  const passkey = takes(waiting, 'passkey')
    ? passkeyCeremony(waiting, 'sign_in', { userId: meant, autofill })
    : undefined
  const providers = await providersFor(waiting)
  const proof = password || mail ? await proofOf(waiting, challenge) : undefined
  const html = signIn({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.sign_in),
    client: client && { name: client.label, host: destination?.kind === 'web' ? destination.label : undefined },
    email: account ?? typed ?? transaction.request.loginHint ?? undefined,
    identifiers: realmRequest.realm.policy.signInIdentifiers,
    confirm: account !== undefined,
    canSwitchAccount: account !== undefined,
    problem,
    proof,
    passkey,
    ...{ password, mail },
    providers: providers.map(({ id, name }) => ({ id: renderId('identity_provider', id), name })),
    passwordOptional: takes(waiting, 'external') && (await routesAddresses(context)),
    ...otherPages(waiting, { password, mail }),
  })
  const retryAfter = problem?.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { leadsAway: true, retryAfter, script: passkey !== undefined || proof !== undefined })
}

function proofOf(waiting: Waiting, challenge: Challenge | undefined): Promise<ProofProps | undefined> {
  const { context, realmRequest } = waiting
  const browserSecret = readCookie(realmRequest, 'browser')
  const renew = pathOf(waiting, SIGN_IN_PATHS.sign_in)
  return proofFor(context, { form: 'sign_in', browserSecret, renew }, challenge)
}

/** The pages for who has no password that works, or no account. */
function otherPages(waiting: Waiting, { password, mail }: { readonly password: boolean; readonly mail: boolean }) {
  const { context } = waiting
  const registers = (password || mail) && takesUserRegistrations(context)
  return {
    recovery: password && sendsMail(context) ? pathOf(waiting, RECOVERY_PATH) : undefined,
    registration: registers ? pathOf(waiting, REGISTRATION_PATH) : undefined,
  }
}

/** A page about the request that waits: a path on this server. */
function pathOf({ realmRequest, transaction }: Waiting, path: string): string {
  return withQuery(realmRequest.base + path, { transaction: transaction.id })
}

/** The address of the signed-in user who must authenticate again; undefined if any user may sign in. */
function toConfirm({ signedIn, transaction: { request, progress } }: Waiting): string | undefined {
  if (!signedIn || progress.switching || request.prompt.includes('select_account')) return undefined
  const meant = request.hint?.userId ?? signedIn.user.id
  return meant === signedIn.user.id ? signedIn.user.email : undefined
}
