/**
 * Owns ids. The server stores UUIDv7 (RFC 9562 §5.7): they are ordered by time, so that new index entries are at the end
 * of an index. A surface renders an id as `usr_` and 26 characters of base32, or as the UUID.
 */

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
  authenticator: 'aut',
  linked_account: 'lac',
  group: 'grp',
  organization: 'org',
  invitation: 'inv',
  role: 'rol',
  application: 'app',
  client: 'cli',
  initial_access_token: 'itk',
  agent: 'agt',
  resource: 'res',
  signing_key: 'key',
  session: 'ses',
  remembered_device: 'rdv',
  terms_acceptance: 'tac',
  grant: 'gnt',
  delegation_grant: 'dlg',
  trusted_issuer: 'tis',
  issuer_policy: 'isp',
  proxy_site: 'pxs',
  proxy_rule: 'pxr',
  subject_mapping: 'sma',
  fronting_link: 'fln',
  issuance: 'iss',
  api_key: 'apk',
  identity_provider: 'idp',
  broker_provider: 'bpr',
  connection: 'cnx',
  flow: 'flw',
  flow_run: 'fru',
  email_domain: 'edm',
  webhook: 'wh',
  webhook_delivery: 'whd',
  mail: 'mai',
  logout_delivery: 'lod',
  backchannel_authentication: 'bca',
  refusal: 'ref',
  event: 'evt',
} as const

export type Noun = keyof typeof ID_PREFIXES

/** The tenant id of events that belong to no tenant (RFC 9562 §5.9, the nil UUID). */
export const PLATFORM: Id = '00000000-0000-0000-0000-000000000000'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const NO_DIGIT = 255
/** The value of a hexadecimal digit by its character code. */
const DIGITS = new Uint8Array(128).fill(NO_DIGIT)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Renders an id: prefix, underscore, 26 characters of Crockford base32.
 * @param noun the noun whose prefix is used
 * @param id a UUID
 */
export function renderId(noun: Noun, id: Id): string {
  let text = ''
  // Two zero bits and 128 bits of the UUID are 26 digits of five bits.
  let bits = 0
  let bitCount = 2
  for (let at = 0; at < id.length; at++) {
    const digit = DIGITS[id.charCodeAt(at)] ?? NO_DIGIT
    if (digit === NO_DIGIT) continue
    bits = ((bits << 4) | digit) & 0x1ff
    bitCount += 4
    if (bitCount < 5) continue
    bitCount -= 5
    text += ALPHABET[(bits >> bitCount) & 31]
  }
  return `${ID_PREFIXES[noun]}_${text}`
}

/**
 * Reads an id in any of its forms.
 * @param noun the noun whose prefix a prefixed id must have
 * @param text `usr_…` or a UUID
 * @returns the UUID; undefined if the text is not an id of that noun
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
 * Replaces the last 60 random bits of an id by a number. A row that has a number can then be found by its id without an
 * index of ids. The id is unique among rows of the same numbering.
 * @param number a whole number from 0 to 2^53
 */
export function numberedId(id: Id, number: number): Id {
  const digits = number.toString(16).padStart(15, '0')
  return `${id.slice(0, 19)}8${digits.slice(0, 3)}-${digits.slice(3)}`
}

/** The number in an id that {@link numberedId} made. For other ids the result has no meaning. */
export function numberOf(id: Id): number {
  return Number.parseInt(`${id.slice(20, 23)}${id.slice(24)}`, 16)
}

/**
 * An id that belongs to a list: its time is that of `id`, then come the 50 random bits of the list, then an index. The rows
 * of a list are then found by their ids alone. The id is unique if no index of the list is used twice.
 * @param list an id from {@link listId}
 * @param index a whole number below 2^24
 */
export function listedId(id: Id, list: Id, index: number): Id {
  return `${id.slice(0, 15)}${list.slice(15, 30)}${index.toString(16).padStart(6, '0')}`
}

/** The id of a list: an id whose last 24 bits are zero. @param random 16 hexadecimal digits */
export function listId(id: Id, random: string): Id {
  const variant = (8 | (Number.parseInt(random.slice(3, 4), 16) & 3)).toString(16)
  return `${id.slice(0, 15)}${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 13)}000000`
}

/** Whether an id can be from {@link listId}. */
export function isListId(id: Id): boolean {
  return id.endsWith('000000')
}

/** When an id was made (RFC 9562 §5.7), milliseconds since 1970. */
export function timeOf(id: Id): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** The smallest UUIDv7 of a millisecond. Time filters use it with indexes that are ordered by id. */
export function floorId(milliseconds: number): Id {
  const hex = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`
}
