// A program that acts for itself or for people (RFC 6749 §4.4, RFC 8693): gets its tokens, keeps them, and sends them.
import { type Approval, type ApprovalRequest, askApproval } from './approval.ts'
import { AuthorizationServer, type ClientOptions, type Fetch } from './authorization-server.ts'
import { DpopKey, type DpopKeyPair } from './dpop-key.ts'
import { type Parts, TokenSource, type Tokens } from './token-source.ts'

export type { TokenNeeds, Tokens } from './token-source.ts'

/** What an agent is made of. Only `issuer`, `clientId` and a secret or key are needed. */
export interface AgentOptions extends ClientOptions {
  /** The issuer, exactly as in its metadata. */
  readonly issuer: string
  /** Binds tokens to a key (RFC 9449): a new one, or the given one. Default: tokens are not bound. */
  readonly dpop?: boolean | DpopKeyPair
  /** Makes requests. Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
}

/** Where the refresh token of a person is kept. */
export interface RefreshTokenStore {
  load(): string | Promise<string>
  /** Keeps the next one; the one before is no longer valid. */
  save(refreshToken: string): void | Promise<void>
}

/** An agent: its own tokens, and those with which it acts for others. */
export interface Agent extends Tokens {
  /** Acts for the subject of an access token, by exchange (RFC 8693). @param subjectToken is called for each new token */
  actingFor(subjectToken: () => string | Promise<string>): Tokens
  /** Acts with the refresh token of a person (RFC 6749 §6). Refreshes are made one after another. */
  refreshing(store: RefreshTokenStore): Tokens
  /** Asks a person who is elsewhere for an approval (OpenID Connect CIBA). @throws TokenRefused if that is refused */
  askApproval(request: ApprovalRequest): Promise<Approval>
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Makes an agent. Nothing is asked before the first token. */
export function agent(options: AgentOptions): Agent {
  const parts = partsOf(options)
  const own = new TokenSource(parts, (ask) => ask([['grant_type', 'client_credentials']]))
  return {
    token: (needs) => own.token(needs),
    fetch: (needs) => own.fetch(needs),
    actingFor: (subjectToken) =>
      new TokenSource(parts, async (ask) =>
        ask([
          ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
          ['subject_token', await subjectToken()],
          ['subject_token_type', ACCESS_TOKEN],
        ]),
      ),
    refreshing(store) {
      let last: Promise<unknown> = Promise.resolve()
      return new TokenSource(parts, (ask) => {
        const next = last.then(async () => {
          const response = await ask([
            ['grant_type', 'refresh_token'],
            ['refresh_token', await store.load()],
          ])
          if (response.refresh_token !== undefined) await store.save(response.refresh_token)
          return response
        })
        last = next.catch(() => undefined)
        return next
      })
    },
    askApproval: (request) => askApproval(parts, request),
  }
}

function partsOf(options: AgentOptions): Parts {
  const { now = Date.now, dpop: bound } = options
  const { fetch: given = fetch } = options
  // Called as a plain function: the fetch of workers and browsers refuses another `this`.
  const made: Fetch = (input, init) => given(input, init)
  const dpop = bound ? new DpopKey(bound === true ? undefined : bound, now) : undefined
  return {
    server: new AuthorizationServer(options.issuer, options, { fetch: made, now, dpop }),
    fetch: made,
    now,
    dpop,
  }
}
