// Checks SCIM groups.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseId } from '#kernel/id.ts'
import { runOperation } from '#testing/run-operation.ts'
import { filtered, GROUP_SCHEMA, patchOf, type ScimTenant, startScim } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'
import { openTestServices } from '#testing/services.ts'
import { scimGroupCreate, scimGroupGet, scimGroupPatch } from './scim-group.operations.ts'

let server: TestServer
let ours: ScimTenant
let theirs: ScimTenant
let people: string[]
before(async () => {
  ;({ server, ours, theirs } = await startScim())
  people = []
  for (const name of ['ada', 'bob', 'eva']) {
    people.push((await ours.ask('POST', '/Users', { userName: `${name}@example.com`, displayName: name })).body.id)
  }
})
after(() => server.stop())

let made = 0

async function makeGroup(...members: string[]): Promise<{ id: string; meta: { version: string } }> {
  const body = { displayName: `Group ${++made}`, members: members.map((value) => ({ value })) }
  const answer = await ours.ask('POST', '/Groups', body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

async function membersOf(id: string): Promise<string[]> {
  const { body } = await ours.ask('GET', `/Groups/${id}`)
  return body.members.map(({ value }: { value: string }) => value)
}

test('a group is created with users and groups in it, shown, found, replaced and deleted', async () => {
  const [ada = '', bob = '', eva = ''] = people
  const inner = await makeGroup(bob)
  const { status, headers, body } = await ours.ask('POST', '/Groups', {
    schemas: [GROUP_SCHEMA],
    displayName: 'Tour Guides',
    externalId: 'ext-7',
    members: [{ value: ada, display: 'whatever' }, { value: ada }, { value: inner.id, type: 'Group' }],
  })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), body.meta.location)
  const site = `${server.adminUrl}/scim/v2`
  assert.deepEqual(body.members, [
    { value: ada, $ref: `${site}/Users/${ada}`, type: 'User', display: 'ada' },
    { value: inner.id, $ref: `${site}/Groups/${inner.id}`, type: 'Group', display: 'Group 1' },
  ])
  assert.deepEqual([body.displayName, body.externalId, body.meta.version], ['Tour Guides', 'ext-7', 'W/"v1"'])
  assert.deepEqual((await ours.ask('GET', `/Groups/${body.id}`)).body, body)

  const without = await ours.ask('GET', `/Groups/${body.id}?excludedAttributes=members`)
  assert.equal(without.body.members, undefined)
  const memberships = async (id: string) =>
    (await ours.ask('GET', `/Users/${id}`)).body.groups?.map((one: { display: string; type: string }) => [
      one.display,
      one.type,
    ])
  assert.deepEqual(await memberships(ada), [['Tour Guides', 'direct']])
  assert.deepEqual(await memberships(bob), [
    ['Group 1', 'direct'],
    ['Tour Guides', 'indirect'],
  ])
  const found = async (path: string, filter: string) =>
    (await ours.ask('GET', filtered(path, filter))).body.Resources.map((one: { id: string }) => one.id)
  assert.deepEqual(await found('/Groups', 'displayName eq "tour guides"'), [body.id])
  assert.deepEqual(await found('/Groups', 'displayName sw "tour"'), [body.id])
  assert.deepEqual(await found('/Groups', 'externalId eq "ext-7"'), [body.id])
  assert.deepEqual(await found('/Groups', `members.value eq "${ada}"`), [body.id])
  assert.deepEqual(await found('/Groups', `id eq "${body.id}" and members[value eq "${eva}"]`), [])
  assert.deepEqual(await found('/Groups', `members eq "${inner.id}"`), [body.id])
  assert.deepEqual(await found('/Users', `groups.value eq "${body.id}"`), [ada])

  const put = await ours.ask('PUT', `/Groups/${body.id}`, { displayName: 'Guides', members: [{ value: eva }] })
  assert.deepEqual([put.status, put.body.displayName, put.body.externalId], [200, 'Guides', undefined])
  assert.deepEqual(await membersOf(body.id), [eva])
  assert.deepEqual(
    (await ours.eventsAbout(body.id)).map(({ type, surface }) => `${type} ${surface}`),
    [
      'group.created scim',
      'group.members_added scim',
      'group.nested scim',
      'group.member_removed scim',
      'group.members_added scim',
      'group.unnested scim',
      'group.updated scim',
    ],
  )
  assert.equal((await ours.ask('DELETE', `/Groups/${body.id}`)).status, 204)
  assert.equal((await ours.ask('GET', `/Groups/${body.id}`)).status, 404)
})

