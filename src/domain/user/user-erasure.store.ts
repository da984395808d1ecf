// Deletes users, and removes what is personal from the rows of those who are deleted.
import type { Connection } from '#database/database.ts'
import type { User } from './user.ts'
import { changeUser } from './user-row.store.ts'

/** What is left of a row: the id, where the user was, and when it was made and deleted. */
const NOTHING = {
  email: '',
  email_key: '',
  email_lookalike: null,
  email_verified: 0,
  name: null,
  given_name: null,
  family_name: null,
  name_key: null,
  admin_role: null,
  admin_partner_id: null,
  password_hash: null,
  password_set_at: null,
  attributes: '{}',
  last_sign_in_at: null,
  due_trigger: null,
  username: null,
  username_key: null,
  username_lookalike: null,
  profile: null,
  external_id: null,
} as const

/** The end of one tenant's users. */
export function erasureStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns the previous status of the user; undefined if the user did not exist */
    async delete(directoryId: string, id: string, now: number): Promise<User['status'] | undefined> {
      const row = await changeUser(kysely, tenantId, id)
        .set({ deleted_at: now, updated_at: now, password_hash: null, username_key: null })
        .where('directory_id', '=', directoryId)
        .returning('status')
        .executeTakeFirst()
      return row?.status as User['status'] | undefined
    },

    /** Removes what is personal from the row of a deleted user. @returns false if there is no such row, or nothing is left */
    async erase(directoryId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('user')
        .set({ ...NOTHING, erased_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('directory_id', '=', directoryId)
        .where('id', '=', id)
        .where('deleted_at', 'is not', null)
        .where('erased_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      await kysely.deleteFrom('marked_name').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
      return true
    },
  }
}
