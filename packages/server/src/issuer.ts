// What is fetched from the issuer: its metadata (RFC 8414) and its keys (RFC 7517).
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose'
import { Unavailable } from './refusal.ts'
import { Renewed } from './renewed.ts'

/** How requests to the issuer are made. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

const METADATA_FRESH = 3_600_000
const METADATA_USABLE = 24 * 3_600_000
const KEYS_FRESH = 600_000
const KEYS_COOL_DOWN = 30_000
const TIMEOUT = 5_000

interface Found {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly keys: JWTVerifyGetKey
}

/** The authorization server whose tokens are accepted. */
export class Issuer {
  /** Its identifier, exactly as in `iss`. */
  readonly identifier: string
  readonly #fetch: Fetch
  readonly #found: Renewed<Found>

  constructor(identifier: string, { fetch, now }: { fetch: Fetch; now: () => number }) {
    this.identifier = identifier
    this.#fetch = fetch
    this.#found = new Renewed(async (previous) => {
      const metadata = await this.#metadata()
      const uri = String(metadata.jwks_uri)
      const keys = previous?.metadata.jwks_uri === uri ? previous.keys : this.#keySet(uri)
      const at = now()
      return { value: { metadata, keys }, freshUntil: at + METADATA_FRESH, usableUntil: at + METADATA_USABLE }
    }, now)
  }

  /** The keys that sign its tokens; a key that is not known yet is fetched, at most every 30 seconds. */
  readonly keys: JWTVerifyGetKey = async (header, token) => (await this.#found.get()).keys(header, token)

  /** An endpoint of its metadata. @throws Unavailable if there is none */
  async endpoint(name: string): Promise<string> {
    const { metadata } = await this.#found.get()
    const address = metadata[name]
    if (typeof address !== 'string') throw new Unavailable(`The metadata of ${this.identifier} has no ${name}.`)
    return address
  }

  /** Makes a request with a limit of time. @throws Unavailable if there is no response */
  async request(address: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(TIMEOUT)
    try {
      return await this.#fetch(address, { redirect: 'error', ...init, signal })
    } catch (error) {
      throw new Unavailable(`${address} does not respond.`, error)
    }
  }

  async #metadata(): Promise<Readonly<Record<string, unknown>>> {
    const { origin, pathname } = new URL(this.identifier)
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
    const address = `${origin}/.well-known/oauth-authorization-server${path}`
    const response = await this.request(address, { headers: { accept: 'application/json' } })
    if (!response.ok) throw new Unavailable(`${address} responds with ${response.status}.`)
    const metadata = (await response.json()) as Readonly<Record<string, unknown>>
    // RFC 8414 §3.3: the identifier must be the same, byte for byte.
    if (metadata.issuer !== this.identifier) {
      throw new Unavailable(`The metadata of ${this.identifier} names the issuer ${String(metadata.issuer)}.`)
    }
    return metadata
  }

  #keySet(uri: string): JWTVerifyGetKey {
    return createRemoteJWKSet(new URL(uri), {
      cacheMaxAge: KEYS_FRESH,
      cooldownDuration: KEYS_COOL_DOWN,
      timeoutDuration: TIMEOUT,
      [customFetch]: (address, init) => this.#fetch(address, init as RequestInit),
    })
  }
}
