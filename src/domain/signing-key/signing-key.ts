import * as z from 'zod'
import { idOut, time } from '#kernel/field.ts'
import { type PublicJwk, SIGNING_ALGORITHMS } from '../outside.ts'

/** For how long a client may keep a JWKS document, in seconds; the document says so in its Cache-Control. */
export const JWKS_MAX_AGE = 300

/** How long a key must have been published before it may sign, so that no cache lacks it. Seconds. */
export const PUBLICATION_PERIOD = JWKS_MAX_AGE + 60

/** next: published, does not sign yet; active: signs; retiring: published for tokens it signed; retired: withdrawn. */
export const KEY_STATES = ['next', 'active', 'retiring', 'retired'] as const

/** A key that a realm signs its tokens with. */
export interface SigningKey {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly kid: string
  readonly algorithm: (typeof SIGNING_ALGORITHMS)[number]
  readonly state: (typeof KEY_STATES)[number]
  readonly publicJwk: PublicJwk
  /** What the key store needs to sign with it again. */
  readonly handle: string
  readonly publishedAt: number
  readonly activatesAt: number | null
  readonly activatedAt: number | null
  readonly retiresAt: number | null
}

/** A signing key as admin surfaces show it: never its private part. */
export const SigningKeyView = z.object({
  id: idOut('signing_key'),
  kid: z.string(),
  algorithm: z.enum(SIGNING_ALGORITHMS),
  state: z.enum(KEY_STATES),
  publicJwk: z.record(z.string(), z.unknown()),
  publishedAt: time,
  activatesAt: time.nullable().describe('When a scheduled key starts to sign.'),
  activatedAt: time.nullable(),
  retiresAt: time.nullable().describe('When a retiring key is withdrawn; its last token has expired by then.'),
})
export type SigningKeyView = z.output<typeof SigningKeyView>

/** The state of a realm's keys after a rotation was asked for. */
export const Rotation = z.object({
  status: z.enum(['rotated', 'scheduled']),
  active: SigningKeyView,
  next: SigningKeyView,
})
export type Rotation = z.output<typeof Rotation>

/** A signing key without its handle. */
export function viewSigningKey({ handle: _, tenantId: __, realmId: ___, ...shown }: SigningKey): SigningKeyView {
  return shown
}

/**
 * When a published key may start to sign. A realm's first keys are in every copy of its JWKS there can be, so they need
 * not wait.
 * @returns milliseconds since 1970
 */
export function readyAt(key: Pick<SigningKey, 'publishedAt'>, realmCreatedAt: number): number {
  return key.publishedAt <= realmCreatedAt ? key.publishedAt : key.publishedAt + PUBLICATION_PERIOD * 1000
}
