// The fields and views of webhooks: subscriptions to events.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { EVENTS } from '#kernel/event.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { typesOf } from '../event/event.ts'
import { StreamState } from '../signal-stream/signal-stream.ts'
import { TEST_TYPE } from './delivery.ts'
import { DEFAULT_PROFILE, webhookProfile, webhookProfileNames } from './profile.ts'

/** How many webhooks a tenant may have. */
export const WEBHOOKS_MAX = 100
export const SECRET_PREFIX = 'whsec_'

// Surfaces register profiles when the server starts, so that the names are read when the schema is first used.
const profileName = z.lazy(() => z.enum(webhookProfileNames()))

/** Whether `*` leaves a type out: events about webhooks, and events that are too frequent. */
function onlyWhenNamed(type: string): boolean {
  return type.startsWith('webhook.') || type === 'token.issued'
}

/** The event types that match a subscription’s patterns. */
export function typesOfPatterns(patterns: readonly string[]): Set<string> {
  const named = patterns.flatMap((pattern) => (pattern === '*' ? [] : typesOf(pattern)))
  const all = patterns.includes('*') ? Object.keys(EVENTS).filter((type) => !onlyWhenNamed(type)) : []
  return new Set([...named, ...all])
}

/** What an event of a type is called in the deliveries of a webhook: once for each name that was subscribed to. */
export function deliveryNames({ profile, events }: Pick<Webhook, 'profile' | 'events'>, type: string): string[] {
  const { catalogue = {} } = webhookProfile(profile)
  const names = Object.keys(catalogue).filter((name) => {
    const pattern = catalogue[name] ?? ''
    return events.includes(pattern) && typesOfPatterns([pattern]).has(type)
  })
  return names.length > 0 ? names : [type]
}

/** The names of the events that a webhook of a profile can subscribe to, in alphabetical order. */
export function eventNames(profile: string): string[] {
  const { catalogue = Object.fromEntries(Object.keys(EVENTS).map((type) => [type, type])) } = webhookProfile(profile)
  return [...new Set([...Object.keys(catalogue), TEST_TYPE])].sort()
}

const pattern = z
  .string()
  .max(100)
  .refine((text) => text === '*' || text === TEST_TYPE || typesOf(text).length > 0, 'no event has such a type')

/** The fields of a webhook. */
export const WebhookFields = declare({
  id: constant(idOut('webhook')),
  tenantId: constant(idOut('tenant')),
  /** Events tell only its host: the rest may hold a secret. */
  url: editable(z.string().min(1).max(2048).describe('The URL that receives events: https with a public address.'), {
    audited: 'name',
  }),
  events: editable(
    z
      .array(pattern)
      .min(1)
      .max(200)
      .transform((patterns) => [...new Set(patterns)])
      .describe(
        'Types, all types of a noun, or all types: client.created, client.*, *. The last does not include webhook.* and token.issued.',
      ),
  ),
  description: editable(label(500).nullable().describe('The purpose, for people.'), { initial: null }),
  active: editable(
    z.boolean().describe('Whether events are delivered. Events that happen while it is disabled are delivered later.'),
    { initial: true },
  ),
  profile: fixed(profileName.describe('The format of deliveries: body and headers. It cannot be changed.'), {
    initial: DEFAULT_PROFILE,
  }),
  /** Sealed. */
  secret: managed(z.string(), { view: null }),
  /** Sealed; signs in addition to the other secret until `previousUntil`. */
  previousSecret: managed(z.string().nullable(), { view: null }),
  previousUntil: managed(z.number().nullable(), { view: null }),
  /** Of a stream of Shared Signals: its realm, its client and its state; null for a webhook. */
  realmId: constant(z.string().nullable(), { view: null }),
  clientId: constant(z.string().nullable(), { view: null }),
  stream: managed(StreamState.nullable(), { view: null }),
  ...VERSIONED,
})

/** Of which profile the names of events are asked for. */
export const EventNamesQuery = z.strictObject({
  profile: profileName.default(DEFAULT_PROFILE).describe('The format of deliveries.'),
})

export const EventNames = z.object({ events: z.array(z.string()) })

export const WebhookQuery = listQuery('created_at')
export type WebhookQuery = z.output<typeof WebhookQuery>

/** The input for a new webhook: the URL and the events. */
export const NewWebhook = z.strictObject(WebhookFields.creation)
export type NewWebhook = z.output<typeof NewWebhook>

/** The input for an update of a webhook. */
export const WebhookPatch = z.strictObject({ id: idOf('webhook'), ifVersion, ...WebhookFields.patch })
export type WebhookPatch = z.output<typeof WebhookPatch>

/** The input for the rotation of a secret. */
export const SecretRotation = z.strictObject({
  id: idOf('webhook'),
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe('Seconds in which deliveries also have a signature with the old secret. Default: 0.'),
})
export type SecretRotation = z.output<typeof SecretRotation>

/** A subscription to a tenant’s events. */
export type Webhook = NounOf<typeof WebhookFields>

/** The schema of a webhook in admin responses. */
export const WebhookView = z.object(WebhookFields.view)
export type WebhookView = z.output<typeof WebhookView>

/** A webhook with its new secret. */
export const WebhookWithSecret = WebhookView.extend({
  secret: z.string().describe('The secret that signs deliveries. Shown only in this response.'),
})
export type WebhookWithSecret = z.output<typeof WebhookWithSecret>

/** Returns the view of a webhook, without internal fields. */
export function viewWebhook(webhook: Webhook): WebhookView {
  return WebhookFields.show(webhook)
}
