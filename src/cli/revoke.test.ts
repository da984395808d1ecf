// Runs countersign revoke against a real server: what it says, and what tokens say afterwards.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { commandAnswer, runCommand } from '#testing/command-line.ts'
import { startServer, type TestServer } from '#testing/server.ts'

interface Report {
  readonly tokens: { readonly count: number; readonly sample: readonly object[] }
  readonly agents: { readonly sample: readonly { readonly name: string }[] }
}

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const answer = <T>(words: readonly string[]) => commandAnswer<T>(server, words)

test('a dry run tells, and the same command without it ends just that', async () => {
  const agent = await answer<{ client_id: string; client_secret: string }>(['agent', 'create', '--name', 'Clerk'])
  const authorization = `Basic ${btoa(`${agent.client_id}:${agent.client_secret}`)}`
  const post = async (path: string, body: Record<string, string>) => {
    const response = await fetch(`${server.url}${path}`, {
      ...{ method: 'POST', headers: { authorization }, body: new URLSearchParams(body) },
    })
    return (await response.json()) as Record<string, unknown>
  }
  const { access_token: token } = await post('/oauth/token', { grant_type: 'client_credentials' })
  const isActive = async () => (await post('/oauth/introspect', { token: String(token) })).active
  const told = await answer<Report>(['revoke', 'agent', 'Clerk', '--dry-run'])
  assert.deepEqual([told.tokens.count, told.agents.sample[0]?.name, await isActive()], [1, 'Clerk', true])
  const unsure = await runCommand(server, ['revoke', 'agent', 'Clerk'])
  assert.deepEqual([unsure.exit, await isActive()], [2, true])
  assert.deepEqual(await answer<Report>(['revoke', 'agent', 'Clerk', '--reason', 'a test', '--yes']), told)
  assert.equal(await isActive(), false)
  const unknown = await runCommand(server, ['revoke', 'robot', 'Clerk', '--yes'])
  assert.deepEqual([unknown.exit, /token, grant, client/.test(unknown.err)], [2, true])
})
