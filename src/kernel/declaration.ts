// Derives what the code needs of a noun from the declaration of its fields: the members of the schemas of its inputs
// and views, and the mapping between the noun and its row.
import type * as z from 'zod'
import { registerAuditedMembers } from './audited-members.ts'
import type { Audited } from './change.ts'
import type { Field, Fields } from './declared-fields.ts'

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : ''
type Shown<Of extends Fields> = keyof { [Name in keyof Of as Of[Name]['view'] extends null ? never : Name]: true }
type ColumnOf<One> = One extends Field<infer _S, infer _C, infer _P, infer _V, infer Column> ? Column : never

/** The noun that has these fields. */
export type Declared<Of extends Fields> = { readonly [Name in keyof Of]: Immutable<z.output<Of[Name]['schema']>> }
type Immutable<Value> = Value extends readonly (infer Item)[]
  ? readonly Item[]
  : Value extends object
    ? Readonly<Value>
    : Value

/** The row that holds these fields. */
export type Row<Of extends Fields> = {
  [Name in keyof Of as [ColumnOf<Of[Name]>] extends [never] ? never : Snake<Name & string>]: ColumnOf<Of[Name]>
}

/** A noun without the fields that have no column of their own. */
export type Stored<Of extends Fields> = {
  readonly [Name in keyof Of as [ColumnOf<Of[Name]>] extends [never] ? never : Name]: Declared<Of>[Name]
}

/** What is derived from the declaration of a noun's fields. */
export interface Declaration<Of extends Fields> {
  readonly fields: Of
  /** The members of the schema of a creation's input. */
  readonly creation: {
    readonly [Name in keyof Of as Of[Name]['creation'] extends 'required' | 'optional'
      ? Name
      : never]: Of[Name]['creation'] extends 'required' ? Of[Name]['schema'] : z.ZodDefault<Of[Name]['schema']>
  }
  /** The members of the schema of a change's input; what is left out stays. */
  readonly patch: {
    readonly [Name in keyof Of as Of[Name]['patch'] extends true ? Name : never]: z.ZodOptional<Of[Name]['schema']>
  }
  /** The members of the schema of a view. */
  readonly view: { readonly [Name in Shown<Of>]: NonNullable<Of[Name]['view']> }
  /** What the fields have that a creation may leave out, or cannot say. */
  readonly initial: {
    readonly [Name in keyof Of as Of[Name]['creation'] extends 'optional' | 'later' ? Name : never]: z.output<
      Of[Name]['schema']
    >
  }
  /** The fields that the event of an update tells of, and how. */
  readonly audited: Readonly<Record<string, Audited>>
  /** The columns of the fields. */
  readonly columns: readonly (keyof Row<Of>)[]
  /** The fields that admin surfaces show. */
  show(noun: Declared<Of>): { [Name in Shown<Of>]: z.output<NonNullable<Of[Name]['view']>> }
  toRow(noun: Declared<Of>): Row<Of>
  /** The columns that an update of the noun writes. */
  toUpdate(noun: Declared<Of>): Partial<Row<Of>>
  fromRow(row: Row<Of>): Stored<Of>
}

/** The noun that a declaration is of. */
export type NounOf<D extends { readonly fields: Fields }> = Declared<D['fields']>

type Values = Readonly<Record<string, unknown>>

/** Declares the fields of a noun, in the order in which schemas and views have them. */
export function declare<const Of extends Fields>(fields: Of): Declaration<Of> {
  const entries = Object.entries<Field>(fields)
  const members = (keep: (field: Field) => boolean, member: (field: Field) => unknown) =>
    Object.fromEntries(entries.filter(([, field]) => keep(field)).map(([name, field]) => [name, member(field)]))
  const withColumn = entries.filter(([, { codec }]) => codec !== null)
  const toShown = mapper(entries.filter(([, { view }]) => view !== null).map(([name]) => ({ from: name, to: name })))
  const toColumns = (written: [string, Field][]) =>
    mapper(
      written.map(([name, { codec }]) => ({
        ...{ from: name, to: columnOf(name) },
        convert: codec?.toColumn as Step['convert'],
      })),
    )
  const derived = {
    fields,
    creation: members(
      ({ creation }) => creation === 'required' || creation === 'optional',
      ({ schema, creation, initial }) => (creation === 'required' ? schema : schema.default(initial)),
    ),
    patch: members(
      ({ patch }) => patch,
      ({ schema }) => schema.optional(),
    ),
    view: members(
      ({ view }) => view !== null,
      ({ view }) => view,
    ),
    initial: members(
      ({ creation }) => creation === 'optional' || creation === 'later',
      ({ initial }) => initial,
    ),
    audited: members(
      ({ audited }) => audited !== null,
      ({ audited }) => audited,
    ),
    columns: withColumn.map(([name]) => columnOf(name)),
    show: toShown,
    toRow: toColumns(withColumn),
    toUpdate: toColumns(withColumn.filter(([, { updated }]) => updated)),
    fromRow: mapper(
      withColumn.map(([name, { codec }]) => ({
        ...{ from: columnOf(name), to: name },
        convert: codec?.fromColumn as Step['convert'],
      })),
    ),
  }
  const noun = fields.id?.schema.meta()?.noun
  const written = members(
    ({ audited }) => audited !== null,
    ({ view, schema }) => view ?? schema,
  )
  if (typeof noun === 'string') {
    registerAuditedMembers(noun, derived.audited as Record<string, Audited>, written as Record<string, z.ZodType>)
  }
  return derived as unknown as Declaration<Of>
}

interface Step {
  readonly from: string
  readonly to: string
  readonly convert?: ((value: unknown) => unknown) | undefined
}

/** A function that copies members of one object to another one under other names, converting those that need it. */
function mapper(steps: readonly Step[]): (source: Values) => Record<string, unknown> {
  // An object that is built member by member under computed names is slow to read in V8; a copy of one that was parsed
  // is not. Clients are read for every token.
  const empty = JSON.parse(JSON.stringify(Object.fromEntries(steps.map(({ to }) => [to, null])))) as Values
  return (source) => {
    const target: Record<string, unknown> = { ...empty }
    for (const { from, to, convert } of steps) target[to] = convert ? convert(source[from]) : source[from]
    return target
  }
}

/** The name of a field’s column, which is also its name in RFC 7591’s metadata: `jwksUri` → `jwks_uri`. */
export function columnOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
