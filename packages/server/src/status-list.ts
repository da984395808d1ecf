// Token Status Lists (draft-ietf-oauth-status-list): which tokens were revoked, so that a token that is verified without a
// call for each request is refused soon after.
import { base64url, jwtVerify } from 'jose'
import type { Issuer } from './issuer.ts'
import { Fault, Unavailable } from './refusal.ts'
import { type Loaded, Renewed } from './renewed.ts'

const TTL_DEFAULT = 60
const LISTS_MAX = 1_000
const TEXT_MAX = 4_000_000
const BYTES_MAX = 4_000_000
const MEDIA_TYPE = 'application/statuslist+jwt'

interface StatusList {
  readonly bits: number
  readonly bytes: Uint8Array
  readonly etag: string | null
  /** Milliseconds. */
  readonly ttl: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The status lists of one issuer, each fetched again when its `ttl` has passed. */
export class StatusLists {
  readonly #issuer: Issuer
  readonly #now: () => number
  readonly #maxAge: number
  readonly #refresh: number
  readonly #lists = new Map<string, Renewed<StatusList>>()

  /**
   * @param options.maxAge seconds that a list may be used for when it cannot be fetched again
   * @param options.refresh seconds after which a list is fetched again, if its `ttl` is longer
   */
  constructor(
    issuer: Issuer,
    { now, maxAge, refresh }: { now: () => number; maxAge: number; refresh: number | undefined },
  ) {
    this.#issuer = issuer
    this.#now = now
    this.#maxAge = maxAge * 1000
    this.#refresh = refresh === undefined ? Number.POSITIVE_INFINITY : Math.max(1, refresh) * 1000
  }

  /**
   * Checks the status of a token.
   * @param status the claim `status`
   * @throws Fault `invalid_token` if the status is any but valid, or the claim is malformed
   * @throws Unavailable if the list cannot be fetched, and the one before is too old
   */
  async check(status: unknown): Promise<void> {
    const { idx, uri } = (status as { status_list?: { idx?: unknown; uri?: unknown } } | null)?.status_list ?? {}
    if (typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0 || typeof uri !== 'string') {
      throw new Fault('invalid_token', 'The status of the access token is malformed.')
    }
    const found = this.#listAt(uri).get()
    if (valueAt(found instanceof Promise ? await found : found, idx) !== 0) {
      throw new Fault('invalid_token', 'The access token was revoked.')
    }
  }

  #listAt(uri: string): Renewed<StatusList> {
    const known = this.#lists.get(uri)
    if (known) return known
    // The issuer signed the address; another host than its own would still be a way to make this server send requests.
    if (!URL.canParse(uri) || new URL(uri).origin !== new URL(this.#issuer.identifier).origin) {
      throw new Fault('invalid_token', 'The status list of the access token is not at its issuer.')
    }
    const list = new Renewed((previous: StatusList | undefined) => this.#fetch(uri, previous), this.#now)
    const [oldest] = this.#lists.keys()
    if (this.#lists.size >= LISTS_MAX && oldest !== undefined) this.#lists.delete(oldest)
    this.#lists.set(uri, list)
    return list
  }

  async #fetch(uri: string, previous: StatusList | undefined): Promise<Loaded<StatusList>> {
    const asked = this.#now()
    const headers = { accept: MEDIA_TYPE, ...(previous?.etag && { 'if-none-match': previous.etag }) }
    const response = await this.#issuer.request(uri, { headers })
    if (response.status !== 304 && !response.ok) throw new Unavailable(`${uri} responds with ${response.status}.`)
    const list = response.status === 304 && previous ? previous : await this.#read(uri, response)
    return {
      value: list,
      freshUntil: Math.min(asked + Math.min(list.ttl, this.#refresh), list.expiresAt),
      usableUntil: Math.min(asked + Math.max(list.ttl, this.#maxAge), list.expiresAt),
    }
  }

  async #read(uri: string, response: Response): Promise<StatusList> {
    const text = await response.text()
    if (text.length > TEXT_MAX) throw new Unavailable(`${uri} is too long.`)
    // The subject is the address, so that one list cannot stand in for another (§8.3).
    const { payload } = await jwtVerify(text, this.#issuer.keys, {
      typ: 'statuslist+jwt',
      subject: uri,
      requiredClaims: ['iat'],
      currentDate: new Date(this.#now()),
      clockTolerance: 5,
    })
    const { bits, lst } = (payload.status_list ?? {}) as { bits?: unknown; lst?: unknown }
    if (![1, 2, 4, 8].includes(bits as number) || typeof lst !== 'string') throw new Unavailable(`${uri} is malformed.`)
    const ttl = typeof payload.ttl === 'number' && payload.ttl > 0 ? payload.ttl : TTL_DEFAULT
    return {
      bits: bits as number,
      bytes: await inflate(base64url.decode(lst)),
      etag: response.headers.get('etag'),
      ttl: ttl * 1000,
      expiresAt: payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000,
    }
  }
}

/** The status at an index (§4.1): the least significant bits of a byte come first. */
function valueAt({ bits, bytes }: StatusList, index: number): number {
  const perByte = 8 / bits
  const byte = bytes[Math.floor(index / perByte)]
  // An index that is not in the list has no status.
  if (byte === undefined) return -1
  return (byte >> ((index % perByte) * bits)) & ((1 << bits) - 1)
}

/** Expands data of the ZLIB format (RFC 1950), up to a limit. */
async function inflate(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new DecompressionStream('deflate'))
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
    length += piece.length
    if (length > BYTES_MAX) throw new Unavailable('The status list is too long.')
    pieces.push(piece)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