test('members are added, taken out and replaced, each as often as somebody says so', async () => {
  const [ada = '', bob = '', eva = ''] = people
  const { id } = await makeGroup(ada)
  const change = async (...operations: object[]) => {
    const { status, body } = await ours.ask('PATCH', `/Groups/${id}`, patchOf(...operations))
    assert.equal(status, 204, JSON.stringify([operations, body]))
    return membersOf(id)
  }
  assert.deepEqual(await change({ op: 'add', path: 'members', value: [{ value: bob }, { value: ada }] }), [ada, bob])
  assert.deepEqual(await change({ op: 'remove', path: `members[value eq "${ada}"]` }), [bob])
  assert.deepEqual(await change({ op: 'remove', path: `members[value eq "${ada}"]` }), [bob], 'nobody is missed')
  assert.deepEqual(await change({ op: 'replace', path: 'members', value: [{ value: eva }, { value: ada }] }), [
    ada,
    eva,
  ])
  assert.deepEqual(await change({ op: 'remove', path: `members[value eq "${ada}" or value eq "${bob}"]` }), [eva])
  assert.deepEqual(await change({ op: 'Add', value: { members: [{ value: ada }] } }), [ada, eva])
  assert.deepEqual(await change({ op: 'Remove', path: 'members', value: [{ value: eva }, { value: 'gone' }] }), [ada])
  assert.deepEqual(await change({ op: 'remove', path: 'members' }), [])
  assert.deepEqual(
    await change(
      { op: 'add', path: 'members', value: [{ value: ada }] },
      { op: 'remove', path: `members[value eq "${ada}"]` },
      { op: 'add', path: 'members', value: { value: bob } },
      { op: 'replace', path: 'displayName', value: 'In the end' },
    ),
    [bob],
  )
  const { body, headers } = await ours.ask('GET', `/Groups/${id}`)
  assert.equal(body.displayName, 'In the end')
  const same = await ours.ask(
    'PATCH',
    `/Groups/${id}`,
    patchOf({ op: 'add', path: 'members', value: [{ value: bob }] }),
  )
  assert.equal(same.headers.get('etag'), headers.get('etag'), 'nothing is different')
  const asked = await ours.ask(
    'PATCH',
    `/Groups/${id}?attributes=displayName`,
    patchOf({ op: 'replace', value: { id, displayName: 'Told' } }),
  )
  assert.deepEqual([asked.status, asked.body.displayName, asked.body.members], [200, 'Told', undefined])
})

test('of a change everything is done or nothing', async () => {
  const [ada = '', bob = ''] = people
  const { body: stranger } = await theirs.ask('POST', '/Users', { userName: 'stranger@example.com' })
  const { body: foreign } = await theirs.ask('POST', '/Groups', { displayName: 'Foreign' })
  const { id } = await makeGroup(ada)
  const { id: inner } = await makeGroup()
  await ours.ask('PATCH', `/Groups/${id}`, patchOf({ op: 'add', path: 'members', value: [{ value: inner }] }))
  const before = (await ours.ask('GET', `/Groups/${id}`)).body
  const told = (await ours.eventsAbout(id)).length
  for (const [operations, status, scimType] of [
    [[{ op: 'add', path: 'members', value: [{ value: bob }, { value: stranger.id }] }], 400, 'invalidValue'],
    [[{ op: 'add', path: 'members', value: [{ value: bob }, { value: foreign.id }] }], 400, 'invalidValue'],
    [[{ op: 'add', path: 'members', value: [{ value: bob }, { value: 'nobody' }] }], 400, 'invalidValue'],
    [
      [
        { op: 'remove', path: 'members' },
        { op: 'replace', path: 'displayName', value: 'Group 1' },
      ],
      409,
      'uniqueness',
    ],
    [
      [
        { op: 'remove', path: 'members' },
        { op: 'remove', path: 'displayName' },
      ],
      400,
      'mutability',
    ],
    [
      [
        { op: 'remove', path: 'members' },
        { op: 'replace', path: 'nothing', value: 1 },
      ],
      400,
      'invalidPath',
    ],
    [[{ op: 'remove', path: 'members[display eq "x"]' }], 400, 'invalidFilter'],
    [[{ op: 'replace', path: `members[value eq "${ada}"].display`, value: 'x' }], 400, 'invalidPath'],
    [[{ op: 'add', path: 'members', value: [{ value: bob }, { value: id }] }], 400, 'invalidValue'],
  ] as const) {
    const { status: got, body } = await ours.ask('PATCH', `/Groups/${id}`, patchOf(...operations))
    assert.deepEqual([got, body.scimType], [status, scimType], JSON.stringify([operations, body]))
  }
  const circle = patchOf({ op: 'add', path: 'members', value: [{ value: ada }, { value: id, type: 'Group' }] })
  assert.equal((await ours.ask('PATCH', `/Groups/${inner}`, circle)).body.scimType, 'invalidValue')
  assert.deepEqual(await membersOf(inner), [])
  const put = { displayName: 'Group 1', members: [{ value: bob }] }
  assert.equal((await ours.ask('PUT', `/Groups/${id}`, put)).status, 409)
  assert.deepEqual((await ours.ask('GET', `/Groups/${id}`)).body, before)
  assert.equal((await ours.eventsAbout(id)).length, told)
  const { totalResults } = (await ours.ask('GET', '/Groups?count=0')).body
  const created = await ours.ask('POST', '/Groups', { displayName: 'Never', members: [{ value: stranger.id }] })
  assert.deepEqual([created.status, created.body.scimType], [400, 'invalidValue'])
  assert.equal((await ours.ask('POST', '/Groups', {})).body.scimType, 'invalidValue')
  assert.equal((await ours.ask('GET', '/Groups?count=0')).body.totalResults, totalResults)
})

