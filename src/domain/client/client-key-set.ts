// The key set of a client or an issuer: the one that was registered, or the one at its `jwks_uri`, which is kept for a while.
import type { JSONWebKeySet } from 'jose'
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { Client } from './client.ts'
import { checkClientKeys } from './client-keys.ts'

const KEYS_KEPT = 300_000
const REFETCH_AFTER = 30_000
const KEYS_MAX = 50
const RETRY_AFTER_SECONDS = 15

type Needs = Pick<Context, 'network'>
/** Where keys are. */
export type KeysOfClient = Pick<Client, 'jwks' | 'jwksUri' | 'tenantId'>

/**
 * Verifies with the keys of a client. Keys that were fetched are fetched again if none of them fits, but not again and again.
 * @throws what `verify` throws; Failure `temporarily_unavailable` where the keys cannot be fetched
 */
export async function withKeys<T>(
  context: Needs,
  client: KeysOfClient,
  verify: (keys: JSONWebKeySet) => Promise<T>,
): Promise<T> {
  if (client.jwks) return verify(client.jwks as unknown as JSONWebKeySet)
  const known = await fetched(context, client, KEYS_KEPT)
  try {
    return await verify(known)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
    return verify(await fetched(context, client, REFETCH_AFTER))
  }
}

/** The keys of a client. @throws Failure `temporarily_unavailable` where they cannot be fetched */
export async function keysOf(context: Needs, client: KeysOfClient): Promise<JSONWebKeySet> {
  return client.jwks ? (client.jwks as unknown as JSONWebKeySet) : fetched(context, client, KEYS_KEPT)
}

/** The keys at an address, fetched now. @throws Failure `temporarily_unavailable` where they cannot be */
export async function freshKeys(context: Needs, keys: KeysOfClient): Promise<JSONWebKeySet> {
  return fetched(context, keys, 0)
}

/** The sound keys of documents, as long as those are kept. */
const soundKeys = new WeakMap<object, JSONWebKeySet>()

/** @throws Failure `temporarily_unavailable` where the keys cannot be fetched: whether the JWT is right is not known then */
async function fetched({ network }: Needs, client: KeysOfClient, maxAge: number): Promise<JSONWebKeySet> {
  const document = await network
    .fetchJson(client.jwksUri ?? '', { tenantId: client.tenantId, maxAge })
    .catch((error) => {
      const message = 'The keys that verify this request cannot be fetched now; try again later.'
      const rule = error instanceof Failure ? error.detail.rule : undefined
      throw new Failure('temporarily_unavailable', {
        ...{ message, retryAfter: RETRY_AFTER_SECONDS },
        ...(rule && { rule }),
      })
    })
  if (typeof document !== 'object' || document === null) return { keys: [] }
  const known = soundKeys.get(document)
  if (known) return known
  const { keys } = document as { keys?: unknown }
  const all = Array.isArray(keys) ? (keys as Record<string, unknown>[]).slice(0, KEYS_MAX) : []
  const sound = { keys: all.filter((key) => checkClientKeys({ keys: [key] }).length === 0) } as unknown as JSONWebKeySet
  soundKeys.set(document, sound)
  return sound
}
