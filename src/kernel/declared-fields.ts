// Declares a noun's fields once: the schema of each, who writes it and its column. The schemas of inputs and views and
// the mapping between a noun and its row are derived from the declaration.
import * as z from 'zod'
import type { Audited } from './change.ts'
import { time } from './field.ts'
import { shownForm, valueKind } from './field-form.ts'

/** How a value is stored in its column. */
export interface Codec<Value, Column> {
  toColumn(value: Value): Column
  fromColumn(column: Column): Value
}

/** Whether the input of a creation has a field: it must, it may, it may not but a change may, or neither. */
type AtCreation = 'required' | 'optional' | 'later' | 'none'

/** One field. */
export interface Field<
  Schema extends z.ZodType = z.ZodType,
  Creation extends AtCreation = AtCreation,
  Patch extends boolean = boolean,
  View extends z.ZodType | null = z.ZodType | null,
  /** `never` for a field that has no column of its own. */
  Column = unknown,
> {
  readonly schema: Schema
  readonly creation: Creation
  /** Whether the input of a change has it. */
  readonly patch: Patch
  readonly initial: unknown
  /** How admin surfaces show it; null for a field that only the server needs. */
  readonly view: View
  /** Null for a field that has no column of its own; undefined for one that is stored as it is. */
  readonly codec: Codec<unknown, Column> | null | undefined
  /** Whether an update of the noun writes it. */
  readonly updated: boolean
  /** How the event of an update tells that it was changed; null for not at all. */
  readonly audited: Audited | null
}
export type Fields = Readonly<Record<string, Field>>

interface Options<Value> {
  /** What the field has where a creation does not say; without it, a creation has to say. */
  readonly initial?: Immutable<Value>
  /** False where a creation cannot say, so that the initial value holds until a change. */
  readonly atCreation?: false
  /** How the field is shown, where its schema does not tell; null for not at all. */
  readonly view?: z.ZodType | null
  /** How the field is stored, where its type does not tell; null where the noun's store maps it. */
  readonly codec?: Codec<Immutable<Value>, unknown> | null
  /**
   * How the event of an update tells that the field was changed. `name` for personal data and for what may hold a secret.
   * Default: with its values where an update writes the field and surfaces show it, else not at all.
   */
  readonly audited?: Audited | null
}

type AnyOptions = { [Name in keyof Options<unknown>]: Options<unknown>[Name] | undefined }

type Immutable<Value> = Value extends readonly (infer Item)[]
  ? readonly Item[]
  : Value extends object
    ? Readonly<Value>
    : Value
type ColumnFor<Value> = Value extends boolean
  ? 0 | 1
  : Value extends string
    ? string
    : Value extends number | null
      ? Value
      : string
type ColumnOf<Schema extends z.ZodType, O> = O extends { readonly codec: infer C }
  ? C extends Codec<unknown, infer Column>
    ? Column
    : never
  : ColumnFor<z.output<Schema>>
type ViewOf<Schema extends z.ZodType, O> = O extends { readonly view: infer View extends z.ZodType | null }
  ? View
  : z.ZodType<z.output<Schema>, z.output<Schema>>
type CreationOf<O> = O extends { readonly atCreation: false }
  ? 'later'
  : O extends { readonly initial: unknown }
    ? 'optional'
    : 'required'
type FieldOf<Schema extends z.ZodType, O, Creation extends AtCreation, Patch extends boolean> = Field<
  Schema,
  Creation,
  Patch,
  ViewOf<Schema, O>,
  ColumnOf<Schema, O>
>
type None = Record<never, never>

/** A field that a caller gives at creation and may change later. */
export function editable<Schema extends z.ZodType, const O extends Options<z.output<Schema>> = None>(
  schema: Schema,
  options?: O,
): FieldOf<Schema, O, CreationOf<O>, true> {
  return fieldOf(schema, options, { creation: creationOf(options), patch: true, updated: true }, shownForm)
}

/** A field that a caller gives at creation and that is never changed. */
export function fixed<Schema extends z.ZodType, const O extends Options<z.output<Schema>> = None>(
  schema: Schema,
  options?: O,
): FieldOf<Schema, O, CreationOf<O>, false> {
  return fieldOf(schema, options, { creation: creationOf(options), patch: false, updated: false }, shownForm)
}

/** A field that the server sets and may change. It is shown as its schema says. */
export function managed<Schema extends z.ZodType, const O extends Options<z.output<Schema>> = None>(
  schema: Schema,
  options?: O,
): FieldOf<Schema, O, 'none', false> {
  return fieldOf(schema, options, { creation: 'none', patch: false, updated: true })
}

/** A field that the server sets when the noun is made, and that an update of the noun does not write. */
export function constant<Schema extends z.ZodType, const O extends Options<z.output<Schema>> = None>(
  schema: Schema,
  options?: O,
): FieldOf<Schema, O, 'none', false> {
  return fieldOf(schema, options, { creation: 'none', patch: false, updated: false })
}

function creationOf(options: AnyOptions | undefined): AtCreation {
  if (options?.atCreation === false) return 'later'
  return options?.initial === undefined ? 'required' : 'optional'
}

function fieldOf<Result extends Field>(
  schema: z.ZodType,
  options: AnyOptions | undefined,
  rights: Pick<Field, 'creation' | 'patch' | 'updated'>,
  toView = (accepted: z.ZodType) => accepted,
): Result {
  const { initial, view = toView(schema), codec = CODECS[valueKind(schema)] } = options ?? {}
  const { audited = rights.updated && view !== null ? 'values' : null } = options ?? {}
  return { ...rights, schema, initial, view, codec, audited } as Field as Result
}

const CODECS: Readonly<Record<ReturnType<typeof valueKind>, Codec<unknown, unknown> | undefined>> = {
  flag: { toColumn: (value) => (value ? 1 : 0), fromColumn: (column) => column === 1 },
  structure: {
    toColumn: (value) => (value === null ? null : JSON.stringify(value)),
    fromColumn: (column) => (column === null ? null : JSON.parse(String(column))),
  },
  plain: undefined,
}

/** The version of a noun that can be changed, and when it was made and changed. */
export const VERSIONED = {
  version: managed(z.number().int(), { audited: null }),
  createdAt: constant(time),
  updatedAt: managed(time, { audited: null }),
}
