// Checks the SCIM discovery endpoints.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import scimmy from 'scimmy'
import { nonEmpty } from '#testing/non-empty.ts'
import { type ScimTenant, startScim } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

let server: TestServer
let ours: ScimTenant
before(async () => {
  ;({ server, ours } = await startScim())
})
after(() => server.stop())

interface Named {
  id: string
  name: string
  endpoint: string
  type: string
  multiValued: boolean
  mutability: string
  subAttributes?: Named[]
  attributes: Named[]
}

test('what the service can do is what it says', async () => {
  const { status, body } = await ours.ask('GET', '/ServiceProviderConfig')
  assert.equal(status, 200)
  assert.deepEqual(
    [body.patch.supported, body.etag.supported, body.sort.supported, body.changePassword.supported],
    [true, true, false, true],
  )
  assert.deepEqual(body.bulk, { supported: true, maxOperations: 1000, maxPayloadSize: 262_144 })
  const within = `{"Operations":[],"x":"${'x'.repeat(body.bulk.maxPayloadSize - 30)}"}`
  assert.equal((await ours.ask('POST', '/Bulk', within)).status, 200)
  assert.equal((await ours.ask('POST', '/Bulk', `${within}${' '.repeat(30)}`)).status, 413)
  assert.equal(body.meta.location, `${server.adminUrl}/scim/v2/ServiceProviderConfig`)
})

test('resource types and schemas, all and one by one', async () => {
  for (const path of ['/ResourceTypes', '/Schemas']) {
    const { body } = await ours.ask('GET', path)
    assert.equal(body.totalResults, body.Resources.length)
    for (const one of nonEmpty<(typeof body.Resources)[number]>(body.Resources, path)) {
      const { status, body: alone } = await ours.ask('GET', `${path}/${one.id}`)
      assert.deepEqual([status, alone], [200, one])
      assert.equal(one.meta.location, `${server.adminUrl}/scim/v2${path}/${one.id}`)
    }
    assert.equal((await ours.ask('GET', `${path}/nothing`)).status, 404)
  }
  const { body } = await ours.ask('GET', '/ResourceTypes')
  assert.deepEqual(
    body.Resources.map(({ id, endpoint }: Named) => [id, endpoint]),
    [
      ['User', '/Users'],
      ['Group', '/Groups'],
    ],
  )
})

test('the schemas are those of the RFC, as another implementation has them', async () => {
  const { body } = await ours.ask('GET', '/Schemas')
  const own = (id: string) => body.Resources.find((schema: Named) => schema.id === id) as Named
  const rows = (attributes: readonly Named[], prefix = ''): string[] =>
    attributes.flatMap(({ name, type, multiValued, mutability, subAttributes = [] }) => [
      `${prefix}${name} ${type} ${multiValued} ${mutability}`,
      ...rows(subAttributes, `${prefix}${name}.`),
    ])
  for (const { definition } of [scimmy.Schemas.User, scimmy.Schemas.Group, scimmy.Schemas.EnterpriseUser]) {
    const theirs = JSON.parse(JSON.stringify(definition.describe())) as Named
    const names = (schema: Named) => schema.attributes.map(({ name }) => name).sort()
    assert.deepEqual(names(own(theirs.id)), names(theirs))
    const ours = new Set(rows(own(theirs.id).attributes))
    const missing = rows(theirs.attributes).filter((row) => !ours.has(row))
    assert.deepEqual(
      missing.filter((row) => !DIFFERENT.has(row)),
      [],
      theirs.id,
    )
  }
})

// Here what a member is called follows from who it is, and what other systems call a manager is kept.
const DIFFERENT = new Set(['members.display string false immutable', 'manager.displayName string false readOnly'])

test('what the service shows fulfils the schemas of another implementation', async () => {
  const { body: user } = await ours.ask('POST', '/Users', {
    userName: 'shown@example.com',
    name: { givenName: 'S', familyName: 'Hown' },
    phoneNumbers: [{ value: '+1 555', type: 'mobile' }],
    [scimmy.Schemas.EnterpriseUser.definition.id]: { department: 'D' },
  })
  const { body: group } = await ours.ask('POST', '/Groups', { displayName: 'Shown', members: [{ value: user.id }] })
  const read = JSON.parse(JSON.stringify(new scimmy.Schemas.Group(group, 'out')))
  assert.deepEqual([read.id, read.displayName, read.members], [group.id, group.displayName, group.members])
  const withGroups = (await ours.ask('GET', `/Users/${user.id}`)).body
  const person = JSON.parse(JSON.stringify(new scimmy.Schemas.User(withGroups, 'out')))
  assert.deepEqual([person.id, person.userName, person.emails], [user.id, user.userName, user.emails])
  assert.deepEqual([person.name, person.groups], [withGroups.name, withGroups.groups])
})

test('there is no /Me, and nothing else that is not there', async () => {
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
    const { status, body } = await ours.ask(method, '/Me', method === 'GET' ? undefined : {})
    assert.deepEqual([status, body.status], [501, '501'])
  }
  const nothing = await ours.ask('GET', '/Nothing')
  assert.deepEqual([nothing.status, nothing.body.schemas], [404, ['urn:ietf:params:scim:api:messages:2.0:Error']])
  const method = await ours.ask('DELETE', '/Users')
  assert.deepEqual([method.status, method.body.status], [405, '405'])
  const type = await ours.ask('POST', '/Users', '<a/>', { headers: { 'content-type': 'application/xml' } })
  assert.deepEqual([type.status, type.body.status], [415, '415'])
  for (const path of ['/ServiceProviderConfig', '/Schemas', '/ResourceTypes', '/Users', '/Groups']) {
    assert.equal((await ours.ask('GET', path, undefined, { key: null })).status, 401)
  }
})
