// Asks a person who is elsewhere for an approval, and waits for the decision (OpenID Connect CIBA, poll mode).
import type { TokenResponse } from './authorization-server.ts'
import { InsufficientScope, TokenRefused } from './failure.ts'
import { type Grant, keyOf, LIFETIME_DEFAULT, type Parts, TokenSource, type Tokens } from './token-source.ts'

/** What a person is asked for. Either `loginHint` or `idTokenHint` says who. */
export interface ApprovalRequest {
  /** The e-mail address of the person, or the `sub` that the client knows. */
  readonly loginHint?: string
  /** An ID token of the person that the client got, which may have expired. */
  readonly idTokenHint?: string
  /** What the agent wants to do. `openid` is added. */
  readonly scopes?: readonly string[]
  /** The identifier of the resource (RFC 8707). */
  readonly resource?: string
  /** Details of what the agent wants to do (RFC 9396). */
  readonly authorizationDetails?: readonly Readonly<Record<string, unknown>>[]
  /** Shown to the person, who compares it with what the agent shows: one line. */
  readonly bindingMessage?: string
  /** Ways of signing in, one of which is enough. */
  readonly acrValues?: readonly string[]
  /** Seconds that the person may take. Default: what the authorization server says. */
  readonly requestedExpiry?: number
}

/** The person has not decided. */
export interface Pending {
  readonly status: 'pending'
  /** Whether the poll came too early; the interval is longer from then on. */
  readonly tooEarly: boolean
}

/** The person approved all that was asked for, or a part. */
export interface Approved {
  readonly status: 'approved'
  /** Acts for the person with the approved token, until it expires. For more, ask again, or use the refresh token. */
  readonly tokens: Tokens
  /** The scopes that the person approved. */
  readonly scopes: readonly string[]
  /** The details that the person approved. */
  readonly authorizationDetails: readonly Readonly<Record<string, unknown>>[]
  /** For `refreshing`, where `offline_access` was asked for. */
  readonly refreshToken: string | undefined
  /** Not verified: it came from the issuer itself. */
  readonly idToken: string | undefined
}

/** How a request ended. */
export type ApprovalOutcome = Approved | { readonly status: 'denied' } | { readonly status: 'expired' }

/** A request that waits for a person. */
export interface Approval {
  /** The `auth_req_id`. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Seconds between two polls; `slow_down` makes it longer. */
  readonly interval: number
  /** Asks once. @throws TokenRefused for any other refusal, such as that the tokens were got already */
  poll(): Promise<Pending | ApprovalOutcome>
  /**
   * Asks until the person has decided or the request has expired, first after one interval. A server that does not respond is asked
   * again, less often.
   * @param options.signal ends the waiting; the request stays
   * @throws TokenRefused as `poll`; the reason of the signal
   */
  wait(options?: { readonly signal?: AbortSignal }): Promise<ApprovalOutcome>
}

const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'
const INTERVAL_DEFAULT = 5
/** Seconds that `slow_down` adds to the interval (CIBA §11). */
const SLOWER = 5
/** How long the interval gets while the server does not respond. */
const BACKOFF_MAX = 60
/** A timer of a longer time than it can count would end immediately. Seconds. */
const PAUSE_MAX = 3_600

/** Asks for an approval. @throws TokenRefused if the request is refused */
export async function askApproval(parts: Parts, request: ApprovalRequest): Promise<Approval> {
  const asked = parts.now()
  const {
    auth_req_id: id,
    expires_in: lifetime,
    interval = INTERVAL_DEFAULT,
  } = await parts.server.askApproval(parametersOf(request))
  return new WaitingApproval(parts, request, { id, expiresAt: asked + lifetime * 1000, interval })
}

