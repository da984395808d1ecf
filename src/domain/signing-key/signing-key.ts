// The states and views of signing keys.
import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { type PublicJwk, SIGNING_ALGORITHMS } from '../outside.ts'

/** How long a client may cache the JWKS, in seconds; its Cache-Control header contains this value. */
export const JWKS_MAX_AGE = 300

/** How long a key must be published before it becomes active, so that every cache has it. Seconds. */
export const PUBLICATION_PERIOD = JWKS_MAX_AGE + 60

/**
 * next: published, does not sign yet; active: signs; retiring: published for the tokens that it signed; retired:
 * withdrawn.
 */
export const KEY_STATES = ['next', 'active', 'retiring', 'retired'] as const

/** The algorithms that every realm has keys for, or gets in its first seconds (OpenID Connect Discovery §3 wants RS256). */
export const REALM_ALGORITHMS = ['ES256', 'RS256'] as const satisfies (typeof SIGNING_ALGORITHMS)[number][]

/** A signing key of a realm. */
export interface SigningKey {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly kid: string
  readonly algorithm: (typeof SIGNING_ALGORITHMS)[number]
  readonly state: (typeof KEY_STATES)[number]
  readonly publicJwk: PublicJwk
  /** The handle that the key store needs to sign with the key. */
  readonly handle: string
  readonly publishedAt: number
  readonly activatesAt: number | null
  readonly activatedAt: number | null
  readonly retiresAt: number | null
}

/** The schema of a signing key in admin responses, without its private part. */
export const SigningKeyView = z.object({
  id: idOut('signing_key'),
  kid: z.string(),
  algorithm: z.enum(SIGNING_ALGORITHMS),
  state: z.enum(KEY_STATES),
  publicJwk: z.record(z.string(), z.unknown()),
  publishedAt: time,
  activatesAt: time.nullable().describe('The time when a scheduled key becomes active.'),
  activatedAt: time.nullable(),
  retiresAt: time
    .nullable()
    .describe('The time when a retiring key is removed from the JWKS; its last token has expired by then.'),
  isDefault: z
    .boolean()
    .describe('Whether it signs what asks for no other algorithm: it is active, and of the algorithm of the realm.'),
})
export type SigningKeyView = z.output<typeof SigningKeyView>

/** The state of a realm's keys after a request for rotation. */
export const Rotation = z.object({
  status: z.enum(['rotated', 'scheduled']),
  active: SigningKeyView,
  next: SigningKeyView,
  previous: SigningKeyView.nullable().describe(
    'The key that signed before; null while the rotation is only scheduled.',
  ),
  withdrawn: z
    .array(SigningKeyView)
    .describe('The keys of every algorithm that this request removed from the JWKS because they are compromised.'),
})
export type Rotation = z.output<typeof Rotation>

/** Returns the view of a signing key, without its handle. @param algorithm of the realm */
export function viewSigningKey(
  { handle: _, tenantId: __, realmId: ___, ...shown }: SigningKey,
  { algorithm }: { readonly algorithm: string },
): SigningKeyView {
  return { ...shown, isDefault: shown.state === 'active' && shown.algorithm === algorithm }
}

/**
 * When a published key may become active. The first keys of a realm need not wait, because every copy of its JWKS
 * contains them.
 * @returns milliseconds since 1970
 */
export function readyAt(key: Pick<SigningKey, 'publishedAt'>, realmCreatedAt: number): number {
  return key.publishedAt <= realmCreatedAt ? key.publishedAt : key.publishedAt + PUBLICATION_PERIOD * 1000
}
