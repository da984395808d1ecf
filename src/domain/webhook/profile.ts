// How deliveries look on the wire: a registry of forms that surfaces fill at start.
import type { Id } from '#kernel/id.ts'
import type { Event } from '../event/event.ts'
import type { Delivery } from './delivery.ts'

/** What the headers of one try say besides which delivery it is. */
export interface DeliverySignature {
  readonly signature: string
  /** Unix seconds, as they are in the signature. */
  readonly t: number
}

/** The body and the headers of deliveries in one form. */
export interface WebhookProfile {
  /** Whether the body names the partner of the event's tenant. */
  readonly includesPartner: boolean
  /**
   * What its document calls events: the pattern of our types of each name. A type is called as it is where there is none.
   * An event is delivered once for each of its names that was subscribed to.
   */
  readonly catalogue?: Readonly<Record<string, string>>
  /** The seconds to wait after each failed attempt, in place of what the server is set to. */
  readonly waits?: readonly number[]
  /** Whether an event is delivered under a name. Default: it is. */
  readonly concerns?: (event: Event, name: string) => boolean
  /**
   * @param partnerId null where the profile does not tell it, and for a tenant without a partner
   * @param name what the event is called
   */
  readonly body: (event: Event, partnerId: Id | null, name: string) => unknown
  readonly headers: (delivery: Delivery, signature: DeliverySignature) => Record<string, string>
}

/** The profile of a webhook that names no other. */
export const DEFAULT_PROFILE = 'countersign'

const profiles = new Map<string, WebhookProfile>()

/** Adds a profile by its name, before the first request. */
export function registerWebhookProfile(name: string, profile: WebhookProfile): void {
  profiles.set(name, profile)
}

/** The names of all profiles; the default is the first. */
export function webhookProfileNames(): [string, ...string[]] {
  return [...profiles.keys()] as [string, ...string[]]
}

/** The profile of a name. @throws Error for a name that was not registered */
export function webhookProfile(name: string): WebhookProfile {
  const profile = profiles.get(name)
  if (!profile) throw new Error(`There is no webhook profile ${name}.`)
  return profile
}
