// Owns how request bodies and query strings are read. Malformed ones are refused here.
import { Failure } from '#kernel/error.ts'
import { UploadedFile } from '#surfaces/uploaded-file.ts'

const DEPTH_MAX = 32
const PARAMETERS_MAX = 1_000
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A JSON body.
 * @throws Failure `invalid_request` for invalid UTF-8, malformed or deeply nested JSON, a repeated member (RFC 8259 §4)
 * and text with lone surrogates
 */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const { depth, members } = shapeOf(bytes)
  if (depth > DEPTH_MAX) throw new Failure('invalid_request', `The JSON is nested deeper than ${DEPTH_MAX}.`)
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (membersIn(value) < members)
      throw new Failure('invalid_request', 'The JSON has an object with two members of one name.')
    // Only an escape can write a lone surrogate; a reviver is called for each value and is slow.
    return NEEDS_REVIVER.test(text) ? JSON.parse(text, withoutPrototypes) : value
  } catch (error) {
    if (error instanceof Failure) throw error
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
  checkCharset(type ?? '')
  return readJson(bytes)
}

/**
 * The parts of a form with files (RFC 7578): a text for each field, an `UploadedFile` for each file.
 * @throws Failure `unsupported_media_type`, `invalid_request`
 */
export async function readParts(type: string | undefined, bytes: Buffer | undefined): Promise<unknown> {
  if (!/^multipart\/form-data\s*;/i.test(type ?? '')) {
    throw new Failure('unsupported_media_type', 'Send multipart/form-data.')
  }
  checkCharset(type ?? '')
  try {
    const form = await new Response(new Uint8Array(bytes ?? []), { headers: { 'content-type': type ?? '' } }).formData()
    const parts: Record<string, unknown> = {}
    for (const [name, part] of form) {
      parts[name] = part instanceof File ? new UploadedFile(part, new Uint8Array(await part.arrayBuffer())) : part
    }
    return parts
  } catch {
    throw new Failure('invalid_request', 'The body is not valid multipart/form-data.')
  }
}

const NEEDS_REVIVER = /\\u|__proto__/i

// A lone surrogate is no text: it cannot be stored or sent in UTF-8.
function withoutPrototypes(this: unknown, key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new Failure('invalid_request', 'The JSON has a string that is not Unicode text.')
  }
  return key === '__proto__' ? undefined : value
}

/** How many members the objects in a value have. */
function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += membersIn(item)
    return count
  }
  for (const member of Object.values(value)) count += 1 + membersIn(member)
  return count
}

/**
 * Refuses a body whose type says that it is not UTF-8.
 * @throws Failure `unsupported_media_type`
 */
export function checkCharset(type: string): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1]
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return
  throw new Failure('unsupported_media_type', 'Send the body in UTF-8.')
}

/** How deep JSON is nested, and how many members it writes: what is inside strings does not count. */
function shapeOf(bytes: Buffer): { depth: number; members: number } {
  let depth = 0
  let deepest = 0
  let members = 0
  let quoted = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (quoted) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x3a) members++
  }
  return { depth: deepest, members }
}

/**
 * A form or a query string (application/x-www-form-urlencoded, WHATWG URL §5.1): each name with all its values in order.
 * @throws Failure `invalid_request` for a broken percent encoding, invalid UTF-8 or too many parameters
 */
export function readForm(text: string): Map<string, string[]> {
  const form = new Map<string, string[]>()
  if (text === '') return form
  const pairs = text.split('&', PARAMETERS_MAX + 1)
  if (pairs.length > PARAMETERS_MAX)
    throw new Failure('invalid_request', `There are more than ${PARAMETERS_MAX} parameters.`)
  for (const pair of pairs) {
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
