import type { Schema } from '#database/schema.ts'

type Kind<Value> = Value extends number ? 'integer' : 'text'
type Spelled<Value> = null extends Value ? `${Kind<NonNullable<Value>>}?` : Kind<Value>

/**
 * The columns of every table, for tests. That these are those of the Schema is for the compiler to say; that the
 * databases have these, for the tests.
 */
export type Columns = {
  readonly [Table in keyof Schema]: { readonly [Column in keyof Schema[Table]]: Spelled<Schema[Table][Column]> }
}
