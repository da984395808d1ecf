// The steps of a backchannel authentication: a client asks for a person's approval, and the person decides.
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { userActor } from '../actor.ts'
import type { AuthorizationRequest } from '../authorization/authorization-request.ts'
import { membershipNamed } from '../authorization/chosen-organization.ts'
import { consentRequestsOf } from '../authorization/consent-ask.ts'
import { recordApproval } from '../authorization/issue-code.ts'
import { CIBA_GRANT } from '../client/backchannel.ts'
import type { Client, RegisteredClient } from '../client/client.ts'
import { leastLevel } from '../client/sign-in-demands.ts'
import { personOf } from '../client/subject-identifier.ts'
import type { Context, Unit } from '../context.ts'
import { POLL_INTERVAL } from '../device-authorization/device-authorization.ts'
import { sessionElsewhere } from '../device-authorization/session-elsewhere.ts'
import { realmOf } from '../realm/realm.service.ts'
import { levelFor } from '../sign-in/methods.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import {
  type BackchannelAuthentication,
  type Notification,
  proofMissing,
  REQUEST_LIFETIME,
} from './backchannel-authentication.ts'
import { requestMail } from './request-mail.ts'

/** How many requests a client may make in a window, in seconds. */
const REQUESTS = { limit: 600, window: 600 } as const
/** How many hints that name nobody a client may try. */
const UNKNOWN = { limit: 60, window: 3600 } as const
/** How many requests one person gets: of one client, soon and in an hour, and of all clients. */
const OF_CLIENT = { limit: 5, window: 600 } as const
const OF_CLIENT_HOURLY = { limit: 8, window: 3600 } as const
const OF_PERSON = { limit: 20, window: 3600 } as const

/** What a client asks for, checked. */
export interface AskedApproval
  extends Pick<AuthorizationRequest, 'scopes' | 'resources' | 'aal' | 'hint' | 'loginHint' | 'organization'>,
    Pick<BackchannelAuthentication, 'details' | 'bindingMessage'> {
  /** Seconds. */
  readonly lifetime: number | undefined
  /** The `client_notification_token`; undefined in poll mode. */
  readonly notificationToken: string | undefined
}

/** The answer to the client (CIBA §7.3). */
export interface StartedRequest {
  readonly authReqId: string
  /** Seconds. */
  readonly expiresIn: number
  readonly interval: number
}

/**
 * Asks a person for an approval (CIBA §7). The person gets a mail, if a mail server is configured.
 * @throws Failure `unknown_user_id`; `too_many_requests` for a client that asks too much, or a person who is asked too much
 */
export async function startBackchannelAuthentication(
  context: Context,
  client: Client,
  asked: AskedApproval,
): Promise<StartedRequest> {
  const { actor, clock, crypto, random, scope } = context
  await take(context, `backchannel client ${client.id}`, REQUESTS)
  const { user, organizationId } = await personFor(context, client, asked)
  await take(context, `backchannel person ${client.id} ${user.id}`, OF_CLIENT)
  await take(context, `backchannel person hour ${client.id} ${user.id}`, OF_CLIENT_HOURLY)
  await take(context, `backchannel person ${user.id}`, OF_PERSON)
  const realm = realmOf(scope)
  const authReqId = random.secret()
  const now = clock.now()
  const lifetime = asked.lifetime ?? REQUEST_LIFETIME
  const expiresAt = now + lifetime * 1000
  const mode = client.backchannelTokenDeliveryMode
  const endpoint = client.backchannelClientNotificationEndpoint
  const notification: Notification | undefined =
    asked.notificationToken === undefined
      ? undefined
      : { token: asked.notificationToken, authReqId, ...(endpoint !== null && { endpoint }) }
  const request: BackchannelAuthentication = {
    id: random.id(),
    ...{ tenantId: realm.tenantId, realmId: realm.id, clientId: client.id, userId: user.id },
    requestHash: crypto.digest(authReqId),
    ...{ scopes: asked.scopes, resources: asked.resources, details: asked.details, aal: asked.aal },
    ...{ organizationId, grantedScopes: null, grantedDetails: null, bindingMessage: asked.bindingMessage },
    deliveryMode: mode,
    notification: notification ? sealNotification(context, notification) : null,
    ...{ ip: actor.origin.ip, userAgent: actor.origin.userAgent },
    pollInterval: POLL_INTERVAL,
    ...{ status: 'pending', sessionId: null, familyId: null, createdAt: now, expiresAt },
    ...{ decidedAt: null, consumedAt: null, attempts: 0, responseStatus: null, error: null, attemptedAt: null },
    // A client that does not poll learns at the end that nobody decided.
    nextAttemptAt: mode === 'push' ? expiresAt : null,
  }
  const mail = await requestMail(context, client, user, request)
  await context.write(async (unit) => {
    await unit.backchannelAuthentications.insert(request)
    if (mail) await unit.mails.insert(mail)
    const asker = { kind: 'client', id: client.id, label: client.label }
    emitDecision(unit, 'requested', { request, client, actor: asker, data: { mailed: mail !== undefined } })
  })
  return { authReqId, expiresIn: lifetime, interval: POLL_INTERVAL }
}

