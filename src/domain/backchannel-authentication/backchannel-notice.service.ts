// Tells clients what became of their requests (OpenID Connect CIBA §10.2, §10.3, §12): ping says that there is an answer,
// push sends it.
import { Failure } from '#kernel/error.ts'
import { chanceOf, isRefusedForGood } from '../backoff.ts'
import type { RegisteredClient } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { clientOf, openNotification, sealNotification } from './backchannel-authentication.service.ts'
import {
  afterNotice,
  type BackchannelAuthentication,
  finishNotice,
  mayHaveTaken,
  NOTICE_TIMEOUT,
  type Notification,
} from './backchannel-authentication.ts'

/** Issues the tokens of an approved request, once (CIBA §10.3.1). @throws Failure where the approval ended */
export type TokenPusher = (
  context: Context,
  client: RegisteredClient,
  request: BackchannelAuthentication,
  authReqId: string,
) => Promise<object>

/**
 * Makes one attempt to tell a client, unless another process makes it. It is not told if the client, the realm or the tenant
 * is not active any more.
 * @param context of the tenant
 * @param signal aborts the attempt; it is made again later
 */
export async function tellClient(
  context: Context,
  id: string,
  { push, signal }: { readonly push: TokenPusher; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, network, random, registry, write } = context
  const request = await write((unit) => unit.backchannelAuthentications.claim(id, clock.now()))
  if (!request) return
  const place = await registry.realmById(request.realmId)
  const isOpen = place?.realm.enabled && place.tenantStatus === 'active'
  const inRealm: Context | undefined = isOpen
    ? { ...context, scope: { tenantId: request.tenantId, realm: place.realm } }
    : undefined
  const client = inRealm && (await clientOf(inRealm, request))
  const url = client?.backchannelClientNotificationEndpoint ?? null
  if (!inRealm || !client || url === null || request.notification === null) {
    return record(context, { ...finishNotice(request), error: 'withdrawn' }, client)
  }
  const notification = openNotification(context, request.notification)
  const body = notification.body ?? (await bodyOf(inRealm, { request, client, notification, push }))
  // Whoever changes the client gets no answer to what was asked before.
  const outcome = await network.post(notification.endpoint ?? url, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${notification.token}` },
    body,
    tenantId: request.tenantId,
    timeout: NOTICE_TIMEOUT,
    signal,
  })
  if (outcome.error === 'aborted') return
  const after = afterNotice(request, outcome, { now: clock.now(), chance: chanceOf(random) })
  const isKept = isRefusedForGood(outcome.status) && mayHaveTaken(request)
  return record(context, after, client, { isKept })
}

interface Telling {
  readonly request: BackchannelAuthentication
  readonly client: RegisteredClient
  readonly notification: Notification
  readonly push: TokenPusher
}

/** What the client is sent. A push is kept, so that each attempt sends the same tokens. */
async function bodyOf(context: Context, telling: Telling): Promise<string> {
  const { request, notification } = telling
  const { authReqId } = notification
  if (request.deliveryMode === 'ping') return JSON.stringify({ auth_req_id: authReqId })
  const body = JSON.stringify(await pushed(context, telling))
  const sealed = sealNotification(context, { ...notification, body })
  await context.write((unit) => unit.backchannelAuthentications.keepNotification(request.id, sealed))
  return body
}

/** CIBA §10.3.1 and §12: tokens, or an error. */
async function pushed(context: Context, { request, client, notification, push }: Telling): Promise<object> {
  const { authReqId } = notification
  const refused = (error: string, description: string) => ({
    auth_req_id: authReqId,
    error,
    error_description: description,
  })
  if (request.status === 'denied') return refused('access_denied', 'The user denied the request.')
  if (request.status === 'pending') return refused('expired_token', 'The user did not decide in time.')
  try {
    return await push(context, client, request, authReqId)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // An attempt that ended early may have issued them.
    await context.write((unit) => revokePushed(context, unit, request))
    return refused('transaction_failed', 'The tokens cannot be issued any more.')
  }
}

async function revokePushed(
  { clock }: Context,
  unit: Unit,
  { userId, familyId }: BackchannelAuthentication,
): Promise<void> {
  if (familyId === null) return
  await unit.tokenFamilies.revokeWhere({ userId, familyId }, clock.now())
  await unit.issuances.revokeWhere({ userId, familyId }, clock.now())
}

async function record(
  context: Context,
  request: BackchannelAuthentication,
  client: Pick<RegisteredClient, 'clientId'> | undefined,
  { isKept = false } = {},
): Promise<void> {
  await context.write(async (unit) => {
    const isCurrent = await unit.backchannelAuthentications.report(request)
    if (!isCurrent || request.nextAttemptAt !== null) return
    const { id, realmId, userId, deliveryMode, attempts, error, responseStatus } = request
    // Nobody may have taken the tokens.
    if (error !== null && deliveryMode === 'push' && !isKept) await revokePushed(context, unit, request)
    unit.emit(error === null ? 'backchannel_authentication.notified' : 'backchannel_authentication.failed', {
      subject: { type: 'backchannel_authentication', id },
      realmId,
      result: error === null ? 'success' : 'failure',
      data: {
        clientId: client?.clientId ?? null,
        userId,
        deliveryMode,
        attempts,
        ...(error !== null && { error, responseStatus }),
      },
    })
  })
}
