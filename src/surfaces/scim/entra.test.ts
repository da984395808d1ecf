// Replays the requests of Microsoft Entra ID.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCode, makeClient, REDIRECT_URI } from '#testing/realm.ts'
import { ENTERPRISE, filtered, GROUP_SCHEMA, patchOf, type ScimAnswer, USER_SCHEMA } from '#testing/scim.ts'
import { startServer, type TestServer } from '#testing/server.ts'

// What Microsoft Entra ID sends, in the order and the spelling that its documentation of custom connectors describes:
// operations with a capital, truth values as texts, filters and paths of its default attribute mappings.

let server: TestServer
let key: string
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  const body = { name: 'Entra ID', permissions: ['users:*', 'groups:*', 'credentials:write'] }
  key = (await server.api<{ key: string }>('POST', '/v1/api-keys', body)).key
})
after(() => server.stop())

async function entra(method: string, path: string, body?: unknown): Promise<ScimAnswer> {
  const headers = { accept: 'application/scim+json', 'content-type': 'application/scim+json' }
  return server.call(method, `/scim/v2${path}`, { key, body, headers })
}

const EMPTY = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: 0,
  startIndex: 1,
  itemsPerPage: 0,
  Resources: [],
}

const newcomer = (name: string) => ({
  schemas: [USER_SCHEMA, ENTERPRISE],
  externalId: `${name}-mail-nickname`,
  userName: `${name}@contoso.onmicrosoft.com`,
  active: true,
  displayName: `${name} Surname`,
  emails: [{ primary: true, type: 'work', value: `${name}@contoso.com` }],
  meta: { resourceType: 'User' },
  name: { formatted: `${name} Surname`, familyName: 'Surname', givenName: name },
  roles: [],
  title: 'Engineer',
  preferredLanguage: 'en-US',
  addresses: [
    { primary: false, type: 'work', country: 'US', locality: 'Redmond', postalCode: '98052', streetAddress: '1 Way' },
  ],
  [ENTERPRISE]: { department: 'Engineering', employeeNumber: '42' },
})

test('the connection test: somebody who is not there is an empty list', async () => {
  const { status, body } = await entra('GET', filtered('/Users', 'userName eq "3bbbd4a1-9fc5-46b2-a9e5-3b0a9f21d9d0"'))
  assert.deepEqual([status, body], [200, EMPTY])
  const groups = await entra('GET', `${filtered('/Groups', 'displayName eq "3bbbd4a1"')}&excludedAttributes=members`)
  assert.deepEqual([groups.status, groups.body], [200, EMPTY])
})

