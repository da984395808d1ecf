// The rows for signing keys.
import * as z from 'zod'
import * as keys from '#domain/signing-key/signing-key.operations.ts'
import type { Rotation, SigningKeyView } from '#domain/signing-key/signing-key.ts'
import type { Route } from '../surface.ts'
import { json, row, time } from './dialect.ts'

const KeyShown = z.object({ kid: z.string(), alg: z.string(), use: z.literal('sig'), status: z.string() })

/** AuthPlane knows the key that signs and the one before it; ours are published before they sign, too. */
const STATUSES: Readonly<Record<SigningKeyView['state'], string>> = {
  active: 'current',
  retiring: 'previous',
  next: 'next',
  retired: 'retired',
}

const listed = json(
  z.object({ keys: z.array(KeyShown) }),
  ({ data }: { readonly data: readonly SigningKeyView[] }) => ({
    keys: data.map(({ kid, algorithm, state }) => ({
      kid,
      alg: algorithm,
      use: 'sig' as const,
      status: STATUSES[state],
    })),
  }),
)

const rotated = json(
  z.object({
    current_kid: z.string(),
    previous_kid: z.string().optional(),
    rotated_at: z.string(),
    kid: z.string(),
    alg: z.string(),
  }),
  ({ active, previous }: Rotation) => ({
    current_kid: active.kid,
    ...(previous && { previous_kid: previous.kid }),
    rotated_at: time(active.activatedAt ?? active.publishedAt),
    kid: active.kid,
    alg: active.algorithm,
  }),
)

/** Signing keys (AuthPlane, “Rotate signing keys”). */
export const keyRoutes: readonly Route[] = [
  row('GET /admin/keys', keys.keyList, listed),
  row('POST /admin/keys/rotate', keys.keyRotate, rotated, { fixed: { immediate: true } }),
]
