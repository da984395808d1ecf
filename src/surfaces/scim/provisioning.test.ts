// Tests faults that identity providers met when they provisioned users and groups.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { runOperation } from '#testing/run-operation.ts'
import { patchOf, startScim } from '#testing/scim.ts'
import { openTestServices } from '#testing/services.ts'
import { scimGroupCreate, scimGroupList } from './scim-group.operations.ts'
import { scimUserCreate, scimUserPatch } from './scim-user.operations.ts'

const shown = { base: '/scim/v2', withGroups: false }

for (const database of DIALECTS) {
  describe(`userName on ${database}`, () => {
    test('of many at once, one user gets a name, also where it is the address of another', async (t) => {
      const services = await openTestServices({ database })
      t.after(() => services.close())
      const context = services.contextFor()
      const wishes = [
        { userName: 'ada@example.com' },
        { userName: 'ADA@example.com', emails: [{ value: 'ada@work.example' }] },
        { userName: 'ada@example.com', emails: [{ value: 'ada@home.example' }] },
      ]
      const made = await Promise.allSettled(
        [...wishes, ...wishes].map((resource) => runOperation(scimUserCreate, context, { ...shown, resource })),
      )
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const one of made) if (one.status === 'rejected') assert.equal(one.reason.code, 'already_exists')
      const users = await services.database.read.kysely.selectFrom('user').select(['email', 'username']).execute()
      const names = users.map(({ email, username }) => (username ?? email).toLowerCase())
      assert.equal(names.filter((name) => name === 'ada@example.com').length, 1)
    })

    test('a change to the name of another is refused', async (t) => {
      const services = await openTestServices({ database })
      t.after(() => services.close())
      const context = services.contextFor()
      await runOperation(scimUserCreate, context, { ...shown, resource: { userName: 'ada@example.com' } })
      const { id } = await runOperation(scimUserCreate, context, { ...shown, resource: { userName: 'b@example.com' } })
      const emails = [{ value: 'b@example.com', type: 'work' }]
      const patch = patchOf({ op: 'replace', value: { userName: 'Ada@example.com', emails } })
      await assert.rejects(runOperation(scimUserPatch, context, { ...shown, id, patch }), { code: 'already_exists' })
    })
  })
}

test('SC-02 null for active, or its removal, does not lift a suspension', async (t) => {
  const { server, ours } = await startScim()
  t.after(() => server.stop())
  const { body: user } = await ours.ask('POST', '/Users', { userName: 'held@example.com', active: false })
  for (const operation of [
    { op: 'replace', path: 'active', value: null },
    { op: 'add', path: 'active', value: '' },
    { op: 'remove', path: 'active' },
    { op: 'replace', value: { active: null } },
  ]) {
    const { status, body } = await ours.ask('PATCH', `/Users/${user.id}`, patchOf(operation))
    assert.deepEqual([status, body.active], [200, false], JSON.stringify(operation))
  }
  const put = { userName: 'held@example.com', active: null }
  assert.equal((await ours.ask('PUT', `/Users/${user.id}`, put)).body.active, false)
})

test('a list of groups with more members than one answer shows has a shorter page', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  for (const [displayName, count] of Object.entries({ A: 6_000, B: 4_000, C: 1, D: 10_001 })) {
    const resource = { displayName }
    const { id } = await runOperation(scimGroupCreate, context, { base: '/scim/v2', withMembers: false, resource })
    await context.write((unit) => unit.groups.countMembers(parseId('group', String(id)) ?? '', count))
  }
  const pages: object[] = []
  for (let startIndex = 1; startIndex <= 4; ) {
    const input = { base: '/scim/v2', withMembers: true, startIndex, count: 100 }
    const page = await runOperation(scimGroupList, context, input)
    const groups = page.Resources as { displayName: string; members?: unknown[] }[]
    assert.deepEqual([page.totalResults, page.itemsPerPage], [4, groups.length])
    pages.push(groups.map(({ displayName, members }) => (members ? displayName : `${displayName} without members`)))
    startIndex += groups.length
  }
  assert.deepEqual(pages, [['A', 'B'], ['C'], ['D without members']])
})

test('a group of 2,000 members is replaced with their names in bounded time', async (t) => {
  const { server, ours } = await startScim()
  t.after(() => server.stop())
  const members: object[] = []
  for (let start = 0; start < 2_000; start += 1_000) {
    const Operations = Array.from({ length: 1_000 }, (_, at) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `u${at}`,
      data: { userName: `m${start + at}@example.com` },
    }))
    const { body } = await ours.ask('POST', '/Bulk', { Operations })
    for (const { location } of body.Operations as { location: string }[]) {
      const value = location.split('/').at(-1)
      members.push({ value, $ref: location, type: 'User', display: `A person with a long display name, ${value}` })
    }
  }
  const { body: group } = await ours.ask('POST', '/Groups', { displayName: 'All' })
  const began = performance.now()
  const { status, body } = await ours.ask('PUT', `/Groups/${group.id}`, { displayName: 'All', members })
  assert.deepEqual([status, body.members?.length], [200, 2_000])
  assert.ok(performance.now() - began < 4_000, 'less than four seconds')
})

test('lists in a request are bounded, and the largest ones are answered quickly', async (t) => {
  const { server, ours } = await startScim()
  t.after(() => server.stop())
  const { body: user } = await ours.ask('POST', '/Users', { userName: 'many@example.com' })
  const addresses = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => ({ value: `${name}${at}@e.co`, type: 'other' }))
  const path = `/Users/${user.id}`
  const refused: [string, string, object][] = [
    ['PATCH', path, patchOf({ op: 'add', path: 'emails', value: addresses(4_000, 'a') })],
    ['PATCH', path, patchOf(...['a', 'b'].map((name) => ({ op: 'add', path: 'emails', value: addresses(60, name) })))],
    ['PUT', path, { userName: 'many@example.com', emails: addresses(101, 'a') }],
    ['GET', `${path}?attributes=${Array(101).fill('a').join(',')}`, {}],
  ]
  for (const [method, at, body] of refused) {
    const began = performance.now()
    const { status } = await ours.ask(method, at, method === 'GET' ? undefined : body)
    assert.equal(status, 400, at)
    assert.ok(performance.now() - began < 1_000, at)
  }
  const few = await ours.ask('PATCH', path, patchOf({ op: 'add', path: 'emails', value: addresses(50, 'a') }))
  assert.equal(few.status, 200)
})

test('operations of a bulk request that wait for one another are put in order in linear time', async (t) => {
  const { server, ours } = await startScim()
  t.after(() => server.stop())
  const names = Array.from({ length: 999 }, (_, at) => ({ value: `bulkId:u${at}` }))
  const Operations = [
    { method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: 'All of them', members: names } },
    ...names.map((_, at) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `u${at}`,
      data: { userName: `chain-${at}@example.com` },
    })),
  ]
  const { body } = await ours.ask('POST', '/Bulk', { Operations })
  const statuses = new Set((body.Operations as { status: string }[]).map(({ status }) => status))
  assert.deepEqual([...statuses], ['201'])
  const { location } = body.Operations[0] as { location: string }
  const { body: group } = await ours.ask('GET', `/Groups/${location.split('/').at(-1)}`)
  assert.equal(group.members.length, 999)
})
