// Owns the type of the server's configuration.
import type * as z from 'zod'
import type { DatabaseLocation } from './setting-forms.ts'
import type { SETTINGS, SettingKey } from './settings.ts'

/** A setting's key as a member of {@link Configuration}. */
export type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text
/** The value of every setting, by its key. */
export type Read = { [Key in SettingKey]: z.output<(typeof SETTINGS)[Key]['schema']> }
type Derived = 'databaseUrl' | 'publicUrl' | 'adminUrl' | 'keyStoreDir'

/**
 * The configuration with all defaults. `dataDir` and a SQLite path are absolute; URLs have no slash at the end.
 * It contains secrets: do not log it.
 */
export type Configuration = Readonly<
  Omit<{ [Key in SettingKey as Camel<Key>]: Read[Key] }, Derived> & {
    database: DatabaseLocation
    publicUrl: string
    adminUrl: string
    keyStoreDir: string
  }
>
