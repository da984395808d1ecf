// Checks the limits for callers that use a public client.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { purgeBefore } from '#testing/purge.ts'
import { postForm } from '#testing/token-client.ts'

let fixture: AuthorizationFixture

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

test('who pushes requests in the name of a public client is stopped by network, and for too long a request', async () => {
  const { clientId } = await fixture.makeClient({ authMethod: 'none' })
  const push = (more: Record<string, string> = {}) =>
    postForm(fixture, '/oauth/par', fixture.request({ client_id: clientId, ...more }))
  const statuses: number[] = []
  for (let count = 0; count < 301; count++) statuses.push((await push()).status)
  assert.deepEqual([...new Set(statuses.slice(0, 300))], [201])
  assert.equal(statuses[300], 429)
  fixture.services.clock.advance(300_000)
  assert.equal((await push({ state: '\u0001'.repeat(4096) })).body.error, 'invalid_request')
  assert.equal((await push()).status, 201)
})

test('what strangers stored goes when it expires', async () => {
  const { clientId } = await fixture.makeClient({ authMethod: 'none' })
  assert.equal((await postForm(fixture, '/oauth/par', fixture.request({ client_id: clientId }))).status, 201)
  const { clock } = fixture.services
  const purge = () => purgeBefore(fixture.services, 'one-time-tokens', clock.now() - 86_400_000)
  assert.equal(await purge(), 0)
  clock.advance(90_001)
  assert.equal(await purge(), 1)
})
