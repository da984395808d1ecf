// The canonical spelling of a request's path: the one that rules decide about is the one that is forwarded.
import { Failure } from '#kernel/error.ts'

/** A request target in its canonical spelling. */
export interface Target {
  readonly path: string
  /** With the question mark; empty for none. */
  readonly query: string
}

const LONGEST = 8192
// What a path has when nothing in it has to be looked at: letters, digits and separators, no dot, escape or empty segment.
const PLAIN = /^(?:\/[A-Za-z0-9_~!$&'()+,=:@-]+(?:\.[A-Za-z0-9_~-]+)*)+\/?$/
const ALLOWED = /^\/[A-Za-z0-9._~!$&'()*+,=:@/%-]*$/
const QUERY = /^[!-"$-~]*$/
const UNRESERVED = /[A-Za-z0-9._~-]/

/**
 * Reads a request target in origin form. Escapes of unreserved characters are replaced by them (RFC 3986 §6.2.2.2); a path
 * that servers read in different ways is refused: with dot segments, empty segments, `;`, `\`, escaped slashes, backslashes,
 * percent signs and control characters.
 * @throws Failure `invalid_request`
 */
export function canonicalTarget(url: string): Target {
  if (url.length > LONGEST) throw refusal('is too long')
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const query = question < 0 ? '' : url.slice(question)
  if (!QUERY.test(query)) throw refusal('has a query with characters that must be escaped')
  return { path: PLAIN.test(path) ? path : canonicalPath(path), query }
}

function canonicalPath(path: string): string {
  if (path === '/') return path
  if (!ALLOWED.test(path)) throw refusal('has characters that must be escaped, or that servers read in different ways')
  const decoded = path.replace(/%(?:([0-9A-Fa-f]{2})|.{0,2})/g, (text, digits?: string) => {
    if (digits === undefined) throw refusal('has an incomplete escape')
    const code = Number.parseInt(digits, 16)
    const character = String.fromCharCode(code)
    if (UNRESERVED.test(character)) return character
    if (code < 32 || code === 127 || '/\\%;'.includes(character))
      throw refusal(`has ${text}, which servers read in different ways`)
    return text.toUpperCase()
  })
  const segments = decoded.slice(1).split('/')
  for (const [at, segment] of segments.entries()) {
    if (segment === '.' || segment === '..') throw refusal('has dot segments')
    if (segment === '' && at < segments.length - 1) throw refusal('has empty segments')
    if (/^\.+$/.test(segment)) throw refusal('has a segment of dots')
  }
  return decoded
}

function refusal(why: string): Failure {
  return new Failure('invalid_request', `The path ${why}.`)
}
