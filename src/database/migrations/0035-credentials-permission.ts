// Gives the API keys that could make credentials the permission that names it.
import { type Kysely, type Migration, sql } from 'kysely'

/** `*` and `*:write` included `credentials:write` before. Existing keys keep what they can do. */
export const credentialsPermission: Migration = {
  up: async (kysely: Kysely<never>) => {
    await sql`
      update api_key set permissions = replace(permissions, ']', ',"credentials:write"]')
      where (permissions like '%"*"%' or permissions like '%"*:write"%')
        and permissions not like '%"credentials:write"%'`.execute(kysely)
  },
}
