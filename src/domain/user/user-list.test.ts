// Checks lists of users.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import type { Context } from '../context.ts'
import { userCreate, userDelete, userList } from './user.operations.ts'
import { userStore } from './user.store.ts'

/** The addresses on all pages of a list. */
async function walk(context: Context, query: Record<string, unknown>, limit = '2'): Promise<string[]> {
  const found: string[] = []
  let cursor: string | null | undefined
  do {
    const page = await runOperation(userList, context, { limit, ...query, ...(cursor && { cursor }) })
    assert.ok(page.data.length <= Number(limit))
    found.push(...page.data.map(({ email }) => email))
    cursor = page.nextCursor
  } while (cursor)
  return found
}

const PEOPLE = [
  { email: 'zoe@example.com', name: 'Ann Last' },
  { email: 'Ann@example.com', name: 'Ann First' },
  { email: 'anna@example.com', name: null, status: 'suspended' },
  { email: 'bob@example.com', name: 'ANN Bob' },
  { email: 'carl@example.com', givenName: 'Anton', familyName: 'Carl' },
  { email: 'dora@example.com', name: 'Dora Ann' },
  { email: 'eva@example.com', name: 'Ann Last' },
  { email: '100%_sure@example.com', name: 'Åsa' },
]

for (const dialect of DIALECTS) {
  test(`users are listed oldest first, and searched by what address or name starts with (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    for (const person of PEOPLE) await runOperation(userCreate, context, person)
    assert.deepEqual(
      await walk(context, {}),
      PEOPLE.map(({ email }) => email),
    )
    const byAddress = ['Ann@example.com', 'anna@example.com']
    const byName = ['bob@example.com', 'zoe@example.com', 'eva@example.com']
    for (const limit of ['1', '2', '3', '50']) {
      assert.deepEqual(await walk(context, { search: 'ANN' }, limit), [...byAddress, ...byName])
      assert.deepEqual(await walk(context, { search: 'an', status: 'active' }, limit), [
        'Ann@example.com',
        ...byName,
        'carl@example.com',
      ])
    }
    assert.deepEqual(await walk(context, { status: 'suspended' }), ['anna@example.com'])
    assert.deepEqual(await walk(context, { search: 'a\u030asa' }), ['100%_sure@example.com'])
    assert.deepEqual(await walk(context, { search: '%' }), [])
    assert.deepEqual(await walk(context, { search: '100%_' }), ['100%_sure@example.com'])
    assert.deepEqual(await walk(context, { search: 'x' }), [])
  })
}

test('a page goes on where the one before ended, even if its last user was deleted meanwhile', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  for (const person of PEOPLE) await runOperation(userCreate, context, person)
  for (const limit of ['1', '2']) {
    const page = await runOperation(userList, context, { search: 'ann', limit })
    await runOperation(userDelete, context, { id: page.data.at(-1)!.id })
    const rest = await runOperation(userList, context, { search: 'ann', cursor: page.nextCursor })
    assert.equal(new Set([...page.data, ...rest.data].map(({ id }) => id)).size, page.data.length + rest.data.length)
    assert.ok(rest.data.length > 0)
  }
  await assert.rejects(
    runOperation(userList, context, { search: 'ann', cursor: 'not one' }),
    failure('invalid_request'),
  )
  await assert.rejects(runOperation(userList, context, { search: 'a\u0000' }), failure('invalid_input'))
})

test('pages and searches are read in the order of an index', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  for (const person of PEOPLE) await runOperation(userCreate, context, person)
  const { read } = services.database
  const asked: CompiledQuery[] = []
  const kysely = read.kysely.withPlugin({
    transformQuery: ({ node, queryId }) => {
      asked.push(read.kysely.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const users = userStore({ ...read, kysely, longReads: kysely }, services.tenantId)
  const { directoryId } = services.realm
  await users.list(directoryId, { limit: 1, status: 'active' })
  const { nextCursor } = await users.list(directoryId, { limit: 3, search: 'ann', status: 'active' })
  assert.ok(nextCursor)
  await users.list(directoryId, { limit: 3, search: 'ann', cursor: nextCursor })

  const plans: string[] = []
  for (const { sql, parameters } of asked) {
    const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
    const { rows } = await read.kysely.executeQuery<{ detail: string }>(explained)
    plans.push(rows.map(({ detail }) => detail).join('; '))
  }
  const index = (columns: string, terms: string) => `SEARCH user USING INDEX user_directory_id_${columns} (${terms})`
  assert.deepEqual(plans, [
    index('id_status_admin_role', 'directory_id=?'),
    index('email_key', 'directory_id=? AND email_key>? AND email_key<?'),
    index('name_key_id_email_key_status', 'directory_id=? AND name_key>? AND name_key<?'),
    'SEARCH user USING INDEX sqlite_autoindex_user_1 (id=?)',
    index('name_key_id_email_key_status', 'directory_id=? AND name_key>? AND name_key<?'),
  ])
})
