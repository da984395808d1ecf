import type { Id } from '#kernel/id.ts'
import type { Event } from '../event/event.ts'
import type { Crypto } from '../outside.ts'
import type { Delivery } from './delivery.ts'
import { PROFILES } from './profile.ts'
import type { Webhook } from './webhook.ts'

/** A request that is ready to be sent. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What one try of a delivery is made of. */
export interface Sending {
  readonly webhook: Webhook
  readonly delivery: Delivery
  readonly event: Event
  /** Of the tenant, where the webhook’s profile tells it. */
  readonly partnerId: Id | null
}

/** What secrets are sealed for. */
export const SECRET_PURPOSE = 'webhook-secret'

/**
 * One try of a delivery: `t=<unix seconds>,v1=<hexadecimal HMAC-SHA256 of "{t}.{body}">`, with a `v1` for each secret
 * that is in force.
 * @throws Error where the secret was sealed under another master key
 */
export function sign(crypto: Crypto, { webhook, delivery, event, partnerId }: Sending, now: number): Signed {
  const profile = PROFILES[webhook.profile]
  const body = JSON.stringify(profile.body(event, partnerId))
  const t = Math.floor(now / 1000)
  const overlaps = webhook.previousSecret !== null && (webhook.previousUntil ?? 0) > now
  const sealed = overlaps ? [webhook.secret, webhook.previousSecret] : [webhook.secret]
  const marks = sealed.map((secret) => `v1=${crypto.hmac(crypto.open(SECRET_PURPOSE, secret ?? ''), `${t}.${body}`)}`)
  const signature = [`t=${t}`, ...marks].join(',')
  return { body, headers: { 'content-type': 'application/json', ...profile.headers(delivery, { signature, t }) } }
}
