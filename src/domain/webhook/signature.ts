// What goes over the wire for each signature profile. A profile of another product’s API is one more entry here.
import { renderId } from '#kernel/id.ts'
import type { Event } from '../event/event.ts'
import type { Crypto } from '../outside.ts'
import type { Delivery } from './delivery.ts'
import type { Webhook, WebhookProfile } from './webhook.ts'

/** A request that is ready to be sent. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Profile {
  readonly body: (event: Event) => unknown
  readonly headers: (delivery: Delivery, signature: string) => Record<string, string>
}

const PROFILES: Readonly<Record<WebhookProfile, Profile>> = {
  countersign: {
    body: eventBody,
    headers: ({ eventId, eventType, webhookId, id }, signature) => ({
      'Countersign-Signature': signature,
      'Countersign-Event-ID': renderId('event', eventId),
      'Countersign-Event-Type': eventType,
      'Countersign-Webhook-ID': renderId('webhook', webhookId),
      'Countersign-Delivery-ID': renderId('webhook_delivery', id),
    }),
  },
}

/** The event as the admin API shows it. */
function eventBody(event: Event): unknown {
  return {
    id: renderId('event', event.id),
    seq: event.seq,
    type: event.type,
    occurred_at: new Date(event.occurredAt).toISOString(),
    actor: event.actor,
    subject: event.subject,
    tenant_id: renderId('tenant', event.tenantId),
    realm_id: event.realmId === null ? null : renderId('realm', event.realmId),
    result: event.result,
    ip: event.ip,
    user_agent: event.userAgent,
    request_id: event.requestId,
    surface: event.surface,
    data: event.data,
    hash: event.hash,
  }
}

/** What secrets are sealed for. */
export const SECRET_PURPOSE = 'webhook-secret'

/**
 * One try of a delivery: `t=<unix seconds>,v1=<hexadecimal HMAC-SHA256 of "{t}.{body}">`, with a `v1` for each secret
 * that is in force.
 * @throws Error where the secret was sealed under another master key
 */
export function sign(crypto: Crypto, webhook: Webhook, delivery: Delivery, event: Event, now: number): Signed {
  const profile = PROFILES[webhook.profile]
  const body = JSON.stringify(profile.body(event))
  const t = Math.floor(now / 1000)
  const overlaps = webhook.previousSecret !== null && (webhook.previousUntil ?? 0) > now
  const sealed = overlaps ? [webhook.secret, webhook.previousSecret] : [webhook.secret]
  const marks = sealed.map((secret) => `v1=${crypto.hmac(crypto.open(SECRET_PURPOSE, secret ?? ''), `${t}.${body}`)}`)
  const signature = [`t=${t}`, ...marks].join(',')
  return { body, headers: { 'content-type': 'application/json', ...profile.headers(delivery, signature) } }
}
