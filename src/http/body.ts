// Owns how request bodies and query strings are read. Malformed ones are refused here.
import { Failure } from '#kernel/error.ts'

const DEPTH_MAX = 32
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A JSON body.
 * @throws Failure `invalid_request` for invalid UTF-8, malformed or deeply nested JSON, a repeated member (RFC 8259 §4)
 * and text with lone surrogates
 */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (depthOf(bytes) > DEPTH_MAX) throw new Failure('invalid_request', `The JSON is nested deeper than ${DEPTH_MAX}.`)
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text, withoutPrototypes)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('invalid_request', 'The body is not valid JSON in UTF-8.')
  }
  if (hasRepeatedMember(text))
    throw new Failure('invalid_request', 'The JSON has an object with two members of one name.')
  return value
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
 * The parts of a form with files (RFC 7578): a text for each field, a `File` for each file.
 * @throws Failure `unsupported_media_type`, `invalid_request`
 */
export async function readParts(type: string | undefined, bytes: Buffer | undefined): Promise<unknown> {
  if (!/^multipart\/form-data\s*;/i.test(type ?? '')) {
    throw new Failure('unsupported_media_type', 'Send multipart/form-data.')
  }
  checkCharset(type ?? '')
  try {
    const form = await new Response(new Uint8Array(bytes ?? []), { headers: { 'content-type': type ?? '' } }).formData()
    return Object.fromEntries(form)
  } catch {
    throw new Failure('invalid_request', 'The body is not valid multipart/form-data.')
  }
}

// A lone surrogate is no text: it cannot be stored or sent in UTF-8.
function withoutPrototypes(this: unknown, key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new Failure('invalid_request', 'The JSON has a string that is not Unicode text.')
  }
  return key === '__proto__' ? undefined : value
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs

/** Whether an object in valid JSON has two members of one name, in time linear in the text. */
function hasRepeatedMember(text: string): boolean {
  // The names in each object that is open; undefined for an array.
  const open: (Set<string> | undefined)[] = []
  let isName = false
  for (const [token] of text.matchAll(TOKEN)) {
    const names = open.at(-1)
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (isName && names && !isNew(names, token)) return true
    isName = token === '{' || (token === ',' && names !== undefined)
  }
  return false
}

function isNew(names: Set<string>, quoted: string): boolean {
  const before = names.size
  return names.add(JSON.parse(quoted)).size > before
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
