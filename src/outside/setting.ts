// Owns what a setting is.
import type * as z from 'zod'

/** A setting: its format, and its description in the reference. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** The section of the reference. */
  readonly group: SettingGroup
  readonly schema: Schema
  /** The format of the value. */
  readonly form: string
  readonly description: string
  /** The default value, as text. */
  readonly initial?: string
  /** The default behaviour of a setting without a default value. */
  readonly unset?: string
  /** Set if messages must not contain the value. */
  readonly secret?: true
  /** Other environment variables for the same setting. */
  readonly aliases?: readonly string[]
}

export type SettingGroup =
  | 'Place'
  | 'Listeners and addresses'
  | 'Administration'
  | 'Signing keys'
  | 'Database'
  | 'Sign-in'
  | 'Mail'
  | 'Retention'
  | 'Operation'

/** The same setting, with its type. */
export const setting = <Schema extends z.ZodType>(entry: Setting<Schema>): Setting<Schema> => entry
