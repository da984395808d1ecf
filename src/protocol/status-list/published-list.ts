// Makes the signed status lists (draft-ietf-oauth-status-list §5.1), and keeps them up to date.
import { LRUCache } from 'lru-cache'
import type { Context } from '#domain/context.ts'
import type { Registry, Signer } from '#domain/registry.ts'
import type { Id } from '#kernel/id.ts'
import { STATUS_LIST_LENGTH } from '#kernel/status-list.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** For how long a resource server may keep a list, in seconds. */
const TTL = 60
/** A list is read again when it is older, in milliseconds. */
const READ_AFTER = 1_000
/** The same where the last read took longer than so many milliseconds: all that was revoked of the hour is counted. */
const READ_AFTER_LONG = 5_000
const LONG_READ = 200
/** A list is signed anew when such a period ends, in seconds, and expires after another two. */
const SIGNED_FOR = 1_800
/** How much the clocks of processes may differ. */
const SKEW = 300_000
/** Lists that a process keeps; each takes 130 kB and what it is when it is signed. */
const KEPT = 64

/** A signed list. */
export interface PublishedList {
  readonly token: string
  /** Weak, because each process signs its own. */
  readonly etag: string
}

const published = new WeakMap<Registry, LRUCache<Id, ListReader>>()

/** The signed list of a realm, with all that was revoked until a second ago, or five where that takes long. @param address of the list */
export function publishedList(context: Context, list: Id, address: string): Promise<PublishedList> {
  const kept = published.get(context.registry) ?? new LRUCache<Id, ListReader>({ max: KEPT })
  published.set(context.registry, kept)
  const reader = kept.get(list) ?? new ListReader(list, address)
  kept.set(list, reader)
  return reader.current(context)
}

class ListReader {
  readonly #list: Id
  readonly #address: string
  #bits = new Uint8Array(STATUS_LIST_LENGTH / 8)
  #revoked = 0
  #readAt: number | undefined
  #readAfter = READ_AFTER
  #signed: (PublishedList & { readonly signer: Signer; readonly period: number; readonly revoked: number }) | undefined
  #pending: Promise<PublishedList> | undefined

  constructor(list: Id, address: string) {
    this.#list = list
    this.#address = address
  }

  /** One read at a time; whoever comes meanwhile waits for it. */
  current(context: Context): Promise<PublishedList> {
    this.#pending ??= this.#renew(context).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #renew(context: Context): Promise<PublishedList> {
    const now = context.clock.now()
    const isStale = this.#readAt === undefined || Math.abs(now - this.#readAt) >= this.#readAfter
    if (isStale) await this.#read(context, now)
    const signer = await signerFor(context, 'status_list')
    const period = Math.floor(now / 1000 / SIGNED_FOR)
    const [signed, revoked] = [this.#signed, this.#revoked]
    if (signed?.revoked === revoked && signed.signer === signer && signed.period === period) return signed
    const lst = await compressed(this.#bits)
    const token = await signJwt(signer, TOKEN_KINDS.status_list.typ, {
      sub: this.#address,
      iat: Math.floor(now / 1000),
      exp: (period + 3) * SIGNED_FOR,
      ttl: TTL,
      status_list: { bits: 1, lst },
    })
    const etag = `W/"${context.crypto.digest(`${signer.kid} ${period} ${lst}`).slice(0, 22)}"`
    this.#signed = { token, etag, signer, period, revoked }
    return this.#signed
  }

  /**
   * Reads what was revoked since the last time. The count shows whether that is all: other processes write with clocks of
   * their own.
   */
  async #read({ read, clock }: Context, now: number): Promise<void> {
    const count = await read.issuances.countRevokedInList(this.#list)
    const before = this.#revoked
    if (this.#readAt !== undefined && count > before) {
      this.#mark(await read.issuances.revokedInList(this.#list, this.#readAt - SKEW))
    }
    if (this.#revoked < count) this.#mark(await read.issuances.revokedInList(this.#list, 0))
    this.#readAt = now
    this.#readAfter = clock.now() - now > LONG_READ ? READ_AFTER_LONG : READ_AFTER
  }

  #mark(indexes: readonly number[]): void {
    for (const index of indexes) {
      const [at, bit] = [index >>> 3, 1 << (index & 7)]
      const byte = this.#bits[at]
      if (byte === undefined || (byte & bit) !== 0) continue
      this.#bits[at] = byte | bit
      this.#revoked += 1
    }
  }
}

/** A list in the ZLIB format (§4.1), base64url. */
async function compressed(bits: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bits]).stream().pipeThrough(new CompressionStream('deflate'))
  return Buffer.from(await new Response(stream).arrayBuffer()).toString('base64url')
}
