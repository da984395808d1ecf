// Checks that the tables match their declared types.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Compilable, type Insertable, type Kysely, sql } from 'kysely'
import { COLUMNS } from '#testing/columns.ts'
import { DIALECTS, storeForTests, type TestStore } from '#testing/databases.ts'
import { explain } from '#testing/explain.ts'
import type { Database } from './database.ts'
import { isUniqueViolation } from './errors.ts'
import type { Schema } from './schema.ts'

/** What each database calls a column of 64 bits, and one of text. */
const KINDS: Readonly<Record<string, string>> = {
  integer: 'integer',
  int8: 'integer',
  text: 'text',
  blob: 'bytes',
  bytea: 'bytes',
}

/** Columns of which no two rows may have the same values, and the change of a row that makes room for another. */
const UNIQUE: readonly {
  table: keyof Schema
  columns: readonly string[]
  freed?: Readonly<Record<string, unknown>>
}[] = [
  { table: 'partner', columns: ['slug'], freed: { deleted_at: 1 } },
  { table: 'tenant', columns: ['slug'], freed: { deleted_at: 1 } },
  { table: 'realm', columns: ['issuer_id'] },
  { table: 'realm', columns: ['custom_domain'], freed: { deleted_at: 1 } },
  { table: 'realm', columns: ['custom_domain'], freed: { custom_domain: null } },
  { table: 'user', columns: ['directory_id', 'email_key'], freed: { deleted_at: 1 } },
  { table: 'application', columns: ['realm_id', 'name'], freed: { deleted_at: 1 } },
  { table: 'client', columns: ['realm_id', 'client_id'] },
  { table: 'agent', columns: ['client_id'] },
  { table: 'resource', columns: ['tenant_id', 'identifier'], freed: { deleted_at: 1 } },
  { table: 'resource', columns: ['tenant_id', 'slug'], freed: { deleted_at: 1 } },
  { table: 'signing_key', columns: ['realm_id', 'kid'] },
  { table: 'session', columns: ['secret_hash'] },
  { table: 'consent_grant', columns: ['user_id', 'client_id', 'resource'], freed: { revoked_at: 1 } },
  { table: 'one_time_token', columns: ['kind', 'tenant_id', 'hash'] },
  { table: 'device_authorization', columns: ['device_code_hash'] },
  { table: 'device_authorization', columns: ['user_code_hash'] },
  { table: 'api_key', columns: ['secret_hash'] },
  { table: 'event', columns: ['tenant_id', 'seq'] },
  { table: 'event_head', columns: ['tenant_id'] },
  { table: 'counter', columns: ['tenant_id', 'name', 'bucket', 'place'] },
  { table: 'idempotency_key', columns: ['actor_id', 'key'] },
  { table: 'setting', columns: ['name'] },
  { table: 'group', columns: ['directory_id', 'name_key'], freed: { deleted_at: 1 } },
  { table: 'organization', columns: ['tenant_id', 'slug'], freed: { deleted_at: 1 } },
  { table: 'invitation', columns: ['organization_id', 'email_key'], freed: { settled_at: 1 } },
  { table: 'role', columns: ['realm_id', 'name_key'], freed: { deleted_at: 1 } },
  { table: 'project', columns: ['tenant_id', 'slug'], freed: { deleted_at: 1 } },
  { table: 'project_api_key', columns: ['publishable_key'] },
  { table: 'project_api_key', columns: ['secret_hash'] },
]

const PARENTS = [
  'partner',
  'tenant',
  'directory',
  'realm',
  'application',
  'user',
  'group',
  'organization',
  'role',
  'webhook',
  'project',
] as const

