// Checks that SCIM users have the attributes that their realm declares.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ENTERPRISE, patchOf, type ScimTenant, startScim, USER_SCHEMA } from '#testing/scim.ts'
import type { TestServer } from '#testing/server.ts'

let server: TestServer
let ours: ScimTenant
before(async () => {
  ;({ server, ours } = await startScim())
})
after(() => server.stop())

test('users have the standard attributes that their realm requires, in the form that it declares', async () => {
  const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms?tenant_id=${ours.id}`, { name: 'Declared' })
  const path = `/v1/realms/${realm.issuer_id}`
  const profile_attributes = [
    { name: 'family_name', required: true },
    { name: 'employee_id', pattern: 'E\\d{3}', unique: true },
    { name: 'shirt', required: true },
  ]
  await server.api('PATCH', path, { policy: { profile_attributes } })
  const key = await ours.makeKey(['users:*'], { reach: 'realm', realm: realm.issuer_id })
  const ask = (method: string, at: string, body: object) => ours.ask(method, at, body, { key })
  const numbered = (userName: string, employeeNumber: string, name: object = { familyName: 'Jensen' }) =>
    ask('POST', '/Users', { schemas: [USER_SCHEMA, ENTERPRISE], userName, name, [ENTERPRISE]: { employeeNumber } })
  const without = await numbered('a@example.com', 'E001', {})
  assert.deepEqual([without.status, without.body.scimType], [400, 'invalidValue'])
  assert.match(without.body.detail, /name\.familyName: is required/)
  const wrong = await numbered('a@example.com', '1')
  assert.match(wrong.body.detail, /employeeNumber: does not match/)
  const right = await numbered('a@example.com', 'E001')
  assert.equal(right.status, 201, 'SCIM has no words for the shirt, which the person is asked for')
  const taken = await numbered('b@example.com', 'e001')
  assert.deepEqual([taken.status, taken.body.scimType], [400, 'invalidValue'], 'not in the form')
  const same = await numbered('b@example.com', 'E001')
  assert.deepEqual([same.status, same.body.scimType], [409, 'uniqueness'])
  const cleared = await ask('PATCH', `/Users/${right.body.id}`, patchOf({ op: 'remove', path: 'name.familyName' }))
  assert.deepEqual([cleared.status, cleared.body.scimType], [400, 'invalidValue'])
  const renamed = await ask(
    'PATCH',
    `/Users/${right.body.id}`,
    patchOf({ op: 'replace', path: 'title', value: 'Guide' }),
  )
  assert.equal(renamed.status, 200)
})
