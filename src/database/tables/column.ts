// What columns hold, the same on every database. Ids are UUID text, times are milliseconds since 1970, flags are 0 or 1,
// structured columns are JSON text.

export type Flag = 0 | 1
export type Json = string
export type Millis = number
/** A column that an insert may leave out. */
export type Optional<T> = T | null

/** What can be changed and deleted. */
export interface Versioned {
  version: number
  created_at: Millis
  updated_at: Millis
  /** When it was deleted; null while it lives. */
  deleted_at: Optional<Millis>
}