const REFERENCES: readonly [keyof Schema, string][] = [
  ['tenant', 'partner_id'],
  ['directory', 'tenant_id'],
  ['realm', 'tenant_id'],
  ['realm', 'directory_id'],
  ['user', 'directory_id'],
  ['application', 'realm_id'],
  ['client', 'realm_id'],
  ['client', 'application_id'],
  ['agent', 'realm_id'],
  ['resource', 'tenant_id'],
  ['signing_key', 'realm_id'],
  ['group', 'directory_id'],
  ['group_member', 'group_id'],
  ['group_member', 'user_id'],
  ['group_nesting', 'child_id'],
  ['group_nesting', 'parent_id'],
  ['organization', 'directory_id'],
  ['organization_member', 'organization_id'],
  ['organization_member', 'user_id'],
  ['invitation', 'organization_id'],
  ['role', 'realm_id'],
  ['role_permission', 'role_id'],
  ['role_assignment', 'role_id'],
  ['identity_provider', 'realm_id'],
  ['webhook_queue', 'webhook_id'],
  ['webhook_delivery', 'webhook_id'],
  ['mail', 'realm_id'],
  ['project', 'realm_id'],
  ['project_api_key', 'project_id'],
]

/** What is asked of tables with a million rows. */
const QUESTIONS: Readonly<Record<string, (kysely: Kysely<Schema>) => Compilable>> = {
  ...Object.fromEntries(
    ([[], ['type'], ['actor_id'], ['subject_id'], ['realm_id']] as const).map((filters) => [
      `a tenant’s newest events ${filters.map((column) => `by ${column}`)}`,
      (kysely: Kysely<Schema>) => {
        const events = kysely.selectFrom('event').selectAll().where('tenant_id', '=', 't').where('seq', '<', 99)
        return filters
          .reduce((query, column) => query.where(column, '=', 'x'), events)
          .orderBy('seq', 'desc')
          .limit(51)
      },
    ]),
  ),
  ...Object.fromEntries(
    (['client_id', 'user_id'] as const).map((column) => [
      `the newest issuances by ${column}`,
      (kysely: Kysely<Schema>) =>
        kysely
          .selectFrom('issuance')
          .selectAll()
          .where('block', '=', 0)
          .where(column, '=', 'x')
          .orderBy('id', 'desc')
          .limit(51),
    ]),
  ),
  'a realm’s newest issuances for an audience': (kysely) =>
    kysely
      .selectFrom('issuance')
      .selectAll()
      .where('block', '=', 0)
      .where('realm_id', '=', 'x')
      .where('audience', '=', 'y')
      .where('id', '<', 'z')
      .orderBy('id', 'desc')
      .limit(51),
  'the newest tokens of a profile': (kysely) =>
    kysely
      .selectFrom('issued_token')
      .select('id')
      .where('part', '=', 0)
      .where('profile', '=', 5)
      .orderBy('id', 'desc')
      .limit(51),
  'the newest tokens of a user': (kysely) =>
    kysely
      .selectFrom('issued_token')
      .select('id')
      .where('part', '=', 0)
      .where('user_id', '=', Buffer.from('x'))
      .orderBy('id', 'desc')
      .limit(51),
  'what a token was exchanged for': (kysely) =>
    kysely.selectFrom('issued_token').select('id').where('parent_id', '=', Buffer.from('x')),
  'the profiles of a realm': (kysely) =>
    kysely.selectFrom('token_profile').select('id').where('tenant_id', '=', 't').where('realm_id', '=', 'r'),
  'the profiles of a client': (kysely) => kysely.selectFrom('token_profile').select('id').where('client_id', '=', 'c'),
  'the tokens that were issued before a place in a chain': (kysely) =>
    kysely
      .selectFrom('token_link')
      .selectAll()
      .where('tenant_id', '=', 't')
      .where('seq', '<', 99)
      .orderBy('seq', 'desc')
      .limit(64),
  'how many organizations a directory has': (kysely) =>
    kysely
      .selectFrom('organization')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('tenant_id', '=', 'x')
      .where('directory_id', '=', 'y')
      .where('deleted_at', 'is', null),
  'how many deliveries a webhook has': (kysely) =>
    kysely
      .selectFrom('webhook_delivery')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('tenant_id', '=', 'x')
      .where('webhook_id', '=', 'y'),
  'a webhook’s first open delivery': (kysely) =>
    kysely
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('webhook_id', '=', 'x')
      .where('settled_at', 'is', null)
      .orderBy('event_seq')
      .orderBy('id')
      .limit(1),
  'a webhook’s newest deliveries of one status': (kysely) =>
    kysely
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('webhook_id', '=', 'x')
      .where('status', '=', 'dead')
      .orderBy('id', 'desc')
      .limit(51),
  'the webhooks whose time has come': (kysely) =>
    kysely.selectFrom('webhook_queue').select('webhook_id').where('wake_at', '<=', 1).orderBy('wake_at').limit(51),
  'a realm’s newest mails of one status': (kysely) =>
    kysely
      .selectFrom('mail')
      .selectAll()
      .where('realm_id', '=', 'x')
      .where('status', '=', 'failed')
      .orderBy('id', 'desc')
      .limit(51),
  'the mails whose time has come': (kysely) =>
    kysely.selectFrom('mail').select('id').where('next_attempt_at', '<=', 1).orderBy('next_attempt_at').limit(51),
  'unsent mails about something': (kysely) =>
    kysely.selectFrom('mail').select('id').where('about_id', '=', 'x').where('settled_at', 'is', null),
  'an event by its id': (kysely) =>
    kysely.selectFrom('event').selectAll().where('tenant_id', '=', 't').where('seq', '=', 7).where('id', '=', 'x'),
  'a directory’s users, page by page': (kysely) =>
    kysely
      .selectFrom('user')
      .selectAll()
      .where('directory_id', '=', 'x')
      .where('deleted_at', 'is', null)
      .where('id', '>', 'y')
      .orderBy('id')
      .limit(51),
  'a directory’s users by the start of their address': (kysely) =>
    kysely
      .selectFrom('user')
      .selectAll()
      .where('directory_id', '=', 'x')
      .where('deleted_at', 'is', null)
      .where('email_key', '>=', 'ann')
      .where('email_key', '<', 'ann\u{10ffff}')
      .orderBy('email_key')
      .limit(51),
  'a session by its secret': (kysely) => kysely.selectFrom('session').selectAll().where('secret_hash', '=', 'x'),
  'a realm’s newest sessions': (kysely) =>
    kysely.selectFrom('session').selectAll().where('realm_id', '=', 'x').orderBy('id', 'desc').limit(51),
  'a user’s newest sessions': (kysely) =>
    kysely.selectFrom('session').selectAll().where('user_id', '=', 'x').orderBy('id', 'desc').limit(51),
  'a realm’s grants': (kysely) =>
    kysely.selectFrom('consent_grant').selectAll().where('realm_id', '=', 'x').orderBy('id', 'desc').limit(51),
  'a user’s grants': (kysely) => kysely.selectFrom('consent_grant').selectAll().where('user_id', '=', 'x'),
  'what a session of a user gave rise to': (kysely) =>
    kysely
      .selectFrom('issuance')
      .selectAll()
      .where('block', '=', 0)
      .where('user_id', '=', 'x')
      .where('session_id', '=', 'y')
      .where('id', '>=', 'z'),
  'the families of a session': (kysely) => kysely.selectFrom('token_family').selectAll().where('session_id', '=', 'x'),
  'the families of a user': (kysely) => kysely.selectFrom('token_family').selectAll().where('user_id', '=', 'x'),
  'the families of a client': (kysely) => kysely.selectFrom('token_family').selectAll().where('client_id', '=', 'x'),
  'authorizations without refresh tokens, the oldest first': (kysely) =>
    kysely
      .selectFrom('token_family')
      .select('id')
      .where('refreshed_at', 'is', null)
      .where('created_at', '<', 5)
      .orderBy('created_at')
      .orderBy('id')
      .limit(9),
  'an API key by its secret': (kysely) => kysely.selectFrom('api_key').selectAll().where('secret_hash', '=', 'x'),
  'expired one-time tokens': (kysely) => kysely.selectFrom('one_time_token').select('hash').where('expires_at', '<', 5),
  'a directory’s groups by the start of their name': (kysely) =>
    kysely
      .selectFrom('group')
      .selectAll()
      .where('directory_id', '=', 'x')
      .where('deleted_at', 'is', null)
      .where('name_key', '>=', 'ann')
      .where('name_key', '<', 'ann\u{10ffff}')
      .orderBy('name_key')
      .limit(51),
  'a realm’s identity providers by the start of their name': (kysely) =>
    kysely
      .selectFrom('identity_provider')
      .selectAll()
      .where('realm_id', '=', 'x')
      .where('name_key', '>=', 'ann')
      .where('name_key', '<', 'ann\u{10ffff}')
      .orderBy('name_key')
      .orderBy('id')
      .limit(51),
  'a tenant’s identity providers, page by page': (kysely) =>
    kysely
      .selectFrom('identity_provider')
      .selectAll()
      .where('tenant_id', '=', 'x')
      .where('id', '>', 'y')
      .orderBy('id')
      .limit(51),
  'a realm’s agents, page by page': (kysely) =>
    kysely.selectFrom('agent').selectAll().where('realm_id', '=', 'x').where('id', '>', 'y').orderBy('id').limit(51),
  'a group’s members': (kysely) =>
    kysely.selectFrom('group_member').selectAll().where('group_id', '=', 'x').orderBy('user_id').limit(51),
  'the groups in a group': (kysely) =>
    kysely.selectFrom('group_nesting').selectAll().where('parent_id', '=', 'x').orderBy('child_id').limit(51),
  'an organization’s invitations': (kysely) =>
    kysely.selectFrom('invitation').selectAll().where('organization_id', '=', 'x').orderBy('id').limit(51),
  'an organization’s members of a role': (kysely) =>
    kysely
      .selectFrom('organization_member')
      .select('role')
      .where('organization_id', '=', 'x')
      .where('role', '=', 'admin'),
  'a tenant’s projects, page by page': (kysely) =>
    kysely.selectFrom('project').selectAll().where('tenant_id', '=', 'x').where('id', '>', 'y').orderBy('id').limit(51),
  'the project of a realm': (kysely) => kysely.selectFrom('project').selectAll().where('realm_id', '=', 'x'),
  'a project’s keys': (kysely) =>
    kysely.selectFrom('project_api_key').selectAll().where('project_id', '=', 'x').orderBy('id').limit(51),
  'a project’s key by its secret': (kysely) =>
    kysely.selectFrom('project_api_key').selectAll().where('secret_hash', '=', 'x'),
  'the subjects of a role': (kysely) =>
    kysely.selectFrom('role_assignment').selectAll().where('role_id', '=', 'x').orderBy('subject_id').limit(51),
  'the newest events of a tenant, tokens aside': (kysely) =>
    kysely
      .selectFrom('event')
      .select('id')
      .where('tenant_id', '=', 't')
      .where('type', '<>', sql.lit('token.issued'))
      .where('id', '<', 'z')
      .orderBy('id', 'desc')
      .limit(51),
  'a tenant’s sessions that hold': (kysely) =>
    kysely
      .selectFrom('session')
      .select('id')
      .where('tenant_id', '=', 't')
      .where('ended_at', 'is', null)
      .where('expires_at', '>', 5)
      .orderBy('expires_at', 'desc')
      .orderBy('id', 'desc')
      .limit(51),
  'counts of some spans': (kysely) =>
    kysely
      .selectFrom('counter')
      .select('value')
      .where('tenant_id', '=', 't')
      .where('name', '=', 'sign_ins')
      .where('bucket', '>=', 5),
  'old idempotency keys': (kysely) => kysely.selectFrom('idempotency_key').select('key').where('created_at', '<', 5),
}

