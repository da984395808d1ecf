// Security event tokens (RFC 8417) of streams: which events are of concern to a stream, and what the token says (CAEP 1.0).
import type { RegisteredClient } from '#domain/client/client.ts'
import { sidOf, subjectOf } from '#domain/client/subject-identifier.ts'
import type { Context } from '#domain/context.ts'
import type { Event } from '#domain/event/event.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import {
  CREDENTIAL_CHANGE,
  SESSION_REVOKED,
  VERIFICATION,
  VERIFICATION_REQUESTED,
} from '#domain/signal-stream/signal-stream.ts'
import type { SignalWriter } from '#domain/webhook/deliver.service.ts'
import { SECRET_PURPOSE } from '#domain/webhook/signature.ts'
import { renderId } from '#kernel/id.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** The request that tells a receiver of an event (RFC 8935 §2). */
export const writeSignal: SignalWriter = async (context, webhook, event) => {
  const { registry, read, crypto } = context
  const { realmId, clientId } = webhook
  if (realmId === null || clientId === null) return 'skipped'
  const place = await registry.realmById(realmId)
  const named = await read.clients.find(realmId, clientId)
  const client = named && (await registry.client(webhook.tenantId, realmId, named.client.clientId))
  if (!place?.realm.enabled || client?.status !== 'active') return 'resting'
  const inRealm: Context = { ...context, scope: { tenantId: webhook.tenantId, realm: place.realm } }
  const told = await signalOf(inRealm, client, webhook.id, event)
  if (!told) return 'skipped'
  const signer = await signerFor(inRealm, 'security_event', { client })
  const iss = issuerOf(place.realm, registry.settings)
  const body = await signJwt(signer, TOKEN_KINDS.security_event.typ, {
    iss,
    aud: client.clientId,
    iat: Math.floor(context.clock.now() / 1000),
    jti: event.id,
    txn: event.requestId ?? event.id,
    ...told,
  })
  const authorization = crypto.open(SECRET_PURPOSE, webhook.secret)
  return {
    body,
    headers: {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      ...(authorization !== '' && { authorization }),
    },
  }
}

interface Told {
  readonly sub_id: object
  readonly events: Readonly<Record<string, object>>
}

async function signalOf(
  context: Context,
  client: RegisteredClient,
  webhookId: string,
  event: Event,
): Promise<Told | undefined> {
  if (event.type === VERIFICATION_REQUESTED) {
    if (event.subject.id !== webhookId) return undefined
    const { state } = event.data
    const sub_id = { format: 'opaque', id: renderId('webhook', webhookId) }
    return { sub_id, events: { [VERIFICATION]: state === undefined ? {} : { state } } }
  }
  return event.type === 'session.ended'
    ? sessionRevoked(context, client, event)
    : credentialChange(context, client, event)
}

async function sessionRevoked(context: Context, client: RegisteredClient, event: Event): Promise<Told | undefined> {
  if (event.realmId !== context.scope.realm?.id) return undefined
  const user = userOf(context, client, String(event.data.userId))
  const session = { format: 'opaque', id: sidOf(context, client, event.subject.id) }
  return { sub_id: { format: 'complex', user, session }, events: { [SESSION_REVOKED]: about(event) } }
}

/** CAEP 1.0 §3.3.1. Recovery codes have no word of their own there. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  totp: 'app',
  sms: 'phone-sms',
  passkey: 'fido2-roaming',
  recovery_code: 'pin',
}
const CHANGES: Readonly<Record<string, string>> = {
  'user.password_set': 'update',
  'user.password_removed': 'delete',
  'user.mfa_disabled': 'revoke',
  'authenticator.added': 'create',
  'authenticator.removed': 'delete',
}

async function credentialChange(context: Context, client: RegisteredClient, event: Event): Promise<Told | undefined> {
  const userId = event.subject.type === 'user' ? event.subject.id : String(event.data.userId)
  const { realm } = context.scope
  if (!realm || !(await context.read.users.find(realm.directoryId, userId))) return undefined
  const removed = Array.isArray(event.data.removed) ? String(event.data.removed[0] ?? '') : undefined
  const kind = removed ?? String(event.data.kind ?? '')
  const change = {
    credential_type: event.type.startsWith('user.password') ? 'password' : (CREDENTIALS[kind] ?? 'app'),
    change_type: CHANGES[event.type] ?? 'update',
    ...about(event),
  }
  return { sub_id: userOf(context, client, userId), events: { [CREDENTIAL_CHANGE]: change } }
}

function userOf(context: Context, client: RegisteredClient, userId: string): object {
  const iss = context.scope.realm && issuerOf(context.scope.realm, context.registry.settings)
  return { format: 'iss_sub', iss, sub: subjectOf(context, client, userId) }
}

/** When it happened and who did it (CAEP 1.0 §2). */
function about({ occurredAt, actor }: Event): object {
  const initiating_entity = actor.kind === 'user' || actor.kind === 'anonymous' ? 'user' : 'admin'
  const isServer = actor.kind === 'job' || actor.kind === 'system'
  return { event_timestamp: Math.floor(occurredAt / 1000), initiating_entity: isServer ? 'system' : initiating_entity }
}