test('versions: what is in a group is part of it', async () => {
  const [ada = ''] = people
  const { id, meta } = await makeGroup()
  const { id: inner } = await makeGroup()
  const add = patchOf({ op: 'add', path: 'members', value: [{ value: ada }] })
  const stale = { headers: { 'if-match': meta.version } }
  const both = await Promise.all([
    ours.ask('PATCH', `/Groups/${id}`, add, stale),
    ours.ask('PATCH', `/Groups/${id}`, patchOf({ op: 'replace', path: 'displayName', value: 'Other' }), stale),
  ])
  assert.deepEqual(both.map(({ status }) => status).sort(), [204, 412])
  const version = async () => (await ours.ask('GET', `/Groups/${id}`)).headers.get('etag')
  const seen = [await version()]
  const base = `/v1/realms/${ours.issuerId}/groups/${id}`
  await server.api('POST', `${base}/children`, { child_group_id: inner })
  seen.push(await version())
  await ours.ask('DELETE', `/Groups/${inner}`)
  seen.push(await version())
  assert.equal(new Set(seen).size, 3, seen.join())
  assert.equal((await ours.ask('DELETE', `/Groups/${id}`, undefined, stale)).status, 412)
})

test('many members in one change', async () => {
  const { id } = await makeGroup()
  const ids: string[] = []
  for (let start = 0; start < 600; start += 300) {
    const Operations = Array.from({ length: 300 }, (_, at) => {
      const userName = `many-${start + at}@example.com`
      return { method: 'POST', path: '/Users', bulkId: userName, data: { userName } }
    })
    const { body } = await ours.ask('POST', '/Bulk', { Operations })
    ids.push(...body.Operations.map(({ location }: { location: string }) => location.split('/').at(-1)))
  }
  const add = patchOf({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) })
  assert.equal((await ours.ask('PATCH', `/Groups/${id}`, add)).status, 204)
  assert.deepEqual((await membersOf(id)).sort(), [...ids].sort())
  const events = await ours.eventsAbout(id)
  const told = events
    .filter(({ type }) => type === 'group.members_added')
    .flatMap(({ data }) => data.user_ids as string[])
  assert.equal(new Set(told).size, 600)
  const replace = patchOf({ op: 'replace', path: 'members', value: ids.slice(300).map((value) => ({ value })) })
  assert.equal((await ours.ask('PATCH', `/Groups/${id}`, replace)).status, 204)
  assert.deepEqual((await membersOf(id)).sort(), ids.slice(300).sort())
  assert.equal((await ours.ask('GET', filtered('/Users', `groups.value eq "${id}"`))).body.totalResults, 300)
})

test('a group that is too large to be shown is shown without its members, and says so', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const shown = { base: '/scim/v2', withMembers: true }
  const { id } = await runOperation(scimGroupCreate, context, { ...shown, resource: { displayName: 'Everybody' } })
  const groupId = parseId('group', String(id)) ?? ''
  await context.write((unit) => unit.groups.countMembers(groupId, 10_001))
  const tooMany = { scimType: 'tooMany', message: /excludedAttributes=members/ }
  await assert.rejects(runOperation(scimGroupGet, context, { ...shown, id }), tooMany)
  const { displayName } = await runOperation(scimGroupGet, context, { ...shown, id, withMembers: false })
  assert.equal(displayName, 'Everybody')
  const patch = patchOf({ op: 'replace', value: { displayName: 'All' } })
  const changed = await runOperation(scimGroupPatch, context, { ...shown, id, patch })
  assert.deepEqual([changed.displayName, changed.members], ['All', undefined])
})

test('SC-01 another tenant’s groups are not there', async () => {
  const { id } = await makeGroup()
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { displayName: 'x' }],
    ['PATCH', patchOf({ op: 'replace', value: { displayName: 'x' } })],
    ['DELETE', undefined],
  ] as const) {
    assert.equal((await theirs.ask(method, `/Groups/${id}`, body)).status, 404)
    assert.equal((await ours.ask(method, '/Groups/usr_00000000000000000000000000', body)).status, 404)
  }
  assert.equal((await theirs.ask('GET', filtered('/Groups', `id eq "${id}"`))).body.totalResults, 0)
})