async function take({ limiter }: Context, key: string, { limit, window }: { limit: number; window: number }) {
  const retryAfter = await limiter.take(key, limit, window)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
}

// Only a client that an administrator trusts with the grant gets here. A client that guesses is refused whomever it names;
// right hints take nothing, however many come at once.
async function personFor(
  context: Context,
  client: Client,
  { hint, loginHint, organization = null }: AskedApproval,
): Promise<{ user: User; organizationId: string | null }> {
  const { limiter, read, scope } = context
  const guesses = `backchannel unknown ${client.id}`
  const retryAfter = await limiter.peek(guesses, UNKNOWN.limit, UNKNOWN.window)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const { directoryId } = realmOf(scope)
  const named = hint?.userId ?? (loginHint === null ? undefined : personOf(context, client, loginHint))
  const user =
    named === undefined
      ? (await read.users.findForSignIn(directoryId, emailKey(loginHint ?? '')))?.user
      : await read.users.find(directoryId, named)
  if (user?.status === 'active') {
    if (organization === null) return { user, organizationId: null }
    // Who is not a member is nobody to the client.
    const membership = await membershipNamed(context, user.id, organization)
    if (membership) return { user, organizationId: membership.id }
  }
  await take(context, guesses, UNKNOWN)
  throw new Failure('unknown_user_id')
}

/** A request that waits for a person, with who asks. */
export interface WaitingApproval {
  readonly request: BackchannelAuthentication
  readonly client: Client
}

/**
 * The request that waits for a person, if its client may still have an answer.
 * @throws Failure `expired` if it was decided, has expired, is another person's, or its client may not use the grant any more
 */
export async function waitingApproval(
  context: Context,
  id: string,
  { user }: Pick<SignedIn, 'user'>,
): Promise<WaitingApproval> {
  const { clock, read, scope } = context
  const request = await read.backchannelAuthentications.find(realmOf(scope).id, id)
  const isOpen = request?.status === 'pending' && request.expiresAt > clock.now() && request.userId === user.id
  const client = isOpen ? await clientOf(context, request) : undefined
  if (!request || !client) throw new Failure('expired')
  return { request, client }
}

/** The client of a request, if it may still have an answer. */
export async function clientOf(
  { read, registry, scope }: Context,
  { clientId }: Pick<BackchannelAuthentication, 'clientId'>,
): Promise<RegisteredClient | undefined> {
  const realm = realmOf(scope)
  const named = await read.clients.find(realm.id, clientId)
  const client = named && (await registry.client(realm.tenantId, realm.id, named.client.clientId))
  return client?.status === 'active' && client.grantTypes.includes(CIBA_GRANT) ? client : undefined
}

