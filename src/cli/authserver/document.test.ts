// Runs every command and every call of AuthPlane’s “Admin API guide” as it is printed there, host names aside.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { exchange, getCode, isActive, makeClient, makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const BIN = new URL('../../../bin', import.meta.url).pathname

type Thing = Readonly<Record<string, unknown>>

let server: TestServer
let folder: string
const variables: Record<string, string> = {}
before(async () => {
  server = await startServer()
  folder = mkdtempSync(join(tmpdir(), 'countersign-document-'))
  writeFileSync(join(folder, 'admin-key'), `${server.adminKey}\n`)
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** Runs what the document prints. The two addresses are those of the server. */
function sh(printed: string) {
  const script = printed
    .replaceAll('http://localhost:9001', server.adminUrl)
    .replaceAll('http://localhost:9000', server.url)
    .replaceAll('/path/to/admin-key', join(folder, 'admin-key'))
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { PATH: `${BIN}:${process.env.PATH}`, COUNTERSIGN_ADMIN_URL: server.adminUrl, ...variables }
    execFile(
      '/bin/bash',
      ['-euo', 'pipefail', '-c', script],
      { cwd: folder, env, maxBuffer: 100_000_000 },
      (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err })
      },
    )
  })
}

async function done(printed: string): Promise<string> {
  const { code, out, err } = await sh(printed)
  assert.equal(code, 0, `${printed}\n${out}\n${err}`)
  return out
}

const json = async <T = Thing>(printed: string): Promise<T> => JSON.parse(await done(printed))

test('Setup: the key is read from a file, and calls need it', async () => {
  const printed = `export AUTHPLANE_ADMIN_API_KEY="$(cat /path/to/admin-key)"

curl -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY" \\
     http://localhost:9001/admin/clients`
  assert.deepEqual(await json(printed), [])
  variables.AUTHPLANE_ADMIN_API_KEY = server.adminKey
})

test('Register an MCP client: by the command and by the call, each name once', async () => {
  const command = `authserver admin client create \\
    --grant-types authorization_code,refresh_token \\
    --redirect-uris https://app.example.com/oauth/callback \\
    --scopes 'tools/read||Read tools' \\
    --scopes 'tools/write||Write tools' \\
    --auth-method client_secret_post \\
    --name "My App"`
  assert.match(await done(command), /^client_secret: \S{20,}$/m)
  const call = `curl -X POST http://localhost:9001/admin/clients \\
  -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "client_name": "My App",
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": ["https://app.example.com/oauth/callback"],
    "scope": "tools/read tools/write",
    "token_endpoint_auth_method": "client_secret_post"
  }'`
  assert.equal((await json(call)).status, 409)
  const [first] = await json<Thing[]>('authserver admin client list --json')
  await done(`authserver admin client delete --id ${first?.client_id}`)
  const made = await json(call)
  assert.ok(made.client_id && made.client_secret)
  const open = await json(command.replace('client_secret_post', 'none').replace('My App', 'Public').concat(' --json'))
  assert.deepEqual([open.token_endpoint_auth_method, 'client_secret' in open], ['none', false])
})

test('Register a resource: a mint resource, and its slug only once', async () => {
  const command = `authserver admin resource create \\
    --slug my-mcp-server \\
    --uri http://mcp.example.com/mcp \\
    --backend-kind mint \\
    --display-name "My MCP Server" \\
    --scopes 'tools/read||Read the data' \\
    --scopes 'tools/write||Modify the data'`
  assert.match(await done(command), /^slug: my-mcp-server$/m)
  const again = await sh(command)
  assert.deepEqual([again.code, again.out], [1, ''])
})

test('Rotate signing keys: by the command and by the call', async () => {
  await done('authserver admin key rotate')
  const rotated = await json(`curl -X POST http://localhost:9001/admin/keys/rotate \\
     -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY"`)
  for (const member of ['current_kid', 'previous_kid', 'rotated_at']) assert.equal(typeof rotated[member], 'string')
})

