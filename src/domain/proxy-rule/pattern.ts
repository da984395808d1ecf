// The patterns of paths in proxy rules.

/** The most segments of a pattern. */
export const SEGMENTS_MAX = 32

/** A pattern that was read: its segments, null for one of any text, and whether everything below matches too. */
export interface PathPattern {
  readonly segments: readonly (string | null)[]
  readonly below: boolean
}

/** Whether a text is a pattern: in the canonical spelling of paths, so that it can match one. */
export function isPattern(text: string): boolean {
  if (text === '/') return true
  if (!text.startsWith('/')) return false
  const segments = text.slice(1).split('/')
  return segments.length <= SEGMENTS_MAX && segments.every(isSegment)
}

const ANY = /^(?:\*|\{[A-Za-z_]\w{0,40}\})$/
// Of the escapes, only those that the canonical spelling of a path keeps (RFC 3986 §6.2.2).
const LITERAL = /^(?:[A-Za-z0-9._~!$&'()+,=:@-]|%[0-9A-F]{2})+$/

function isSegment(segment: string): boolean {
  if (ANY.test(segment)) return true
  return LITERAL.test(segment) && segment !== '.' && segment !== '..' && !/%(?:2[EF5]|5C|00)/.test(segment)
}

/** Reads a pattern for which {@link isPattern} holds. */
export function readPattern(text: string): PathPattern {
  const parts = text === '/' ? [] : text.slice(1).split('/')
  const below = parts.at(-1) === '*'
  const own = below ? parts.slice(0, -1) : parts
  return { segments: own.map((part) => (ANY.test(part) ? null : part)), below }
}
