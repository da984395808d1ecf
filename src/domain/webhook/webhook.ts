import * as z from 'zod'
import { EVENTS } from '#kernel/event.ts'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { typesOf } from '../event/event.ts'

/** How many webhooks a tenant may have. */
export const WEBHOOKS_MAX = 100
export const SECRET_PREFIX = 'whsec_'

/** How deliveries look on the wire: body, headers and signature. */
export const WEBHOOK_PROFILES = ['countersign', 'scaikey', 'zautha'] as const
export type WebhookProfile = (typeof WEBHOOK_PROFILES)[number]

/** Whether `*` leaves a type out: what is about webhooks themselves, and what happens too often to be sent unasked. */
function onlyWhenNamed(type: string): boolean {
  return type.startsWith('webhook.') || type === 'token.issued'
}

/** The types of events that a subscription’s patterns mean. */
export function typesOfPatterns(patterns: readonly string[]): Set<string> {
  const named = patterns.flatMap((pattern) => (pattern === '*' ? [] : typesOf(pattern)))
  const all = patterns.includes('*') ? Object.keys(EVENTS).filter((type) => !onlyWhenNamed(type)) : []
  return new Set([...named, ...all])
}

const pattern = z
  .string()
  .max(100)
  .refine((text) => text === '*' || typesOf(text).length > 0, 'no event has such a type')

const fields = {
  url: z.string().min(1).max(2048).describe('Where events are posted to: https, on the public internet.'),
  events: z
    .array(pattern)
    .min(1)
    .max(200)
    .transform((patterns) => [...new Set(patterns)])
    .describe(
      'Types, all of a noun, or all: client.created, client.*, *. The last leaves out webhook.* and token.issued.',
    ),
  description: label(500).nullable().describe('What it is for, for people.'),
  active: z.boolean().describe('Whether events are delivered. What happens meanwhile is delivered afterwards.'),
}

/** What a new webhook needs: where to and what of. */
export const NewWebhook = z.strictObject({
  url: fields.url,
  events: fields.events,
  description: fields.description.default(null),
  active: fields.active.default(true),
  profile: z
    .enum(WEBHOOK_PROFILES)
    .default('countersign')
    .describe('How deliveries look: body and headers. Not changed later.'),
})
export type NewWebhook = z.output<typeof NewWebhook>

/** What of a webhook may change. */
export const WebhookPatch = z.strictObject({
  id: idOf('webhook'),
  ifVersion,
  url: fields.url.optional(),
  events: fields.events.optional(),
  description: fields.description.optional(),
  active: fields.active.optional(),
})
export type WebhookPatch = z.output<typeof WebhookPatch>

/** How to rotate a secret. */
export const SecretRotation = z.strictObject({
  id: idOf('webhook'),
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe('For how long deliveries carry a signature by the old secret, too; not at all unless told.'),
})
export type SecretRotation = z.output<typeof SecretRotation>

/** A subscription to a tenant’s events. */
export interface Webhook {
  readonly id: string
  readonly tenantId: string
  readonly url: string
  readonly description: string | null
  readonly events: readonly string[]
  readonly active: boolean
  readonly profile: WebhookProfile
  /** Sealed. */
  readonly secret: string
  /** Sealed; signs besides the other until `previousUntil`. */
  readonly previousSecret: string | null
  readonly previousUntil: number | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A webhook as admin surfaces show it. */
export const WebhookView = z.object({
  id: idOut('webhook'),
  tenantId: idOut('tenant'),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  active: z.boolean(),
  profile: z.enum(WEBHOOK_PROFILES),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type WebhookView = z.output<typeof WebhookView>

/** A webhook with its secret, which was just made. */
export const WebhookWithSecret = WebhookView.extend({
  secret: z.string().describe('What deliveries are signed with. Shown this once.'),
})
export type WebhookWithSecret = z.output<typeof WebhookWithSecret>

/** A webhook without what only the server needs. */
export function viewWebhook(webhook: Webhook): WebhookView {
  const { secret: _, previousSecret: __, previousUntil: ___, events, ...shown } = webhook
  return { ...shown, events: [...events] }
}
