// Reads distinguished names as text (RFC 4514), and compares them.

/** Other spellings of attribute types that programs write. */
const ALIASES: Readonly<Record<string, string>> = { E: 'EMAILADDRESS', EMAIL: 'EMAILADDRESS', S: 'ST' }
const TYPE = /^[A-Za-z][A-Za-z0-9-]*$|^\d+(\.\d+)+$/

/**
 * A form that two distinguished names have in common exactly if they are the same (RFC 4514 §2): the same order of RDNs, the
 * same attributes in each, types in upper or lower case, values compared after their escapes, letter by letter.
 * @returns undefined where the text is no distinguished name; values in hexadecimal (`#04…`) are not read
 */
export function canonicalName(text: string): string | undefined {
  const names = splitUnescaped(text, ',').map((part) => splitUnescaped(part, '+').map(attributeOf))
  if (names.some((attributes) => attributes.includes(undefined))) return undefined
  return JSON.stringify(names.map((attributes) => attributes.sort()))
}

/** One attribute in its common form. */
function attributeOf(text: string): string | undefined {
  const at = text.indexOf('=')
  const type = text.slice(0, Math.max(at, 0)).trim()
  const written = trimmed(text.slice(at + 1))
  if (!TYPE.test(type) || written === '' || written.startsWith('#')) return undefined
  const value = unescaped(written)
  if (value === undefined) return undefined
  const upper = type.toUpperCase()
  return `${ALIASES[upper] ?? upper}=${value.normalize('NFC')}`
}

/** Without the spaces around it; one after a backslash belongs to the value. */
function trimmed(text: string): string {
  const start = text.trimStart()
  const end = start.trimEnd()
  const isEscaped = /(^|[^\\])(\\\\)*\\$/.test(end) && end.length < start.length
  return isEscaped ? `${end} ` : end
}

/** RFC 4514 §2.4: a backslash before a special character, or before two hexadecimal digits of an octet of UTF-8. */
function unescaped(text: string): string | undefined {
  const bytes: Buffer[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
      bytes.push(Buffer.from(character))
      at += character.length - 1
      continue
    }
    const hex = /^[0-9a-f]{2}/i.exec(text.slice(at + 1, at + 3))
    const special = /^[ "#+,;<=>\\]/.exec(text.slice(at + 1, at + 2))
    if (!hex && !special) return undefined
    bytes.push(hex ? Buffer.from(hex[0], 'hex') : Buffer.from(special?.[0] ?? ''))
    at += hex ? 2 : 1
  }
  return Buffer.concat(bytes).toString()
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
