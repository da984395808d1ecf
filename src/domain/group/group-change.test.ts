// Checks several changes of groups in one write.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import { changeUser } from '../user/user.service.ts'
import { groupCreate, groupDelete, groupNest } from './group.operations.ts'
import { getGroup } from './group.service.ts'
import { changeGroup } from './group-change.service.ts'
import type { MemberChange } from './group-match.ts'

const NOBODY = { userIds: [], groupIds: [] }

for (const dialect of DIALECTS) {
  describe(`changes of groups and members in one write on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor()
    const group = async () => (await runOperation(groupCreate, context(), { name: `Group ${++made}` })).id
    const user = async () => (await runOperation(userCreate, context(), { email: `user-${++made}@example.com` })).id
    const change = (id: string, members: Partial<MemberChange>, more: object = {}) =>
      changeGroup(context(), { id, ...more }, { anew: false, add: NOBODY, remove: NOBODY, ...members })
    const users = (...userIds: string[]) => ({ userIds, groupIds: [] })
    const groups = (...groupIds: string[]) => ({ userIds: [], groupIds })

    test('members who are set, added and taken out at once leave a count that is right', async () => {
      const id = await group()
      const people = await Promise.all(Array.from({ length: 12 }, user))
      const [first = '', second = ''] = people
      await Promise.all(
        [
          ...people.map((one) => change(id, { add: users(one) })),
          ...people.slice(0, 6).map((one) => change(id, { remove: users(one) })),
          change(id, { anew: true, add: users(first, second) }),
          change(id, { anew: true }),
          ...people.slice(9).map((one) => runOperation(userDelete, context(), { id: one })),
        ].map((done) => done.catch(failure('invalid_input'))),
      )
      const { memberCount } = await getGroup(context(), id)
      const { userIds } = await context().read.groups.directIds(id, 100)
      assert.equal(memberCount, userIds.length)
    })

    test('of changes that are meant for one version one is made', async () => {
      const id = await group()
      const people = await Promise.all(Array.from({ length: 5 }, user))
      const outcomes = await Promise.allSettled(people.map((one) => change(id, { add: users(one) }, { ifVersion: 1 })))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const outcome of outcomes) if (outcome.status === 'rejected') failure('precondition_failed')(outcome.reason)
      assert.equal((await getGroup(context(), id)).memberCount, 1)
    })

    test('no two changes close a circle between them, and one that would leaves nothing behind', async () => {
      const [left, right, one] = [await group(), await group(), await user()]
      const outcomes = await Promise.allSettled([
        change(left, { add: { userIds: [one], groupIds: [right] } }),
        change(right, { add: { userIds: [one], groupIds: [left] } }),
      ])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const counts = [(await getGroup(context(), left)).memberCount, (await getGroup(context(), right)).memberCount]
      assert.deepEqual(counts.sort(), [0, 1])
    })

    test('a group has another version where what is in it is different, and only then', async () => {
      const [id, child, one] = [await group(), await group(), await user()]
      const version = async () => (await getGroup(context(), id)).version
      await change(id, { add: groups(child) })
      await change(id, { add: { userIds: [one], groupIds: [child] } })
      assert.equal(await version(), 3)
      await change(id, { add: { userIds: [one], groupIds: [child] }, remove: users(await user()) })
      await change(id, { anew: true, add: { userIds: [one], groupIds: [child] } })
      await runOperation(groupNest, context(), { id, childGroupId: child })
      assert.equal(await version(), 3)
      await runOperation(groupDelete, context(), { id: child })
      assert.equal(await version(), 4)
      await change(id, { anew: true })
      assert.equal(await version(), 5)
      assert.equal((await getGroup(context(), id)).memberCount, 0)
    })

    test('changes of one user at once are all made, each to what the one before left', async () => {
      const id = await user()
      await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          changeUser(context(), { id }, ({ attributes }) => ({
            patch: { attributes: { ...attributes, [`a${at}`]: at } },
          })),
        ),
      )
      const { attributes, version } = await changeUser(context(), { id }, () => undefined)
      assert.deepEqual([Object.keys(attributes).length, version], [10, 11])
    })
  })
}
