/**
 * Owns how addresses, user names and the names of things are written and compared: UTS 46 for domains, PRECIS for user
 * names (RFC 8265) and for other names (RFC 8266), UTS 39 §4 for texts that look alike. Whatever compares such a text
 * uses a key from here.
 */
import { domainToASCII, domainToUnicode } from 'node:url'
import LOOKALIKES from './confusables.json' with { type: 'json' }
import { foldCase } from './fold-case.ts'

const PROTOTYPES: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOKALIKES).flatMap(([prototype, letters]) => [...letters].map((letter) => [letter, prototype])),
)

/**
 * The longest text that is converted, in UTF-16 code units: several times what a name may have. Normalization takes time
 * quadratic in combining marks. A longer text stays as it is: it is no name, and equals none.
 */
const LONGEST = 1_000

/** Letters and signs with a double of another width (RFC 8265 §3.3.2), and the full stops of UTS 46. */
const WIDE = /[\uff01-\uff5e\uff61-\uffdc\uffe0-\uffe6\u3000]/gu
const FULL_STOP = /[\u3002\uff61]/gu
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Zl}\p{Zp}]/u
const VIRAMA =
  '\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0f84\u1039\u103a\u1714\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\ua806\ua8c4\ua953\ua9c0\uaaf6\uabed'
/** The joiners that a script needs (RFC 5892 A.1, A.2), and those inside an emoji. */
const JOINED = new RegExp(
  [
    '(?<=[\\p{Script=Arabic}\\p{Script=Syriac}])\\u200c(?=[\\p{Script=Arabic}\\p{Script=Syriac}])',
    `(?<=[${VIRAMA}])[\\u200c\\u200d]`,
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])[\\ufe0f\\u200d]',
    '\\ufe0f(?=\\u20e3)',
  ].join('|'),
  'gu',
)
/** A word that mail programs decode (RFC 2047 §2). */
const ENCODED_WORD = /=\?[^?\s]*\?[bq]\?/iu

/** The letters of the identifier class (RFC 8264 §4.2, §9); those with a compatibility form are not of it. */
const LETTER = /^[\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u3007\u0f0b]$/u
const NO_LETTER =
  /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\p{Default_Ignorable_Code_Point}]/u
/** Signs that are letters only between certain others (RFC 5892 A.3 to A.7). */
const IN_CONTEXT =
  /(?<=l)\u00b7(?=l)|\u0375(?=\p{Script=Greek})|(?<=\p{Script=Hebrew})[\u05f3\u05f4]|(?<=[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}])\u30fb/gu

const RIGHT_TO_LEFT =
  '\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{Script=Samaritan}\\p{Script=Mandaic}\\p{Script=Adlam}'
const HAS_RIGHT_TO_LEFT = new RegExp(`(?=\\p{L})[${RIGHT_TO_LEFT}]`, 'u')
const HAS_LEFT_TO_RIGHT = new RegExp(`(?=\\p{L})[^${RIGHT_TO_LEFT}]`, 'u')
const STARTS_RIGHT_TO_LEFT = new RegExp(`^(?=\\p{L})[${RIGHT_TO_LEFT}]`, 'u')

/**
 * A domain as DNS has it: lower case, with A-labels. UTS 46, non-transitional: `ß` stays `ß`.
 * @returns undefined for what is no host name
 */
export function domainKey(domain: string): string | undefined {
  if (domain.length > LONGEST) return undefined
  const typed = domain.normalize('NFKC').replace(FULL_STOP, '.')
  // The function reads the host of a URL, which can contain more: a port, a percent sign, a number that is an IPv4 address.
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(typed) || /(^|\.)(\d+|0x[\da-f]*)$/iu.test(typed)) return undefined
  const ascii = domainToASCII(typed)
  if (ascii.length > 253 || !ascii.split('.').every((label) => isHostLabel(label))) return undefined
  // In a domain of ASCII alone, it does not check what an A-label stands for.
  const decoded = domainToUnicode(ascii)
  return !/(^|\.)xn--/.test(decoded) && domainToASCII(decoded) === ascii ? ascii : undefined
}

function isHostLabel(label: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && (label.slice(2, 4) !== '--' || label.startsWith('xn--'))
}

/** An e-mail address as it is stored: characters of one width, composed; upper and lower case stay. */
export function normalAddress(text: string): string {
  if (text.length > LONGEST) return text
  const typed = oneWidth(text.trim())
  const at = typed.lastIndexOf('@')
  if (at < 0) return typed
  return `${typed.slice(0, at)}@${typed
    .slice(at + 1)
    .normalize('NFKC')
    .replace(FULL_STOP, '.')}`
}

/** What is wrong with the characters of an address; undefined if nothing is. */
export function flawOfAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@')
  if (domainKey(address.slice(at + 1)) === undefined) return 'the domain is not a host name'
  const local = address.slice(0, at)
  if (local.includes('=?')) return 'the part before the @ is an encoded word'
  return flawOfIdentifier(local)
}

