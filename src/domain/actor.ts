// Owns who calls (actor and reach), where the call came from (origin) and what it is about (scope).

import type { Id } from '#kernel/id.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { Realm } from './realm/realm.ts'

/** Who calls: a key, a person, a client or the server itself. */
export interface Actor {
  readonly kind: 'api_key' | 'user' | 'client' | 'system' | 'anonymous'
  readonly id: string
  /** A name that people recognise, for the event log. */
  readonly label: string
  readonly reach: Reach
  readonly permissions: ReadonlySet<string>
  /** The tenant whose admin realm authenticated the actor, if one did. */
  readonly tenantId?: Id
  /** When a person signed in, in milliseconds since 1970; undefined for programs. */
  readonly authenticatedAt?: number
  readonly origin: Origin
}

/** A user as the actor of an event. @param user the id and the e-mail address, which is the label */
export function userActor({ id, email }: { readonly id: Id; readonly email: string }) {
  return { kind: 'user', id, label: email } as const
}

/**
 * The part of the data that an actor may reach: everything, the tenants of one partner, one tenant, one realm, or
 * nothing.
 */
export type Reach =
  | { readonly kind: 'platform' }
  | { readonly kind: 'partner'; readonly partnerId: Id }
  | { readonly kind: 'tenant'; readonly tenantId: Id }
  | { readonly kind: 'realm'; readonly tenantId: Id; readonly realmId: Id }
  | { readonly kind: 'none' }

const WIDTHS = { platform: 4, partner: 3, tenant: 2, realm: 1, none: 0 } as const

/** Whether the reach of an actor is at least as wide as the reach that an operation needs. */
export function isReachWideEnough(actual: Reach['kind'], needed: Reach['kind']): boolean {
  return WIDTHS[actual] >= WIDTHS[needed]
}

/**
 * Whether one reach contains another one. The tenants of a partner are not known here, so a partner's reach contains no
 * tenant.
 */
export function reachContains(outer: Reach, inner: Reach): boolean {
  if (outer.kind === 'platform') return true
  if (outer.kind === 'none' || inner.kind === 'none' || inner.kind === 'platform') return inner.kind === 'none'
  if (outer.kind === 'partner' || inner.kind === 'partner') return false
  if (outer.tenantId !== inner.tenantId) return false
  return outer.kind === 'tenant' || (inner.kind === 'realm' && inner.realmId === outer.realmId)
}

/** Whether a reach contains a tenant that belongs to the partner. */
export function reachesTenant(reach: Reach, tenant: { readonly tenantId: Id; readonly partnerId: Id }): boolean {
  if (reach.kind === 'platform') return true
  if (reach.kind === 'partner') return reach.partnerId === tenant.partnerId
  return reach.kind === 'tenant' && reach.tenantId === tenant.tenantId
}

/** Where a request came from, for the event log. */
export interface Origin {
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string
  readonly surface: string
}

/** What a request is about: one tenant, and one of its realms if the path names one. */
export interface Scope {
  readonly tenantId: Id
  readonly realm?: Realm
  /** The language of the page on which a person acts. */
  readonly language?: LanguageTag
}
