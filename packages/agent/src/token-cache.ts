// Keeps access tokens until shortly before they expire, and asks for each only once at a time.

/** An access token. */
export interface Token {
  readonly accessToken: string
  readonly type: 'Bearer' | 'DPoP'
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

const TOKENS_MAX = 1_000
/** A token is not used in its last seconds, nor in its last tenth. Milliseconds. */
const MARGIN = 30_000

interface Kept {
  readonly token: Promise<Token>
  /** When it is asked for again; it is not known before the token is there. */
  until: number
}

/** The tokens of one source, by what they are for. */
export class TokenCache {
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** The token of a key. @param ask gets a new one; one that fails is not kept */
  get(key: string, ask: () => Promise<Token>): Promise<Token> {
    const known = this.#kept.get(key)
    if (known && this.#now() < known.until) return known.token
    const asked = this.#now()
    const kept: Kept = { token: ask(), until: Number.POSITIVE_INFINITY }
    this.#kept.delete(key)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= TOKENS_MAX && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, kept)
    kept.token.then(
      ({ expiresAt }) => {
        kept.until = expiresAt - Math.min(MARGIN, (expiresAt - asked) / 10)
      },
      () => this.#forget(key, kept),
    )
    return kept.token
  }

  /** Forgets a token that was refused, if it is still the one that is kept. */
  async forget(key: string, token: Token): Promise<void> {
    const kept = this.#kept.get(key)
    if (kept && (await kept.token.catch(() => undefined)) === token) this.#forget(key, kept)
  }

  #forget(key: string, kept: Kept): void {
    if (this.#kept.get(key) === kept) this.#kept.delete(key)
  }
}
