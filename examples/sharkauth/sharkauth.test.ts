// Runs the scripts of SharkAuth’s API against one server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { printedBy } from '../example.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

test('each call stops what it names, and nothing else', async () => {
  const env = { COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
  assert.deepEqual(await printedBy(server, 'sharkauth/blast-radii.sh', env), [
    'At first: true true true true.',
    'A token: false true.',
    'An agent: 1 token. false true.',
    'Agents of a person: the booker asks for a token: invalid_client.',
    'Clients of a pattern: false.',
    'In the audit log: true.',
    'Deleted everything again.',
  ])
})
