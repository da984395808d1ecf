// Converts the text of a flag to the value for the API.
import { readFileSync } from 'node:fs'
import { durationOf } from '#kernel/duration.ts'
import { usage } from './failure.ts'
import { type Flag, flagName } from './flags.ts'

/** The reference time and the direction of a duration: filters look back, inputs look ahead. */
export interface Moments {
  readonly now: number
  readonly direction: 'back' | 'ahead'
}

/**
 * The value of a flag.
 * @param given the texts of the flag; a boolean for a flag without a value
 * @throws CommandFailure if a text is not valid
 */
export function readValue(flag: Flag, given: readonly string[] | boolean, moments: Moments): unknown {
  if (typeof given === 'boolean') return given
  const last = given.at(-1) ?? ''
  if (flag.nullable && last === 'null') return null
  switch (flag.kind) {
    case 'number':
      return numberOf(flag, last)
    case 'texts':
      return given.flatMap((text) => textsOf(flag, text))
    case 'records':
      return given.flatMap((text) => recordsOf(flag, text))
    case 'map':
      return Object.assign({}, ...given.map((text) => entriesOf(flag, text)))
    case 'json':
      return jsonOf(flag, last)
    default:
      if (flag.format === 'base64' && last.startsWith('@')) return readBytes(last.slice(1)).toString('base64')
      return flag.format === 'date-time' ? momentOf(flag, last, moments) : chosen(flag, last)
  }
}

function wrong(flag: Flag, takes: string, text: string): Error {
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return usage(`--${flagName(flag.member)} must be ${takes}, not ${JSON.stringify(shown)}.`)
}

function chosen(flag: Flag, text: string): string {
  if (flag.choices === undefined || flag.choices.includes(text)) return text
  throw wrong(flag, `one of ${flag.choices.join(', ')}`, text)
}

function numberOf(flag: Flag, text: string): number {
  const number = /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN
  const { integer, least = -Infinity, most = Infinity } = flag
  if (number >= least && number <= most && (!integer || Number.isInteger(number))) return number
  const bounded = flag.most === undefined ? ` of at least ${least}` : ` from ${least} to ${most}`
  const range = flag.least === undefined ? '' : bounded
  throw wrong(flag, `a ${integer ? 'whole ' : ''}number${range}`, text)
}

function textsOf(flag: Flag, text: string): string[] {
  if (!text.startsWith('[')) {
    const items = text.split(',').map((item) => item.trim())
    return items.filter((item) => item !== '').map((item) => chosen(flag, item))
  }
  const items = jsonOf(flag, text)
  if (Array.isArray(items) && items.every((item) => typeof item === 'string')) return items
  throw wrong(flag, 'a JSON list of strings', text)
}

/**
 * Parses `first|…|last`; empty parts are omitted, and of two parts the second one is the last. Some callers write name|upstream|description, so for a record of two
 * parts, an empty part between them is accepted.
 */
function recordsOf(flag: Flag, text: string): unknown[] {
  if (/^[[{@]/.test(text)) return [jsonOf(flag, text)].flat()
  const { parts = [] } = flag
  const [first = '', ...rest] = text.split('|').map((part) => part.trim())
  const between = parts.slice(1, -1)
  const spare = between.length === 0 && rest.length > 1
  if (rest.length === 1) rest.unshift(...between.map(() => ''))
  if (first === '' || (spare && rest[0] !== '')) throw wrong(flag, `${parts.join('|')} or JSON`, text)
  const entries = [
    [parts[0], first],
    ...between.map((name, at) => [name, rest[at] ?? '']),
    ...parts
      .slice(1)
      .slice(-1)
      .map((name) => [name, rest.slice(between.length + (spare ? 1 : 0)).join('|')]),
  ]
  return [Object.fromEntries(entries.filter(([, value]) => value !== ''))]
}

function entriesOf(flag: Flag, text: string): object {
  if (/^[{@]/.test(text)) {
    const value = jsonOf(flag, text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw wrong(flag, 'a JSON object', text)
  }
  const at = text.indexOf('=')
  if (at < 1) throw wrong(flag, 'key=value, a JSON object or @file', text)
  return { [text.slice(0, at)]: text.slice(at + 1) }
}

function jsonOf(flag: Flag, text: string): unknown {
  const source = text.startsWith('@') ? readFile(text.slice(1)) : text
  try {
    return JSON.parse(source)
  } catch {
    throw wrong(flag, 'JSON or @file', text)
  }
}

/**
 * Reads a file that a flag names.
 * @throws CommandFailure if it cannot be read
 */
export function readFile(path: string): string {
  return readBytes(path).toString('utf8')
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw usage(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** A time as RFC 3339, from RFC 3339, a date, or a duration before or after now (`24h`, `-7d`, `+90d`). */
function momentOf(flag: Flag, text: string, { now, direction }: Moments): string {
  const [, sign, duration] = /^([+-])?(\d{1,6}[smhdw])$/.exec(text) ?? []
  if (duration !== undefined) {
    const back = sign === undefined ? direction === 'back' : sign === '-'
    const milliseconds = durationOf(duration)
    return new Date(back ? now - milliseconds : now + milliseconds).toISOString()
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return `${text}T00:00:00Z`
  if (/^\d{4}-\d\d-\d\d[Tt ].*([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) {
    return text.replace(' ', 'T')
  }
  throw wrong(flag, 'a time (2026-01-31T12:00:00Z, 2026-01-31, 24h, 7d)', text)
}
