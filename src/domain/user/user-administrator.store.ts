import type { Connection } from '#database/database.ts'
import { livingUsers } from './user-row.store.ts'

/** What is asked of the users of an admin realm’s directory besides: who of them has which role. */
export function administratorStore({ kysely }: Connection, tenantId: string) {
  const place = (directoryId: string) => ({ tenant_id: tenantId, directory_id: directoryId })
  return {
    /** Whether a directory has a user with a role in the administration. */
    async hasAdministrator(directoryId: string): Promise<boolean> {
      const row = await livingUsers(kysely, place(directoryId))
        .where('admin_role', 'is not', null)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Whether a directory has an active user of a role besides one. */
    async hasOtherAdministrator(directoryId: string, role: string, besides: string): Promise<boolean> {
      const row = await livingUsers(kysely, place(directoryId))
        .where('admin_role', '=', role)
        .where('status', '=', 'active')
        .where('id', '!=', besides)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
