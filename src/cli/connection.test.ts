// Checks which key commands use, and what they say where no server or another program answers.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { commandAnswer, runCommand } from '#testing/command-line.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
const directory = mkdtempSync(join(tmpdir(), 'countersign-cli-'))

before(async () => {
  server = await startServer()
})
after(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

test('without a key, with a wrong one, with one that may not', async () => {
  const url = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_DATA_DIR: directory }
  const none = await runCommand(server, 'client list', { env: url })
  assert.deepEqual([none.exit, /COUNTERSIGN_ADMIN_API_KEY is not set/.test(none.err)], [2, true])
  const wrong = await runCommand(server, 'client list', { env: { ...url, AUTHPLANE_ADMIN_API_KEY: 'sk_live_wrong' } })
  assert.equal(wrong.exit, 1)
  assert.match(wrong.err, /invalid_token.*\n.*AUTHPLANE_ADMIN_API_KEY/)
  assert.ok(!wrong.err.includes('sk_live_wrong'))
  const two = { ...url, COUNTERSIGN_ADMIN_API_KEY: 'sk_live_one', AUTHPLANE_ADMIN_API_KEY: 'sk_live_two' }
  assert.deepEqual([(await runCommand(server, 'client list', { env: two })).exit], [2])
  const { key } = await commandAnswer<{ key: string }>(server, 'api-key create --name weak --permissions users:read')
  const weak = await runCommand(server, 'client list', { env: { ...url, COUNTERSIGN_ADMIN_API_KEY: key } })
  assert.equal(weak.exit, 1)
  assert.match(weak.err, /clients:read/)
})

test('the first boot’s key is used on this machine, said, and never sent elsewhere', async () => {
  const local = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_DATA_DIR: server.dataDir }
  const used = await runCommand(server, 'client list --quiet', { env: local, watched: true })
  assert.equal(used.exit, 0)
  assert.match(used.err, /admin\.key\.firstboot/)
  assert.ok(!used.err.includes(server.adminKey))
  const elsewhere = await runCommand(server, 'client list', {
    env: { ...local, COUNTERSIGN_ADMIN_URL: 'http://192.0.2.1:9001' },
  })
  assert.deepEqual([elsewhere.exit, /is not set/.test(elsewhere.err)], [2, true])
})

test('a server that is not there ends with 3', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { exit, err } = await runCommand(server, ['client', 'list', '--server', url])
  assert.equal(exit, 3)
  assert.match(err, /Cannot connect to .*: no program listens on this address\.\n.*COUNTERSIGN_ADMIN_URL/)
})

test('what is no admin API is told apart, and gets the key only once', async (t) => {
  const heard: string[] = []
  const other = createServer((request, response) => {
    heard.push(request.url ?? '')
    if (request.url?.startsWith('/v1/realms/default/clients'))
      response.writeHead(302, { location: `${server.adminUrl}/v1/x` })
    else response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<h1>Hello</h1>')
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const redirected = await runCommand(server, ['client', 'list', '--server', url])
  assert.deepEqual([redirected.exit, heard.length], [1, 1])
  assert.match(redirected.err, /redirects to/)
  assert.match((await runCommand(server, ['realm', 'list', '--server', url])).err, /without JSON.*\n.*admin API/)
  assert.match((await runCommand(server, ['event', 'follow', '--server', url])).err, /without an event stream/)
})

test('a data directory without a readable key is no key', async () => {
  const empty = join(directory, 'data')
  mkdirSync(empty)
  writeFileSync(join(empty, 'admin.key.firstboot'), 'not a key\nat all')
  const { exit } = await runCommand(server, 'client list', {
    env: { COUNTERSIGN_DATA_DIR: empty, COUNTERSIGN_ADMIN_URL: server.adminUrl },
  })
  assert.equal(exit, 2)
})
