// Reads the columns of every table off the table types (src/database/tables/), for tests that compare them with a
// database or make rows of them.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Schema } from '#database/schema.ts'

/** What a column holds; with a question mark it may be null. */
export type ColumnKind = Kind | `${Kind}?`
type Kind = 'text' | 'integer' | 'bytes'
type Columns = Readonly<Record<string, ColumnKind>>

const KINDS: Readonly<Record<string, Kind>> = {
  string: 'text',
  Json: 'text',
  number: 'integer',
  Flag: 'integer',
  Millis: 'integer',
  Uint8Array: 'bytes',
  'Generated<number>': 'integer',
}

const database = join(import.meta.dirname, '../database')
const interfaces = new Map(
  globSync('tables/*.ts', { cwd: database }).flatMap((file) =>
    interfacesOf(readFileSync(join(database, file), 'utf8')),
  ),
)

/** The columns of every table. */
export const COLUMNS = Object.fromEntries(
  [...readFileSync(join(database, 'schema.ts'), 'utf8').matchAll(/^ {2}(\w+): (\w+Table)$/gm)].map(
    ([, table = '', type = '']) => [table, columnsOf(type)],
  ),
) as Readonly<Record<keyof Schema, Columns>>

interface TableType {
  readonly parent: string | undefined
  readonly own: Columns
}

function interfacesOf(source: string): [string, TableType][] {
  const found = source.matchAll(/^export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)^\}/gm)
  return [...found].map(([, name = '', parent, body = '']) => {
    const members = [...body.matchAll(/^ {2}(\w+): (.+)$/gm)]
    return [
      name,
      { parent, own: Object.fromEntries(members.map(([, column = '', type = '']) => [column, kindOf(type)])) },
    ]
  })
}

function kindOf(type: string): ColumnKind {
  const plain = type.replace(/^Optional<(\w+)>$/, '$1').replace(/ \| null$/, '')
  const kind = KINDS[plain]
  if (kind === undefined) throw new Error(`a column of type ${type} is none that databases have`)
  return plain === type ? kind : `${kind}?`
}

function columnsOf(type: string): Columns {
  const table = interfaces.get(type)
  if (!table) throw new Error(`there is no table type ${type}`)
  return { ...(table.parent && columnsOf(table.parent)), ...table.own }
}