test('Revoke a token, all of a client, and a consent', async () => {
  const person = await makePerson(server, 'user-42@example.com')
  const client = await makeClient(server)
  const tokens = async () => exchange(server, client, await getCode(server, client, person))
  const first = await tokens()
  Object.assign(variables, {
    ACCESS_OR_REFRESH_TOKEN: String(first.body.access_token),
    CLIENT_ID: client.clientId,
    CLIENT_SECRET: client.secret,
    USER_ID: person.id,
  })
  await done(`curl -X POST http://localhost:9000/oauth/revoke \\
    -d "token=$ACCESS_OR_REFRESH_TOKEN" \\
    -d "client_id=$CLIENT_ID" \\
    -d "client_secret=$CLIENT_SECRET"`)
  assert.equal(await isActive(server, client, String(first.body.access_token)), false)

  const second = await tokens()
  const suspended = await json(`curl -s -X PATCH http://localhost:9001/admin/clients/$CLIENT_ID/suspend \\
    -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY"`)
  assert.deepEqual(suspended, { status: 'suspended' })
  const reactivated = await json(`curl -s -X PATCH http://localhost:9001/admin/clients/$CLIENT_ID/reactivate \\
    -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY"`)
  assert.deepEqual(reactivated, { status: 'active' })
  assert.equal(await isActive(server, client, String(second.body.access_token)), true)

  const listed = await done('authserver admin grant list-user-grants --user $USER_ID')
  variables.CONSENT_GRANT_ID = /gnt_\w+/.exec(listed)?.[0] ?? ''
  await done('authserver admin grant revoke-consent --id $CONSENT_GRANT_ID')
  assert.equal(await isActive(server, client, String(second.body.access_token)), false)
})

test('Inspect issuances: by user, client, time and resource, and one in full', async () => {
  const { id = '' } = await json<{ id: string }>(
    'authserver admin user create --json --email user-43@example.com --name Ann',
  )
  const machine = await json<{ client_id: string; client_secret: string }>(
    `authserver admin client create --json --name my-client --grant-types client_credentials --scopes 'tools/read||Read' --auth-method client_secret_post`,
  )
  const body = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_id: machine.client_id, client_secret: machine.client_secret },
    resource: 'my-mcp-server',
  })
  assert.equal((await fetch(`${server.url}/oauth/token`, { method: 'POST', body })).status, 200)
  const printed = async (script: string) =>
    done(
      script
        .replace('user-42', variables.USER_ID ?? id)
        .replace('my-client', machine.client_id)
        .replace('github-repos', 'my-mcp-server'),
    )
  assert.match(await printed('authserver admin issuance list --user user-42 --limit 50'), /iss_/)
  assert.match(await printed('authserver admin issuance list --client my-client --since 24h'), /iss_/)
  const ofResource = await printed('authserver admin issuance list --resource github-repos --limit 20')
  const found = /iss_\w+/.exec(ofResource)?.[0] ?? ''
  const one = await json<{ claims: Thing }>(`authserver admin issuance get --json --id ${found}`)
  assert.deepEqual(
    [one.claims.client_id, one.claims.aud, one.claims.scope],
    [machine.client_id, 'http://mcp.example.com/mcp', 'tools/read'],
  )
  const query = `user_id=${id}&client_id=${machine.client_id}&resource=my-mcp-server&since=24h&limit=5`
  const none = await json<{ issuances: Thing[] }>(
    `curl -s -H "Authorization: Bearer $AUTHPLANE_ADMIN_API_KEY" "http://localhost:9001/admin/issuances?${query}"`,
  )
  assert.deepEqual(none.issuances, [])
  // Who has tokens is deleted only by force.
  const refused = await sh(`authserver admin client delete --id ${machine.client_id}`)
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /valid token/)
  await done(`authserver admin client delete --force --id ${machine.client_id}`)
  await done(`authserver admin user force-logout --id ${id}`)
  await done(`authserver admin user delete --id ${id}`)
})

const DUMP = `# Dump every client
authserver admin client list --json > clients-backup.json`

test('Bulk operations: 50 clients are dumped, deleted and restored by the loop of the document', async () => {
  const make = Array.from({ length: 50 }, (_, index) => ({
    // The shell’s `read` without -r takes backslashes away, which JSON has before quotes.
    client_name: `Dumped ${index} and ${'é'.repeat(index)}`,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: index % 2 ? 'client_secret_post' : 'client_secret_basic',
    scope: 'tools/read',
  }))
  writeFileSync(join(folder, 'new.json'), JSON.stringify(make))
  const before = await json<Thing[]>('authserver admin client list --json')
  for (const { client_id: id } of before) await done(`authserver admin client delete --force --id ${id}`)
  const lines = await done('authserver admin client create --json - < new.json')
  assert.equal(lines.trim().split('\n').length, 50)
  await done(DUMP)
  const dumped = JSON.parse(readFileSync(join(folder, 'clients-backup.json'), 'utf8')) as Thing[]
  assert.ok(dumped.length === 50 && dumped.every((client) => !('client_secret' in client)))
  await Promise.all(
    dumped.map(({ client_id: id }) => server.call('DELETE', `/admin/clients/${id}`, { key: server.adminKey })),
  )
  const restored = await done(`jq -c '.[]' clients-backup.json | while read c; do
    echo "$c" | authserver admin client create --json -
done`)
  assert.equal(restored.match(/"client_secret"/g)?.length, 50)
  const all = await json<Thing[]>('authserver admin client list --json')
  const kept = (client: Thing) => [client.client_name, client.grant_types, client.scope]
  assert.deepEqual(all.map(kept).sort(), dumped.map(kept).sort())
})

