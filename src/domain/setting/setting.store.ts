// Reads and writes the settings that an installation stores about itself.
import type { Connection } from '#database/database.ts'

// The settings belong to the whole installation, so they have no tenant. No operation shows or changes them.

export type SettingStore = ReturnType<typeof settingStore>

/** The settings of an installation, by name. */
export function settingStore({ kysely }: Connection) {
  return {
    async find<Value>(name: string): Promise<Value | undefined> {
      const row = await kysely.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
      return row && JSON.parse(row.value)
    },

    /** Finds a setting inside a write and locks it until the write ends. */
    async lock<Value>(name: string): Promise<Value | undefined> {
      const row = await kysely
        .selectFrom('setting')
        .select('value')
        .where('name', '=', name)
        .forUpdate()
        .executeTakeFirst()
      return row && JSON.parse(row.value)
    },

    /** Inserts a setting. @returns true for one of several concurrent callers, false for all others */
    async claim(name: string, value: unknown): Promise<boolean> {
      const rows = await kysely
        .insertInto('setting')
        .values({ name, value: JSON.stringify(value) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('name')
        .execute()
      return rows.length === 1
    },

    /** Changes an existing setting. */
    async replace(name: string, value: unknown): Promise<void> {
      await kysely
        .updateTable('setting')
        .set({ value: JSON.stringify(value) })
        .where('name', '=', name)
        .execute()
    },
  }
}
