// What a row of the token log says: the token, its event, and the digest that its link covers.
import { hash } from 'node:crypto'
import { numberedId } from '#kernel/id.ts'
import type { EventTable } from '../tables/log.ts'
import type { IssuedTokenTable, TokenProfileTable } from '../tables/tokens.ts'
import { bytesToId, bytesToIdOrNull, bytesToIp, bytesToText, timeOfId } from './bytes.ts'
import type { PresentedToken, TokenRecord } from './token-log.ts'

/** The columns of a profile that its digest covers, in this order. */
export const PROFILE_COLUMNS = [
  'tenant_id',
  'realm_id',
  'client_id',
  'client_name',
  'client_label',
  'grant_type',
  'audience',
  'scopes',
  'kid',
  'surface',
] as const

/** What many tokens have in common. */
export type Profile = Pick<TokenProfileTable, (typeof PROFILE_COLUMNS)[number]>

/** A row of the token log without its partition, and with what it refers to. */
export interface FullRow extends Omit<IssuedTokenTable, 'profile' | 'agent' | 'part'>, Profile {
  readonly user_agent: string | null
}

/** A text that no two profiles share. */
export function profileText(profile: Profile): string {
  return JSON.stringify(PROFILE_COLUMNS.map((column) => profile[column]))
}

/** A token as its row holds it. */
export function toTokenRecord(row: FullRow & { readonly revoked_at: number | null }): TokenRecord {
  return {
    ...toPresentedToken(row),
    sessionId: bytesToIdOrNull(row.session_id),
    familyId: bytesToIdOrNull(row.family_id),
    grantType: row.grant_type,
    kid: row.kid,
    issuedAt: timeOfId(row.id) + row.delay,
    parentId: bytesToIdOrNull(row.parent_id),
    confirmation: JSON.parse(row.confirmation ?? 'null'),
    act: JSON.parse(row.act ?? 'null'),
  }
}

/** The columns of {@link PresentedToken}. */
export type PresentedRow = Pick<
  FullRow,
  'id' | 'realm_id' | 'client_id' | 'user_id' | 'parent_id' | 'audience' | 'scopes' | 'hash' | 'expires_at'
> & { readonly revoked_at: number | null }

/** What is needed of a token that is presented. */
export function toPresentedToken(row: PresentedRow): PresentedToken {
  return {
    id: bytesToId(row.id),
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: bytesToIdOrNull(row.user_id),
    audience: row.audience,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    tokenHash: bytesToText(row.hash),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    hasParent: row.parent_id !== null,
  }
}

/** What the event of a token is made of. */
export type TokenEventRow = Omit<
  FullRow,
  'hash' | 'expires_at' | 'session_id' | 'family_id' | 'confirmation' | 'act' | 'kid'
>

/** The event `token.issued` that a row stands for. @param hash its link's */
export function toTokenEvent(row: TokenEventRow, hash: string): EventTable {
  const id = bytesToId(row.id)
  const userId = bytesToIdOrNull(row.user_id)
  const parent = bytesToIdOrNull(row.parent_id)
  return {
    id: numberedId(id, row.seq),
    tenant_id: row.tenant_id,
    seq: row.seq,
    type: 'token.issued',
    occurred_at: timeOfId(row.id) + row.delay,
    actor_kind: userId === null ? 'client' : 'user',
    actor_id: userId ?? row.client_id,
    actor_label: userId === null ? row.client_label : null,
    subject_type: 'issuance',
    subject_id: id,
    subject_label: null,
    realm_id: row.realm_id,
    result: 'success',
    ip: bytesToIp(row.ip),
    user_agent: row.user_agent,
    request_id: row.request_id,
    surface: row.surface,
    data: JSON.stringify({
      clientId: row.client_name,
      grantType: row.grant_type,
      audience: row.audience,
      scope: row.scopes,
      ...(parent !== null && { parent }),
    }),
    hash,
  }
}

/** How the digest of a link is made: of the digests of its rows, or of its rows. The first is that of new links. */
export type DigestForm = 'by row' | 'together'

/** The first byte of a digest that is made of digests of rows; one of the rows together has no such byte. */
const BY_ROW = Buffer.of(1)
const DIGEST_BYTES = 32

/** How a link's digest was made. */
export function digestFormOf(digest: Uint8Array): DigestForm {
  return digest.length === DIGEST_BYTES ? 'together' : 'by row'
}

/**
 * The digest of the rows of one link, in the order of their seq: the SHA-256 of the SHA-256 of each row. So a row can be
 * checked with the digests of the others, which tell nothing of them. It covers every column but the partition, and the
 * content of what a row refers to, not its number.
 * @param profileDigestOf the SHA-256 of the row's {@link profileText}
 */
export function digestOfRows<Row extends Omit<FullRow, keyof Profile>>(
  rows: readonly Row[],
  profileDigestOf: (row: Row) => Uint8Array,
  form: DigestForm = 'by row',
): Buffer {
  const writer = new ByteWriter()
  const digests = Buffer.allocUnsafe(DIGEST_BYTES * rows.length)
  for (const [index, row] of rows.entries()) {
    if (form === 'by row') writer.clear()
    writeRow(writer, row, profileDigestOf(row))
    if (form === 'by row') hash('sha256', writer.written(), 'buffer').copy(digests, DIGEST_BYTES * index)
  }
  if (form === 'together') return hash('sha256', writer.written(), 'buffer')
  return Buffer.concat([BY_ROW, hash('sha256', digests, 'buffer')])
}

function writeRow(writer: ByteWriter, row: Omit<FullRow, keyof Profile>, profileDigest: Uint8Array): void {
  writer.number(row.seq)
  writer.number(row.delay)
  writer.number(row.expires_at)
  writer.bytes(row.id)
  writer.bytes(profileDigest)
  writer.bytes(row.hash)
  writer.bytes(row.ip)
  writer.text(row.user_agent)
  writer.text(row.request_id)
  writer.bytes(row.user_id)
  writer.bytes(row.session_id)
  writer.bytes(row.family_id)
  writer.bytes(row.parent_id)
  writer.text(row.confirmation)
  writer.text(row.act)
}

/** Writes values so that no two sequences of values have the same bytes. */
class ByteWriter {
  #buffer = Buffer.allocUnsafe(4096)
  #length = 0

  number(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleBE(value, this.#length)
  }

  bytes(value: Uint8Array | null): void {
    this.#reserve(4 + (value?.length ?? 0))
    this.#length = this.#buffer.writeInt32BE(value?.length ?? -1, this.#length)
    if (value === null) return
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  text(value: string | null): void {
    if (value === null) return this.bytes(null)
    // A character takes at most three bytes for each of its units.
    this.#reserve(4 + 3 * value.length)
    const length = this.#buffer.write(value, this.#length + 4)
    this.#buffer.writeInt32BE(length, this.#length)
    this.#length += 4 + length
  }

  clear(): void {
    this.#length = 0
  }

  written(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