test('Bulk operations: 1,000 clients go through one stream', async () => {
  const lines = Array.from({ length: 1000 }, (_, index) =>
    JSON.stringify({
      name: `Streamed ${index}`,
      grant_types: ['client_credentials'],
      client_id: `of-the-dump-${index}`,
    }),
  )
  writeFileSync(join(folder, 'many.ndjson'), `${lines.join('\n')}\n`)
  const printed = await done('authserver admin client create --auth-method client_secret_post --json - < many.ndjson')
  const made = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Thing)
  assert.equal(made.length, 1000)
  assert.ok(made.every(({ client_secret: secret }) => typeof secret === 'string'))
  assert.deepEqual([made[0]?.name, made.at(-1)?.name], ['Streamed 0', 'Streamed 999'])
  const dumped = await json<Thing[]>('authserver admin client list --json')
  assert.equal(dumped.length, 1050)
  // What is refused in the middle is told, and what came before it is done.
  const grants = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' }
  const names = ['One more', 'Streamed 7']
  const bad = names.map((name) => JSON.stringify({ name, ...grants })).join('\n')
  writeFileSync(join(folder, 'bad.ndjson'), bad)
  const { code, out, err } = await sh('authserver admin client create --json - < bad.ndjson')
  assert.equal(code, 1)
  assert.match(out, /"One more"/)
  assert.match(err, /Item 2 of 2 was refused/)
})

test('Common failure modes: a wrong key, and origins that may call from a browser', async () => {
  const wrong = await sh('AUTHPLANE_ADMIN_API_KEY=wrong authserver admin client list')
  assert.equal(wrong.code, 1)
  const status = await done(
    `curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer wrong" http://localhost:9001/admin/clients`,
  )
  assert.equal(status, '401')
  const console = 'https://console.example.com'
  const other = await startServer({ env: { AUTHPLANE_SERVER_ALLOWED_ORIGINS: console } })
  try {
    const preflight = await fetch(`${other.adminUrl}/admin/clients`, {
      method: 'OPTIONS',
      headers: {
        origin: console,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    })
    assert.equal(preflight.headers.get('access-control-allow-origin'), console)
    const reply = await fetch(`${other.adminUrl}/admin/clients`, {
      headers: { origin: console, authorization: `Bearer ${other.adminKey}` },
    })
    assert.deepEqual([reply.status, reply.headers.get('access-control-allow-origin')], [200, console])
  } finally {
    await other.stop()
  }
})

test('fronting links by the command: dry run, maps with colons and equals signs, and deletion with the resource', async () => {
  const make = (slug: string, scope: string) =>
    done(
      `authserver admin resource create --slug ${slug} --uri https://${slug}.example.com/ --scopes '${scope}||Use it'`,
    )
  await make('gw', 'use')
  await make('behind', 'a:read')
  const create = `authserver admin fronting create --json --source gw --target behind --scope-map 'use=a:read'`
  await json(`${create} --dry-run`)
  assert.deepEqual(await json('authserver admin fronting list --json'), [])
  const made = await json(create)
  assert.deepEqual([made.source_slug, made.target_slug, made.scope_map], ['gw', 'behind', { use: ['a:read'] }])
  const unclear = await sh(create.replace('use=a:read', 'use:a:read'))
  assert.deepEqual([unclear.code, unclear.out], [2, ''])
  const client = await json(
    'authserver admin client create --json --name Gateway --redirect-uris https://gw.example.com/',
  )
  await done(`authserver admin resource runtime-client add --slug gw --client-id ${client.client_id}`)
  const listed = await json('authserver admin resource runtime-client list --json --slug gw')
  assert.deepEqual(listed, { client_ids: [client.client_id] })
  const refused = await sh('authserver admin resource delete --slug behind')
  assert.match(refused.err, /gw → behind/)
  await done('authserver admin resource delete --slug behind --cascade')
  await done('authserver admin resource update --id gw --policy-clear --scopes-clear')
  assert.deepEqual(await json('authserver admin resource runtime-client list --json --slug gw'), { client_ids: [] })
})