/** What a person still has to prove to approve a request; undefined for nothing. */
export function missingFor({ clock, scope }: Context, waiting: WaitingApproval, { session }: SignedIn) {
  const { request, client } = waiting
  const counted = { ...session, aal: levelFor(session, client) }
  return proofMissing(request, counted, { aal: levelNeeded(realmOf(scope), waiting), now: clock.now() })
}

/** The level that an approval needs. */
export function levelNeeded(realm: { readonly minAal: number }, { request, client }: WaitingApproval): number {
  return Math.max(leastLevel(realm, client), request.aal)
}

/** What of a request a person approves: the scopes by name, the details by their place. */
export interface Narrowing {
  readonly scopes: ReadonlySet<string>
  readonly details: ReadonlySet<number>
}

/**
 * Approves a request, or a part of it. The client gets a session of its own, as a device does.
 * @throws Failure `expired` if it cannot be approved any more, `login_required` if the person has to prove more, or the
 *   session or the user ended
 */
export async function approveRequest(
  context: Context,
  waiting: WaitingApproval,
  signedIn: SignedIn,
  kept: Narrowing,
): Promise<void> {
  const { clock, random, registry, scope } = context
  const { request, client } = waiting
  if (missingFor(context, waiting, signedIn)) throw new Failure('login_required')
  // Without openid there is no approval: the client asked who the person is.
  const scopes = request.scopes.filter((name) => name === 'openid' || kept.scopes.has(name))
  const details = request.details.filter((_, index) => kept.details.has(index))
  const resources = await registry.resources(scope.tenantId)
  const consents = consentRequestsOf({ scopes, details, resources: request.resources }, resources)
  const [sessionId, familyId] = [random.id(), random.id()]
  const begin = sessionElsewhere(context, signedIn, { id: sessionId, client })
  await context.write(async (unit) => {
    await recordApproval(context, unit, {
      ...{ client, signedIn, transaction: undefined, consents },
      organizationId: request.organizationId ?? undefined,
    })
    const approval = { userId: signedIn.user.id, sessionId, familyId, scopes, details }
    const approved = await unit.backchannelAuthentications.approve(request.id, approval, clock.now())
    if (!approved) throw new Failure('expired')
    await begin(unit, approved)
    const data = { granted: scopes.join(' '), sessionId, familyId }
    emitDecision(unit, 'approved', { request: approved, client, actor: userActor(signedIn.user), data })
  })
}

/** Denies a request. @throws Failure `expired` if it cannot be decided any more */
export async function denyRequest(context: Context, { request, client }: WaitingApproval, { user }: SignedIn) {
  await context.write(async (unit) => {
    const denied = await unit.backchannelAuthentications.deny(request.id, user.id, context.clock.now())
    if (!denied) throw new Failure('expired')
    emitDecision(unit, 'denied', { request: denied, client, actor: userActor(user) })
  })
}

/** Seals what a client is told with. */
export function sealNotification({ crypto }: Pick<Context, 'crypto'>, notification: Notification): string {
  return crypto.seal('backchannel-notification', JSON.stringify(notification))
}

/** Opens what a client is told with. */
export function openNotification({ crypto }: Pick<Context, 'crypto'>, sealed: string): Notification {
  return JSON.parse(crypto.open('backchannel-notification', sealed)) as Notification
}

// The binding message and the values of details are about the person, and are left out.
function emitDecision(
  unit: Unit,
  action: 'requested' | 'approved' | 'denied',
  about: {
    readonly request: BackchannelAuthentication
    readonly client: Client
    readonly actor: { readonly kind: string; readonly id: string; readonly label?: string }
    readonly data?: Readonly<Record<string, unknown>>
  },
): void {
  const { request, client, actor, data } = about
  const types = [...new Set(request.details.map(({ type }) => type))]
  unit.emit(`backchannel_authentication.${action}`, {
    subject: { type: 'backchannel_authentication', id: request.id, label: client.label },
    actor,
    data: {
      clientId: client.clientId,
      userId: request.userId,
      scope: request.scopes.join(' '),
      resources: request.resources,
      ...(types.length > 0 && { authorizationDetailsTypes: types }),
      ...data,
    },
  })
}
