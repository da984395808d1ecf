// Owns how one thing is named in addresses: by the parameters of its path.
import type { Operation, Page } from './operations.ts'

const BETWEEN = '~'
type Values = Readonly<Record<string, unknown>>

/** What a row or a thing puts for a parameter of a path. */
function keyValue(thing: Values, key: string, noun: string): string {
  return String(thing[key] ?? thing.id ?? thing[`${noun}_id`] ?? '')
}

/** The name of a thing in addresses. */
export const keyOf = ({ keys, noun }: Pick<Page, 'keys' | 'noun'>, thing: Values): string =>
  keys.map((key) => keyValue(thing, key, noun)).join(BETWEEN)

/** The parameters of a path from the name of a thing. */
export function inputOfKey({ keys }: Pick<Page, 'keys'>, key: string): Record<string, string> {
  const values = keys.length > 1 ? key.split(BETWEEN) : [key]
  return Object.fromEntries(keys.map((name, index) => [name, values[index] ?? '']))
}

/** The parameters of an operation on one row of a sub-list: those of the thing above, and of the row. */
export function inputOfRow({ keys, noun }: Operation, above: Values, row: Values): Record<string, unknown> {
  const open = keys.filter((key) => above[key] === undefined)
  return { ...above, ...Object.fromEntries(open.map((key) => [key, keyValue(row, key, noun)])) }
}
