// Has users connect their accounts at providers: the request to the provider, bound to one browser and user, and its answer.
import { Failure } from '#kernel/error.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context } from '../context.ts'
import { codeOf } from '../external-sign-in/provider-failure.ts'
import { realmOf } from '../realm/realm.service.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import type { ConnectPaths } from './connect-paths.ts'
import { revokeTokens } from './connection.service.ts'
import { type Connection, TOKEN } from './connection.ts'
import { keepTokens } from './keep-tokens.ts'
import { callbackUrlOf, exchangeUpstreamCode, fetchAccounts, upstreamFailure } from './upstream-requests.ts'

const KIND = 'connect'
/** How long a person may take at the provider. Milliseconds. */
const LIFETIME = 600_000
/** How many connections one network may begin. */
const BEGUN = { limit: 300, windowSeconds: 300 }

/** A connection that waits for the answer of a provider. */
export interface PendingConnect {
  readonly realmId: string
  readonly providerId: string
  readonly userId: string
  readonly sessionId: string
  readonly browserHash: string
  readonly scopes: readonly string[]
  /** Where the person goes afterwards; null for the account. */
  readonly returnUrl: string | null
  /** Default: connect. */
  readonly paths?: ConnectPaths
}

/**
 * Begins a connection. @returns where the browser goes (RFC 6749 §4.1.1, RFC 7636 §4.3)
 * @throws Failure `too_many_requests`
 */
export async function connectUrl(
  context: Context,
  provider: BrokerProvider,
  asked: Omit<PendingConnect, 'realmId' | 'providerId' | 'browserHash'>,
  browserSecret: string,
): Promise<string> {
  const { actor, clock, crypto, limiter, random, scope } = context
  const retryAfter = await limiter.take(`connect ${networkOf(actor.origin.ip)}`, BEGUN.limit, BEGUN.windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const state = random.secret()
  const now = clock.now()
  const bound = { realmId: realmOf(scope).id, providerId: provider.id, browserHash: crypto.digest(browserSecret) }
  const payload: PendingConnect = { ...asked, ...bound }
  await context.write((unit) =>
    unit.oneTimeTokens.insert(KIND, crypto.digest(state), { payload, createdAt: now, expiresAt: now + LIFETIME }),
  )
  const url = new URL(provider.authorizeUrl ?? '')
  const parameters = {
    ...provider.extraAuthParams,
    response_type: 'code',
    client_id: provider.clientId ?? '',
    redirect_uri: callbackUrlOf(context, provider, asked.paths),
    state,
    code_challenge: crypto.digest(verifierOf(context, state)),
    code_challenge_method: 'S256',
    // Slack has scopes of its own for the user.
    ...(asked.scopes.length > 0 && {
      [provider.responseFormat === 'slack' ? 'user_scope' : 'scope']: asked.scopes.join(' '),
    }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** What a provider answers in the browser. */
export interface ConnectAnswer {
  readonly state: string | undefined
  readonly code: string | undefined
  readonly error: string | undefined
  /** Of the browser that brings it. */
  readonly browserSecret: string | undefined
  /** Who is signed in there. */
  readonly userId: string
}

/**
 * Takes up the connection that a provider answers. It is used up by this.
 * @throws Failure `expired` for an unknown or used state, or that of another provider; `forbidden` for another browser or user
 */
export async function takeConnect(
  context: Context,
  provider: BrokerProvider,
  { state, browserSecret, userId }: ConnectAnswer,
): Promise<PendingConnect> {
  const { clock, crypto, read, scope } = context
  const hash = crypto.digest(state ?? '')
  const pending = (await read.oneTimeTokens.find<PendingConnect>(KIND, hash))?.payload
  if (state === undefined || pending?.realmId !== realmOf(scope).id || pending.providerId !== provider.id) {
    throw new Failure('expired')
  }
  const isHere = browserSecret !== undefined && crypto.equal(crypto.digest(browserSecret), pending.browserHash)
  if (!isHere || pending.userId !== userId) {
    throw new Failure('forbidden', 'This connection was started in another browser, or by another user.')
  }
  const taken = await context.write((unit) => unit.oneTimeTokens.consume<PendingConnect>(KIND, hash, clock.now()))
  if (!taken) throw new Failure('expired')
  return pending
}

/**
 * Gets the tokens of a connection, and keeps them.
 * @throws Failure `access_denied` where the person refused, `upstream_failed`, `temporarily_unavailable`
 */
export async function finishConnect(
  context: Context,
  provider: BrokerProvider,
  { userId, scopes, paths }: PendingConnect,
  { state = '', code, error }: ConnectAnswer,
): Promise<Connection> {
  if (error === 'access_denied') throw new Failure('access_denied', 'You did not allow access at the provider.')
  if (error !== undefined) throw upstreamFailure(`The provider answered ${codeOf(error)}.`)
  if (code === undefined) throw upstreamFailure('The answer of the provider has no code.')
  const redirectUri = callbackUrlOf(context, provider, paths)
  const tokens = await exchangeUpstreamCode(context, provider, {
    ...{ code, redirectUri },
    verifier: verifierOf(context, state),
  })
  try {
    const metadata = await fetchAccounts(context, provider, tokens.accessToken)
    const kept = { ...tokens, userId, scopes: tokens.scopes ?? scopes, metadata }
    return await context.write((unit) => keepTokens(context, unit, provider, kept))
  } catch (failed) {
    await revokeTokens(context, provider, tokens)
    throw failed
  }
}

/** Keeps a key that a user pasted. @throws Failure `invalid_input` for a text that no header can carry */
export function connectKey(
  context: Context,
  provider: BrokerProvider,
  userId: string,
  key: string,
): Promise<Connection> {
  const accessToken = key.trim()
  if (accessToken.length > 4096 || !TOKEN.test(accessToken)) {
    throw new Failure('invalid_input', { flaws: [{ path: 'key', message: 'printable ASCII without spaces' }] })
  }
  const kept = { userId, accessToken, refreshToken: null, expiresAt: null, scopes: [], metadata: null }
  return context.write((unit) => keepTokens(context, unit, provider, kept))
}

// It follows from the state and is not stored.
function verifierOf({ crypto }: Pick<Context, 'crypto'>, state: string): string {
  return crypto.mac('connect-verifier', state)
}
