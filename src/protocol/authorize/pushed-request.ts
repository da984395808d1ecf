// Pushed authorization requests (RFC 9126): how one is kept, and how a browser opens it by its reference.
import { isIdOfClient } from '#domain/client/find-client.ts'
import { takeRowOfPublicClient } from '#domain/client/public-client-limits.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { Parameters } from '#web/parameters.ts'
import { replayed } from '../binding/binding.ts'
import type { Facts, StepInput } from './step.ts'

const PREFIX = 'urn:ietf:params:oauth:request_uri:'
/** For how long the browser that opened a request may open it again, because it reloads or goes back. Milliseconds. */
const RELOAD_GRACE = 60_000

interface PushedRequest {
  readonly realmId: string
  readonly clientId: string
  readonly facts: Facts
}

/** A request that a browser has opened. */
interface OpenedRequest extends PushedRequest {
  /** SHA-256 of the secret of that browser. */
  readonly browserHash: string
}

/**
 * Keeps a request until a browser comes with its reference (RFC 9126 §2.2). The client's proof of possession is consumed.
 * @throws Failure `invalid_dpop_proof` where the proof was used before; `too_many_requests`, `invalid_request` where a
 * public client stores too much
 */
export async function keepPushed(
  context: Context,
  { client, profile, proof }: StepInput,
  facts: Facts,
): Promise<{ request_uri: string; expires_in: number }> {
  const { clock, crypto, random, scope } = context
  await takeRowOfPublicClient(context, client, facts)
  const secret = random.secret()
  const createdAt = clock.now()
  const payload: PushedRequest = { realmId: realmOf(scope).id, clientId: client.id, facts }
  const expiresAt = createdAt + profile.pushedRequestLifetime * 1000
  await context.write(async (unit) => {
    if (proof && !(await proof.consume(unit, createdAt))) throw replayed()
    await unit.oneTimeTokens.insert('pushed_request', crypto.digest(secret), { payload, createdAt, expiresAt })
  })
  return { request_uri: `${PREFIX}${secret}`, expires_in: profile.pushedRequestLifetime }
}

/**
 * The request behind a `request_uri`, if the same client pushed it. The first browser that comes opens it; for a minute
 * it may come again (RFC 9126 §4), and no other browser may.
 * @param browserSecret of the browser that asks
 * @returns undefined where the request has no `request_uri`
 * @throws Failure `invalid_request_uri` for an unknown, expired or opened one, `request_uri_not_supported` for any other URI
 */
export async function openPushed(
  context: Context,
  parameters: Parameters,
  { client }: StepInput,
  browserSecret: string,
): Promise<Facts | undefined> {
  const uri = parameters.get('request_uri')
  if (uri === undefined) return undefined
  if (!uri.startsWith(PREFIX)) throw new Failure('request_uri_not_supported')
  const { crypto, scope } = context
  const realmId = realmOf(scope).id
  const opened = await openOnce(context, {
    hash: crypto.digest(uri.slice(PREFIX.length)),
    browserHash: crypto.digest(browserSecret),
    isOwn: (pushed) => pushed.realmId === realmId && isIdOfClient(context, client, pushed.clientId),
  })
  if (opened) return opened.facts
  throw new Failure('invalid_request_uri')
}

interface Opening {
  readonly hash: string
  readonly browserHash: string
  readonly isOwn: (pushed: PushedRequest) => boolean
}

// Consuming is atomic: of several browsers at once one is first, and its name stands beside the consumed request. Who
// names another client, or another realm, consumes nothing: the reference stands in addresses that others see.
async function openOnce(
  { clock, crypto, write }: Context,
  { hash, browserHash, isOwn }: Opening,
): Promise<OpenedRequest | undefined> {
  const now = clock.now()
  return write(async ({ oneTimeTokens }) => {
    const pushed = await oneTimeTokens.find<PushedRequest>('pushed_request', hash)
    if (!pushed || !isOwn(pushed.payload)) return undefined
    if (await oneTimeTokens.consume('pushed_request', hash, now)) {
      const payload: OpenedRequest = { ...pushed.payload, browserHash }
      await oneTimeTokens.insert('opened_request', hash, { payload, createdAt: now, expiresAt: now + RELOAD_GRACE })
      return payload
    }
    const opened = await oneTimeTokens.find<OpenedRequest>('opened_request', hash)
    const isSame = opened && crypto.equal(opened.payload.browserHash, browserHash)
    return isSame && opened.expiresAt > now ? opened.payload : undefined
  })
}
