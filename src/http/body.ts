// Request bodies and query strings as values. Whatever is malformed is refused here, so that nobody inside sees it.
import { Failure } from '#kernel/error.ts'

const DEPTH_MAX = 32
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A JSON body.
 * @throws Failure `invalid_request` for invalid UTF-8, malformed or deeply nested JSON
 */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (depthOf(bytes) > DEPTH_MAX) throw new Failure('invalid_request', `The JSON is nested deeper than ${DEPTH_MAX}.`)
  try {
    return JSON.parse(utf8.decode(bytes), withoutPrototypes)
  } catch {
    throw new Failure('invalid_request', 'The body is not valid JSON in UTF-8.')
  }
}

/**
 * The JSON body of a request.
 * @param type its Content-Type
 * @param bytes undefined for none
 * @throws Failure `unsupported_media_type`, and as {@link readJson} says
 */
export function readJsonBody(type: string | undefined, bytes: Buffer | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return undefined
  if (!JSON_TYPE.test(type ?? '')) throw new Failure('unsupported_media_type', 'Send application/json.')
  return readJson(bytes)
}

function withoutPrototypes(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

// Brackets inside strings do not count.
function depthOf(bytes: Buffer): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (quoted) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return deepest
}

/**
 * A form or a query string (application/x-www-form-urlencoded, WHATWG URL §5.1): each name with all its values in order.
 * @throws Failure `invalid_request` for a broken percent encoding or invalid UTF-8
 */
export function readForm(text: string): Map<string, string[]> {
  const form = new Map<string, string[]>()
  if (text === '') return form
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodeComponent(pair.slice(equals + 1))
    const values = form.get(name)
    if (values) values.push(value)
    else form.set(name, [value])
  }
  return form
}

const PLAIN = /^[\w.~!*'()$,;:@/?=-]*$/

function decodeComponent(text: string): string {
  if (PLAIN.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Failure('invalid_request', 'A parameter is not valid percent-encoded UTF-8.')
  }
}
