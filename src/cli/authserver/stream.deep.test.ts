// Restores 10,000 clients by one stream.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

const BIN = new URL('../../../bin/authserver', import.meta.url).pathname
const COUNT = 10_000

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

/** Runs a command with an input. @returns what it prints */
async function authserver(words: readonly string[], input = ''): Promise<string> {
  const env = { ...process.env, AUTHPLANE_ADMIN_API_KEY: server.adminKey, COUNTERSIGN_ADMIN_URL: server.adminUrl }
  const child = spawn(BIN, ['admin', ...words], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  let printed = ''
  for await (const chunk of child.stdout) printed += chunk
  return printed
}

test('10,000 clients are restored by one stream, and dumped again', async () => {
  const lines = Array.from({ length: COUNT }, (_, index) =>
    JSON.stringify({
      name: `Streamed ${index}`,
      grant_types: ['client_credentials'],
      client_id: `of-the-dump-${index}`,
    }),
  )
  const words = ['client', 'create', '--auth-method', 'client_secret_post', '--json', '-']
  const start = Date.now()
  const printed = (await authserver(words, `${lines.join('\n')}\n`)).trim().split('\n')
  console.log(`${COUNT} clients in ${Math.round((Date.now() - start) / 1000)} s`)
  assert.equal(printed.length, COUNT)
  assert.ok(printed.every((line) => typeof JSON.parse(line).client_secret === 'string'))
  const dumped = JSON.parse(await authserver(['client', 'list', '--json'])) as unknown[]
  assert.equal(dumped.length, COUNT)
})
