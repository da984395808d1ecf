// Runs the client credentials example.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { runExample } from '../example.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

test('the client credentials example gets a token, verifies it and calls the API', async () => {
  const example = runExample(server, 'client-credentials/client-credentials.ts')
  const { code, lines } = await example.ended
  assert.equal(code, 0, lines.join('\n'))
  const [registered = '', token, read, written, deleted] = lines
  const clientId = /^Registered the client (\w{20})\.$/.exec(registered)?.[1]
  assert.ok(clientId, registered)
  assert.equal(token, `Got a token of ${server.url} for https://api.example.com/notes with the scope notes:read.`)
  assert.equal(read, `GET /notes: 200 {"caller":"${clientId}","notes":["Buy ink"]}`)
  assert.equal(written, 'POST /notes: 403 Bearer realm="notes", error="insufficient_scope", scope="notes:write"')
  assert.equal(deleted, 'Deleted the client again.')
})

test('it can be run again, and leaves no client behind', async () => {
  const { code, lines } = await runExample(server, 'client-credentials/client-credentials.ts').ended
  assert.equal(code, 0, lines.join('\n'))
  const { data: clients } = await server.api<{ data: unknown[] }>('GET', '/v1/realms/default/clients')
  assert.deepEqual(clients, [])
  const { data: resources } = await server.api<{ data: unknown[] }>('GET', '/v1/resources')
  assert.equal(resources.length, 1)
})
