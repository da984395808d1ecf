// Checks the operations on groups.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import {
  groupAddMembers,
  groupChildren,
  groupCreate,
  groupDelete,
  groupEffectiveMembers,
  groupGet,
  groupList,
  groupMembers,
  groupNest,
  groupRemoveMember,
  groupUnnest,
  groupUpdate,
  userGroups,
} from './group.operations.ts'

for (const dialect of DIALECTS) {
  describe(`groups on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor()
    const group = async (name = `Group ${++made}`) => (await runOperation(groupCreate, context(), { name })).id
    const user = async () => (await runOperation(userCreate, context(), { email: `user-${++made}@example.com` })).id
    const nest = (id: string, childGroupId: string) => runOperation(groupNest, context(), { id, childGroupId })
    const join = (id: string, ...userIds: string[]) => runOperation(groupAddMembers, context(), { id, userIds })
    const groupsOf = async (id: string) => {
      const { data } = await runOperation(userGroups, context(), { id, limit: '200' })
      return Object.fromEntries(data.map((one) => [one.id, one.membership]))
    }
    const membersOf = async (id: string) =>
      (await runOperation(groupMembers, context(), { id })).data.map(({ userId }) => userId).sort()
    const effective = async (id: string) =>
      (await runOperation(groupEffectiveMembers, context(), { id })).data.map(({ userId }) => userId).sort()

    test('a group is created, shown, changed under its version and deleted, and each is told of', async () => {
      const made = await runOperation(groupCreate, context(), { name: 'Staff' })
      assert.deepEqual(made, {
        id: made.id,
        tenantId: services.tenantId,
        directoryId: services.realm.directoryId,
        name: 'Staff',
        description: null,
        groupType: 'security',
        externalId: null,
        memberCount: 0,
        version: 1,
        createdAt: services.clock.now(),
        updatedAt: services.clock.now(),
      })
      const change = { id: made.id, description: 'Everybody', groupType: 'distribution_list', ifVersion: 1 }
      const changed = await runOperation(groupUpdate, context(), change)
      assert.deepEqual(changed, { ...made, description: 'Everybody', groupType: 'distribution_list', version: 2 })
      assert.deepEqual(await runOperation(groupGet, context(), { id: made.id }), changed)
      await assert.rejects(runOperation(groupUpdate, context(), change), failure('precondition_failed'))
      await runOperation(groupDelete, context(), { id: made.id })
      await assert.rejects(runOperation(groupGet, context(), { id: made.id }), failure('not_found'))
      await assert.rejects(runOperation(groupDelete, context(), { id: made.id }), failure('not_found'))
      assert.deepEqual(
        (await eventsAbout(context(), made.id)).map(({ type, data }) => [type, data.name]),
        [
          ['group.created', 'Staff'],
          ['group.updated', 'Staff'],
          ['group.deleted', 'Staff'],
        ],
      )
    })

    test('a name is one group’s in its directory, whatever its case, until the group is deleted', async () => {
      const id = await group('Ops')
      await assert.rejects(runOperation(groupCreate, context(), { name: 'OPS' }), failure('already_exists'))
      const other = await group()
      await assert.rejects(runOperation(groupUpdate, context(), { id: other, name: 'ops' }), failure('already_exists'))
      const elsewhere = services.contextFor({ realm: await anotherRealm(services) })
      await runOperation(groupCreate, elsewhere, { name: 'Ops' })
      await runOperation(groupDelete, context(), { id })
      assert.notEqual(await group('ops'), id)
    })

    test('lists are paged, by age or by the start of the name', async () => {
      const realm = await anotherRealm(services)
      const there = services.contextFor({ realm })
      for (const name of ['Red', 'Blue 2', 'blue 1', 'Green', 'BLUE 3'])
        await runOperation(groupCreate, there, { name })
      const names = async (query: object) => {
        const found: string[] = []
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await runOperation(groupList, there, { limit: '2', ...query, ...(cursor && { cursor }) })
          assert.ok(page.data.length <= 2)
          found.push(...page.data.map(({ name }) => name))
          cursor = page.nextCursor
        }
        return found
      }
      assert.deepEqual(await names({}), ['Red', 'Blue 2', 'blue 1', 'Green', 'BLUE 3'])
      assert.deepEqual(await names({ search: 'bLUE' }), ['blue 1', 'Blue 2', 'BLUE 3'])
      assert.deepEqual(await names({ search: 'lue' }), [])
    })

    test('members are added once, counted, listed and removed', async () => {
      const id = await group()
      const [ann, bob] = [await user(), await user()]
      const first = await join(id, ann, ann)
      assert.deepEqual([first.memberCount, first.version], [1, 2])
      const second = await join(id, ann, bob)
      assert.deepEqual([second.memberCount, second.version], [2, 3])
      assert.deepEqual(await join(id, bob), second)
      assert.deepEqual(await membersOf(id), [ann, bob].sort())
      const page = await runOperation(groupMembers, context(), { id, limit: '1' })
      const rest = await runOperation(groupMembers, context(), { id, limit: '1', cursor: page.nextCursor })
      assert.deepEqual([page.data[0]?.userId, rest.data[0]?.userId, rest.nextCursor], [ann, bob, null])
      await runOperation(groupRemoveMember, context(), { id, userId: ann })
      await assert.rejects(runOperation(groupRemoveMember, context(), { id, userId: ann }), failure('not_found'))
      assert.deepEqual(await membersOf(id), [bob])
      assert.equal((await runOperation(groupGet, context(), { id })).memberCount, 1)
      await runOperation(userDelete, context(), { id: bob })
      assert.deepEqual(await membersOf(id), [])
      const { memberCount, version } = await runOperation(groupGet, context(), { id })
      assert.deepEqual([memberCount, version], [0, 5])
    })

    test('what is another directory’s or tenant’s is not there', async () => {
      const id = await group()
      const child = await group()
      const userId = await user()
      const foreign = [
        services.contextFor({ realm: await anotherRealm(services) }),
        services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) }),
      ]
      for (const there of foreign) {
        const theirs = (await runOperation(groupCreate, there, { name: 'Theirs' })).id
        const { id: stranger } = await runOperation(userCreate, there, { email: 'stranger@example.com' })
        await assert.rejects(
          runOperation(groupAddMembers, context(), { id, userIds: [userId, stranger] }),
          failure('invalid_request'),
        )
        await assert.rejects(runOperation(groupNest, context(), { id, childGroupId: theirs }), failure('not_found'))
        await assert.rejects(
          runOperation(groupNest, context(), { id: theirs, childGroupId: child }),
          failure('not_found'),
        )
        await assert.rejects(runOperation(userGroups, context(), { id: stranger }), failure('not_found'))
        const inputs = [
          [groupGet, {}],
          [groupUpdate, { name: 'Mine' }],
          [groupDelete, {}],
          [groupAddMembers, { userIds: [stranger] }],
          [groupRemoveMember, { userId: stranger }],
          [groupMembers, {}],
          [groupEffectiveMembers, {}],
          [groupNest, { childGroupId: theirs }],
          [groupUnnest, { childGroupId: theirs }],
          [groupChildren, {}],
        ] as const
        for (const [operation, input] of inputs) {
          await assert.rejects(
            runOperation(operation as typeof groupGet, there, { id, ...input }),
            failure('not_found'),
          )
        }
      }
      assert.deepEqual(await membersOf(id), [])
      assert.equal((await runOperation(groupGet, context(), { id })).version, 1)
    })

    test('members of a group inside are members too, through diamonds once, until it is taken out', async () => {
      const [top, left, right, bottom] = [await group(), await group(), await group(), await group()]
      const [ann, bob] = [await user(), await user()]
      await nest(top, left)
      await nest(top, right)
      await nest(left, bottom)
      await nest(right, bottom)
      await nest(right, bottom)
      await join(bottom, ann)
      await join(left, ann, bob)
      assert.deepEqual(await groupsOf(ann), {
        [top]: 'inherited',
        [left]: 'direct',
        [right]: 'inherited',
        [bottom]: 'direct',
      })
      assert.deepEqual(await groupsOf(bob), { [top]: 'inherited', [left]: 'direct' })
      assert.deepEqual(await effective(top), [ann, bob].sort())
      assert.deepEqual(await effective(right), [ann])
      const { data } = await runOperation(groupChildren, context(), { id: top })
      assert.deepEqual(
        data.map(({ id }) => id),
        [left, right],
      )

      await runOperation(groupUnnest, context(), { id: right, childGroupId: bottom })
      await assert.rejects(
        runOperation(groupUnnest, context(), { id: right, childGroupId: bottom }),
        failure('not_found'),
      )
      assert.deepEqual(await effective(right), [])
      await runOperation(groupDelete, context(), { id: left })
      assert.deepEqual(await groupsOf(ann), { [bottom]: 'direct' })
      assert.deepEqual(await effective(top), [])
      assert.deepEqual(
        (await eventsAbout(context(), right)).map(({ type }) => type),
        ['group.created', 'group.nested', 'group.unnested'],
      )
    })

    test('who belongs to a group is found page by page, each once, wherever they belong to it', async () => {
      const [top, full, other, empty] = [await group(), await group(), await group(), await group()]
      await nest(top, full)
      await nest(full, other)
      await nest(top, empty)
      const users = []
      for (let index = 0; index < 9; index++) users.push(await user())
      await join(full, ...users.slice(0, 7))
      await join(other, ...users.filter((_, index) => index % 2 === 0))
      await join(top, users[3]!)
      const everyone = users.filter((_, index) => index < 7 || index % 2 === 0).sort()
      for (const limit of ['1', '2', '3', '8', '9']) {
        const walked: string[] = []
        let cursor: string | null = null
        do {
          const asked: object = { id: top, limit, ...(cursor && { cursor }) }
          const { data, nextCursor } = await runOperation(groupEffectiveMembers, context(), asked)
          walked.push(...data.map(({ userId }) => userId))
          cursor = nextCursor
        } while (cursor !== null)
        assert.deepEqual(walked, everyone, `by ${limit}`)
      }
    })

    test('AD-06 circular nesting is refused, at any distance', async () => {
      const chain = [await group(), await group(), await group(), await group()]
      for (let index = 1; index < chain.length; index++) await nest(chain[index - 1]!, chain[index]!)
      for (const child of chain) {
        await assert.rejects(nest(chain[3]!, child), (error: Error) => {
          assert.match(error.message, /^Circular nesting/)
          return failure('circular_nesting')(error)
        })
      }
    })

    test('at most 20 groups lie inside each other, counted above and below', async () => {
      const chain: string[] = []
      for (let index = 0; index < 22; index++) chain.push(await group())
      const link = (index: number) => nest(chain[index]!, chain[index + 1]!)
      for (let index = 0; index < 9; index++) await link(index)
      for (let index = 10; index < 20; index++) await link(index)
      await assert.rejects(link(9), failure('conflict'))
      await runOperation(groupUnnest, context(), { id: chain[19]!, childGroupId: chain[20]! })
      await link(9)
      await assert.rejects(link(19), failure('conflict'))
      await assert.rejects(nest(chain[21]!, chain[0]!), failure('conflict'))
    })

    test('50 attempts at once from both sides close no circle', async () => {
      const rings = await Promise.all(
        Array.from({ length: 5 }, async () => [await group(), await group(), await group()]),
      )
      const attempts = rings.flatMap((ring) =>
        Array.from({ length: 10 }, (_, index) => {
          const [parent, child] = [ring[index % 3]!, ring[(index + 1) % 3]!]
          return index % 2 === 0 ? nest(parent, child) : nest(child, parent)
        }),
      )
      const outcomes = await Promise.allSettled(attempts)
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue
        failure('circular_nesting')(outcome.reason)
        assert.match(outcome.reason.message, /Circular nesting/)
      }
      assert.ok(outcomes.some(({ status }) => status === 'rejected'))
      const edges = await services.database.read.kysely.selectFrom('group_nesting').selectAll().execute()
      for (const ring of rings) {
        const inside = (id: string): string[] =>
          edges.filter((edge) => edge.parent_id === id).map((edge) => edge.child_id)
        for (const start of ring) {
          const seen = new Set(inside(start))
          for (const id of seen) for (const next of inside(id)) seen.add(next)
          assert.ok(!seen.has(start), 'a group is inside itself')
        }
        assert.ok(edges.filter((edge) => ring.includes(edge.parent_id)).length >= 2)
      }
    })

    test('members who are added and users who are deleted at once leave the counts right', async () => {
      const id = await group()
      const users = await Promise.all(Array.from({ length: 10 }, user))
      await Promise.allSettled([
        ...users.map((userId) => join(id, userId)),
        ...users.slice(0, 5).map((userId) => runOperation(userDelete, context(), { id: userId })),
      ])
      assert.deepEqual(await membersOf(id), users.slice(5).sort())
      assert.equal((await runOperation(groupGet, context(), { id })).memberCount, 5)
    })
  })
}
