// Runs the example of an identity provider of a company whose assertions give tokens.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { runExample } from '../example.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

test('an ID-JAG gives a token as far as the policy goes, and each refusal says its reason', async () => {
  const { code, lines } = await runExample(server, 'cross-app-access/cross-app-access.ts').ended
  assert.equal(code, 0, lines.join('\n'))
  assert.deepEqual(lines, [
    'Nobody trusts the company: invalid_grant, untrusted_issuer',
    'No policy yet: invalid_grant, policy_denied',
    'No mapping yet: invalid_grant, subject_not_mapped',
    'The policy lets through: orders:read',
    'The same again: invalid_grant, replay',
    'For another client: invalid_grant, client_mismatch',
    'For another API: invalid_target, invalid_resource',
    'Of yesterday: invalid_grant, assertion_expired',
    'The company is not trusted any more: invalid_grant, idp_disabled',
    'Deleted everything again.',
  ])
})
