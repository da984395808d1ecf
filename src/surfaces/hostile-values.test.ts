// Sends values that a careless program takes for something else.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'

// Values that JSON can hold and that no text can be made of, and names that every JavaScript object knows: whoever sends
// them is refused like everybody else.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const TEXTLESS = { toString: 1, valueOf: 1 }
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty']

test('an action that is a name of every object names no event, and is no defect', async () => {
  const { server, superAdmin, shop } = plane
  for (const action of INHERITED) {
    for (const [path, key] of [
      ['/api/v1/admin/audit', superAdmin],
      ['/v1/admin/audit', shop.admin],
    ] as const) {
      const { status, body } = await server.call('GET', `${path}?action=${action}`, { key })
      assert.equal(status, 200, `${path} ${action}`)
      assert.equal((body as { pagination: { total: number } }).pagination.total, 0)
    }
  }
})

test('a client’s key with a curve that is no text is refused, and is no defect', async () => {
  const { server, shop } = plane
  const keys = { auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'EC', crv: TEXTLESS }] } }
  for (const [path, more] of [
    [`/v1/realms/${shop.issuerId}/clients`, { label: 'x', grant_types: ['client_credentials'] }],
    [`/v1/api-clients?tenant_id=${shop.id}`, { label: 'x' }],
  ] as const) {
    const { status, body } = await server.call('POST', path, { body: { ...more, ...keys } })
    assert.equal(status, 400, path)
    assert.match(JSON.stringify(body), /the curve is not supported/)
  }
})

test('a SCIM request with a number or a method that is no text is refused, and is no defect', async () => {
  const { server, shop } = plane
  const root = `/v1/realms/${shop.issuerId}/scim/v2`
  for (const member of ['startIndex', 'count']) {
    for (const value of [TEXTLESS, [5]]) {
      const { status } = await server.call('POST', `${root}/Users/.search`, { body: { [member]: value } })
      assert.equal(status, 400, member)
    }
  }
  const user = { path: '/Users', bulkId: 'a', data: { userName: 'in-bulk@example.com' } }
  const Operations = [TEXTLESS, ['POST'], undefined].map((method) => ({ method, ...user }))
  const { status, body } = await server.call('POST', `${root}/Bulk`, { body: { Operations } })
  assert.equal(status, 200)
  const answers = (body as { Operations: { method: string; status: string }[] }).Operations
  assert.deepEqual(
    answers.map((answer) => [answer.method, answer.status]),
    [
      ['', '400'],
      ['', '400'],
      ['', '400'],
    ],
  )
})
