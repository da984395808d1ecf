// Prints responses for people: a list as a table, and one object as lines.
import type { Command } from './catalog.ts'
import { shownColumns } from './columns.ts'
import type { Terminal } from './terminal.ts'
import { cut, harmless, pad, widthOf, wrap } from './text.ts'

type Row = Readonly<Record<string, unknown>>

const GAP = '  '
const COLUMN_LEAST = 20
/** What a narrow table shows first: how people know an object, and how it is. */
const FIRST = [
  ...['name', 'label', 'email', 'client_id', 'identifier', 'subject', 'recipient', 'url', 'type', 'event_type'],
  ...['user_email', 'slug'],
  ...['status', 'state', 'enabled', 'active', 'role', 'algorithm', 'audience', 'scopes', 'permissions'],
  ...['occurred_at', 'issued_at', 'last_seen_at', 'created_at', 'actor', 'user_id'],
]
const GOOD = new Set(['active', 'success', 'ok', 'true', 'healthy'])
const BAD = new Set(['failure', 'suspended', 'revoked', 'retired', 'disabled', 'fail'])
const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/

/** A value in one line. An object is shown as its name, or as its kind and id. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(cellOf).join(', ')
  if (typeof value === 'object') {
    const { label, name, type, kind, id } = value as Record<string, unknown>
    const displayName = label ?? name
    if (displayName) return [kind, displayName].filter(Boolean).map(cellOf).join(' ')
    return id === undefined ? JSON.stringify(value) : [type ?? kind, id].filter(Boolean).map(cellOf).join(' ')
  }
  return harmless(String(value)).replace(MOMENT, '$1Z')
}

/**
 * The columns of a table: the key first, without columns that are empty in all rows.
 * @param wide whether to show all members and not only those of {@link shownColumns}
 */
export function columnsOf(command: Command, rows: readonly Row[], wide: boolean): string[] {
  const { columns, key, inRealm } = command
  const names = (wide ? undefined : shownColumns(command)) ?? columns
  const others = names.filter((name) => name !== key && !(inRealm && name === 'realm_id'))
  return [key, ...others].filter((name) => rows.some((row) => cellOf(row[name]) !== ''))
}

/**
 * A table with a header; each column is as wide as its content. Ends with a line end. If the terminal is too narrow, wide
 * columns are cut and the less important columns are omitted. The first column is never cut.
 */
export function renderTable(all: readonly string[], rows: readonly Row[], terminal: Terminal): string {
  const columns = terminal.width === undefined ? all : fitting(all, rows, terminal.width)
  const cells = rows.map((row) => columns.map((name) => cellOf(row[name])))
  const heads = columns.map(headOf)
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

function headOf(column: string): string {
  return column.replaceAll('_', ' ').toUpperCase()
}

/** The columns that fit with their minimum width, the important ones first, in their order. */
function fitting(columns: readonly string[], rows: readonly Row[], room: number): string[] {
  const least = (name: string) =>
    Math.max(
      widthOf(headOf(name)),
      ...rows.map((row) => widthOf(cellOf(row[name]))).map((width) => Math.min(width, COLUMN_LEAST)),
    )
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  const [key = '', ...others] = columns
  let left = room - Math.max(widthOf(headOf(key)), ...rows.map((row) => widthOf(cellOf(row[key]))))
  const chosen = new Set([key])
  for (const name of others.toSorted((one, other) => rank(one) - rank(other))) {
    const needed = GAP.length + least(name)
    if (needed > left) continue
    left -= needed
    chosen.add(name)
  }
  return columns.filter((name) => chosen.has(name))
}

function paintWord(word: string, terminal: Terminal): string {
  if (GOOD.has(word)) return terminal.paint('green', word)
  return BAD.has(word) ? terminal.paint('red', word) : word
}

/** Column widths for a narrow terminal: as many columns as fit with their minimum width, then as wide as possible. */
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

/** One object with a line for each member: `name:  value`; members of nested objects have a dot. Ends with a line end. */
export function renderDetails(object: Row, terminal: Terminal): string {
  const lines = linesOf(object, '')
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

function linesOf(object: Row, prefix: string): [string, string][] {
  return Object.entries(object).flatMap(([name, value]): [string, string][] => {
    const full = harmless(prefix + name)
    if (Array.isArray(value) && value.some((item) => isRecord(item) || isSentence(item))) {
      return value.map((item, at): [string, string] => [
        at === 0 ? full : '',
        isRecord(item) ? recordOf(item) : cellOf(item),
      ])
    }
    const inner =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? linesOf(value as Row, `${full}.`) : []
    return inner.length > 0 ? inner : [[full, isEmpty(value) ? '-' : cellOf(value)]]
  })
}

const isRecord = (value: unknown) => typeof value === 'object' && value !== null
const isSentence = (value: unknown) => typeof value === 'string' && value.endsWith('.')

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

function recordOf(item: unknown): string {
  const values = Object.values((item ?? {}) as object)
  const plain = values.every((value) => typeof value === 'string' || value === null)
  return plain ? values.map(cellOf).filter(Boolean).join(GAP) : harmless(JSON.stringify(item))
}

/** Prints rows one by one; the width of a column is the width of its widest value so far. */
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
