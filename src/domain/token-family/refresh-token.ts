// The text of a refresh token: a family, a generation, and a MAC that only this installation can compute. Refresh
// tokens are not stored, and a spent one is recognised at any later time (decisions/0036).
import type { Id } from '#kernel/id.ts'
import type { Crypto } from '../outside.ts'

/** The content of a refresh token. */
export interface RefreshToken {
  readonly familyId: Id
  /** 1 for the first token of the family; each refresh increases it by one. */
  readonly generation: number
}

const ID_BYTES = 16
const HEAD_BYTES = ID_BYTES + 4
/** Lengths in characters of base64url: of the head, and of a MAC of 32 bytes. */
const HEAD_LENGTH = 27
const SHAPE = /^[\w-]{70}$/

/** The text of a refresh token. The same content always has the same text. */
export function renderRefreshToken({ mac }: Pick<Crypto, 'mac'>, { familyId, generation }: RefreshToken): string {
  const head = Buffer.alloc(HEAD_BYTES)
  head.write(familyId.replaceAll('-', ''), 'hex')
  head.writeUInt32BE(generation, ID_BYTES)
  return head.toString('base64url') + mac('refresh-token', `${familyId} ${generation}`)
}

/**
 * The content of a text, if it is a valid refresh token of this installation. The family decides whether the token is
 * still good.
 */
export function readRefreshToken(crypto: Pick<Crypto, 'mac' | 'equal'>, text: string): RefreshToken | undefined {
  if (!SHAPE.test(text)) return undefined
  const head = Buffer.from(text.slice(0, HEAD_LENGTH), 'base64url')
  const hex = head.toString('hex', 0, ID_BYTES)
  const familyId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  const token = { familyId, generation: head.readUInt32BE(ID_BYTES) }
  return crypto.equal(text, renderRefreshToken(crypto, token)) ? token : undefined
}
