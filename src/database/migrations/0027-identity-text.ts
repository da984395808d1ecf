// Gives addresses, user names and the names of groups and roles the keys that tell one name from another.
import { type Kysely, type Migration, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { emailKey, lookalike, nameKey, usernameKey } from '#kernel/identity-text.ts'
import type { SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'
import { Definer, UNIQUE_UNDELETED } from './tables.ts'

const PAGE = 500
const OF_USERS = ['user_sign_in_name', 'user_directory_id_email_key', 'user_directory_id_username_key']
const OF_OTHERS = ['group_directory_id_name_key', 'role_realm_id_name', 'invitation_organization_id_email_key']

/**
 * Two forms of one address, and two names that look alike, are one name from here on. Where a database has both, the
 * older one keeps the name. The other one gets a key with its id, which no name has, and is written to `marked_name`: it
 * stays as it is until it is renamed, and the server names it at each start. An account whose address another one has
 * cannot be signed in to by that address meanwhile.
 */
export function identityText(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const all = kysely as unknown as Kysely<Schema>
      const definer = new Definer(all, dialect)
      await definer.columns('user', { email_lookalike: 'text?', username_lookalike: 'text?' })
      await definer.columns('group', { name_lookalike: 'text?' })
      await definer.filledColumns('role', { name_key: '' })
      await definer.columns('role', { name_lookalike: 'text?' })
      const marked = { id: 'text', kind: 'text', tenant_id: 'text', kept_id: 'text', key: 'text' } as const
      await definer.table('marked_name', marked, { key: ['id', 'key'] })
      for (const index of [...OF_USERS, ...OF_OTHERS]) await kysely.schema.dropIndex(index).execute()
      await rewrite(all)
      await mark(all)
      await indexes(definer, all)
    },
  }
}

// Of names in ASCII, the keys are what they were.
const changes = (column: string) =>
  sql<boolean>`(length(${sql.ref(column)}) <> octet_length(${sql.ref(column)}) or replace(replace(${sql.ref(column)}, 'xn--', ''), '  ', '') <> ${sql.ref(column)})`

async function rewrite(kysely: Kysely<Schema>): Promise<void> {
  await rewriteUsers(kysely)
  const keysOf = ({ name }: { name: string }) => ({ name_key: nameKey(name), name_lookalike: lookalike(name, nameKey) })
  await inPages(
    kysely.selectFrom('group').select(['id', 'name']).where(changes('name_key')).$castTo<Named>(),
    (group) => kysely.updateTable('group').set(keysOf(group)).where('id', '=', group.id).execute(),
  )
  await inPages(kysely.selectFrom('role').select(['id', 'name']).$castTo<Named>(), (role) =>
    kysely.updateTable('role').set(keysOf(role)).where('id', '=', role.id).execute(),
  )
  const invitations = kysely.selectFrom('invitation').select(['id', 'email as name']).where(changes('email_key'))
  await inPages(invitations.$castTo<Named>(), ({ id, name }) =>
    kysely
      .updateTable('invitation')
      .set({ email_key: emailKey(name) })
      .where('id', '=', id)
      .execute(),
  )
}

async function rewriteUsers(kysely: Kysely<Schema>): Promise<void> {
  const users = kysely
    .selectFrom('user')
    .select(['id', 'email', 'username', 'username_key', 'name', 'given_name', 'family_name'])
    .where((row) => row.or([changes('email_key'), changes('username_key'), changes('name_key')]))
  await inPages(
    users,
    ({ id, email, username, username_key: current, name, given_name: given, family_name: family }) => {
      const fullName = name ?? [given, family].filter((part) => part !== null).join(' ')
      // A deleted user gave the user name away.
      const hasUsername = username !== null && current !== null
      const keys = {
        email_key: emailKey(email),
        email_lookalike: lookalike(email, emailKey),
        name_key: fullName === '' ? null : nameKey(fullName),
        ...(hasUsername && {
          username_key: usernameKey(username),
          username_lookalike: lookalike(username, usernameKey),
        }),
      }
      return kysely.updateTable('user').set(keys).where('id', '=', id).execute()
    },
  )
}

interface Named {
  readonly id: string
  readonly name: string
}

