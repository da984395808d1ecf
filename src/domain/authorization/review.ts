import { Failure } from '#kernel/error.ts'
import type { Client } from '../client/client.ts'
import { isWithin, matchesRedirectUri } from '../client/redirect-uri.ts'
import type { Context } from '../context.ts'
import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { RealmReply, RealmRequest } from '../realm-request.ts'
import type { Resource } from '../resource/resource.ts'
import { currentSession, type SignedIn } from '../sign-in/current-session.ts'
import { REACHABLE_AAL } from '../sign-in/sign-in.service.ts'
import type { AuthorizationRequest, Progress } from './authorization-request.ts'
import { codeResponse, errorResponse } from './authorization-response.ts'
import { asksOf, type ConsentAsk, covers } from './consent-ask.ts'
import { type Decision, decide } from './decision.ts'
import { issueCode } from './issue-code.ts'
import { consumeTransaction, type Transaction } from './transaction.ts'

/** An authorization request, all that it depends on as it is now, and what comes next. */
export interface Review {
  readonly request: AuthorizationRequest
  readonly progress: Progress
  readonly client: Client
  /** The tenant’s resources by identifier. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly signedIn: SignedIn | undefined
  readonly asks: readonly ConsentAsk[]
  readonly decision: Decision
}

/**
 * Looks at a request as things are now. It is looked at again at each step: what held when it began may not hold any more.
 * @throws Failure `invalid_client`, `invalid_redirect_uri`, `unauthorized_client` where its client may not be answered
 * any more
 */
export async function review(
  context: Context,
  realmRequest: RealmRequest,
  { request, progress }: Pick<Transaction, 'request' | 'progress'>,
): Promise<Review> {
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const client = await registry.client(realm.tenantId, realm.id, request.clientIdentifier)
  if (client?.id !== request.clientId || client.status !== 'active') throw new Failure('invalid_client')
  if (request.device !== undefined) checkDeviceGrant(client)
  else if (!(matchesRedirectUri(client.redirectUris, request.redirectUri) && isWithin(realm, request.redirectUri))) {
    throw new Failure('invalid_redirect_uri')
  }
  const resources = await registry.resources(realm.tenantId)
  const signedIn = await currentSession(context, realmRequest)
  const asks = asksOf(request, resources)
  const decision = decide({
    request,
    progress,
    session: signedIn?.session,
    consented: signedIn !== undefined && (await isConsented(context, client, signedIn, asks)),
    firstParty: client.firstParty,
    minAal: realm.minAal,
    reachableAal: REACHABLE_AAL,
    now: clock.now(),
  })
  return { request, progress, client, resources, signedIn, asks, decision }
}

function checkDeviceGrant({ grantTypes }: Client): void {
  if (!grantTypes.includes(DEVICE_CODE_GRANT)) throw new Failure('unauthorized_client')
}

async function isConsented(
  { read }: Context,
  client: Client,
  { user }: SignedIn,
  asks: readonly ConsentAsk[],
): Promise<boolean> {
  if (client.firstParty) return true
  const grants = await Promise.all(asks.map(({ resource }) => read.grants.find(user.id, client.id, resource)))
  return covers(grants, asks)
}

/**
 * Answers the client, where the decision needs no person: with a code or with an error.
 * @param transaction ends with it, where there is one
 * @returns undefined where a person is needed first
 * @throws Failure `expired` where the transaction was answered already
 */
export async function answerClient(
  context: Context,
  issuer: string,
  { request, progress, client, signedIn, asks, decision }: Review,
  transaction: Transaction | undefined,
): Promise<RealmReply | undefined> {
  if (typeof decision === 'object') {
    if (transaction) await context.write((unit) => consumeTransaction(context, unit, transaction))
    return errorResponse(request, issuer, new Failure(decision.refuse))
  }
  if (decision !== 'issue' || !signedIn) return undefined
  const consents = progress.allowed === signedIn.user.id ? asks : []
  try {
    const { session } = signedIn
    return codeResponse(request, issuer, await issueCode(context, { request, client, session, transaction, consents }))
  } catch (error) {
    if (error instanceof Failure && error.code === 'login_required') return errorResponse(request, issuer, error)
    throw error
  }
}
