// Checks the conditions by which users are filtered.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant } from '#testing/domain-fixtures.ts'
import { runOperation } from '#testing/run-operation.ts'
import { openTestServices } from '#testing/services.ts'
import { groupCreate } from '../group/group.operations.ts'
import { changeGroup } from '../group/group-change.service.ts'
import { groupMatchStore } from '../group/group-match.store.ts'
import type { GroupCondition } from '../group/group-match.ts'
import { userCreate, userUpdate } from './user.operations.ts'
import { userStore } from './user.store.ts'
import { matchUsers } from './user-match.service.ts'
import type { UserCondition } from './user-match.ts'

const ALL = { offset: 0, limit: 100 }
const NOBODY = { userIds: [], groupIds: [] }

for (const dialect of DIALECTS) {
  test(`users are found by each condition, and by several (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const make = async (input: object) => (await runOperation(userCreate, context, input)).id
    const ada = await make({ email: 'Ada@example.com', name: 'Ada L', externalId: 'x-1' })
    const bob = await make({ email: 'bob@example.com', name: 'ada b', username: 'Bobby', externalId: 'x-1' })
    services.clock.advance(60)
    const eva = await make({ email: 'eva@example.com', name: 'Eva', externalId: 'X-1', status: 'suspended' })
    const group = (await runOperation(groupCreate, context, { name: 'Staff' })).id
    await changeGroup(
      context,
      { id: group },
      { anew: false, add: { userIds: [bob, eva], groupIds: [] }, remove: NOBODY },
    )
    const found = async (...conditions: UserCondition[]) => {
      const { data, total } = await matchUsers(context, conditions, ALL)
      assert.equal(total, data.length)
      const none = await matchUsers(context, conditions, { offset: 0, limit: 0 })
      assert.deepEqual(none, { data: [], total })
      return data.map(({ id }) => id)
    }
    assert.deepEqual(await found(), [ada, bob, eva])
    assert.deepEqual(await found({ of: 'id', value: bob }), [bob])
    assert.deepEqual(await found({ of: 'id', value: '' }), [])
    assert.deepEqual(await found({ of: 'email', value: 'ADA@example.com' }), [ada])
    assert.deepEqual(await found({ of: 'signInName', value: 'ADA@example.com' }), [ada])
    assert.deepEqual(await found({ of: 'signInName', value: 'bobby' }), [bob])
    assert.deepEqual(await found({ of: 'signInName', value: 'bob@example.com' }), [])
    assert.deepEqual(await found({ of: 'externalId', value: 'x-1' }), [ada, bob])
    assert.deepEqual(await found({ of: 'externalId', value: 'x-1\0' }), [])
    assert.deepEqual(await found({ of: 'name', as: 'equal', value: 'ADA B' }), [bob])
    assert.deepEqual(await found({ of: 'name', as: 'start', value: 'ada' }), [bob, ada])
    assert.deepEqual(await found({ of: 'status', value: 'suspended' }), [eva])
    assert.deepEqual(await found({ of: 'status', value: 'active' }), [ada, bob])
    assert.deepEqual(await found({ of: 'group', value: group }), [bob, eva])
    const later = services.clock.now()
    assert.deepEqual(await found({ of: 'updatedAt', as: 'from', time: later }), [eva])
    assert.deepEqual(await found({ of: 'updatedAt', as: 'after', time: later }), [])
    assert.deepEqual(await found({ of: 'updatedAt', as: 'before', time: later }), [ada, bob])
    assert.deepEqual(await found({ of: 'group', value: group }, { of: 'status', value: 'active' }), [bob])
    assert.deepEqual(
      await found({ of: 'email', value: 'ada@example.com' }, { of: 'email', value: 'bob@example.com' }),
      [],
    )

    services.clock.advance(60)
    await runOperation(userUpdate, context, { id: ada, title: 'Countess' })
    assert.deepEqual(await found({ of: 'updatedAt', as: 'from', time: later }), [eva, ada])
    const page = await matchUsers(context, [], { offset: 1, limit: 1 })
    assert.deepEqual([page.data.map(({ id }) => id), page.total], [[bob], 3])
    assert.deepEqual(await matchUsers(context, [], { offset: 9, limit: 1 }), { data: [], total: 3 })

    const elsewhere = services.contextFor({ tenantId: await anotherTenant(services) })
    assert.deepEqual(await matchUsers(elsewhere, [{ of: 'id', value: ada }], ALL), { data: [], total: 0 })
    assert.deepEqual(await elsewhere.read.groups.ofUsers(services.realm.directoryId, [bob]), [])
    assert.deepEqual(await elsewhere.read.groups.directMembers([group]), [])
    assert.deepEqual(await elsewhere.read.groups.match(services.realm.directoryId, [], ALL), { data: [], total: 0 })
  })
}

test('each condition is answered by an index of its own', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const { read } = services.database
  let asked: CompiledQuery[] = []
  const kysely = read.kysely.withPlugin({
    transformQuery: ({ node, queryId }) => {
      asked.push(read.kysely.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const users = userStore({ ...read, kysely, longReads: kysely }, services.tenantId)
  const groups = groupMatchStore({ ...read, kysely, longReads: kysely }, services.tenantId)
  const { directoryId } = services.realm
  const planOf = async (ask: () => Promise<unknown>) => {
    asked = []
    await ask()
    const plans: string[] = []
    for (const { sql, parameters } of asked) {
      const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
      const { rows } = await read.kysely.executeQuery<{ detail: string }>(explained)
      plans.push(rows.map(({ detail }) => detail).join('; '))
    }
    return plans.join('\n')
  }
  const value = 'x'
  const asUser: [UserCondition[], RegExp][] = [
    [[], /user_directory_id_(id_status_admin_role|status_id) /],
    [
      [{ of: 'id', value }],
      /sqlite_autoindex_user_1 |user_directory_id_id_status_admin_role \(directory_id=\? AND id=\?\)/,
    ],
    [[{ of: 'email', value }], /user_directory_id_email_key \(directory_id=\? AND email_key=\?\)/],
    [[{ of: 'externalId', value }], /user_directory_id_external_id \(directory_id=\? AND external_id=\?\)/],
    [[{ of: 'signInName', value }], /user_directory_id_username_key .*user_directory_id_email_key /s],
    [
      [{ of: 'name', as: 'equal', value }],
      /user_directory_id_name_key_id_email_key_status \(directory_id=\? AND name_key=\?\)/,
    ],
    [
      [{ of: 'name', as: 'start', value }],
      /user_directory_id_name_key_id_email_key_status \(directory_id=\? AND name_key>\?/,
    ],
    [[{ of: 'status', value: 'suspended' }], /user_directory_id_status_id/],
    [[{ of: 'group', value }], /group_member USING (COVERING INDEX|PRIMARY KEY)/],
    [
      [{ of: 'updatedAt', as: 'after', time: 1 }],
      /user_directory_id_updated_at_id \(directory_id=\? AND updated_at>\?/,
    ],
  ]
  for (const [conditions, index] of asUser) {
    const plan = await planOf(() => users.match(directoryId, conditions, { offset: 1, limit: 10 }))
    assert.match(plan, index, `${JSON.stringify(conditions)}: ${plan}`)
    assert.doesNotMatch(plan, /SCAN (user|named|group)/, plan)
    const narrow = conditions.length > 0 && !['name', 'updatedAt'].includes(conditions[0]?.of ?? '')
    if (narrow) assert.doesNotMatch(plan, /\(directory_id=\?\)/, plan)
  }
  const asGroup: [GroupCondition[], RegExp][] = [
    [[{ of: 'id', value }], /sqlite_autoindex_group_1 /],
    [[{ of: 'externalId', value }], /group_directory_id_external_id \(directory_id=\? AND external_id=\?\)/],
    [[{ of: 'name', as: 'start', value }], /group_directory_id_name_key \(directory_id=\? AND name_key>\?/],
    [
      [{ of: 'member', value }],
      /group_member_user_id_tenant_id_group_id .*group_nesting USING PRIMARY KEY \(child_id=\?\)/s,
    ],
    [
      [{ of: 'updatedAt', as: 'until', time: 1 }],
      /group_directory_id_updated_at_id \(directory_id=\? AND updated_at<\?/,
    ],
  ]
  for (const [conditions, index] of asGroup) {
    const plan = await planOf(() => groups.match(directoryId, conditions, { offset: 1, limit: 10 }))
    assert.match(plan, index, `${JSON.stringify(conditions)}: ${plan}`)
    assert.doesNotMatch(plan, /SCAN/, plan)
  }
})
