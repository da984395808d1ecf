// Checks names in several spellings across surfaces.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ScimTenant, startScim } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

// One account by every surface, whatever form its address is written in.

let server: TestServer
let ours: ScimTenant
before(async () => {
  ;({ server, ours } = await startScim())
})
after(() => server.stop())

test('an address that SCIM provisioned in punycode is the one of the native API, and of no other account', async () => {
  const made = await ours.ask('POST', '/Users', { userName: 'max@xn--mller-kva.example' })
  assert.deepEqual([made.status, made.body.userName], [201, 'max@xn--mller-kva.example'])
  const twice = await ours.ask('POST', '/Users', { userName: 'MAX@müller.example' })
  assert.deepEqual([twice.status, twice.body.scimType], [409, 'uniqueness'])
  const filter = encodeURIComponent('userName eq "Max@müller.example"')
  const found = await ours.ask('GET', `/Users?filter=${filter}`)
  assert.deepEqual(
    found.body.Resources?.map(({ id }: { id: string }) => id),
    [made.body.id],
  )
  const seen = await ours.ask('POST', '/Users', { userName: 'm\u0430x@müller.example' })
  assert.deepEqual([seen.status, seen.body.scimType], [409, 'uniqueness'])
  for (const userName of ['ad\u200bmin', '=?utf-8?q?admin?=', 'a\ufe6bb@c.example']) {
    const emails = [{ value: 'someone@example.com' }]
    const refused = await ours.ask('POST', '/Users', { userName, emails })
    assert.deepEqual([refused.status, refused.body.scimType], [400, 'invalidValue'], userName)
  }
  const group = await ours.ask('POST', '/Groups', { displayName: 'Admins' })
  assert.equal(group.status, 201)
  const other = await ours.ask('POST', '/Groups', { displayName: '\u0410dmins' })
  assert.deepEqual([other.status, other.body.scimType], [409, 'uniqueness'])
})

test('the native API refuses it in its own words', async () => {
  const realm = '/v1/realms/default'
  await server.api('POST', `${realm}/users`, { email: 'max@müller.example' })
  const again = await server.call('POST', `${realm}/users`, { body: { email: 'max@xn--mller-kva.example' } })
  assert.equal(again.status, 409)
  const bad = await server.call('POST', `${realm}/users`, { body: { email: '=?utf-8?q?x=40evil?=@corp.example' } })
  assert.equal(bad.status, 400)
  assert.match(JSON.stringify(bad.body), /the part before the @ is an encoded word/)
})
