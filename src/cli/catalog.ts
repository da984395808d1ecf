// The commands as data. They follow from the rows of the native API, and are kept in catalog.json beside this file, so
// that a command starts without loading the operations and their libraries.
import { readFileSync } from 'node:fs'
import type { Method } from '#surfaces/surface.ts'
import type { Flag } from './flags.ts'

const FILE = new URL('catalog.json', import.meta.url)

/** One command: an operation of the native API. */
export interface Command {
  readonly noun: string
  readonly verb: string
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly permission: string
  readonly reach: string
  readonly events: readonly string[]
  /** The path’s parameters that are given as arguments, in order. */
  readonly parameters: readonly { readonly name: string; readonly example: string }[]
  /** Whether it happens in a realm that `--realm` names. */
  readonly inRealm?: boolean
  readonly takesTenant?: boolean
  readonly takesIfMatch?: boolean
  /** Whether the input is a JSON body; otherwise it is the query. */
  readonly takesBody?: boolean
  readonly flags: readonly Flag[]
  /** What comes back: one thing, a list, a stream, or nothing. */
  readonly answers: 'item' | 'list' | 'stream' | 'nothing'
  /** How many items one page of the list has at most; undefined where it does not come in pages. */
  readonly pageMost?: number
  /** The members of what is shown. */
  readonly shows: readonly string[]
  /** Those that a table can show. */
  readonly columns: readonly string[]
  /** Members that no other answer shows: secrets that were just made. */
  readonly shownOnce: readonly string[]
  /** The member that names the thing to other commands. */
  readonly key: string
  /** What happened, where nothing comes back. */
  readonly done?: string
}

/** The commands as they are kept in catalog.json. */
export function readCatalog(): Command[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Command[]
}
