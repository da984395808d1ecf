// RFC 6749 §3.1 and OpenID Connect Core §3.1.2: from a client's request to a code, a page or an error.
import type { AuthorizationRequest } from '#domain/authorization/authorization-request.ts'
import { NO_PROGRESS } from '#domain/authorization/authorization-request.ts'
import { errorResponse, seeOther, withQuery } from '#domain/authorization/authorization-response.ts'
import { answerClient, type Review, review } from '#domain/authorization/review.ts'
import { beginTransaction, findTransaction } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import { answerDevice } from '#domain/device-authorization/verification.ts'
import {
  contextOf,
  type Endpoint,
  type Parameters,
  type RealmReply,
  type RealmRequest,
  refuseAsPage,
} from '#domain/realm-request.ts'
import { browserOf, readCookie } from '#domain/sign-in/browser.ts'
import { Failure } from '#kernel/error.ts'
import { type Caller, callerOf } from './return-address.ts'
import { type Draft, STEPS } from './steps.ts'

/** How long a request in a URL may be before some server or browser on the way would cut it. */
const QUERY_MAX = 12_000

const PATH = '/oauth/authorize'
const RESUME_PATH = '/oauth/authorize/resume'

/** RFC 6749 §3.1. */
export const authorizationEndpoint: Endpoint = {
  name: 'authorization_endpoint',
  methods: ['GET', 'POST'],
  paths: [PATH, '/authorize'],
  refuse: refuseAsPage,
  async respond(house, realmRequest) {
    if (realmRequest.method === 'POST') return asGet(realmRequest)
    const context = contextOf(house, realmRequest)
    const caller = await callerOf(context, realmRequest.query)
    const draft = draftFor(caller)
    try {
      await takeSteps(context, realmRequest, caller, draft)
    } catch (error) {
      if (error instanceof Failure) return errorResponse(draft, realmRequest.issuer, error)
      throw error
    }
    return begin(context, realmRequest, draft)
  },
}

/** Where a person’s browser comes back to after signing in or consenting. */
export const authorizationResumeEndpoint: Endpoint = {
  name: 'authorization_resume',
  methods: ['GET'],
  paths: [RESUME_PATH],
  refuse: refuseAsPage,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    const { query, issuer } = realmRequest
    const transaction = await findTransaction(context, query.get('transaction'), readCookie(realmRequest, 'browser'))
    const reviewed = await review(context, realmRequest, transaction)
    const answer =
      reviewed.request.device === undefined
        ? await answerClient(context, issuer, reviewed, transaction)
        : await answerDevice(context, realmRequest, reviewed, transaction)
    return answer ?? seeOther(pageFor(realmRequest, reviewed, transaction.id))
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

function draftFor({ client, redirectUri, redirectUriGiven }: Caller): Draft {
  return {
    clientId: client.id,
    clientIdentifier: client.clientId,
    redirectUri,
    redirectUriGiven,
    state: null,
    codeChallenge: '',
    scopes: [],
    resources: [],
    nonce: null,
    prompt: [],
    maxAge: null,
    loginHint: null,
    aal: 1,
    hint: null,
  }
}

async function takeSteps(
  context: Context,
  { query, issuer, realm }: RealmRequest,
  { client }: Caller,
  draft: Draft,
): Promise<void> {
  const resources = await context.registry.resources(realm.tenantId)
  for (const step of STEPS) await step(draft, { context, parameters: query, client, issuer, resources })
}

async function begin(context: Context, realmRequest: RealmRequest, request: AuthorizationRequest): Promise<RealmReply> {
  const reviewed = await review(context, realmRequest, { request, progress: NO_PROGRESS })
  const answer = await answerClient(context, realmRequest.issuer, reviewed, undefined)
  if (answer) return answer
  const browser = browserOf(context, realmRequest)
  const { id } = await beginTransaction(context, request, browser.secret)
  return seeOther(pageFor(realmRequest, reviewed, id), browser.setCookie)
}

function pageFor({ base }: RealmRequest, { decision }: Review, transaction: string): string {
  return withQuery(`${base}${decision === 'consent' ? '/consent' : '/sign-in'}`, { transaction })
}