type AnyRow = Insertable<Schema['setting']>

for (const dialect of DIALECTS) {
  describe(`a fresh schema on ${dialect}`, () => {
    let store: TestStore
    let database: Database
    /** One row of each table, the parents that rows refer to. */
    let parents: Readonly<Record<string, string>>
    before(async () => {
      store = await storeForTests(dialect)
      database = await store.open()
      parents = await insertParents(database)
    })
    after(() => store.close())

    /** A row with a value of its own in every column that has to have one. */
    function rowOf(table: keyof Schema): Record<string, unknown> {
      const columns = Object.entries(COLUMNS[table]) as [string, string][]
      const required = columns.filter(([, kind]) => !kind.endsWith('?'))
      const values = required.map(([name, kind]) => [name, kind === 'text' ? randomUUID() : counter++])
      return {
        ...Object.fromEntries(values),
        ...pick(
          parents,
          columns.map(([name]) => name),
        ),
      }
    }

    const insert = (kysely: Kysely<Schema>, table: keyof Schema, row: Record<string, unknown>) =>
      kysely
        .insertInto(table as 'setting')
        .values(row as unknown as AnyRow)
        .execute()

    test('has the tables, columns and nullability of the Schema', async () => {
      const tables = await database.read.kysely.introspection.getTables()
      // What SQLite searches users by; PostgreSQL has an index for it.
      const shared = tables.filter(({ name }) => !name.startsWith('user_search'))
      const found = shared.map(({ name, columns }) => {
        const kinds = columns.map((column) => [
          column.name,
          `${KINDS[column.dataType.toLowerCase()] ?? column.dataType}${column.isNullable ? '?' : ''}`,
        ])
        return [name, Object.fromEntries(kinds)]
      })
      assert.deepEqual(Object.fromEntries(found), COLUMNS)
    })

    for (const { table, columns, freed } of UNIQUE) {
      const until = freed ? `, until ${Object.keys(freed)} is ${Object.values(freed)}` : ''
      test(`${table} rows differ in ${columns.join(' or ')}${until}`, async () => {
        const write = (row: Record<string, unknown>) => database.write(({ kysely }) => insert(kysely, table, row))
        const first = rowOf(table)
        for (const column of columns) first[column] ??= randomUUID()
        const second = { ...rowOf(table), ...pick(first, columns) }
        await write(first)
        await assert.rejects(write(second), isUniqueViolation)
        const last = columns.at(-1) ?? ''
        await write({ ...rowOf(table), ...pick(first, columns), [last]: last === 'seq' ? counter++ : randomUUID() })
        if (freed !== undefined) await write({ ...second, ...freed })
      })
    }

    test('a realm has one active signing key of an algorithm, and any number of others', async () => {
      const write = (state: string) =>
        database.write(({ kysely }) =>
          insert(kysely, 'signing_key', { ...rowOf('signing_key'), algorithm: 'ES256', state }),
        )
      for (const state of ['next', 'active', 'retired', 'retired']) await write(state)
      await assert.rejects(write('active'), isUniqueViolation)
    })

    test('a row cannot refer to a parent that is not there', async () => {
      for (const [table, column] of REFERENCES) {
        const write = database.write(({ kysely }) => insert(kysely, table, { ...rowOf(table), [column]: randomUUID() }))
        await assert.rejects(write, /foreign key/i, `${table}.${column}`)
      }
    })

    for (const [name, query] of Object.entries(QUESTIONS)) {
      test(`an index answers: ${name}`, async () => {
        const plan = await explain(database, query(database.read.kysely))
        assert.doesNotMatch(plan, /TEMP B-TREE|SCAN |Seq Scan|Sort/, plan)
        assert.match(plan, /SEARCH .* USING|Index (Only )?Scan/, plan)
      })
    }
  })
}

let counter = 1

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]]))
}

async function insertParents(database: Database): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  await database.write(async ({ kysely }) => {
    for (const table of PARENTS) {
      const row: Record<string, unknown> = {}
      for (const [column, kind] of Object.entries(COLUMNS[table])) {
        if (!kind.endsWith('?')) row[column] = ids[column] ?? (kind === 'text' ? randomUUID() : counter++)
      }
      await kysely
        .insertInto(table as 'setting')
        .values(row as unknown as AnyRow)
        .execute()
      ids[`${table}_id`] = String(row.id)
    }
  })
  return ids
}

/** How the database would answer a query, were its tables large. */
