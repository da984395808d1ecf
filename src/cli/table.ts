// Answers as people read them: a table for many things, lines for one.
import type { Command } from './catalog.ts'
import type { Terminal } from './terminal.ts'
import { cut, harmless, pad, widthOf, wrap } from './text.ts'

type Row = Readonly<Record<string, unknown>>

const GAP = '  '
const COLUMN_LEAST = 20
const GOOD = new Set(['active', 'success', 'ok', 'true', 'healthy'])
const BAD = new Set(['failure', 'suspended', 'revoked', 'retired', 'disabled', 'fail'])
const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/

/** A value in one line. A thing is its name or, without one, its kind and id. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(cellOf).join(', ')
  if (typeof value === 'object') {
    const { label, name, type, kind, id } = value as Record<string, unknown>
    const called = label ?? name
    if (called) return [kind, called].filter(Boolean).map(cellOf).join(' ')
    return id === undefined ? JSON.stringify(value) : [type ?? kind, id].filter(Boolean).map(cellOf).join(' ')
  }
  return harmless(String(value)).replace(MOMENT, '$1Z')
}

/** The columns that say something: the key first, and none that is empty in every row. */
export function columnsOf({ columns, key, inRealm }: Command, rows: readonly Row[]): string[] {
  const told = columns.filter((name) => name !== key && !(inRealm && name === 'realm_id'))
  return [key, ...told].filter((name) => rows.some((row) => cellOf(row[name]) !== ''))
}

/**
 * Rows under a head, each column as wide as it needs; ends with a line end. On a terminal that is too narrow the widest
 * columns are cut, the last ones left out, and the first one never touched.
 */
export function renderTable(columns: readonly string[], rows: readonly Row[], terminal: Terminal): string {
  const cells = rows.map((row) => columns.map((name) => cellOf(row[name])))
  const heads = columns.map((name) => name.replaceAll('_', ' ').toUpperCase())
  const natural = heads.map((head, at) => Math.max(widthOf(head), ...cells.map((line) => widthOf(line[at] ?? ''))))
  const widths = terminal.width === undefined ? natural : narrow(natural, terminal.width)
  const line = (texts: readonly string[]) =>
    widths
      .map((width, at) => pad(cut(texts[at] ?? '', width), width))
      .join(GAP)
      .trimEnd()
  const body = cells.map((texts) => line(texts).replaceAll(/\S+/g, (word) => paintWord(word, terminal)))
  return `${[terminal.paint('bold', line(heads)), ...body].join('\n')}\n`
}

function paintWord(word: string, terminal: Terminal): string {
  if (GOOD.has(word)) return terminal.paint('green', word)
  return BAD.has(word) ? terminal.paint('red', word) : word
}

/** Widths that a terminal has room for: as many columns as fit at their least, and then each as wide as it can be. */
function narrow(natural: readonly number[], room: number): number[] {
  const least = natural.map((width, at) => (at === 0 ? width : Math.min(width, COLUMN_LEAST)))
  const needed = (count: number) => sum(least.slice(0, count)) + GAP.length * (count - 1)
  let count = natural.length
  while (count > 1 && needed(count) > room) count--
  const widths = least.slice(0, count)
  for (let spare = room - needed(count); spare > 0; ) {
    const growing = widths.flatMap((width, at) => (width < (natural[at] ?? 0) ? [at] : []))
    if (growing.length === 0) break
    for (const at of growing.slice(0, spare)) widths[at] = (widths[at] ?? 0) + 1
    spare -= Math.min(spare, growing.length)
  }
  return widths
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** One thing, a line for each member: `name:  value`; what is in it has a dot in its name. Ends with a line end. */
export function renderDetails(thing: Row, terminal: Terminal): string {
  const lines = linesOf(thing, '')
  const width = Math.max(...lines.map(([name]) => name.length)) + 1
  const room = terminal.width === undefined ? Infinity : Math.max(20, terminal.width - width - GAP.length)
  const rendered = lines.flatMap(([name, text]) => {
    const [first = '', ...rest] = widthOf(text) > room ? wrap(text, room) : [text]
    const value = GOOD.has(first) || BAD.has(first) ? paintWord(first, terminal) : first
    return [
      `${terminal.paint('dim', pad(name && `${name}:`, width))}${GAP}${value}`.trimEnd(),
      ...rest.map((more) => `${' '.repeat(width)}${GAP}${more}`),
    ]
  })
  return `${rendered.join('\n')}\n`
}

function linesOf(thing: Row, prefix: string): [string, string][] {
  return Object.entries(thing).flatMap(([name, value]): [string, string][] => {
    const full = harmless(prefix + name)
    if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)) {
      return value.map((item, at): [string, string] => [at === 0 ? full : '', recordOf(item)])
    }
    const inner =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? linesOf(value as Row, `${full}.`) : []
    return inner.length > 0 ? inner : [[full, isEmpty(value) ? '-' : cellOf(value)]]
  })
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

function recordOf(item: unknown): string {
  const values = Object.values((item ?? {}) as object)
  const plain = values.every((value) => typeof value === 'string')
  return plain ? values.map(cellOf).filter(Boolean).join(GAP) : harmless(JSON.stringify(item))
}

/** Rows that come one by one: each column grows as wide as the widest so far. */
export function rowPrinter(columns: readonly string[], terminal: Terminal): (row: Row) => string {
  const widths = columns.map(() => 0)
  return (row) => {
    const texts = columns.map((name) => cellOf(row[name]))
    for (const [at, text] of texts.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(text))
    const line = texts
      .map((text, at) => pad(text, widths[at] ?? 0))
      .join(GAP)
      .trimEnd()
    const shown = terminal.width === undefined ? line : cut(line, terminal.width)
    return `${shown.replaceAll(/\S+/g, (word) => paintWord(word, terminal))}\n`
  }
}
