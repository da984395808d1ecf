// Checks the claims that operators add to tokens and userinfo by rows.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientUpdate } from '#domain/client/client.operations.ts'
import { groupAddMembers, groupCreate } from '#domain/group/group.operations.ts'
import { organizationAddMember, organizationCreate } from '#domain/organization/organization.operations.ts'
import { resourceCreate, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { askForToken, codeFor, exchangeCode, refreshWith, userinfo } from '#testing/token-client.ts'
import { claimsOf } from './jwt.ts'

const FILES = 'https://files.example.com/'

let fixture: AuthorizationFixture
let filesId = ''
before(async () => {
  fixture = await openAuthorizationFixture()
  const { id } = await runOperation(userUpdate, context(), {
    id: fixture.ada.id,
    department: 'Engines',
    attributes: { level: 7, tags: ['a', 'b'], long: 'x'.repeat(3000), secretive: { deep: true } },
  })
  const group = await runOperation(groupCreate, context(), { name: 'Crew' })
  await runOperation(groupAddMembers, context(), { id: group.id, userIds: [id] })
  filesId = (await runOperation(resourceCreate, context(), { identifier: FILES, scopes: [{ name: 'files:read' }] })).id
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const of = (token: unknown) => claimsOf(String(token)) ?? {}
const row = (claim: string, source: string, value = '', more: object = {}) => ({ claim, source, value, ...more })

test('rows of a client are in the token that they name, with the values of now', async () => {
  const inId = { token: 'id_token' }
  const client = await fixture.makeClient({
    firstParty: true,
    mappedClaims: [
      row('dept', 'field', 'department'),
      row('https://northwind.example/level', 'attribute', 'level', { type: 'number' }),
      row('tags', 'attribute', 'tags', { type: 'list', ...inId }),
      row('crew', 'groups', '', { token: 'userinfo' }),
      row('plan', 'constant', 'gold', inId),
      row('beta', 'constant', 'true', { type: 'boolean' }),
      row('seats', 'constant', '12', { type: 'number', token: 'userinfo' }),
      row('wrong', 'attribute', 'level', { type: 'string' }),
      row('long', 'attribute', 'long'),
      row('none', 'attribute', 'constructor'),
    ],
  })
  const answer = await exchangeCode(fixture, client, await codeFor(fixture, client, { scope: 'openid offline_access' }))
  const access = of(answer.body.access_token)
  assert.deepEqual(
    [access.dept, access['https://northwind.example/level'], access.beta, access.tags, access.plan, access.crew],
    ['Engines', 7, true, undefined, undefined, undefined],
  )
  assert.ok(!('wrong' in access || 'long' in access || 'none' in access), 'of another type, too long, not there')
  const id = of(answer.body.id_token)
  assert.deepEqual([id.tags, id.plan, id.dept], [['a', 'b'], 'gold', undefined])
  const { body } = await userinfo(fixture, String(answer.body.access_token))
  assert.deepEqual([body.crew, body.seats, body.sub, body.plan], [['Crew'], 12, access.sub, undefined])
  await runOperation(userUpdate, context(), { id: fixture.ada.id, department: 'Sails' })
  const refreshed = await refreshWith(fixture, client, String(answer.body.refresh_token))
  assert.equal(of(refreshed.body.access_token).dept, 'Sails')
  await runOperation(clientUpdate, context(), { id: client.id, mappedClaims: [] })
  const plain = await refreshWith(fixture, client, String(refreshed.body.refresh_token))
  assert.equal(of(plain.body.access_token).dept, undefined)
})

test('rows of a resource are in its access tokens, also those without a person, and in no others', async () => {
  const mappedClaims = [row('tier', 'constant', 'internal'), row('dept', 'field', 'department'), row('r', 'roles')]
  await runOperation(resourceUpdate, context(), { id: filesId, mappedClaims })
  const client = await fixture.makeClient({
    grantTypes: ['client_credentials', 'authorization_code'],
    scopes: ['openid', 'files:read', 'orders:read'],
    audiences: [FILES, 'https://api.example.com/orders'],
    firstParty: true,
    mappedClaims: [row('tier', 'constant', 'of the client')],
  })
  const machine = await askForToken(fixture, client, { grant_type: 'client_credentials', resource: FILES })
  const { tier, dept, r, sub } = of(machine.body.access_token)
  assert.deepEqual([tier, dept, r, sub], ['of the client', undefined, undefined, client.clientId])
  const changes = { scope: 'files:read', resource: FILES }
  const answer = await exchangeCode(fixture, client, await codeFor(fixture, client, changes), { resource: FILES })
  const person = of(answer.body.access_token)
  assert.deepEqual([person.dept, person.r, person.aud], ['Sails', [], FILES])
  const orders = { scope: 'orders:read', resource: 'https://api.example.com/orders' }
  const other = await exchangeCode(fixture, client, await codeFor(fixture, client, orders))
  assert.equal(of(other.body.access_token).dept, undefined)
})

test('a row tells of the organization that the person signed in for, and of no other', async () => {
  const make = async (name: string) => {
    const made = await runOperation(organizationCreate, context(), { name, slug: name.toLowerCase() })
    await runOperation(organizationAddMember, context(), { id: made.id, userId: fixture.ada.id, role: 'engineer' })
  }
  await make('Acme')
  await make('Bolt')
  const client = await fixture.makeClient({
    firstParty: true,
    organizationUsage: 'allowed',
    mappedClaims: [row('company', 'organization', 'name'), row('company_role', 'organization', 'role')],
  })
  const signIn = async (more: object) => {
    const code = await codeFor(fixture, client, { scope: 'openid', ...more })
    const { company, company_role: role } = of((await exchangeCode(fixture, client, code)).body.access_token)
    return [company, role]
  }
  assert.deepEqual(await signIn({ organization: 'bolt' }), ['Bolt', 'engineer'])
  assert.deepEqual(await signIn({}), [undefined, undefined])
})

test('reserved claims, unknown sources and fields, and rows that mean nothing are refused', async () => {
  const { id } = await fixture.makeClient()
  const refused = [
    ...['sub', 'iss', 'aud', 'scope', 'act', 'cnf', 'email', 'email_verified', 'roles', 'org_id', 'acr', 'role', 'tid'],
    ...['urn:x', '', '1a', 'a b', '__proto__', 'x'.repeat(101)],
  ].map((claim) => row(claim, 'constant', 'x'))
  const meaningless = [
    row('a', 'field', 'password'),
    row('a', 'field', ''),
    row('a', 'organization', 'secret'),
    row('a', 'groups', 'x'),
    row('a', 'script', 'x'),
    row('a', 'constant', 'x', { type: 'number' }),
    row('a', 'constant', 'yes', { type: 'boolean' }),
    row('a', 'constant', 'x', { token: 'refresh_token' }),
    row('a', 'constant', 'x'.repeat(501)),
  ]
  for (const one of [...refused, ...meaningless]) {
    await assert.rejects(
      runOperation(clientUpdate, context(), { id, mappedClaims: [one] }),
      failure('invalid_input'),
      JSON.stringify(one).slice(0, 80),
    )
  }
  const twice = [row('a', 'constant', 'x'), row('a', 'constant', 'y')]
  const many = Array.from({ length: 31 }, (_, index) => row(`a${index}`, 'constant', 'x'))
  for (const mappedClaims of [twice, many]) {
    await assert.rejects(runOperation(clientUpdate, context(), { id, mappedClaims }), failure('invalid_input'))
    await assert.rejects(
      runOperation(resourceUpdate, context(), { id: filesId, mappedClaims }),
      failure('invalid_input'),
    )
  }
})
