// Adds the index that gives each sign-in name to one user of a directory.
import { type Kysely, type Migration, sql } from 'kysely'

/**
 * A user is called by the user name, or by the address where there is no user name. That is unique among the living users
 * of a directory. A user name that is the address of another user is cleared first: the address is where mail goes.
 */
export function uniqueSignInNames(): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await sql`
        update "user" set username = null, username_key = null
          where deleted_at is null and username_key is not null and exists (
            select 1 from "user" as other
              where other.directory_id = "user".directory_id and other.email_key = "user".username_key
                and other.id <> "user".id and other.deleted_at is null
          )`.execute(kysely)
      await sql`
        create unique index user_sign_in_name on "user" (directory_id, coalesce(username_key, email_key))
          where deleted_at is null`.execute(kysely)
    },
  }
}
