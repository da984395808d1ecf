// Finds out which resource an address belongs to, and whom it trusts (RFC 9728).
import type { Fetch } from './authorization-server.ts'
import { Untrusted } from './failure.ts'

/** What a request needs a token for. */
export interface Target {
  readonly resource: string
  readonly scopes: readonly string[]
}

const TIMEOUT = 10_000
const PLACES_MAX = 1_000

/** The resources that challenges told of, by the method and the address that were asked. */
export class KnownResources {
  readonly #fetch: Fetch
  readonly #issuer: string
  readonly #targets = new Map<string, Target>()

  constructor(fetch: Fetch, issuer: string) {
    this.#fetch = fetch
    this.#issuer = issuer
  }

  /** What a method needed at an address the last time. */
  of(method: string, url: string): Target | undefined {
    return this.#targets.get(placeOf(method, url))
  }

  /**
   * Follows a challenge to the metadata of the resource (RFC 9728 §5).
   * @throws Untrusted if the metadata is that of another resource, or names another issuer: no token is sent there
   */
  async learn(method: string, url: string, challenge: Readonly<Record<string, string>>): Promise<Target | undefined> {
    const { resource_metadata: address, scope = '' } = challenge
    if (address === undefined) return undefined
    // A resource answers for its own origin only, so that it cannot have requests sent elsewhere.
    if (!URL.canParse(address) || new URL(address).origin !== new URL(url).origin) {
      throw new Untrusted(`${url} names metadata at another place: ${address}`)
    }
    // Workers do not know the mode `error`; a redirect that is not followed is not `ok`.
    const response = await this.#fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
    if (!response.ok) throw new Untrusted(`${address} responds with ${response.status}.`)
    const { resource, authorization_servers: issuers } = (await response.json()) as Record<string, unknown>
    if (typeof resource !== 'string' || !isBelow(url, resource)) {
      throw new Untrusted(`${address} is the metadata of another resource: ${String(resource)}`)
    }
    if (!Array.isArray(issuers) || !issuers.includes(this.#issuer)) {
      throw new Untrusted(`${resource} does not take tokens of ${this.#issuer}.`)
    }
    const target = { resource, scopes: scope === '' ? [] : scope.split(' ') }
    const [oldest] = this.#targets.keys()
    if (this.#targets.size >= PLACES_MAX && oldest !== undefined) this.#targets.delete(oldest)
    this.#targets.set(placeOf(method, url), target)
    return target
  }
}

/** Whether an address is that of a resource, or below it (RFC 9728 §7.3). */
export function isBelow(url: string, resource: string): boolean {
  if (!URL.canParse(resource)) return false
  const [one, other] = [new URL(url), new URL(resource)]
  const path = other.pathname.replace(/\/$/, '')
  return one.origin === other.origin && (one.pathname === path || one.pathname.startsWith(`${path}/`))
}

function placeOf(method: string, url: string): string {
  const { origin, pathname } = new URL(url)
  return `${method} ${origin}${pathname}`
}
