// golden/authorization.txt, read back: who may call what.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Route, Surface } from '#surfaces/surface.ts'

const FILE = join(import.meta.dirname, '../../golden/authorization.txt')

/** What the matrix says of one row: how far the caller’s hand goes, by the caller’s name; `-` where it is refused. */
export type MatrixRow = Readonly<Record<string, string>>

/**
 * What the matrix says of each row of a surface.
 * @throws Error for a row that it does not have
 */
export function authorizationMatrix(): (surface: Surface, route: Route) => MatrixRow {
  const [header = '', ...lines] = readFileSync(FILE, 'utf8').trimEnd().split('\n')
  // A column is as wide as its widest cell, and cells may be blank: what tells columns apart is where they begin.
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map(({ 0: name, index }) => ({ name, index }))
  const cells = (line: string) =>
    Object.fromEntries(
      columns.map(({ name, index }, at) => [name, line.slice(index, columns[at + 1]?.index).trim()] as const),
    )
  const rows = new Map(
    lines.map((line) => {
      const { surface, method, path, permission: _, ...callers } = cells(line)
      return [`${surface} ${method} ${path}`, callers]
    }),
  )
  return ({ name }, { method, path }) => {
    const row = rows.get(`${name} ${method} ${path}`)
    if (!row) throw new Error(`golden/authorization.txt lacks ${name} ${method} ${path}: run node tools/golden.ts.`)
    return row
  }
}
