// Builds and signs the request of a delivery.

import type { Id } from '#kernel/id.ts'
import { bodySignature } from '../body-signature.ts'
import type { Event } from '../event/event.ts'
import type { Crypto } from '../outside.ts'
import type { Delivery } from './delivery.ts'
import { webhookProfile } from './profile.ts'
import type { Webhook } from './webhook.ts'

/** A signed request that can be sent. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The parts of a request. */
export interface Sending {
  readonly webhook: Webhook
  readonly delivery: Delivery
  readonly event: Event
  /** The partner of the tenant, if the webhook’s profile includes it. */
  readonly partnerId: Id | null
}

/** The purpose for which secrets are sealed. */
export const SECRET_PURPOSE = 'webhook-secret'

/**
 * Builds the request of an attempt, with the signature of each secret that is valid.
 * @throws Error if the secret was sealed with another master key
 */
export function sign(crypto: Crypto, { webhook, delivery, event, partnerId }: Sending, now: number): Signed {
  const profile = webhookProfile(webhook.profile)
  const body = JSON.stringify(profile.body(event, partnerId, delivery.eventType))
  const overlaps = webhook.previousSecret !== null && (webhook.previousUntil ?? 0) > now
  const sealed = overlaps ? [webhook.secret, webhook.previousSecret] : [webhook.secret]
  const secrets = sealed.map((secret) => crypto.open(SECRET_PURPOSE, secret ?? ''))
  const signed = { signature: bodySignature(crypto, secrets, body, now), t: Math.floor(now / 1000) }
  return { body, headers: { 'content-type': 'application/json', ...profile.headers(delivery, signed) } }
}
