// RFC 6749 §3.1 and OpenID Connect Core §3.1.2: from a client's request to a code, a page or an error.
import { REGISTRATION_PATH } from '#domain/account/account-link.ts'
import type { AuthorizationRequest } from '#domain/authorization/authorization-request.ts'
import { NO_PROGRESS } from '#domain/authorization/authorization-request.ts'
import { type Completion, complete, type Review, review } from '#domain/authorization/review.ts'
import { beginTransaction, findTransaction } from '#domain/authorization/transaction.ts'
import type { Client } from '#domain/client/client.ts'
import { isProvisional } from '#domain/client/find-client.ts'
import type { Context } from '#domain/context.ts'
import { completeDevice, DEVICE_PATH } from '#domain/device-authorization/verification.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import { type Browser, browserOf, readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { rememberAsked } from '#web/language.ts'
import { CONSENT_PATH, ORGANIZATION_PATH, RESUME_PATH, SIGN_IN_PATHS } from '#web/page-paths.ts'
import type { Parameters } from '#web/parameters.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { refuseAsPage, seeOther, withQuery } from '#web/reply.ts'
import { codeResponse, errorResponse, offeredErrorResponse, type Responder } from './authorization-response.ts'
import { namedClient, stepInputOf } from './caller.ts'
import { openPushed } from './pushed-request.ts'
import { parametersOf } from './request-object.ts'
import { fallbackMode } from './response.ts'
import { DEFAULTS, type Outcome, type StepInput, takeSteps } from './step.ts'
import { ADDRESS, STEPS } from './steps.ts'

/** How long a request in a URL may be before some server or browser on the way would cut it. */
const QUERY_MAX = 12_000

const PATH = '/oauth/authorize'

/** RFC 6749 §3.1. */
export const authorizationEndpoint: Endpoint = {
  name: 'authorization_endpoint',
  speaks: true,
  methods: ['GET', 'POST'],
  paths: [PATH, '/authorize'],
  refuse: refuseAsPage,
  async respond(services, realmRequest) {
    if (realmRequest.method === 'POST') return asGet(realmRequest)
    const context = contextOf(services, realmRequest)
    const { issuer, query, language } = realmRequest
    const client = await namedClient(context, query)
    const browser = browserOf(context, realmRequest)
    const input = await stepInputOf(context, client, { issuer, proof: undefined })
    const { found, failure } = await read(context, query, input, browser)
    const responseMode = fallbackMode(input.profile)
    const request = { ...DEFAULTS, responseMode, ...found, clientId: client.id, clientIdentifier: client.clientId }
    if (!failure) return begin({ context, issuer, client, language }, realmRequest, request, browser)
    // Until the redirect URI is found there is nowhere to redirect to (RFC 6749 §4.1.2.1, RFC 9700 §4.1).
    if (found.redirectUri === undefined) throw failure.with({ clientId: client.clientId })
    return errorAtOnce({ context, issuer, client, language }, request, failure)
  },
}

/** Where a person’s browser comes back to after signing in or consenting. */
export const authorizationResumeEndpoint: Endpoint = {
  name: 'authorization_resume',
  speaks: true,
  methods: ['GET'],
  paths: [RESUME_PATH],
  refuse: refuseAsPage,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const { base, query, issuer, language } = realmRequest
    const transaction = await findTransaction(context, query.get('transaction'), readCookie(realmRequest, 'browser'))
    const reviewed = await review(context, await currentSession(context, realmRequest), transaction)
    if (reviewed.request.device !== undefined) {
      const result = await completeDevice(context, reviewed, transaction)
      return seeOther(result ? `${base}${DEVICE_PATH}?result=${result}` : pageFor(base, reviewed, transaction.id))
    }
    const completion = await complete(context, reviewed, transaction)
    const responder = { context, issuer, client: reviewed.client, language }
    if (completion) return responseTo(responder, reviewed.request, completion)
    return seeOther(pageFor(base, reviewed, transaction.id))
  },
}

/**
 * OpenID Connect Core §3.1.2.1 wants POST too. Posted from the client’s site it comes without the cookies of this one
 * (SameSite=Lax); asked again as a GET, it brings them.
 */
function asGet({ base, form, query }: RealmRequest): RealmReply {
  const pairs = [...pairsOf(query), ...pairsOf(form)]
  const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  if (text.length > QUERY_MAX) throw new Failure('invalid_request', 'The request is too long.')
  return seeOther(`${base}${PATH}?${text}`)
}

function pairsOf(parameters: Parameters): [string, string][] {
  return parameters.names.flatMap((name) => parameters.all(name).map((value): [string, string] => [name, value]))
}

/** The facts of a request: of parameters, of a request object, or of what was pushed. */
async function read(context: Context, query: Parameters, input: StepInput, browser: Browser): Promise<Outcome> {
  try {
    const pushed = await openPushed(context, query, input, browser.secret)
    if (pushed) return { found: pushed }
    const parameters = await parametersOf(context, query, input, { pushed: false })
    return await takeSteps(STEPS.get('authorize') ?? [], parameters, input)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { found: (await takeSteps(ADDRESS, query, input)).found, failure: error }
  }
}

async function begin(
  responder: Responder & { readonly context: Context },
  realmRequest: RealmRequest,
  request: AuthorizationRequest,
  browser: Browser,
): Promise<RealmReply> {
  const { context } = responder
  const signedIn = await currentSession(context, realmRequest)
  const reviewed = await review(context, signedIn, { request, progress: NO_PROGRESS })
  const completion = await complete(context, reviewed, undefined)
  if (completion && 'error' in completion) return errorAtOnce(responder, request, completion.error)
  if (completion) return responseTo(responder, request, completion)
  try {
    const { id } = beginTransaction(context, request, browser.secret)
    return seeOther(pageFor(realmRequest.base, reviewed, id), [
      ...browser.setCookie,
      ...rememberAsked(realmRequest, request.language ?? undefined),
    ])
  } catch (error) {
    if (error instanceof Failure) return errorAtOnce(responder, request, error)
    throw error
  }
}

/** An error before the person has seen any page. */
async function errorAtOnce(
  responder: Responder & { readonly context: Context },
  request: AuthorizationRequest,
  failure: Failure,
): Promise<RealmReply> {
  const asks = await isUnapproved(responder.context, responder.client)
  return (asks ? offeredErrorResponse : errorResponse)(responder, request, failure)
}

/** Whether a client registered itself and no person has approved it, so that its redirect URI may be anybody’s. */
async function isUnapproved({ read, scope }: Context, client: Client): Promise<boolean> {
  const realm = realmOf(scope)
  if (client.registeredBy === 'administrator' || profileOf(realm, client).errorRedirects === 'automatic') return false
  if (client.registeredBy === 'metadata_document') return isProvisional(client)
  const { data } = await read.grants.list(realm.id, { clientId: client.id, revoked: true, limit: 1 })
  return data.length === 0
}

function responseTo(responder: Responder, request: AuthorizationRequest, completion: Completion): Promise<RealmReply> {
  return 'code' in completion
    ? codeResponse(responder, request, completion.code)
    : errorResponse(responder, request, completion.error)
}

function pageFor(base: string, { decision, request }: Review, transaction: string): string {
  if (decision === 'organization') return withQuery(base + ORGANIZATION_PATH, { transaction })
  const signIn = decision === 'sign_in' && request.prompt.includes('create') ? REGISTRATION_PATH : SIGN_IN_PATHS.sign_in
  return withQuery(`${base}${decision === 'consent' ? CONSENT_PATH : signIn}`, { transaction })
}
