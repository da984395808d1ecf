// A grant declares only what is specific to it. The endpoint does everything else (redeem.ts), so that no grant can
// leave out a shared step. A grant gets no function to write, sign or issue.

import type { AuthorizationDetail } from '#domain/authorization/authorization-detail.ts'
import type { RequestedClaims } from '#domain/authorization/requested-claims.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Unit } from '#domain/context.ts'
import type { Delegated } from '#domain/delegation-grant/delegation-grant.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { type ErrorCode, Failure } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import type { Bound } from '../binding/binding.ts'
import type { ReadContext } from '../read-context.ts'
import type { Upstream } from './upstream.ts'

/** The parameters that a grant reads, besides `grant_type`, `scope`, `resource` and those of client authentication. */
export type Shape = Readonly<Record<string, 'needed' | 'optional'>>
export type ParametersOf<Declared extends Shape> = {
  readonly [Name in keyof Declared]: Declared[Name] extends 'needed' ? string : string | undefined
}

/** The input of a grant. */
export interface GrantInput<Declared extends Shape> {
  readonly context: ReadContext
  readonly client: RegisteredClient
  readonly parameters: ParametersOf<Declared>
  /** The realm’s issuer identifier. */
  readonly issuer: string
  /** Whether each use of a refresh token returns another one. */
  readonly isRotating: boolean
  /** What is asked for by `resource` or `audience`. @throws Failure `invalid_target` for several */
  readonly askedTarget: () => string | undefined
}

export interface Grant<Declared extends Shape = Shape> {
  /** The value of `grant_type`. */
  readonly type: string
  readonly parameters: Declared
  /** Which clients may use it: registered for it, registered and confidential, or a rule of its own. */
  readonly clients: 'registered' | 'confidential' | ((client: RegisteredClient) => boolean)
  /**
   * Finds out what the presented artefact stands for.
   * @throws Failure where it stands for nothing; returns a Refusal where something must be written because of that
   */
  find(asked: GrantInput<Declared>): Promise<Found | Refusal> | Found | Refusal
}

/** Gives a declaration its types. */
export const grant = <const Declared extends Shape>(declared: Grant<Declared>): Grant<Declared> => declared

/** Scopes, or those at one resource: a part of what was granted may hold there only. Undefined stands for the realm itself. */
export type Scopes = readonly string[] | ((target: Resource | undefined) => readonly string[])

/** The scopes that hold at a resource. @throws Failure where the resource is not allowed, or more is asked of it */
export function scopesAt(scopes: Scopes, target: Resource | undefined): readonly string[] {
  return typeof scopes === 'function' ? scopes(target) : scopes
}

/** What two limits leave; null for no limit. */
export function both(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  return one && other ? one.filter((each) => other.includes(each)) : (one ?? other)
}

/** What a grant found. No member is optional: each one feeds a shared step, so that the compiler asks every grant for it. */
export interface Found {
  /** The person whom the token is about; null for the client itself. */
  readonly subject: Subject | null
  /** The upper limit. `narrows`: whether the `scope` parameter can ask for less. */
  readonly allowed: {
    readonly scopes: Scopes
    readonly resources: readonly string[]
    /** RFC 9396 §6: what `authorization_details` can ask for less of; `declared` for all that its resource declares. */
    readonly details: readonly AuthorizationDetail[] | 'declared'
    readonly narrows: boolean
  }
  /** The key that the artefact is bound to. */
  readonly boundTo: Bound
  /** Consumes the code or token inside the write; null where it can be presented again. */
  readonly consume: Consume | null
  /** The refresh token: the first of a new family, the next of an existing one, or none. */
  readonly refreshFamily: { readonly begins: Approval } | { readonly next: string } | null
  /** For the ID token; null on a refresh (OpenID Connect Core §12.2). */
  readonly nonce: string | null
  /** Set where the token is exchanged for another one (RFC 8693). */
  readonly delegation: Delegation | null
  /** Set where another server issues the token: it is handed out, and nothing is signed. */
  readonly upstream: Upstream | null
  /** Additional members of the response. */
  readonly responseMembers: Readonly<Record<string, string>>
}

/** On whose behalf a token is issued, and how that person signed in. */
export interface Subject {
  readonly userId: string
  readonly sessionId: string | null
  /** The authorization that it follows from; null where a token of another kind stands for it. */
  readonly familyId: string | null
  readonly acr: string
  readonly amr: readonly string[]
  /** Milliseconds since 1970. */
  readonly authenticatedAt: number
  /** What the authorization request asked for by name. */
  readonly claims?: RequestedClaims | null
  /** The organization that the person signed in for; absent or null for none. */
  readonly organizationId?: string | null
}

/** What a person approved, and in which session. */
export interface Approval extends Subject {
  readonly sessionId: string
  readonly familyId: string
  /** The client’s row id. */
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  readonly details?: readonly AuthorizationDetail[]
  readonly nonce: string | null
}

export interface Delegation {
  /** The `jti` of the token that is exchanged; null where that is no access token of the realm. */
  readonly parent: string | null
  /** Its `sub`, which the new token keeps. */
  readonly sub: string
  /** The chain of actors (RFC 8693 §4.1); undefined where the token’s own client exchanges it. */
  readonly act: Act | undefined
  /** The tools that the agents before may use, which limit those of the new token; null for all. */
  readonly tools: readonly string[] | null
  /** The `jti` of the actor token, which must hold when the new token is recorded; null for none. */
  readonly actorToken: string | null
  /** The delegation grants by which it is issued; null where there are none. */
  readonly under: Delegated | null
  /** The new token expires no later than its parent. Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The `act` claim. */
export interface Act {
  readonly sub: string
  readonly act?: Act
}

/** The write transaction as a grant sees it: it can consume and revoke, but not issue. */
export type ConsumeUnit = Omit<Unit, 'issue' | 'within'>
export type Consume = (unit: ConsumeUnit, now: number) => Promise<Refusal | undefined>

/** An error, with its reason where the error is `invalid_grant`. */
export type Refused = RefusalReason | ErrorCode

/**
 * A refusal with a consequence, such as the revocation of a family. It runs in a write of its own and returns the reason of
 * `invalid_grant`, or another error.
 */
export class Refusal {
  readonly apply: (unit: ConsumeUnit, now: number) => Promise<Refused>

  constructor(apply: Refusal['apply']) {
    this.apply = apply
  }
}

/** `invalid_grant` without a consequence. */
export function refuse(reason: RefusalReason): Refusal {
  return new Refusal(async () => reason)
}

/** The Failure `invalid_grant` with its reason. */
export function invalidGrant(reason: RefusalReason, message?: string): Failure {
  return new Failure('invalid_grant', { reason, ...(message !== undefined && { message }) })
}
