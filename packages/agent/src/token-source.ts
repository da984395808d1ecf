// The tokens of one grant: asks for them, keeps them, and sends requests with them.
import type { AuthorizationServer, Fetch, TokenResponse } from './authorization-server.ts'
import { tokenChallengeOf } from './challenge.ts'
import type { DpopKey } from './dpop-key.ts'
import { InsufficientScope, StepUpRequired, Untrusted } from './failure.ts'
import { isBelow, KnownResources, type Target } from './protected-resource.ts'
import { type Token, TokenCache } from './token-cache.ts'

/** What a token is for. */
export interface TokenNeeds {
  /** The identifier of the resource (RFC 8707). */
  readonly resource?: string
  readonly scopes?: readonly string[]
}

/** Tokens of one kind: those of the agent itself, or those with which it acts for somebody. */
export interface Tokens {
  /** An access token: a kept one, or a new one. @throws TokenRefused, ConsentRequired, StepUpRequired */
  token(needs?: TokenNeeds): Promise<Token>
  /**
   * Makes requests with access tokens. Without `resource`, the response to the first request says what the token is for
   * (RFC 9728). With it, requests must go to the resource, or below it.
   * @throws InsufficientScope, StepUpRequired as the resource demands; and as `token`
   */
  fetch(needs?: TokenNeeds): (input: string | URL, init?: RequestInit) => Promise<Response>
}

/** Parameters of a token request. */
export type Grant = readonly (readonly [name: string, value: string])[]

/** Seconds that a token is used for where the response does not say it. */
export const LIFETIME_DEFAULT = 60

/** What all token sources of an agent share. */
export interface Parts {
  readonly server: AuthorizationServer
  readonly fetch: Fetch
  readonly now: () => number
  readonly dpop: DpopKey | undefined
}

/** Asks for a token by a grant, with what the token is for. */
export type Ask = (grant: Grant) => Promise<TokenResponse>

/** Tokens that are got by one grant. */
export class TokenSource implements Tokens {
  readonly #parts: Parts
  readonly #grant: (ask: Ask, needs: TokenNeeds) => Promise<TokenResponse>
  readonly #cache: TokenCache
  readonly #resources: KnownResources

  /** @param grant gets a token: by asking, or one that is there and enough */
  constructor(parts: Parts, grant: (ask: Ask, needs: TokenNeeds) => Promise<TokenResponse>) {
    this.#parts = parts
    this.#grant = grant
    this.#cache = new TokenCache(parts.now)
    this.#resources = new KnownResources(parts.fetch, parts.server.issuer)
  }

  token(needs: TokenNeeds = {}): Promise<Token> {
    return this.#cache.get(keyOf(needs), () => this.#ask(needs))
  }

  fetch(needs: TokenNeeds = {}): (input: string | URL, init?: RequestInit) => Promise<Response> {
    return (input, init = {}) => this.#send(String(input), init, needs)
  }

  async #ask(needs: TokenNeeds): Promise<Token> {
    const { resource, scopes = [] } = needs
    const more: Grant = [
      ...(resource === undefined ? [] : [['resource', resource] as const]),
      ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
    ]
    const asked = this.#parts.now()
    const response = await this.#grant((grant) => this.#parts.server.token([...grant, ...more]), needs)
    const { access_token: accessToken, token_type: type, expires_in: lifetime = LIFETIME_DEFAULT, scope } = response
    return {
      accessToken,
      type: type.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
      scopes: scope === undefined ? scopes : scope.split(' '),
      expiresAt: asked + lifetime * 1000,
    }
  }

  /** Sends a request, again where the response says what was missing: a token, a nonce, or a token that is still valid. */
  async #send(url: string, init: RequestInit, needs: TokenNeeds): Promise<Response> {
    const method = methodOf(init)
    let target = targetOf(url, needs) ?? this.#resources.of(method, url)
    const remedies = new Set<string>()
    for (;;) {
      const wanted = target && { ...target, scopes: needs.scopes ?? target.scopes }
      const token = wanted && (await this.token(wanted))
      const response = await this.#sendOnce(url, init, token)
      const challenge = response.ok ? undefined : tokenChallengeOf(response)
      if (!challenge) return response
      // Where the resource says what a token is for, it may say another thing for another request.
      const mayWiden = needs.resource === undefined && needs.scopes === undefined && !remedies.has('insufficient_scope')
      const remedy = remedyOf(challenge, wanted, { mayWiden })
      // A stream cannot be sent twice, and what did not help once does not help again.
      if (remedies.has(remedy) || init.body instanceof ReadableStream) return response
      remedies.add(remedy)
      target = await this.#mended({ method, url }, challenge, { wanted, token })
      if (!target) return response
      await response.body?.cancel()
    }
  }

  /** @returns what the request is sent again for; undefined if nothing else can be tried */
  async #mended(
    { method, url }: { method: string; url: string },
    challenge: Readonly<Record<string, string>>,
    { wanted, token }: { wanted: Target | undefined; token: Token | undefined },
  ): Promise<Target | undefined> {
    const isTooNarrow = challenge.error === 'insufficient_scope'
    if (!wanted || !token || isTooNarrow) return this.#resources.learn(method, url, challenge)
    if (challenge.error === 'use_dpop_nonce') return this.#parts.dpop && wanted
    if (challenge.error !== 'invalid_token') return undefined
    await this.#cache.forget(keyOf(wanted), token)
    return wanted
  }

  async #sendOnce(url: string, init: RequestInit, token: Token | undefined): Promise<Response> {
    const headers = new Headers(init.headers)
    if (token) {
      headers.set('authorization', `${token.type} ${token.accessToken}`)
      const { dpop } = this.#parts
      const isBound = token.type === 'DPoP'
      if (isBound && dpop) headers.set('dpop', await dpop.prove(methodOf(init), url, token.accessToken))
    }
    const response = await this.#parts.fetch(url, { ...init, headers })
    this.#parts.dpop?.keepNonce(url, response)
    return response
  }
}

function methodOf({ method = 'GET' }: RequestInit): string {
  return method.toUpperCase()
}

/** What a request needs a token for, where the program says it. @throws Untrusted if it does not go to the resource */
function targetOf(url: string, { resource, scopes = [] }: TokenNeeds): Target | undefined {
  if (resource === undefined) return undefined
  if (!isBelow(url, resource)) throw new Untrusted(`${url} is not below ${resource}.`)
  return { resource, scopes }
}

/**
 * What a challenge asks for: the resource to be found, or something else by the error.
 * @param options.mayWiden whether a token with the scopes of the challenge may be asked for
 * @throws StepUpRequired, InsufficientScope if it demands what another token of the same kind does not give
 */
function remedyOf(
  challenge: Readonly<Record<string, string>>,
  wanted: Target | undefined,
  { mayWiden }: { mayWiden: boolean },
): string {
  if (!wanted) return 'resource'
  const { error = '', scope = '', acr_values: acrValues, max_age: maxAge } = challenge
  const { resource } = wanted
  if (error === 'insufficient_scope' && mayWiden && scope !== '') return error
  if (error === 'insufficient_scope') throw new InsufficientScope(scope === '' ? [] : scope.split(' '), resource)
  if (error !== 'insufficient_user_authentication') return error
  throw new StepUpRequired({
    acrValues: acrValues?.split(' '),
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
    resource,
  })
}

/** What tells the tokens of a source apart. */
export function keyOf({ resource, scopes = [] }: TokenNeeds): string {
  return JSON.stringify([resource ?? '', ...[...scopes].sort()])
}