async function inPages<Table extends 'user' | 'group' | 'role' | 'invitation', Row extends { readonly id: string }>(
  select: SelectQueryBuilder<Schema, Table, Row>,
  write: (row: Row) => Promise<unknown>,
): Promise<void> {
  const query = select as unknown as SelectQueryBuilder<Schema, 'user', Row>
  const read = (after: string) => query.where('id', '>', after).orderBy('id').limit(PAGE).execute()
  for (let rows = await read(''); rows.length > 0; rows = await read(rows.at(-1)?.id ?? '')) {
    for (const row of rows) await write(row)
  }
}

/** What must differ in a scope, and the column that makes it differ. */
interface Distinct {
  readonly table: 'user' | 'group' | 'role' | 'invitation'
  readonly scope: string
  readonly key: RawBuilder<string>
  readonly column: string
}

const DISTINCT: readonly Distinct[] = [
  { table: 'user', scope: 'directory_id', key: sql`email_key`, column: 'email_key' },
  {
    table: 'user',
    scope: 'directory_id',
    key: sql`coalesce(email_lookalike, email_key)`,
    column: 'email_lookalike',
  },
  { table: 'user', scope: 'directory_id', key: sql`username_key`, column: 'username_key' },
  { table: 'user', scope: 'directory_id', key: signInName(), column: 'username_lookalike' },
  { table: 'group', scope: 'directory_id', key: sql`name_key`, column: 'name_key' },
  { table: 'group', scope: 'directory_id', key: sql`coalesce(name_lookalike, name_key)`, column: 'name_lookalike' },
  { table: 'role', scope: 'realm_id', key: sql`name_key`, column: 'name_key' },
  { table: 'role', scope: 'realm_id', key: sql`coalesce(name_lookalike, name_key)`, column: 'name_lookalike' },
  { table: 'invitation', scope: 'organization_id', key: sql`email_key`, column: 'email_key' },
]

function signInName(): RawBuilder<string> {
  return sql`coalesce(username_lookalike, username_key, email_lookalike, email_key)`
}

async function mark(kysely: Kysely<Schema>): Promise<void> {
  for (const { table, scope, key, column } of DISTINCT) {
    const living = table === 'invitation' ? sql`settled_at is null` : sql`deleted_at is null`
    const { rows } = await sql<{ scope: string; key: string; kept: string }>`
      select ${sql.ref(scope)} as scope, ${key} as key, min(id) as kept from ${sql.table(table)}
        where ${living} and ${key} is not null group by ${sql.ref(scope)}, ${key} having count(*) > 1`.execute(kysely)
    for (const { scope: place, key: name, kept } of rows) {
      const others = await sql<{ id: string; tenant_id: string }>`
        select id, tenant_id from ${sql.table(table)}
          where ${sql.ref(scope)} = ${place} and ${key} = ${name} and ${living} and id <> ${kept}`.execute(kysely)
      for (const { id, tenant_id } of others.rows) {
        const own = `${name} ${id}`
        await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${own} where id = ${id}`.execute(kysely)
        await kysely.insertInto('marked_name').values({ id, kind: table, tenant_id, kept_id: kept, key: own }).execute()
      }
    }
  }
}

async function indexes(definer: Definer, kysely: Kysely<Schema>): Promise<void> {
  await definer.index('user', ['directory_id', 'email_key'], UNIQUE_UNDELETED)
  await definer.index('user', ['directory_id', 'username_key'], {
    unique: true,
    where: ['username_key', 'is not', null],
  })
  await definer.index('group', ['directory_id', 'name_key'], UNIQUE_UNDELETED)
  await definer.index('role', ['realm_id', 'name_key'], UNIQUE_UNDELETED)
  await definer.index('invitation', ['organization_id', 'email_key'], {
    unique: true,
    where: ['settled_at', 'is', null],
  })
  const seen: readonly [string, string, string, RawBuilder<string>][] = [
    ['user_email_seen', 'user', 'directory_id', sql`coalesce(email_lookalike, email_key)`],
    ['user_sign_in_name', 'user', 'directory_id', signInName()],
    ['group_name_seen', 'group', 'directory_id', sql`coalesce(name_lookalike, name_key)`],
    ['role_name_seen', 'role', 'realm_id', sql`coalesce(name_lookalike, name_key)`],
  ]
  for (const [index, table, scope, key] of seen) {
    await sql`
      create unique index ${sql.ref(index)} on ${sql.table(table)} (${sql.ref(scope)}, ${key})
        where deleted_at is null`.execute(kysely)
  }
}
