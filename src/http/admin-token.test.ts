import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminClientCreate } from '#domain/admin-client/admin-client.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherTenant } from '#testing/neighbours.ts'
import { failure, run } from '#testing/run.ts'
import { basic } from '#testing/token-client.ts'
import { Visitor } from '#testing/visitor.ts'
import { adminTokenHolder } from './admin-token.ts'

const HOUR = 3_600_000

/** A token of a program of a tenant, and the admin realm that issued it. */
async function makeToken(house: TestHouse, tenantId: string): Promise<{ token: string; realm: Realm }> {
  const context = house.contextFor({ realm: null, tenantId })
  const realm = await context.read.realms.admin()
  assert.ok(realm)
  const client = await run(adminClientCreate, context, { label: 'ci' })
  const form = { grant_type: 'client_credentials' }
  const { status, text } = await new Visitor(house, realm).post('/oauth/token', form, basic(client))
  assert.equal(status, 200, text)
  return { token: JSON.parse(text).access_token, realm }
}

const ADDRESSES: [what: string, realmDomain: string | undefined, issuer: RegExp][] = [
  ['a path', undefined, /^https:\/\/id\.example\.com\/realms\/[a-z0-9]{12}$/],
  ['a host', 'realms.example.com', /^https:\/\/[a-z0-9]{12}\.realms\.example\.com$/],
]

for (const [what, realmDomain, expected] of ADDRESSES) {
  test(`a token of an admin realm whose issuer is ${what} opens the API for its tenant, until it ends`, async (t) => {
    const house = await openTestHouse({ settings: { realmDomain } })
    t.after(() => house.close())
    const tenantId = await anotherTenant(house)
    const { token, realm } = await makeToken(house, tenantId)
    assert.match(new Visitor(house, realm).issuer, expected)
    const holder = await adminTokenHolder(house, token)
    assert.deepEqual([holder.kind, holder.label, holder.reach], ['client', 'ci', { kind: 'tenant', tenantId }])
    house.clock.advance(HOUR - 1000)
    assert.equal((await adminTokenHolder(house, token)).kind, 'client')
    house.clock.advance(1000)
    await assert.rejects(adminTokenHolder(house, token), failure('invalid_token'))
  })
}

test('where realms are found by another name, or the API moved, what was issued is worth nothing', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const { token } = await makeToken(house, house.tenantId)
  const changed = (settings: object) => ({
    ...house,
    registry: { ...house.registry, settings: { ...house.registry.settings, ...settings } },
  })
  assert.equal((await adminTokenHolder(house, token)).kind, 'client')
  for (const settings of [
    { publicUrl: 'https://other.example.com' },
    { realmDomain: 'realms.example.com' },
    { adminUrl: 'https://other.example.com' },
  ]) {
    await assert.rejects(adminTokenHolder(changed(settings), token), failure('invalid_token'), JSON.stringify(settings))
  }
})

test('the admin realm of the first tenant is no door to the others for a program', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const { token } = await makeToken(house, house.tenantId)
  assert.deepEqual((await adminTokenHolder(house, token)).reach, { kind: 'tenant', tenantId: house.tenantId })
})

test('text that only looks like a token is refused as one', async (t) => {
  const house = await openTestHouse()
  t.after(() => house.close())
  const jwt = (claims: unknown) => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  for (const claims of [
    null,
    [],
    {},
    { iss: 7 },
    { iss: '' },
    { iss: 'https://id.example.com' },
    { iss: 'https://id.example.com/realms/default' },
    { iss: 'https://id.example.com/realms/..%2f' },
    { iss: 'javascript:alert(1)' },
    { iss: `https://${'a'.repeat(3000)}.example` },
    { iss: 'https://id.example.com/realms/aaaaaaaaaaaa', jti: '\u0000' },
  ]) {
    await assert.rejects(adminTokenHolder(house, jwt(claims)), failure('invalid_token'), JSON.stringify(claims))
  }
})
