// Owns the commands as data. They are derived from the rows of the native API and stored in catalog.json beside this
// file, so that a command starts without loading the operations and their libraries.
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
  /** The path parameters that are arguments of the command, in order. */
  readonly parameters: readonly { readonly name: string; readonly example: string }[]
  /** Whether the command has the flag `--realm`. */
  readonly inRealm?: boolean
  readonly takesTenant?: boolean
  readonly takesIfMatch?: boolean
  /** Whether the input is a JSON body; otherwise it is the query string. */
  readonly takesBody?: boolean
  readonly flags: readonly Flag[]
  /** The kind of response: one object, a list, a stream, or nothing. */
  readonly answers: 'item' | 'list' | 'stream' | 'nothing'
  /** The maximum number of items on a page of the list; undefined if the list has no pages. */
  readonly pageMost?: number
  /** The members of the response. */
  readonly shows: readonly string[]
  /** The members that a table can show. */
  readonly columns: readonly string[]
  /** Members that no other response has: new secrets. */
  readonly shownOnce: readonly string[]
  /** Whether every response has one of them. */
  readonly makesSecret?: boolean
  /** The member that identifies the object in other commands. */
  readonly key: string
  /** Whether its effect cannot be undone: always, or depending on a member of the input. */
  readonly irreversible?: true | { readonly if: string } | { readonly unless: string }
  /** The message for a response without content. */
  readonly done?: string
}

/** Whether what a command does with this input cannot be undone. @param values the input by the names of the API */
export function isFinal(
  { irreversible }: Pick<Command, 'irreversible'>,
  values: Readonly<Record<string, unknown>>,
): boolean {
  if (irreversible === undefined || irreversible === true) return irreversible === true
  return 'if' in irreversible ? isSet(values[irreversible.if]) : !isSet(values[irreversible.unless])
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

/** The commands in catalog.json. */
export function readCatalog(): Command[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Command[]
}
