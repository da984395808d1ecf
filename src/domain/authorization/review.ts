// Evaluates an authorization request against the current data: client, user, consents, and the next step.

import { Failure } from '#kernel/error.ts'
import { asksAgain } from '../client/asks-again.ts'
import { type Client, isNative } from '../client/client.ts'
import { findClient, isIdOfClient } from '../client/find-client.ts'
import { isWithin, matchesRedirectUri } from '../client/redirect-uri.ts'
import { refusedGrant } from '../client/refused-grant.ts'
import { leastLevel, methodsFor } from '../client/sign-in-demands.ts'
import type { Context } from '../context.ts'
import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Resource } from '../resource/resource.ts'
import { levelFor, reachableAal } from '../sign-in/methods.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { AuthorizationRequest, Progress } from './authorization-request.ts'
import { chosenOrganization, idOfChosen, type OrganizationChoice } from './chosen-organization.ts'
import { areGranted, type ConsentRequest, consentRequestsOf } from './consent-ask.ts'
import { type Decision, decide } from './decision.ts'
import { issueCode } from './issue-code.ts'
import { recordAnswer, type Transaction } from './transaction.ts'

/** An authorization request, the current data that it depends on, and the next step. */
export interface Review {
  readonly request: AuthorizationRequest
  readonly progress: Progress
  readonly client: Client
  /** The tenant’s resources by identifier. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly signedIn: SignedIn | undefined
  readonly consentRequests: readonly ConsentRequest[]
  /** What the person signs in for. */
  readonly organization: OrganizationChoice
  readonly decision: Decision
}

/**
 * Evaluates a request against the current data. Each step evaluates the request again, because the data can change in
 * between.
 * @throws Failure `invalid_client`, `invalid_redirect_uri`, `unauthorized_client` if the client may no longer get a
 *   response; `temporarily_unavailable` where the client’s metadata document cannot be fetched
 */
export async function review(
  context: Context,
  signedIn: SignedIn | undefined,
  { request, progress }: Pick<Transaction, 'request' | 'progress'>,
): Promise<Review> {
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const client = await findClient(context, request.clientIdentifier, { provisionalToo: true })
  if (client?.status !== 'active' || !isIdOfClient(context, client, request.clientId)) {
    throw new Failure('invalid_client')
  }
  if (request.device !== undefined) checkDeviceGrant(client)
  else if (!(isRegistered(client, request.redirectUri) && isWithin(realm, request.redirectUri))) {
    throw new Failure('invalid_redirect_uri')
  }
  const resources = await registry.resources(realm.tenantId)
  const consentRequests = consentRequestsOf(request, resources)
  const organization: OrganizationChoice = signedIn
    ? await chosenOrganization(context, client, signedIn.user.id, { request, progress })
    : { kind: 'none' }
  const decision = decide({
    request,
    progress,
    session: signedIn && { ...signedIn.session, aal: levelFor(signedIn.session, client) },
    consented:
      signedIn !== undefined &&
      !isShared(client, request) &&
      (await isConsented(context, client, signedIn, consentRequests)),
    firstParty: client.firstParty,
    organization: organization.kind,
    minAal: leastLevel(realm, client),
    reachableAal: reachableAal(methodsFor(realm, client)),
    now: clock.now(),
  })
  return { request, progress, client, resources, signedIn, consentRequests, organization, decision }
}

function isRegistered(client: Client, uri: string): boolean {
  return matchesRedirectUri(client.redirectUris, uri, { native: isNative(client) })
}

// Every program of a machine can use the address of another one’s metadata document, and get its code (RFC 8252 §8.6).
function isShared({ registeredBy, authMethod }: Client, { redirectUri }: AuthorizationRequest): boolean {
  return registeredBy !== 'administrator' && authMethod === 'none' && !redirectUri.startsWith('https://')
}

function checkDeviceGrant(client: Client): void {
  if (!client.grantTypes.includes(DEVICE_CODE_GRANT)) throw refusedGrant(DEVICE_CODE_GRANT, client)
}

async function isConsented(
  { read, registry }: Context,
  client: Client,
  { user }: SignedIn,
  consentRequests: readonly ConsentRequest[],
): Promise<boolean> {
  if (client.firstParty) return true
  if (client.registeredBy === 'metadata_document') {
    // The document may say another host or name than the one that people allowed.
    const row = await registry.client(client.tenantId, client.realmId, client.clientId)
    if (!row || asksAgain(row, client)) return false
  }
  const grants = await Promise.all(
    consentRequests.map(({ resource }) => read.grants.find(user.id, client.id, resource)),
  )
  return areGranted(grants, consentRequests)
}

/** The end of a request: a code, or an error for the client. */
export type Completion = { readonly code: string } | { readonly error: Failure }

/**
 * Ends a request whose next step needs no page.
 * @param transaction the transaction to mark as answered, if there is one
 * @returns undefined if the next step is a page
 * @throws Failure `expired` if the transaction was answered more than a minute ago
 */
export async function complete(
  context: Context,
  { request, progress, client, signedIn, consentRequests, organization, decision }: Review,
  transaction: Transaction | undefined,
): Promise<Completion | undefined> {
  if (typeof decision === 'object') {
    if (transaction && signedIn) await context.write((unit) => recordAnswer(context, unit, transaction))
    return { error: new Failure(decision.refuse) }
  }
  if (decision !== 'issue' || !signedIn) return undefined
  const consents = progress.allowed === signedIn.user.id ? consentRequests : []
  // The page may have shown the person another name or host than the client has by now.
  const isChanged = client.registeredBy === 'dynamic' && transaction && client.updatedAt > transaction.createdAt
  if (isChanged && consents.length > 0) throw new Failure('expired')
  try {
    const approval = { request, client, signedIn, transaction, consents, organizationId: idOfChosen(organization) }
    return { code: await issueCode(context, approval) }
  } catch (error) {
    if (error instanceof Failure && ['login_required', 'access_denied'].includes(error.code)) return { error }
    throw error
  }
}
