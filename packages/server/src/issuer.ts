// What is fetched from the issuer: its metadata (RFC 8414) and its keys (RFC 7517).
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { Unavailable } from './refusal.ts'
import { Renewed } from './renewed.ts'

/** How requests to the issuer are made. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

const METADATA_FRESH = 3_600_000
const METADATA_USABLE = 24 * 3_600_000
const KEYS_FRESH = 600_000
const KEYS_USABLE = 3_600_000
/** A key that is not known is looked for again when the keys are older. */
const KEYS_COOL_DOWN = 30_000
const TIMEOUT = 5_000

/** The authorization server whose tokens are accepted. */
export class Issuer {
  /** Its identifier, exactly as in `iss`. */
  readonly identifier: string
  readonly #fetch: Fetch
  readonly #metadata: Renewed<Readonly<Record<string, unknown>>>
  readonly #keys: Renewed<JWTVerifyGetKey>

  constructor(identifier: string, { fetch, now }: { fetch: Fetch; now: () => number }) {
    this.identifier = identifier
    this.#fetch = fetch
    const lasting = <T>(value: T, fresh: number, usable: number) => {
      return { value, freshUntil: now() + fresh, usableUntil: now() + usable }
    }
    this.#metadata = new Renewed(async () => lasting(await this.#fetchMetadata(), METADATA_FRESH, METADATA_USABLE), now)
    this.#keys = new Renewed(async () => lasting(await this.#fetchKeys(), KEYS_FRESH, KEYS_USABLE), now)
  }

  /** The keys that sign its tokens; for a key that is not known, they are fetched again, at most every 30 seconds. */
  readonly keys: JWTVerifyGetKey = async (header, token) => {
    const found = this.#keys.get()
    const keys = found instanceof Promise ? await found : found
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      return (await this.#keys.youngerThan(KEYS_COOL_DOWN))(header, token)
    }
  }

  /** An endpoint of its metadata. @throws Unavailable if there is none */
  async endpoint(name: string): Promise<string> {
    const address = (await this.#metadata.get())[name]
    if (typeof address !== 'string') throw new Unavailable(`The metadata of ${this.identifier} has no ${name}.`)
    return address
  }

  /** Makes a request with a limit of time. @throws Unavailable if there is no response, or a redirect */
  async request(address: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.#send(address, init)
    if (!isRedirect(response)) return response
    await response.body?.cancel()
    throw new Unavailable(`${address} leads elsewhere.`)
  }

  async #send(address: string, init: RequestInit): Promise<Response> {
    try {
      // Workers do not know the mode `error`.
      return await this.#fetch(address, { redirect: 'manual', ...init, signal: AbortSignal.timeout(TIMEOUT) })
    } catch (error) {
      throw new Unavailable(`${address} does not respond.`, error)
    }
  }

  async #fetchKeys(): Promise<JWTVerifyGetKey> {
    return createLocalJWKSet(await this.#fetchJson<JSONWebKeySet>(await this.endpoint('jwks_uri')))
  }

  async #fetchMetadata(): Promise<Readonly<Record<string, unknown>>> {
    const { origin, pathname } = new URL(this.identifier)
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
    const metadata = await this.#fetchJson<Readonly<Record<string, unknown>>>(
      `${origin}/.well-known/oauth-authorization-server${path}`,
    )
    // RFC 8414 §3.3: the identifier must be the same, byte for byte.
    if (metadata.issuer !== this.identifier) {
      throw new Unavailable(`The metadata of ${this.identifier} names the issuer ${String(metadata.issuer)}.`)
    }
    return metadata
  }

  async #fetchJson<T extends object>(address: string): Promise<T> {
    const response = await this.request(address, { headers: { accept: 'application/json' } })
    if (!response.ok) throw new Unavailable(`${address} responds with ${response.status}.`)
    return objectOf<T>(address, response)
  }
}

/** The JSON object of a response. @throws Unavailable if it has none */
export async function objectOf<T extends object>(address: string, response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as T
  throw new Unavailable(`${address} does not respond with a JSON object.`)
}

/** Whether a response leads elsewhere. 304 is none of those. */
function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304)
}