test('a user’s way: looked for, created, read, changed, disabled, enabled, deleted', async () => {
  const given = newcomer('nia')
  assert.equal((await entra('GET', filtered('/Users', `userName eq "${given.userName}"`))).body.totalResults, 0)
  assert.equal((await entra('GET', filtered('/Users', `externalId eq "${given.externalId}"`))).body.totalResults, 0)
  const created = await entra('POST', '/Users', given)
  assert.equal(created.status, 201)
  const { id } = created.body
  const { meta: _, roles: __, ...expected } = given
  const { id: ___, meta, ...shown } = created.body
  assert.deepEqual(shown, expected)
  assert.equal(meta.resourceType, 'User')
  assert.equal((await entra('POST', '/Users', given)).status, 409)

  for (const filter of [
    `userName eq "${given.userName.toUpperCase()}"`,
    `externalId eq "${given.externalId}"`,
    `emails[type eq "work"].value eq "${given.emails[0]?.value}"`,
    `emails.value eq "${given.emails[0]?.value}"`,
  ]) {
    const { body } = await entra('GET', filtered('/Users', filter))
    assert.deepEqual([body.totalResults, body.Resources[0].id], [1, id], filter)
  }

  const boss = (await entra('POST', '/Users', newcomer('boss'))).body
  const changed = await entra(
    'PATCH',
    `/Users/${id}`,
    patchOf(
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'nia.new@contoso.com' },
      { op: 'Replace', path: 'name.familyName', value: 'Newname' },
      { op: 'Replace', path: 'displayName', value: 'Nia Newname' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 425 555 0100' },
      { op: 'Add', path: 'addresses[type eq "work"].region', value: 'WA' },
      { op: 'Add', path: 'addresses[type eq "other"].formatted', value: 'Elsewhere' },
      { op: 'Add', path: 'roles[primary eq "True"].value', value: 'Reader' },
      { op: 'Replace', path: `${ENTERPRISE}:department`, value: 'Research' },
      { op: 'Add', path: `${ENTERPRISE}:manager`, value: boss.id },
      { op: 'Remove', path: 'title' },
    ),
  )
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  const { body } = await entra('GET', `/Users/${id}`)
  assert.deepEqual(body, changed.body)
  assert.deepEqual(body.emails, [{ primary: true, type: 'work', value: 'nia.new@contoso.com' }])
  assert.deepEqual([body.name.familyName, body.displayName, body.title], ['Newname', 'Nia Newname', undefined])
  assert.deepEqual(body.phoneNumbers, [{ type: 'mobile', value: '+1 425 555 0100' }])
  assert.deepEqual(
    body.addresses.map(({ type, region, formatted }: Record<string, string>) => [type, region, formatted]),
    [
      ['work', 'WA', undefined],
      ['other', undefined, 'Elsewhere'],
    ],
  )
  assert.deepEqual(body.roles, [{ primary: true, value: 'Reader' }])
  assert.deepEqual([body[ENTERPRISE].department, body[ENTERPRISE].manager.value], ['Research', boss.id])

  // With the names of attributes as paths, as newer connectors write them.
  const flat = {
    'name.givenName': 'Niamh',
    'emails[type eq "work"].value': 'niamh@contoso.com',
    [`${ENTERPRISE}:employeeNumber`]: '43',
    [ENTERPRISE]: { division: 'North' },
    id: 'ignored',
  }
  const flattened = (await entra('PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: flat }))).body
  assert.deepEqual(
    [flattened.name.givenName, flattened.emails[0].value, flattened[ENTERPRISE].employeeNumber],
    ['Niamh', 'niamh@contoso.com', '43'],
  )
  assert.deepEqual([flattened[ENTERPRISE].division, flattened[ENTERPRISE].department], ['North', 'Research'])

  const disable = patchOf({ op: 'Replace', path: 'active', value: 'False' })
  assert.equal((await entra('PATCH', `/Users/${id}`, disable)).body.active, false)
  const enable = patchOf({ op: 'Add', path: 'active', value: 'True' })
  assert.equal((await entra('PATCH', `/Users/${id}`, enable)).body.active, true)
  assert.equal((await entra('DELETE', `/Users/${id}`)).status, 204)
  const gone = await entra('GET', `/Users/${id}`)
  assert.deepEqual([gone.status, gone.body.status], [404, '404'])
  assert.equal((await entra('POST', '/Users', given)).status, 201, 'the name is free again')
})

test('who is disabled has no session and no token any more', async () => {
  const password = 'correct horse battery staple'
  const client = await makeClient(server)
  const { body } = await entra('POST', '/Users', { ...newcomer('sam'), password })
  const { code, verifier } = await getCode(
    server,
    client,
    { email: 'sam@contoso.com', password },
    { scope: 'openid offline_access' },
  )
  const token = async (fields: Record<string, string>) => {
    const headers = { authorization: client.basic }
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields),
    })
    return (await response.json()) as Record<string, string>
  }
  const first = await token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  })
  const userinfo = async () => {
    const headers = { authorization: `Bearer ${first.access_token}` }
    return (await fetch(`${server.url}/oauth/userinfo`, { headers })).status
  }
  assert.equal(await userinfo(), 200)
  await entra('PATCH', `/Users/${body.id}`, patchOf({ op: 'Replace', path: 'active', value: 'False' }))
  assert.equal(await userinfo(), 401)
  const refreshed = await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' })
  assert.equal(refreshed.error, 'invalid_grant')
})

test('a group’s way: looked for, created, filled, asked for a member, renamed, emptied, deleted', async () => {
  const find = `${filtered('/Groups', 'displayName eq "Entra group"')}&excludedAttributes=members`
  assert.equal((await entra('GET', find)).body.totalResults, 0)
  const created = await entra('POST', '/Groups', {
    schemas: [GROUP_SCHEMA, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'Entra group',
    meta: { resourceType: 'Group' },
  })
  assert.equal(created.status, 201)
  const { id } = created.body
  const members = [
    (await entra('POST', '/Users', newcomer('gus'))).body,
    (await entra('POST', '/Users', newcomer('liv'))).body,
  ]
  const [gus, liv] = members.map((user) => user.id as string)
  const found = (await entra('GET', find)).body.Resources[0]
  assert.deepEqual([found.id, found.members], [id, undefined])

  const patch = (...operations: object[]) => entra('PATCH', `/Groups/${id}`, patchOf(...operations))
  const add = {
    op: 'Add',
    path: 'members',
    value: [
      { $ref: null, value: gus },
      { $ref: null, value: liv },
    ],
  }
  assert.equal((await patch(add)).status, 204)
  const isMember = async (user = '') =>
    (await entra('GET', `${filtered('/Groups', `id eq "${id}" and members eq "${user}"`)}&attributes=id`)).body
      .totalResults
  assert.deepEqual([await isMember(gus), await isMember(liv), await isMember('none')], [1, 1, 0])
  assert.equal((await patch({ op: 'Remove', path: 'members', value: [{ $ref: null, value: gus }] })).status, 204)
  assert.deepEqual([await isMember(gus), await isMember(liv)], [0, 1])
  assert.equal((await patch({ op: 'Remove', path: `members[value eq "${liv}"]` })).status, 204)
  assert.equal(await isMember(liv), 0)
  assert.equal((await patch({ op: 'Replace', path: 'displayName', value: 'Renamed' })).status, 204)
  const read = await entra('GET', `/Groups/${id}?excludedAttributes=members`)
  assert.deepEqual([read.body.displayName, read.body.members], ['Renamed', undefined])
  assert.equal((await entra('DELETE', `/Groups/${id}`)).status, 204)
})
