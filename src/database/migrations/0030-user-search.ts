// Makes what SQLite searches users by: parts of addresses and names, three letters at a time.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'

const NAMES = `char(10) || :row.email_key || char(10) || coalesce(:row.email_lookalike, '') || char(10)
  || coalesce(:row.username_key, '') || char(10) || coalesce(:row.name_key, '')`
const of = (row: string) => NAMES.replaceAll(':row', row)
const REMOVE = `
  insert into user_search_index (user_search_index, rowid, names)
    select 'delete', n, names from user_search where user_id = old.id;
  delete from user_search where user_id = old.id;`
const ADD = `
  insert into user_search (user_id, names) select new.id, ${of('new')} where new.deleted_at is null;
  insert into user_search_index (rowid, names) select n, names from user_search where user_id = new.id;`

/**
 * SQLite keeps the texts in `user_search` and their trigrams in `user_search_index` (FTS5). Triggers follow the users.
 * The index says which users have all trigrams of a text, without their places: the text itself is compared afterwards.
 * PostgreSQL has an index of its own for it, which is made where the extension pg_trgm can be (src/database/user-search.ts).
 */
export function userSearch({ name }: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      if (name !== 'sqlite') return
      const statements = [
        'create table user_search (n integer primary key, user_id text not null unique, names text not null) strict',
        `create virtual table user_search_index
          using fts5 (names, content = 'user_search', content_rowid = 'n', detail = 'none', tokenize = 'trigram case_sensitive 1')`,
        `insert into user_search (user_id, names) select id, ${of('"user"')} from "user" where deleted_at is null order by id`,
        "insert into user_search_index (user_search_index) values ('rebuild')",
        `create trigger user_search_insert after insert on "user" begin ${ADD} end`,
        `create trigger user_search_update after update of email_key, email_lookalike, username_key, name_key, deleted_at on "user"
          when ${of('old')} <> ${of('new')} or old.deleted_at is not new.deleted_at begin ${REMOVE} ${ADD} end`,
        `create trigger user_search_delete after delete on "user" begin ${REMOVE} end`,
      ]
      for (const statement of statements) await sql.raw(statement).execute(kysely)
    },
  }
}
