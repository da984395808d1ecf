// Checks SCIM users.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ENTERPRISE, filtered, patchOf, type ScimTenant, startScim, USER_SCHEMA } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

let server: TestServer
let ours: ScimTenant
let theirs: ScimTenant
before(async () => {
  ;({ server, ours, theirs } = await startScim())
})
after(() => server.stop())

let made = 0

async function makeUser(more: object = {}): Promise<{ id: string; userName: string; meta: { version: string } }> {
  const { status, body } = await ours.ask('POST', '/Users', { userName: `user-${++made}@example.com`, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const shownNatively = (id: string) =>
  server.api<Record<string, unknown>>('GET', `/v1/realms/${ours.issuerId}/users/${id}`)

// In the manner of RFC 7643 §8.3, without what is read-only.
const BARBARA = {
  schemas: [USER_SCHEMA, ENTERPRISE],
  externalId: '701984',
  userName: 'bjensen',
  name: {
    formatted: 'Ms. Barbara J Jensen, III',
    familyName: 'Jensen',
    givenName: 'Barbara',
    middleName: 'Jane',
    honorificPrefix: 'Ms.',
    honorificSuffix: 'III',
  },
  displayName: 'Babs Jensen',
  nickName: 'Babs',
  profileUrl: 'https://login.example.com/bjensen',
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  addresses: [
    {
      type: 'work',
      streetAddress: '100 Universal City Plaza',
      locality: 'Hollywood',
      region: 'CA',
      postalCode: '91608',
      country: 'USA',
      formatted: '100 Universal City Plaza\nHollywood, CA 91608 USA',
      primary: true,
    },
  ],
  phoneNumbers: [
    { value: '555-555-5555', type: 'work' },
    { value: '555-555-4444', type: 'mobile' },
  ],
  ims: [{ value: 'someaimhandle', type: 'aim' }],
  photos: [{ value: 'https://photos.example.com/profilephoto/72930000000Ccne/F', type: 'photo' }],
  userType: 'Employee',
  title: 'Tour Guide',
  preferredLanguage: 'en-US',
  locale: 'en-US',
  timezone: 'America/Los_Angeles',
  active: true,
  roles: [{ value: 'guide', primary: true }],
  entitlements: [{ value: 'bus' }],
  x509Certificates: [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx' }],
  [ENTERPRISE]: {
    employeeNumber: '701984',
    costCenter: '4130',
    organization: 'Universal Studios',
    division: 'Theme Park',
    department: 'Tour Operations',
    manager: { value: '26118915-6090-4610-87e4-49d8ca9f808d', displayName: 'John Smith' },
  },
}

test('a whole user of the RFC is given back as it came, and the domain knows what it has words for', async () => {
  const { status, headers, body } = await ours.ask('POST', '/Users', BARBARA)
  assert.equal(status, 201)
  assert.match(headers.get('content-type') ?? '', /^application\/scim\+json/)
  const { id, meta, ...rest } = body
  assert.deepEqual(rest, BARBARA)
  assert.match(id, /^usr_/)
  assert.equal(headers.get('location'), meta.location)
  assert.equal(meta.location, `${server.adminUrl}/scim/v2/Users/${id}`)
  assert.equal(headers.get('etag'), meta.version)
  assert.deepEqual([meta.resourceType, meta.version], ['User', 'W/"v1"'])
  assert.deepEqual((await ours.ask('GET', `/Users/${id}`)).body, body)

  const { attributes, ...native } = await shownNatively(id)
  assert.deepEqual(
    [native.email, native.username, native.name, native.given_name, native.family_name, native.external_id],
    ['bjensen@example.com', 'bjensen', 'Babs Jensen', 'Barbara', 'Jensen', '701984'],
  )
  assert.deepEqual(
    [native.title, native.department, native.employee_id, native.phone, native.status, native.email_verified],
    ['Tour Guide', 'Tour Operations', '701984', '555-555-5555', 'active', true],
  )
  assert.deepEqual(Object.keys(attributes as object), ['scim'])
  const [created] = await ours.eventsAbout(id)
  assert.deepEqual([created?.type, created?.surface], ['user.created', 'scim'])
})

test('a PUT replaces what it names and clears what it leaves out', async () => {
  const { id } = await makeUser({ ...BARBARA, userName: 'put', emails: [{ value: 'put@example.com' }], active: false })
  const replaced = { schemas: [USER_SCHEMA], userName: 'put2@example.com', emails: [{ value: 'other@example.com' }] }
  const { status, body } = await ours.ask('PUT', `/Users/${id}`, { ...replaced, id: 'mine', groups: [{ value: 'x' }] })
  assert.equal(status, 200)
  const { meta, ...rest } = body
  // Who was deactivated is not let in again by a client that says nothing of it.
  assert.deepEqual(rest, { ...replaced, id, active: false })
  assert.equal(meta.version, 'W/"v2"')
  assert.equal((await shownNatively(id)).email, 'other@example.com')
  assert.equal((await shownNatively(id)).username, 'put2@example.com')
  const again = await ours.ask('PUT', `/Users/${id}`, replaced)
  assert.deepEqual([again.status, again.body.meta.version], [200, 'W/"v2"'], 'nothing is different')
  const missing = await ours.ask('PUT', `/Users/${id}`, { displayName: 'Nobody' })
  assert.deepEqual([missing.status, missing.body.scimType], [400, 'invalidValue'])
})

test('userName, addresses and uniqueness', async () => {
  const { id } = await makeUser({ userName: 'Upn@Example.com' })
  assert.equal((await shownNatively(id)).email, 'Upn@Example.com')
  assert.equal((await shownNatively(id)).username, null)
  const { id: other } = await makeUser({ userName: 'login@example.com', emails: [{ value: 'mail@example.com' }] })
  for (const [userName, emails] of [
    ['UPN@example.COM', undefined],
    ['upn@example.com', [{ value: 'new@example.com' }]],
    ['LOGIN@example.com', [{ value: 'new@example.com' }]],
    ['login@example.com', undefined],
    ['new', [{ value: 'MAIL@example.com' }]],
  ] as const) {
    const { status, body } = await ours.ask('POST', '/Users', { userName, emails })
    assert.deepEqual([status, body.scimType, body.status], [409, 'uniqueness', '409'], userName)
    const patch = patchOf({ op: 'replace', value: { userName, ...(emails && { emails }) } })
    const third = await makeUser()
    assert.equal((await ours.ask('PATCH', `/Users/${third.id}`, patch)).status, 409, userName)
  }
  const found = async (filter: string) =>
    (await ours.ask('GET', filtered('/Users', filter))).body.Resources.map((user: { id: string }) => user.id)
  assert.deepEqual(await found('userName eq "upn@example.com"'), [id])
  assert.deepEqual(await found('userName eq "login@EXAMPLE.com"'), [other])
  assert.deepEqual(await found('userName eq "mail@example.com"'), [])
  assert.deepEqual(await found('emails.value eq "mail@example.com"'), [other])
  assert.deepEqual(await found('emails[type eq "work"].value eq "mail@example.com"'), [other])
  for (const [body, scimType] of [
    [{ userName: 'no-address' }, 'invalidValue'],
    [{ userName: 'a@example.com', emails: [{ value: 'not one' }] }, 'invalidValue'],
    [
      {
        userName: 'a',
        emails: [
          { value: 'a@b.c', primary: true },
          { value: 'd@b.c', primary: true },
        ],
      },
      'invalidValue',
    ],
    [{ userName: 'a@example.com', active: 'maybe' }, 'invalidValue'],
    [{ userName: 'a@example.com', displayName: { a: 1 } }, 'invalidValue'],
    [{ userName: 'a@example.com', password: 'short' }, 'invalidValue'],
    [{ userName: 'a@example.com', nickName: 'x'.repeat(20_000) }, 'invalidValue'],
    [{ displayName: 'Nobody' }, 'invalidValue'],
    [[], 'invalidSyntax'],
    ['{"userName":', 'invalidSyntax'],
  ] as const) {
    const { status, body: answer } = await ours.ask('POST', '/Users', body)
    assert.deepEqual([status, answer.scimType], [400, scimType], JSON.stringify(body))
    assert.deepEqual(answer.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
    assert.ok(answer.detail.length > 0)
  }
})

test('an address that nobody told follows the user name, and one that was told does not', async () => {
  const rename = patchOf({ op: 'replace', path: 'userName', value: 'renamed@example.com' })
  const { id } = await makeUser()
  assert.equal((await ours.ask('PATCH', `/Users/${id}`, rename)).body.emails[0].value, 'renamed@example.com')
  await ours.ask('DELETE', `/Users/${id}`)
  const { id: told } = await makeUser({ userName: 'told@example.com', emails: [{ value: 'told@example.com' }] })
  const { body } = await ours.ask('PATCH', `/Users/${told}`, rename)
  assert.deepEqual([body.userName, body.emails], ['renamed@example.com', [{ value: 'told@example.com' }]])
})

test('the operations of a PATCH, as the RFC has them', async () => {
  const { id } = await makeUser({ ...BARBARA, userName: 'patched', emails: [{ value: 'p@example.com', type: 'work' }] })
  const change = async (...operations: object[]) => {
    const { status, body } = await ours.ask('PATCH', `/Users/${id}`, patchOf(...operations))
    assert.equal(status, 200, JSON.stringify([operations, body]))
    return body
  }
  const refused = async (operation: object, scimType: string) => {
    const { status, body } = await ours.ask('PATCH', `/Users/${id}`, patchOf(operation))
    assert.deepEqual([status, body.scimType], [400, scimType], JSON.stringify([operation, body]))
  }
  const home = { value: 'p@home.example', type: 'home' }
  assert.deepEqual((await change({ op: 'add', path: 'emails', value: [home] })).emails.length, 2)
  assert.deepEqual((await change({ op: 'add', path: 'emails', value: home })).emails.length, 2, 'it is there already')
  const primary = await change({ op: 'add', path: 'emails', value: [{ value: 'p@new.example', primary: true }] })
  assert.equal(primary.emails.filter((one: { primary?: boolean }) => one.primary).length, 1)
  assert.equal((await shownNatively(id)).email, 'p@new.example')
  assert.deepEqual((await change({ op: 'remove', path: 'emails[type eq "home"]' })).emails.length, 2)
  const street = { op: 'replace', path: 'addresses[type eq "work"].streetAddress', value: '1010 Broadway Ave' }
  assert.equal((await change(street)).addresses[0].streetAddress, '1010 Broadway Ave')
  const whole = { type: 'work', streetAddress: '911 Universal City Plaza', locality: 'Hollywood' }
  assert.deepEqual((await change({ op: 'replace', path: 'addresses[type eq "work"]', value: whole })).addresses, [
    whole,
  ])
  const named = await change({ op: 'replace', path: 'name', value: { givenName: 'Barb' } })
  assert.deepEqual([named.name.givenName, named.name.familyName], ['Barb', 'Jensen'])
  assert.equal((await change({ op: 'remove', path: 'name.middleName' })).name.middleName, undefined)
  const ext = await change({ op: 'replace', path: `${ENTERPRISE}:costCenter`, value: '1' })
  assert.deepEqual([ext[ENTERPRISE].costCenter, ext[ENTERPRISE].division], ['1', 'Theme Park'])
  assert.equal((await change({ op: 'remove', path: 'title' })).title, undefined)
  assert.equal((await change({ op: 'add', path: 'nickName', value: 'B' })).nickName, 'B')
  assert.equal((await change({ op: 'replace', value: { nickname: null } })).nickName, undefined)

  await refused({ op: 'replace', path: 'emails[type eq "pager"].value', value: 'x' }, 'noTarget')
  await refused({ op: 'remove' }, 'noTarget')
  await refused({ op: 'replace', path: 'id', value: 'x' }, 'mutability')
  await refused({ op: 'add', path: 'groups', value: [{ value: 'x' }] }, 'mutability')
  await refused({ op: 'remove', path: 'userName' }, 'mutability')
  await refused({ op: 'replace', path: 'nothing', value: 'x' }, 'invalidPath')
  await refused({ op: 'replace', path: 'name[', value: 'x' }, 'invalidPath')
  await refused({ op: 'replace', path: 'emails[value co 1 2]', value: 'x' }, 'invalidPath')
  await refused({ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax')
  await refused({ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue')
  for (const body of [{}, { Operations: [] }, { Operations: 'x' }, { Operations: [1] }]) {
    assert.equal((await ours.ask('PATCH', `/Users/${id}`, body)).body.scimType, 'invalidSyntax')
  }
})

test('of a PATCH everything is done or nothing, and what changes nothing is no new version', async () => {
  const user = await makeUser({ displayName: 'Before' })
  const before = (await ours.ask('GET', `/Users/${user.id}`)).body
  const { id: taken } = await makeUser()
  const halfBad = patchOf(
    { op: 'replace', path: 'displayName', value: 'After' },
    { op: 'replace', path: 'active', value: false },
    { op: 'replace', path: 'emails[type eq "pager"].value', value: 'x' },
  )
  assert.equal((await ours.ask('PATCH', `/Users/${user.id}`, halfBad)).status, 400)
  const other = (await ours.ask('GET', `/Users/${taken}`)).body
  const conflict = patchOf({ op: 'replace', value: { displayName: 'After', userName: other.userName } })
  assert.equal((await ours.ask('PATCH', `/Users/${user.id}`, conflict)).status, 409)
  const same = patchOf({ op: 'replace', value: { displayName: 'Before', active: true } })
  assert.equal((await ours.ask('PATCH', `/Users/${user.id}`, same)).status, 200)
  assert.deepEqual((await ours.ask('GET', `/Users/${user.id}`)).body, before)
  assert.deepEqual(
    (await ours.eventsAbout(user.id)).map(({ type }) => type),
    ['user.created'],
  )
})

test('versions: If-Match and If-None-Match, and one of two changes of one version', async () => {
  const { id, meta } = await makeUser()
  const path = `/Users/${id}`
  const cached = await ours.ask('GET', path, undefined, { headers: { 'if-none-match': `W/"v0", ${meta.version}` } })
  assert.deepEqual([cached.status, cached.body, cached.headers.get('etag')], [304, undefined, meta.version])
  const stale = { headers: { 'if-match': 'W/"v7"' } }
  const patch = (value: string) => patchOf({ op: 'replace', path: 'displayName', value })
  for (const [method, body] of [
    ['PUT', { userName: 'x@example.com' }],
    ['PATCH', patch('x')],
    ['DELETE', undefined],
  ] as const) {
    const refused = await ours.ask(method, path, body, stale)
    assert.deepEqual([refused.status, refused.body.status], [412, '412'])
  }
  assert.equal((await ours.ask('PATCH', path, patch('x'), { headers: { 'if-match': '"other"' } })).status, 412)
  const fresh = { headers: { 'if-match': meta.version } }
  const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => ours.ask('PATCH', path, patch(name), fresh)))
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [200, 412, 412])
  const free = await Promise.all(['d', 'e', 'f'].map((name) => ours.ask('PATCH', path, patch(name))))
  assert.deepEqual(
    free.map(({ status }) => status),
    [200, 200, 200],
  )
  const { body } = await ours.ask('GET', path, undefined, fresh)
  assert.equal(body.meta.version, 'W/"v5"')
  assert.equal((await ours.ask('DELETE', path, undefined, { headers: { 'if-match': 'W/"v5"' } })).status, 204)
  assert.equal((await ours.ask('GET', path)).status, 404)
})

test('SC-03 who is deactivated is out at once; a password is never shown', async () => {
  const { id } = await makeUser({ password: 'correct horse battery' })
  assert.equal((await shownNatively(id)).has_password, true)
  const { body } = await ours.ask('PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: { active: false } }))
  assert.equal(body.active, false)
  assert.doesNotMatch(JSON.stringify(body), /password|correct horse/)
  const changed = patchOf({ op: 'replace', value: { password: 'another horse battery', displayName: 'Both' } })
  assert.equal((await ours.ask('PATCH', `/Users/${id}`, changed)).body.displayName, 'Both')
  const weak = patchOf({ op: 'replace', value: { password: 'short', displayName: 'Neither' } })
  assert.equal((await ours.ask('PATCH', `/Users/${id}`, weak)).status, 400)
  const events = await ours.eventsAbout(id)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['user.created', 'user.suspended', 'user.updated', 'user.password_set'],
  )
  assert.doesNotMatch(JSON.stringify(events), /horse/)
})

test('a key without credentials:write creates users with passwords, and changes no password and no address', async () => {
  const key = await ours.makeKey(['users:*'])
  const body = { schemas: [USER_SCHEMA], userName: 'limited@example.com', password: 'correct horse battery' }
  const { status, body: made } = await ours.ask('POST', '/Users', body, { key })
  assert.equal(status, 201)
  const path = `/Users/${made.id}`
  const change = patchOf({ op: 'replace', value: { password: 'another horse battery', displayName: 'Both' } })
  const refusals = [
    await ours.ask('PATCH', path, change, { key }),
    await ours.ask('PUT', path, { ...body, password: 'another horse battery' }, { key }),
    await ours.ask('PUT', path, { ...body, userName: 'evil@example.com' }, { key }),
    await ours.ask('PATCH', path, patchOf({ op: 'replace', path: 'emails', value: [{ value: 'evil@example.com' }] }), {
      key,
    }),
  ]
  for (const refused of refusals) assert.deepEqual([refused.status, refused.body.status], [403, '403'])
  const unchanged = (await ours.ask('GET', path)).body
  assert.deepEqual([unchanged.displayName, unchanged.userName], [undefined, 'limited@example.com'])
  assert.equal(
    (await ours.ask('PATCH', path, patchOf({ op: 'replace', value: { active: false } }), { key })).status,
    200,
  )
  const named = await ours.makeKey(['users:*', 'credentials:write'])
  assert.equal((await ours.ask('PATCH', path, change, { key: named })).status, 200)
})

test('a manager is another user, or what other systems call one', async () => {
  const boss = await makeUser({ displayName: 'Boss' })
  const { id } = await makeUser({ [ENTERPRISE]: { manager: { value: boss.id } } })
  const { body } = await ours.ask('GET', `/Users/${id}`)
  assert.deepEqual(body[ENTERPRISE].manager, { value: boss.id, $ref: `${server.adminUrl}/scim/v2/Users/${boss.id}` })
  assert.equal((await shownNatively(id)).reports_to, boss.id)
  // As Entra ID writes it.
  const free = patchOf({ op: 'Add', path: `${ENTERPRISE}:manager`, value: '00u-elsewhere' })
  assert.deepEqual((await ours.ask('PATCH', `/Users/${id}`, free)).body[ENTERPRISE].manager, { value: '00u-elsewhere' })
  const absent = patchOf({ op: 'replace', path: `${ENTERPRISE}:manager.value`, value: `usr_${'0'.repeat(26)}` })
  assert.equal((await ours.ask('PATCH', `/Users/${id}`, absent)).body.scimType, 'invalidValue')
})

test('lists: windows, counts, what is shown of each, and searches by POST', async () => {
  const tenant = theirs
  for (const name of ['a', 'b', 'c']) {
    await tenant.ask('POST', '/Users', { userName: `${name}@list.example`, displayName: name, active: name !== 'c' })
  }
  const list = async (query: string) => (await tenant.ask('GET', `/Users?${query}`)).body
  const names = ({ Resources }: { Resources: { displayName: string }[] }) => Resources.map((one) => one.displayName)
  const all = await list('')
  assert.deepEqual(all.schemas, ['urn:ietf:params:scim:api:messages:2.0:ListResponse'])
  assert.deepEqual([all.totalResults, all.startIndex, all.itemsPerPage, names(all)], [3, 1, 3, ['a', 'b', 'c']])
  const second = await list('startIndex=2&count=1')
  assert.deepEqual([second.totalResults, second.startIndex, second.itemsPerPage, names(second)], [3, 2, 1, ['b']])
  const none = await list('count=0')
  assert.deepEqual([none.totalResults, none.itemsPerPage, none.Resources], [3, 0, []])
  const past = await list('startIndex=9&count=5')
  assert.deepEqual([past.totalResults, past.startIndex, past.Resources], [3, 9, []])
  assert.deepEqual(names(await list('startIndex=-4&count=2')), ['a', 'b'])
  assert.equal((await list('count=-1')).itemsPerPage, 0)
  assert.equal((await list('count=1000000')).itemsPerPage, 3)
  assert.equal((await list('count=many')).scimType, 'invalidValue')
  const inactive = await list(`filter=${encodeURIComponent('active eq false')}&count=0`)
  assert.equal(inactive.totalResults, 1)
  assert.deepEqual(names(await list(`filter=${encodeURIComponent('displayName sw "B" and active eq true')}`)), ['b'])
  const refused = await list(`filter=${encodeURIComponent('title co "x"')}`)
  assert.deepEqual([refused.status, refused.scimType], ['400', 'invalidFilter'])

  const [only] = (await list('attributes=USERNAME,emails.value,meta.version')).Resources
  assert.deepEqual(Object.keys(only).sort(), ['emails', 'id', 'meta', 'schemas', 'userName'])
  assert.deepEqual([only.emails, Object.keys(only.meta)], [[{ value: 'a@list.example' }], ['version']])
  const [less] = (await list('excludedAttributes=emails,meta.location,id')).Resources
  assert.deepEqual([less.emails, less.meta.location, typeof less.id], [undefined, undefined, 'string'])
  assert.equal((await list('attributes=a b')).scimType, 'invalidPath')

  const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], attributes: ['displayName'] }
  const searched = await tenant.ask('POST', '/Users/.search', { ...search, filter: 'active eq true', count: 1 })
  assert.deepEqual([searched.status, searched.body.totalResults], [200, 2])
  assert.deepEqual(Object.keys(searched.body.Resources[0]).sort(), ['displayName', 'id', 'schemas'])
  assert.equal((await tenant.ask('POST', '/Users/.search', [])).body.scimType, 'invalidSyntax')
})

test('SC-01 another tenant’s users are not there, and a key does what it may', async () => {
  const { id } = await makeUser()
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { userName: 'x@example.com' }],
    ['PATCH', patchOf({ op: 'replace', value: { active: false } })],
    ['DELETE', undefined],
  ] as const) {
    const { status, body: answer } = await theirs.ask(method, `/Users/${id}`, body)
    assert.deepEqual([status, answer.status], [404, '404'])
    const elsewhere = await server.call(method, `/v1/realms/${ours.issuerId}/scim/v2/Users/${id}`, {
      body,
      key: theirs.key,
    })
    assert.equal(elsewhere.status, 404)
    assert.equal((elsewhere.body as { status: string }).status, '404')
    assert.equal((await ours.ask(method, '/Users/nonsense', body)).status, 404)
  }
  assert.equal((await theirs.ask('GET', filtered('/Users', `id eq "${id}"`))).body.totalResults, 0)

  const reader = { key: await ours.makeKey(['*:read']) }
  assert.equal((await ours.ask('GET', `/Users/${id}`, undefined, reader)).status, 200)
  for (const [method, path] of [
    ['POST', '/Users'],
    ['PUT', `/Users/${id}`],
    ['PATCH', `/Users/${id}`],
    ['DELETE', `/Users/${id}`],
    ['POST', '/Bulk'],
    ['POST', '/Groups'],
  ] as const) {
    const { status, body } = await ours.ask(method, path, method === 'DELETE' ? undefined : {}, reader)
    assert.deepEqual([status, body.status], [403, '403'], `${method} ${path}`)
  }
  const none = await ours.ask('GET', '/Users', undefined, { key: null })
  assert.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Bearer realm="countersign"'])
})

test('a realm’s key is about that realm, and a path may name any realm within reach', async () => {
  const query = `?tenant_id=${ours.id}`
  const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms${query}`, { name: 'Second' })
  const key = await ours.makeKey(['users:*'], { reach: 'realm', realm: realm.issuer_id })
  const { body } = await ours.ask('POST', '/Users', { userName: 'second@example.com' }, { key })
  assert.equal((await ours.ask('GET', `/Users/${body.id}`)).status, 404, 'it is in another directory')
  const base = `/v1/realms/${realm.issuer_id}/scim/v2`
  const there = await server.call('GET', `${base}/Users/${body.id}`, { key: ours.key })
  assert.equal(there.status, 200)
  const { meta } = there.body as { meta: { location: string } }
  assert.equal(meta.location, `${server.adminUrl}${base}/Users/${body.id}`)
  const home = await server.call('GET', `/v1/realms/${ours.issuerId}/scim/v2/Users`, { key })
  assert.equal(home.status, 404)
})

test('what somebody wrote into the attributes natively spoils nothing', async () => {
  const { id } = await makeUser({ nickName: 'N' })
  const path = `/v1/realms/${ours.issuerId}/users/${id}`
  const scim = {
    id: 'x',
    active: 'x',
    emails: 'x',
    addresses: [1, null, {}],
    name: 7,
    schemas: 1,
    enterprise: [],
    meta: 1,
  }
  await server.api('PATCH', path, { attributes: { own: true, scim } })
  const { status, body } = await ours.ask('GET', `/Users/${id}`)
  assert.deepEqual([status, body.id, body.active, body.meta.resourceType], [200, id, true, 'User'])
  const { status: patched } = await ours.ask(
    'PATCH',
    `/Users/${id}`,
    patchOf({ op: 'add', path: 'nickName', value: 'M' }),
  )
  assert.equal(patched, 200)
  assert.equal((await shownNatively(id)).attributes instanceof Object, true)
  assert.deepEqual(Object.keys((await shownNatively(id)).attributes as object), ['own', 'scim'])
})

test('who is in which group is told to nobody who may not see groups, by way of a filter neither', async () => {
  const { id } = await makeUser()
  const { body: group } = await ours.ask('POST', '/Groups', { displayName: 'Secret', members: [{ value: id }] })
  const key = await ours.makeKey(['users:read'])
  const filter = `groups.value eq "${group.id}"`
  for (const one of [filter, `active eq true and ${filter}`]) {
    assert.equal((await ours.ask('GET', filtered('/Users', one), undefined, { key })).status, 403, one)
    const search = await ours.ask('POST', '/Users/.search', { filter: one }, { key })
    assert.equal(search.status, 403, one)
    assert.equal((await ours.ask('GET', filtered('/Users', one))).body.totalResults, 1, one)
  }
  assert.equal((await ours.ask('GET', filtered('/Users', 'active eq true'), undefined, { key })).status, 200)
})
