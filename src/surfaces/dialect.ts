// What all rows of one surface have in common: how it writes names, ids, times and pages, and which members it accepts.

import * as z from 'zod'
import { columnOf } from '#kernel/declaration.ts'
import type { Id, Noun } from '#kernel/id.ts'
import type { Count } from '#kernel/page.ts'
import type { Method } from './surface.ts'

/** An object in JSON Schema. */
export interface ObjectDescription {
  readonly properties: Record<string, object>
  readonly required: readonly string[]
}

/** The conventions of one documented API. Its rows say only what departs from them. */
export interface Dialect {
  /** The wire name of a member: `minAal` → `min_aal`. */
  readonly memberName: (name: string) => string
  /** Ids. `decode` may return any text; the schema checks it. */
  readonly id: {
    readonly encode: (noun: Noun, id: Id) => string
    readonly decode: (noun: Noun, text: string) => string
  }
  readonly time: (milliseconds: number) => string
  /** Values of enumerations. */
  readonly enumValue: { readonly encode: (value: string) => string; readonly decode: (text: string) => string }
  /** How a member without a value is written: as null, or not at all. */
  readonly absent: 'null' | 'omitted'
  /** The reply about a single thing. @param members the thing, encoded */
  readonly envelope: (members: object) => unknown
  /** The envelope in JSON Schema, where it adds members. */
  readonly describeEnvelope?: (members: ObjectDescription) => ObjectDescription
  /**
   * Which members of an operation’s input a row accepts: all of them, or those that its representation shows or that the
   * row names. Only the native API, which is the superset, accepts all.
   */
  readonly accepts: 'all' | 'named'
  /** Members that every list accepts whose operation has them, in a dialect that accepts only named ones. */
  readonly acceptsInLists?: readonly string[]
  /** Whether members that the row does not know are an error; they are ignored otherwise. @param isStrict whether the operation’s schema refuses them */
  readonly rejectsUnknown: (method: Method, isStrict: boolean) => boolean
  /** The path of a flaw as the error body has it. @param name the member’s wire name; empty for the whole body or query */
  readonly errorPath: (place: 'body' | 'query', name: string) => string
  /** Members of inputs that come from a header, by their names in the operation’s input. */
  readonly headerMembers?: Readonly<Record<string, HeaderMember>>
  /** Headers that a reply has because of its value. */
  readonly replyHeaders?: (value: unknown) => Record<string, string>
}

/** A member of an input that a header carries. */
export interface HeaderMember {
  readonly header: string
  /** For OpenAPI; a header without one is not described. */
  readonly description?: string
  /** Whether a parameter can also carry it; the header has priority. */
  readonly orParameter?: true
  /** @returns the member’s value, undefined for none @throws Failure */
  readonly decode: (value: string) => unknown
}

/** How members are called in every dialect: `minAal` → `min_aal`. */
export const memberName: Dialect['memberName'] = columnOf

/** A page as operations return it, or a list that comes whole. */
export interface AnyPage {
  readonly data: readonly unknown[]
  readonly count?: Count | undefined
  readonly nextCursor?: string | null
}

/** How many items a page's list has, as its operation counted them. */
export function countIn({ count, data }: AnyPage): Count {
  return count ?? { value: data.length }
}

/** The operation’s input for a page by its number, the first being 1. */
export function numberedInput(page: number, perPage: number): object {
  return { limit: perPage, offset: (page - 1) * perPage }
}

/** How a list is asked for page by page, and how its reply looks. */
export interface PageStyle {
  /** The parameters that choose the page. */
  readonly query: z.ZodObject
  /** The operation’s input for them: `limit` with `cursor` or `offset`. */
  readonly toInput: (parameters: never) => object
  /** @param items the page’s things, encoded @param plural the member that holds them */
  readonly encode: (items: readonly unknown[], page: AnyPage, parameters: never, plural: string) => unknown
  /** The reply in JSON Schema. @param item that of one thing */
  readonly schema: (item: object, plural: string) => object
}

/** A page style whose functions are checked against its query. */
export function pageStyle<Query extends z.ZodObject>(style: {
  readonly query: Query
  readonly toInput: (parameters: z.output<Query>) => object
  readonly encode: (items: readonly unknown[], page: AnyPage, parameters: z.output<Query>, plural: string) => unknown
  readonly schema: PageStyle['schema']
}): PageStyle {
  return style as PageStyle
}

/**
 * Pages that are asked for by their number, the first being 1, and by their length.
 * @param length the parameter for the length @param usual the length where none is given @param most the longest
 */
export function numberedPages(
  { length, usual, most }: { readonly length: string; readonly usual: number; readonly most: number },
  reply: {
    readonly encode: (
      items: readonly unknown[],
      count: Count,
      at: { page: number; length: number },
      plural: string,
    ) => unknown
    readonly schema: PageStyle['schema']
  },
): PageStyle {
  const page = z.coerce.number().int().min(1).max(1_000_000).default(1).describe('Which page; the first one is 1.')
  const query: z.ZodObject<{ page: typeof page }> = z.object({ page, [length]: pageLength(most, usual) })
  const lengthIn = (parameters: object) => (parameters as Record<string, number>)[length] ?? usual
  return pageStyle({
    query,
    toInput: ({ page, ...parameters }) => numberedInput(page, lengthIn(parameters)),
    encode: (items, found, { page, ...parameters }, plural) =>
      reply.encode(items, countIn(found), { page, length: lengthIn(parameters) }, plural),
    schema: reply.schema,
  })
}

/** JSON Schema of an object. */
export function objectSchema({ properties, required }: ObjectDescription): object {
  return { type: 'object', properties, ...(required.length > 0 && { required }) }
}

/** JSON Schema of an object. Members are required, except those whose names end in a question mark. */
export function objectOf(properties: Readonly<Record<string, object>>): object {
  const entries = Object.entries(properties)
  const required = entries.map(([name]) => name).filter((name) => !name.endsWith('?'))
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    ...(required.length > 0 && { required }),
  }
}

export const INTEGER = { type: 'integer' }
export const STRING = { type: 'string' }

/** A parameter for the length of a page. */
export function pageLength(most: number, usual: number) {
  return z.coerce.number().int().min(1).max(most).default(usual).describe(`How many on a page, 1 to ${most}.`)
}

/** JSON Schema of a list of things. */
export function arrayOf(items: object): object {
  return { type: 'array', items }
}
