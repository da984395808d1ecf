// Runs the example of an agent that asks a person, and whose tokens an administrator revokes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { runExample } from '../example.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

const EXPECTED = [
  /^The MCP server is at \S+, and the agent is agt_\w+\.$/,
  /^The agent asks for notes:read, and shows "Notekeeper \d{4}"\.$/,
  /^The person approves at \S+\/account\/approvals\.$/,
  /^The agent has a token for openid notes:read\.$/,
  /^read_notes: usr_\w+: Buy ink$/,
  /^add_note: the token lacks a scope of notes:read notes:write\.$/,
  /^The agent asks for notes:read and notes:write, and shows "Notekeeper \d{4}"\.$/,
  /^The person approves at \S+\/account\/approvals\.$/,
  /^The agent has a token for openid notes:read notes:write\.$/,
  /^add_note: usr_\w+: 2 notes$/,
  /^A revocation would end 2 tokens of ada-\d+@example\.com\.$/,
  /^The administrator revoked 2 tokens of ada-\d+@example\.com\.$/,
  /^add_note: 401 The access token was revoked\. It took \d+ s\.$/,
  /^The MCP server fetched only \/\.well-known\/[\w-]+, \/\S*jwks\S*, \/oauth\/status-lists\/…\.$/,
  /^Deleted the agent and the person again\.$/,
]

test('a person approves what the agent asks, and a revocation ends it without a call for each request', async () => {
  const env = { PORT: String(await freePort()) }
  const { code, lines } = await runExample(server, 'agent-approval/agent-approval.ts', env).ended
  assert.equal(code, 0, lines.join('\n'))
  assert.equal(lines.length, EXPECTED.length, lines.join('\n'))
  for (const [index, pattern] of EXPECTED.entries()) assert.match(lines[index] ?? '', pattern)
  const { data: clients } = await server.api<{ data: unknown[] }>('GET', '/v1/realms/default/clients')
  const { data: users } = await server.api<{ data: unknown[] }>('GET', '/v1/realms/default/users')
  assert.deepEqual([clients, users], [[], []])
})
