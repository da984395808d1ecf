// Replays the requests of Okta.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GROUP_SCHEMA, patchOf, type ScimTenant, startScim, USER_SCHEMA } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

// What Okta sends, in the order that its documentation of SCIM 2.0 describes: profiles by PUT, activation by PATCH without
// a path, groups that are pushed with all their members or with changes.

let server: TestServer
let ours: ScimTenant
before(async () => {
  ;({ server, ours } = await startScim())
})
after(() => server.stop())

const find = (userName: string) =>
  ours.ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}&startIndex=1&count=100`)

const profile = (name: string) => ({
  schemas: [USER_SCHEMA],
  userName: `${name}@okta.example`,
  name: { givenName: 'Test', familyName: 'User' },
  emails: [
    { primary: true, value: `${name}@okta.example`, type: 'work' },
    { primary: false, value: `${name}@home.example`, type: 'home' },
  ],
  displayName: 'Test User',
  locale: 'en-US',
  externalId: `00u-${name}`,
  groups: [],
})

async function assign(name: string): Promise<string> {
  assert.equal((await find(profile(name).userName)).body.totalResults, 0)
  const body = { ...profile(name), password: 'generated-1mz050nq', active: true }
  const created = await ours.ask('POST', '/Users', body, {
    headers: { 'content-type': 'application/scim+json; charset=utf-8' },
  })
  assert.equal(created.status, 201)
  return created.body.id
}

test('the tests before an integration is saved', async () => {
  const users = await ours.ask('GET', '/Users?count=1&startIndex=1')
  assert.deepEqual([users.status, Array.isArray(users.body.Resources)], [200, true])
  assert.deepEqual(users.body.schemas, ['urn:ietf:params:scim:api:messages:2.0:ListResponse'])
  assert.equal((await ours.ask('GET', '/Groups?startIndex=1&count=100')).status, 200)
  const absent = await ours.ask('GET', '/Users/010101001010101011001010101011')
  assert.deepEqual([absent.status, absent.body.schemas], [404, ['urn:ietf:params:scim:api:messages:2.0:Error']])
  assert.equal((await find('nobody@okta.example')).body.totalResults, 0)
  assert.equal((await ours.ask('GET', '/Users', undefined, { key: 'sk_live_wrong' })).status, 401)
})

test('a user’s way: assigned, read, updated whole, deactivated, activated', async () => {
  const id = await assign('walker')
  const duplicate = await ours.ask('POST', '/Users', profile('walker'))
  assert.deepEqual([duplicate.status, duplicate.body.schemas], [409, ['urn:ietf:params:scim:api:messages:2.0:Error']])
  assert.equal((await find('WALKER@okta.example')).body.Resources[0].id, id)
  const { body: read } = await ours.ask('GET', `/Users/${id}`)
  const updated = { ...read, name: { givenName: 'Another', familyName: 'User', middleName: 'Excited' } }
  const put = await ours.ask('PUT', `/Users/${id}`, updated)
  assert.deepEqual([put.status, put.body.name.middleName, put.body.name.givenName], [200, 'Excited', 'Another'])
  assert.deepEqual(put.body.emails, profile('walker').emails)

  const deactivated = await ours.ask('PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: { active: false } }))
  assert.deepEqual([deactivated.status, deactivated.body.active], [200, false])
  const activated = await ours.ask('PUT', `/Users/${id}`, { ...put.body, active: true })
  assert.equal(activated.body.active, true)
  assert.deepEqual(
    (await ours.eventsAbout(id)).map(({ type }) => type),
    ['user.created', 'user.updated', 'user.suspended', 'user.reactivated'],
  )
})

test('all users, a page after the other', async () => {
  for (const name of ['p1', 'p2', 'p3']) await assign(name)
  const seen: string[] = []
  for (let startIndex = 1; ; startIndex += 2) {
    const { body } = await ours.ask('GET', `/Users?startIndex=${startIndex}&count=2`)
    seen.push(...body.Resources.map(({ id }: { id: string }) => id))
    if (body.Resources.length === 0) break
    assert.equal(body.startIndex, startIndex)
  }
  const { totalResults } = (await ours.ask('GET', '/Users?count=0')).body
  assert.deepEqual([seen.length, new Set(seen).size], [totalResults, totalResults])
})

test('a group that is pushed: created, renamed, changed, replaced and deleted', async () => {
  const [ann, ben] = [await assign('ann'), await assign('ben')]
  const created = await ours.ask('POST', '/Groups', { schemas: [GROUP_SCHEMA], displayName: 'Pushed', members: [] })
  assert.deepEqual([created.status, created.body.members], [201, []])
  const { id } = created.body
  const patch = async (...operations: object[]) => {
    assert.equal((await ours.ask('PATCH', `/Groups/${id}`, patchOf(...operations))).status, 204)
    return (await ours.ask('GET', `/Groups/${id}`)).body
  }
  assert.equal((await patch({ op: 'replace', value: { id, displayName: 'Pushed again' } })).displayName, 'Pushed again')
  const added = await patch({ op: 'add', path: 'members', value: [{ value: ann, display: 'ann@okta.example' }] })
  assert.deepEqual(
    added.members.map(({ value }: { value: string }) => value),
    [ann],
  )
  const swapped = await patch(
    { op: 'remove', path: `members[value eq "${ann}"]` },
    { op: 'add', path: 'members', value: [{ value: ben, display: 'ben@okta.example' }] },
  )
  assert.deepEqual(
    swapped.members.map(({ value }: { value: string }) => value),
    [ben],
  )
  const put = await ours.ask('PUT', `/Groups/${id}`, {
    schemas: [GROUP_SCHEMA],
    id,
    displayName: 'Pushed again',
    members: [
      { value: ann, display: 'ann@okta.example' },
      { value: ben, display: 'ben@okta.example' },
    ],
  })
  assert.deepEqual([put.status, put.body.members.length], [200, 2])
  assert.equal((await ours.ask('DELETE', `/Groups/${id}`)).status, 204)
})