/** The key of an address, which is unique in a directory: equal for all forms of one mailbox. */
export function emailKey(email: string): string {
  if (email.length > LONGEST) return email
  const address = normalAddress(email)
  const at = address.lastIndexOf('@')
  const domain = at < 0 ? undefined : domainKey(address.slice(at + 1))
  return domain === undefined ? foldCase(address) : `${foldCase(address.slice(0, at))}@${domain}`
}

/** A user name as it is stored: characters of one width, composed (RFC 8265 §3.4, UsernameCasePreserved). */
export function normalUsername(text: string): string {
  if (text.length > LONGEST) return text
  return oneWidth(text).trim().replace(/ +/g, ' ')
}

/** What is wrong with the characters of a user name; undefined if nothing is. */
export function flawOfUsername(username: string): string | undefined {
  if (ENCODED_WORD.test(username)) return 'must not contain an encoded word'
  return flawOfIdentifier(username.replaceAll(' ', ''))
}

/** The key of a user name, which is unique in a directory (RFC 8265 §3.3, UsernameCaseMapped). */
export function usernameKey(username: string): string {
  if (username.length > LONGEST) return username
  return username.includes('@') ? emailKey(username) : foldCase(normalUsername(username))
}

/** What is wrong with the characters of a text that people see; undefined if nothing is. Joiners of emoji and letters are kept. */
export function flawOfLabel(text: string): string | undefined {
  const unseen = UNSEEN.exec(text.normalize('NFC').replace(JOINED, ''))
  return unseen ? `must not contain the invisible character ${codePoint(unseen[0])}` : undefined
}

/** What is wrong with the characters of a name that is compared with others; undefined if nothing is. */
export function flawOfName(name: string): string | undefined {
  const unseen = flawOfLabel(name)
  if (unseen !== undefined) return unseen
  return ENCODED_WORD.test(name) ? 'must not contain an encoded word' : undefined
}

/** The key of a name (RFC 8266, Nickname): without regard to case, width, the number of spaces and what is not seen. */
export function nameKey(name: string): string {
  if (name.length > LONGEST) return name
  const mapped = foldCase(
    name
      .normalize('NFKC')
      .replace(IGNORABLE, '')
      .replace(/\p{Zs}+/gu, ' ')
      .trim(),
  )
  return mapped.normalize('NFKC')
}

/**
 * What a text looks like, for a comparison with others in its scope. Characters of ASCII look like themselves only: `0`
 * and `O`, `1` and `l`, `m` and `rn` stand beside each other in the names of real people and groups.
 * @param text as people see it
 * @param keyOf the function that made its key
 * @returns null where it looks like its key
 */
export function lookalike(text: string, keyOf: (text: string) => string): string | null {
  const key = keyOf(text)
  if (/^[\0-\x7f]*$/.test(text) && !key.includes('xn--')) return null
  const at = keyOf === nameKey ? -1 : text.lastIndexOf('@')
  const domain = at < 0 ? undefined : domainKey(text.slice(at + 1))
  const seen = domain === undefined ? text : `${text.slice(0, at)}@${domainToUnicode(domain)}`
  const skeleton = skeletonOf(skeletonOf(oneWidth(seen)))
  return skeleton === key ? null : skeleton
}

function skeletonOf(text: string): string {
  const letters = [...text.normalize('NFD').replace(IGNORABLE, '')]
  return foldCase(letters.map((letter) => PROTOTYPES.get(letter) ?? letter).join(''))
}

function oneWidth(text: string): string {
  return text.replace(WIDE, (letter) => letter.normalize('NFKC')).normalize('NFC')
}

function flawOfIdentifier(text: string): string | undefined {
  for (const letter of text.replace(IN_CONTEXT, '')) {
    if (letter >= '!' && letter <= '~') continue
    if (UNSEEN.test(letter)) return `must not contain the invisible character ${codePoint(letter)}`
    const isLetter = LETTER.test(letter) && !NO_LETTER.test(letter) && letter.normalize('NFKC') === letter
    if (!isLetter) return `must not contain the character ${codePoint(letter)}`
  }
  return flawOfDirection(text)
}

// The Bidi rule of RFC 5893 §2: a text that is written from right to left has no letter of the other direction.
function flawOfDirection(text: string): string | undefined {
  if (!HAS_RIGHT_TO_LEFT.test(text)) return undefined
  const parts = text.split(/[.@ _-]+/u).filter((part) => HAS_RIGHT_TO_LEFT.test(part))
  const isWrong = parts.some(
    (part) =>
      HAS_LEFT_TO_RIGHT.test(part) ||
      !STARTS_RIGHT_TO_LEFT.test(part) ||
      (/[0-9]/.test(part) && /[\u0660-\u0669\u06f0-\u06f9]/u.test(part)),
  )
  return isWrong ? 'must not mix letters of both writing directions in a word' : undefined
}

function codePoint(letter: string): string {
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
