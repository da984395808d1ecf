// Ids are UUIDv7 inside (RFC 9562 §5.7: time-ordered, so that indexes are written at their end) and are rendered
// per surface: `usr_` + 26 characters of base32, or the UUID itself.

/** A UUID in its canonical lower-case text form. */
export type Id = string

/** The prefix of each noun's rendered id. */
export const ID_PREFIXES = {
  partner: 'prt',
  tenant: 'tnt',
  directory: 'dir',
  realm: 'rlm',
  project: 'prj',
  project_key: 'prk',
  user: 'usr',
  group: 'grp',
  organization: 'org',
  invitation: 'inv',
  role: 'rol',
  application: 'app',
  client: 'cli',
  agent: 'agt',
  resource: 'res',
  signing_key: 'key',
  session: 'ses',
  grant: 'gnt',
  issuance: 'iss',
  api_key: 'apk',
  identity_provider: 'idp',
  webhook: 'wh',
  webhook_delivery: 'whd',
  mail: 'mai',
  event: 'evt',
} as const

export type Noun = keyof typeof ID_PREFIXES

/** The chain of events that belong to no tenant hangs on this id (RFC 9562 §5.9, the nil UUID). */
export const PLATFORM: Id = '00000000-0000-0000-0000-000000000000'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const NO_DIGIT = 255
/** The value of a hexadecimal digit by its character code. */
const DIGITS = new Uint8Array(128).fill(NO_DIGIT)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Renders an id for a person or a wire: prefix, underscore, 26 characters of Crockford base32.
 * @param noun whose prefix to use
 * @param id a UUID
 */
export function renderId(noun: Noun, id: Id): string {
  let text = ''
  // 128 bits behind two zero bits make 26 digits of five.
  let bits = 0
  let held = 2
  for (let at = 0; at < id.length; at++) {
    const digit = DIGITS[id.charCodeAt(at)] ?? NO_DIGIT
    if (digit === NO_DIGIT) continue
    bits = ((bits << 4) | digit) & 0x1ff
    held += 4
    if (held < 5) continue
    held -= 5
    text += ALPHABET[(bits >> held) & 31]
  }
  return `${ID_PREFIXES[noun]}_${text}`
}

/**
 * Reads an id in any of its forms.
 * @param noun whose prefix a prefixed id must carry
 * @param text `usr_…` or a UUID
 * @returns the UUID, or undefined where the text is no id of that noun
 */
export function parseId(noun: Noun, text: string): Id | undefined {
  const plain = text.toLowerCase()
  if (UUID.test(plain)) return plain
  const prefix = `${ID_PREFIXES[noun]}_`
  if (!plain.startsWith(prefix) || plain.length !== prefix.length + 26) return undefined
  let value = 0n
  for (const letter of plain.slice(prefix.length)) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) return undefined
    value = (value << 5n) | BigInt(digit)
  }
  if (value >> 128n !== 0n) return undefined
  const hex = value.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * An id with a number in the place of its last 60 random bits, so that what is numbered is found by its id without an
 * index of ids. It stays unique among what is numbered together.
 * @param number a whole number from 0 to 2^53
 */
export function numberedId(id: Id, number: number): Id {
  const digits = number.toString(16).padStart(15, '0')
  return `${id.slice(0, 19)}8${digits.slice(0, 3)}-${digits.slice(3)}`
}

/** The number that an id carries, if {@link numberedId} made it; any number otherwise. */
export function numberOf(id: Id): number {
  return Number.parseInt(`${id.slice(20, 23)}${id.slice(24)}`, 16)
}

/** The least UUIDv7 of a millisecond: ids made from then on are not less. For time filters over id-ordered indexes. */
export function floorId(milliseconds: number): Id {
  const hex = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`
}
