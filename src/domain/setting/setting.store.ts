import type { Connection } from '#database/database.ts'

// Facts about the installation as a whole, so no tenant bounds them. No operation shows or changes them.

export type SettingStore = ReturnType<typeof settingStore>

/** The facts that an installation knows about itself, each under its name. */
export function settingStore({ kysely }: Connection) {
  return {
    async find<Value>(name: string): Promise<Value | undefined> {
      const row = await kysely.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
      return row && JSON.parse(row.value)
    },

    /** Finds a fact inside a write and keeps other writes from it until this one ends. */
    async lock<Value>(name: string): Promise<Value | undefined> {
      const row = await kysely
        .selectFrom('setting')
        .select('value')
        .where('name', '=', name)
        .forUpdate()
        .executeTakeFirst()
      return row && JSON.parse(row.value)
    },

    /** Puts a fact there for good: of any number of callers at once, one does. @returns whether this one did */
    async claim(name: string, value: unknown): Promise<boolean> {
      const rows = await kysely
        .insertInto('setting')
        .values({ name, value: JSON.stringify(value) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('name')
        .execute()
      return rows.length === 1
    },

    /** Changes a fact that is there. */
    async replace(name: string, value: unknown): Promise<void> {
      await kysely
        .updateTable('setting')
        .set({ value: JSON.stringify(value) })
        .where('name', '=', name)
        .execute()
    },
  }
}
