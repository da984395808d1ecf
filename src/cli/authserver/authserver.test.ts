// Checks `authserver admin` with the commands of AuthPlane’s document, as they are printed there.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { exchange, getCode, makeClient, makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const BIN = new URL('../../../bin', import.meta.url).pathname

let server: TestServer
let folder: string
before(async () => {
  server = await startServer()
  folder = mkdtempSync(join(tmpdir(), 'countersign-authserver-'))
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

type Thing = Readonly<Record<string, string>>

/** Runs a shell script against the server. */
function sh(script: string, env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const own = {
      PATH: `${BIN}:${process.env.PATH}`,
      AUTHPLANE_ADMIN_API_KEY: server.adminKey,
      COUNTERSIGN_ADMIN_URL: server.adminUrl,
      ...env,
    }
    execFile('/bin/bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: own }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

async function json<T = Thing>(script: string, env?: Readonly<Record<string, string>>): Promise<T> {
  const { code, out, err } = await sh(script, env)
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

const CREATE = `authserver admin client create \\
    --grant-types authorization_code,refresh_token \\
    --redirect-uris https://app.example.com/oauth/callback \\
    --scopes 'tools/read||Read tools' \\
    --scopes 'tools/write||Write tools' \\
    --auth-method client_secret_post \\
    --name "My App"`

test('a client and a resource are registered, and a name only once', async () => {
  const first = await sh(CREATE)
  assert.equal(first.code, 0, first.err)
  assert.match(first.out, /^client_secret: \S{20,}$/m)
  assert.match(first.out, /^scope: tools\/read tools\/write$/m)
  const again = await sh(CREATE)
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /A client with the name My App exists already/)
  const resource = await json<Thing & { scopes: unknown }>(`authserver admin resource create --json \\
    --slug my-mcp-server \\
    --uri http://mcp.example.com/mcp \\
    --backend-kind mint \\
    --display-name "My MCP Server" \\
    --scopes 'tools/read||Read the data' \\
    --scopes 'tools/write||Modify the data'`)
  assert.deepEqual(resource.scopes, [
    { name: 'tools/read', description: 'Read the data' },
    { name: 'tools/write', description: 'Modify the data' },
  ])
})

test('all clients are dumped as a bare array, and restored one by one', async () => {
  const dump = await json<Thing[]>('authserver admin client list --json')
  assert.ok(Array.isArray(dump) && dump.length >= 1)
  const [client] = dump
  const { code, err } = await sh(`authserver admin client delete --id ${client?.client_id}`)
  assert.equal(code, 0, err)
  const restored = await json(`echo "$c" | authserver admin client create --json -`, { c: JSON.stringify(client) })
  assert.deepEqual([restored.name, restored.scope], [client?.name, client?.scope])
  assert.notEqual(restored.client_id, client?.client_id)
})

test('keys rotate, and issuances and consents are found and revoked', async () => {
  const rotated = await json('authserver admin key rotate --json')
  assert.ok(rotated.current_kid && rotated.previous_kid && rotated.rotated_at)
  const person = await makePerson(server, 'user-42@example.com')
  const client = await makeClient(server)
  await exchange(server, client, await getCode(server, client, person))
  const { issuances } = await json<{ issuances: Thing[] }>(
    `authserver admin issuance list --user ${person.id} --limit 50 --json`,
  )
  assert.equal(issuances.length, 1)
  const table = await sh(`authserver admin issuance list --client ${client.clientId} --since 24h`)
  assert.match(table.out, new RegExp(`^ID .*\\n${issuances[0]?.id} `))
  const one = await json(`authserver admin issuance get --json --id ${issuances[0]?.id}`)
  assert.equal(one.client_id, client.clientId)
  const listed = await json<{ consent_grants: Thing[] }>(
    `authserver admin grant list-user-grants --json --user ${person.id}`,
  )
  const [grant] = listed.consent_grants
  assert.ok(grant)
  assert.equal((await sh(`authserver admin grant revoke-consent --id ${grant.id}`)).code, 0)
  assert.ok((await json(`authserver admin issuance get --json --id ${issuances[0]?.id}`)).revoked_at)
})

test('what has expired is purged by its name, and a target that fails is told', async () => {
  const all = await sh('authserver purge')
  assert.equal(all.code, 0, all.err)
  assert.deepEqual(
    all.out.split('\n').map((line) => line.replace(/:.*/, '')),
    ['assertion-jti', 'connect-pending-states', 'dpop-nonces', 'jti', 'refresh-tokens', 'sessions', ''],
  )
  const some = await sh('authserver purge --only machine-tokens,sessions --timeout 90s')
  assert.deepEqual([some.code, some.out], [0, 'machine-tokens: 0 rows\nsessions: 0 rows\n'])
  const unknown = await sh('authserver purge --only everything')
  assert.deepEqual([unknown.code, unknown.out], [2, ''])
  assert.match(unknown.err, /targets are assertion-jti, .*machine-tokens/)
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', {
    name: 'r',
    permissions: ['clients:read'],
  })
  const refused = await sh(`AUTHPLANE_ADMIN_API_KEY=${key} authserver purge --only jti,sessions`)
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /jti: .*\nsessions: .*\nError: Not purged: jti, sessions\./)
})

test('what is wrong is told, with an exit code', async () => {
  const wrong: [string, number, RegExp][] = [
    ['authserver admin client frobnicate', 2, /There is no command admin client frobnicate/],
    ['authserver admin client get', 2, /--id is required/],
    ['authserver admin client get cli_1', 2, /Give the id as --id\./],
    ['authserver admin client list --colour red', 2, /--colour/],
    ['authserver admin client get --id nobody', 1, /does not exist/],
    ['AUTHPLANE_ADMIN_API_KEY=wrong authserver admin key list', 1, /key/i],
    ['authserver admin key list --server http://127.0.0.1:9', 3, /127\.0\.0\.1:9/],
    ['echo [] | authserver admin client create -', 2, /one JSON object/],
  ]
  for (const [script, code, message] of wrong) {
    const result = await sh(script)
    assert.deepEqual([result.code, result.out], [code, ''], `${script}: ${result.err}`)
    assert.match(result.err, message)
  }
  const help = await sh('authserver --help; authserver admin client; authserver admin client create --help')
  assert.match(help.out, /client +create, list, get/)
  assert.match(help.out, /--redirect-uris/)
})
