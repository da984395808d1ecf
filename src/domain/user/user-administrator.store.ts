// Finds the users of an admin realm by their role.
import type { Connection } from '#database/database.ts'
import { usersNotDeleted } from './user-row.store.ts'

/** The queries for the users of an admin realm’s directory by their administrator role. */
export function administratorStore({ kysely }: Connection, tenantId: string) {
  const place = (directoryId: string) => ({ tenant_id: tenantId, directory_id: directoryId })
  return {
    /** Whether a directory has a user with an administrator role. */
    async hasAdministrator(directoryId: string): Promise<boolean> {
      const row = await usersNotDeleted(kysely, place(directoryId))
        .where('admin_role', 'is not', null)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Whether a directory has another active user with a role than the given one. */
    async hasOtherAdministrator(directoryId: string, role: string, exceptUserId: string): Promise<boolean> {
      const row = await usersNotDeleted(kysely, place(directoryId))
        .where('admin_role', '=', role)
        .where('status', '=', 'active')
        .where('id', '!=', exceptUserId)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