function parametersOf(request: ApprovalRequest): Grant {
  const { scopes = [], authorizationDetails: details, acrValues, requestedExpiry: expiry } = request
  const given = {
    scope: [...new Set(['openid', ...scopes])].join(' '),
    login_hint: request.loginHint,
    id_token_hint: request.idTokenHint,
    resource: request.resource,
    authorization_details: details && JSON.stringify(details),
    binding_message: request.bindingMessage,
    acr_values: acrValues?.join(' '),
    requested_expiry: expiry === undefined ? undefined : String(expiry),
  }
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

class WaitingApproval implements Approval {
  readonly id: string
  readonly expiresAt: number
  #interval: number
  readonly #parts: Parts
  readonly #request: ApprovalRequest

  constructor(parts: Parts, request: ApprovalRequest, made: { id: string; expiresAt: number; interval: number }) {
    this.id = made.id
    this.expiresAt = made.expiresAt
    this.#interval = made.interval
    this.#parts = parts
    this.#request = request
  }

  get interval(): number {
    return this.#interval
  }

  async poll(): Promise<Pending | ApprovalOutcome> {
    const asked = this.#parts.now()
    try {
      const response = await this.#parts.server.token([
        ['grant_type', CIBA_GRANT],
        ['auth_req_id', this.id],
      ])
      return approvedOf(this.#parts, this.#request, { response, asked })
    } catch (error) {
      const code = error instanceof TokenRefused ? error.code : undefined
      if (code === 'access_denied') return { status: 'denied' }
      if (code === 'expired_token') return { status: 'expired' }
      if (code !== 'authorization_pending' && code !== 'slow_down') throw error
      if (code === 'slow_down') this.#interval += SLOWER
      return { status: 'pending', tooEarly: code === 'slow_down' }
    }
  }

  async wait({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ApprovalOutcome> {
    for (;;) {
      const left = Math.max(0, this.expiresAt - this.#parts.now())
      await pause(Math.min(this.#interval * 1000, left, PAUSE_MAX * 1000), signal)
      const found = await this.poll().catch((error: unknown) => this.#afterFailure(error))
      if (found.status !== 'pending') return found
      // A server whose clock is behind is not asked without end.
      if (this.#parts.now() >= this.expiresAt) return { status: 'expired' }
    }
  }

  /** What is no decision of the server is tried again, less often (RFC 8628 §3.5). @throws what is a decision */
  #afterFailure(error: unknown): Pending {
    const isRefusal = error instanceof TokenRefused && error.status < 500 && error.status !== 429
    const isLost = error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')
    if (isRefusal || !(error instanceof TokenRefused || isLost)) throw error
    const after = error instanceof TokenRefused ? error.retryAfter : undefined
    this.#interval = Math.max(this.#interval, after ?? Math.min(this.#interval * 2, BACKOFF_MAX))
    return { status: 'pending', tooEarly: false }
  }
}

/** The tokens of an approval: one access token, for what was approved. */
function approvedOf(
  parts: Parts,
  { resource = '', scopes: wanted = [] }: ApprovalRequest,
  { response, asked }: { response: TokenResponse; asked: number },
): Approved {
  const { scope, expires_in: lifetime = LIFETIME_DEFAULT, authorization_details: details = [] } = response
  const scopes = scope === undefined ? ['openid', ...wanted] : scope.split(' ')
  const given = new Set<string>()
  const tokens = new TokenSource(parts, async (_ask, needs) => {
    const missing = (needs.scopes ?? []).filter((name) => !scopes.includes(name))
    if (missing.length > 0) throw new InsufficientScope(needs.scopes ?? [], needs.resource ?? resource)
    if (needs.resource !== undefined && needs.resource !== resource) {
      throw new TokenRefused('invalid_target', `The approval is not for ${needs.resource}.`)
    }
    // It is asked for again only when it is about to expire or was refused.
    const key = keyOf(needs)
    const left = lifetime - (parts.now() - asked) / 1000
    if (given.has(key) || left <= 0) {
      throw new TokenRefused('invalid_grant', 'The approved token has ended: ask the person again.')
    }
    given.add(key)
    return { ...response, expires_in: left }
  })
  return {
    status: 'approved',
    tokens,
    scopes,
    authorizationDetails: details,
    refreshToken: response.refresh_token,
    idToken: response.id_token,
  }
}

/** Waits. @throws the reason of the signal if it ends the waiting */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const end = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', end, { once: true })
  })
}
