// Runs commands against a real server.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { commandAnswer, runCommand } from '#testing/command-line.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { FakeTerminalOptions } from '#testing/terminal.ts'
import { type Command, readCatalog } from './catalog.ts'
import { LISTS_WITH_COLUMNS, shownColumns } from './columns.ts'
import { exampleOf } from './example.ts'

let server: TestServer
const directory = mkdtempSync(join(tmpdir(), 'countersign-cli-'))

before(async () => {
  server = await startServer()
})
after(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

const cli = (words: string | readonly string[], options?: FakeTerminalOptions) => runCommand(server, words, options)
const answer = <T = Record<string, unknown>>(words: string | readonly string[], options?: FakeTerminalOptions) =>
  commandAnswer<T>(server, words, options)

test('a filter that is true or false takes both', async () => {
  const words = ['flow', 'create', '--name', 'Shown', '--trigger', 'login', '--mode', 'shadow']
  const flow = await answer<{ id: string }>([...words, '--steps', '[{"type":"delay","config":{"seconds":1}}]'])
  for (const flag of ['--agrees', '--no-agrees']) {
    assert.equal((await cli(['flow', 'list-runs', flow.id, flag])).exit, 0, flag)
  }
  assert.match((await cli(['flow', 'list-runs', '--help'])).out, /--\[no-\]agrees/)
})

test('from a realm to a client: create, get, list, rotate, delete', async () => {
  const realm = await answer<{ issuer_id: string; policy: object }>(
    'realm create --name Acme --policy.access-token-lifetime 600',
  )
  assert.equal((realm.policy as { access_token_lifetime: number }).access_token_lifetime, 600)
  const inRealm = ['--realm', realm.issuer_id]

  const user = await answer<{ id: string; email: string; has_password: boolean }>(
    ['user', 'create', '--email', 'Ada@Example.com', '--name', 'Ada Lovelace', '--password-file', '-', ...inRealm],
    { input: 'correct horse battery staple\n' },
  )
  assert.deepEqual([user.email, user.has_password], ['Ada@Example.com', true])

  const resource = [
    'resource',
    'create',
    '--identifier',
    'https://api.example.com/tools',
    '--scopes',
    'tools/read||Read tools',
  ]
  const { scopes } = await answer<{ scopes: unknown }>(resource)
  assert.deepEqual(scopes, [{ name: 'tools/read', description: 'Read tools' }])

  const made = await cli([
    ...'client create --label Robot --grant-types client_credentials --scopes tools/read'.split(' '),
    ...['--audiences', 'https://api.example.com/tools', ...inRealm],
  ])
  assert.equal(made.exit, 0)
  assert.match(made.out, /^label: +Robot$/m)
  const [, secret = ''] = /^client_secret: +(\S+)$/m.exec(made.out) ?? []
  assert.ok(secret.length > 20)
  assert.match(made.err, /not shown again: client_secret/)
  const [, id = ''] = /^id: +(\S+)$/m.exec(made.out) ?? []

  const shown = await cli(['client', 'get', id, ...inRealm])
  assert.ok(!shown.out.includes(secret) && !/^client_secret:/m.test(shown.out))
  const listed = await cli(['client', 'list', ...inRealm])
  assert.match(listed.out, /^ID .*LABEL/)
  assert.ok(listed.out.split('\n')[1]?.startsWith(`${id} `))
  assert.equal((await cli(['client', 'list', '--quiet', ...inRealm])).out, `${id}\n`)

  const rotated = await answer<{ client_secret: string }>(['client', 'rotate-secret', id, '--yes', ...inRealm])
  assert.notEqual(rotated.client_secret, secret)
  const gone = await cli(['client', 'delete', id, '--yes', ...inRealm])
  assert.deepEqual([gone.exit, gone.out], [0, 'A client was deleted.\n'])
  const missing = await cli(['client', 'get', id, ...inRealm])
  assert.equal(missing.exit, 1)
  assert.match(missing.err, /not_found/)
  assert.equal((await cli(['client', 'list', ...inRealm])).err, 'None.\n')
})

test('what only one command makes can be made as the examples say', async () => {
  const nouns = ['resource', 'client', 'user', 'application', 'partner', 'tenant', 'realm', 'api-key']
  for (const noun of nouns) {
    const command = readCatalog().find((each) => each.noun === noun && each.verb === 'create') as Command
    const { exit, err } = await cli(exampleOf(command))
    assert.equal(exit, 0, `${noun} create: ${err}`)
  }
})

test('lists follow the cursor as far as they are asked to', async () => {
  const names = Array.from({ length: 205 }, (_, at) => `Page ${at}`)
  await Promise.all(names.map((name) => server.api('POST', '/v1/realms/default/applications', { name })))
  const page = await cli('application list --limit 3')
  assert.equal(page.out.trim().split('\n').length, 1 + 3)
  const [, cursor = ''] = /--cursor (\S+) /.exec(page.err) ?? []
  const first = new Set((await cli('application list --limit 3 --quiet')).out.trim().split('\n'))
  const next = await answer<{ data: { id: string }[] }>(`application list --limit 3 --cursor ${cursor}`)
  assert.ok(next.data.length === 3 && next.data.every(({ id }) => !first.has(id)))

  const all = await answer<{ data: { id: string; name: string }[]; next_cursor: null }>('application list --all')
  assert.equal(all.next_cursor, null)
  assert.equal(new Set(all.data.map(({ id }) => id)).size, all.data.length)
  const found = new Set(all.data.map(({ name }) => name))
  assert.ok(names.every((name) => found.has(name)))
  const many = await answer<{ data: unknown[]; next_cursor: string }>('application list --limit 203')
  assert.equal(many.data.length, 203)
  assert.ok(many.next_cursor)
  assert.deepEqual(await answer('session list'), { data: [], next_cursor: null })
})

test('a change that somebody else was faster with is refused, and says how to go on', async () => {
  const { id } = await answer<{ id: string }>('application create --name First')
  const before = await cli(`application get ${id} --json`)
  const faster = await answer<{ version: number }>(`application update ${id} --description Other --if-match 1`)
  assert.equal(faster.version, 2)

  const late = await cli(`application update ${id} --name Second --if-match "v1"`)
  assert.equal(late.exit, 1)
  assert.match(late.err, new RegExp(`precondition_failed.*\\n.*countersign application get ${id}`))

  const sentBack = await cli(`application update ${id} -`, { input: before.out, watched: true })
  assert.equal(sentBack.exit, 1, 'the version that was read is the one to change')
  assert.match(sentBack.err, /precondition_failed/)
  const read = await cli(`application get ${id} --json`)
  const changed = await answer<{ name: string; description: string }>(
    ['application', 'update', id, '--name', 'Third', '-'],
    {
      input: read.out,
    },
  )
  assert.deepEqual([changed.name, changed.description], ['Third', 'Other'])
  const cleared = await answer<{ description: null }>(`application update ${id} --description null`)
  assert.equal(cleared.description, null)
  const other = await cli(`application update app_${'0'.repeat(26)} -`, { input: read.out })
  assert.deepEqual([other.exit, other.err.includes(`belongs to ${id}`)], [2, true])
})

test('input is read from standard input and from files, with flags over it', async () => {
  const file = join(directory, 'client.json')
  writeFileSync(file, JSON.stringify({ label: 'From a file', grant_types: ['client_credentials'] }))
  const fromFile = await answer<{ label: string }>(`client create --input ${file}`)
  assert.equal(fromFile.label, 'From a file')
  const piped = await answer<{ label: string; grant_types: string[] }>('client create - --label Flag', {
    input: JSON.stringify({ label: 'Piped', grant_types: ['client_credentials'] }),
  })
  assert.deepEqual([piped.label, piped.grant_types], ['Flag', ['client_credentials']])

  const notJson = await cli('client create -', { input: '{' })
  assert.deepEqual([notJson.exit, notJson.err], [2, 'Error: Standard input does not contain valid JSON.\n'])
  assert.match((await cli('client create -', { input: '[]' })).err, /one JSON object/)
  assert.equal((await cli('client create --input /nowhere')).exit, 2)
  const unknown = await cli('client create - --label x', { input: '{"lable":"y"}' })
  assert.equal(unknown.exit, 1)
  assert.match(unknown.err, /lable/)
})

test('a password is asked for where a person sits, and is never on the screen', async () => {
  const { id } = await answer<{ id: string }>('user create --email asked@example.com')
  const set = await cli(`user set-password ${id}`, {
    interactive: true,
    secret: 'correct horse battery staple',
    reply: 'y',
  })
  assert.equal(set.exit, 0)
  assert.match(set.out, /^has_password: +yes$/m)
  assert.ok(!`${set.out}${set.err}`.includes('battery'))
  const nobody = await cli(`user set-password ${id}`)
  assert.deepEqual([nobody.exit, /requires --password/.test(nobody.err)], [2, true])
})

test('a repeated idempotency key answers the same', async () => {
  const words = 'realm create --name Once --idempotency-key 0f1e2d3c'
  const [first, second] = [await answer<{ id: string }>(words), await answer<{ id: string }>(words)]
  assert.equal(first.id, second.id)
})

test('what people know of an object names it', async () => {
  const { id, client_id: clientId } = await answer<{ id: string; client_id: string }>(
    'client create --label Known --grant-types client_credentials',
  )
  for (const name of [clientId, 'known', id]) assert.equal((await answer(`client get ${name}`)).id, id)
  const user = await answer<{ id: string }>('user create --email Known@Example.com')
  assert.equal((await answer('user get known@example.com')).id, user.id)
  const changed = await answer(['user', 'update', 'known@example.com', '-'], {
    input: (await cli(['user', 'get', 'known@example.com', '--json'])).out,
  })
  assert.equal(changed.id, user.id)
  const { id: tenantId } = await answer<{ id: string }>('tenant create --name Slugged --slug slugged')
  const made = await answer('resource create --identifier https://slugged.example.com --tenant slugged')
  assert.equal(made.tenant_id, tenantId)
  assert.equal((await answer('resource get https://slugged.example.com --tenant slugged')).id, made.id)
  await answer('client create --label Known --grant-types client_credentials')
  const two = await cli('client get Known')
  assert.deepEqual([two.exit, two.out], [2, ''])
  assert.match(two.err, /^Error: Several objects have the label Known: \w+, \w+\.\nUse an id\.\n$/)
  assert.equal((await cli('user get nobody@example.com')).exit, 1)
})

test('what cannot be undone is asked for, and refused where nobody can be asked', async () => {
  const { id } = await answer<{ id: string }>('application create --name Endangered')
  const silent = await cli(`application delete ${id}`)
  assert.deepEqual(
    [silent.exit, silent.err],
    [2, 'Error: This cannot be undone.\nAdd --yes to do it without a question.\n'],
  )
  const declined = await cli('application delete Endangered', { interactive: true, reply: '' })
  assert.equal(declined.exit, 1)
  assert.match(
    declined.err,
    /Delete an application: Endangered\. This cannot be undone\. Continue\? \[y\/N\] .*Nothing was changed/s,
  )
  assert.equal((await answer(`application get ${id}`)).id, id)
  assert.equal((await cli('application delete Endangered', { interactive: true, reply: 'y' })).exit, 0)
  assert.equal((await cli(`application get ${id}`)).exit, 1)
})

test('what ends passwords, tokens or rows for good is asked for too, and what only shows it is not', async () => {
  const { id } = await answer<{ id: string }>('user create --email final@example.com')
  const input = 'another battery staple\n'
  for (const words of [
    `user reset-password ${id}`,
    `user set-password ${id} --password-file -`,
    'key rotate --compromised',
    'purge run',
  ]) {
    const silent = await cli(words, { input })
    assert.deepEqual([silent.exit, silent.out], [2, ''], words)
    assert.match(silent.err, /cannot be undone\.\nAdd --yes/, words)
  }
  const { data: keys } = await answer<{ data: { state: string }[] }>('key list')
  assert.ok(keys.length > 0 && keys.every(({ state }) => state !== 'retired'))
  assert.equal((await cli(`user set-password ${id} --password-file - --yes`, { input })).exit, 0)
  for (const words of ['purge run --dry-run', 'key rotate']) assert.equal((await cli(words)).exit, 0, words)
})

test('a context sets the server, the realm and the tenant', async () => {
  const home = mkdtempSync(join(directory, 'home-'))
  const env = { XDG_CONFIG_HOME: home, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
  const { issuer_id: realm } = await answer<{ issuer_id: string }>('realm create --name Contexts')
  const set = ['context', 'set', 'acme', '--server', server.adminUrl, '--realm', realm]
  assert.equal((await cli(set, { env })).exit, 0)
  assert.equal((await cli('context set other --server http://127.0.0.1:1', { env })).exit, 0)
  await answer('user create --email context@example.com', { env })
  const { data } = await answer<{ data: unknown[] }>(['user', 'list', '--realm', realm])
  assert.equal(data.length, 1, 'it was made in the realm of the context')
  assert.equal((await cli('context use other', { env })).exit, 0)
  assert.equal((await cli('user list', { env })).exit, 3)
  assert.equal((await cli('user list', { env: { ...env, COUNTERSIGN_CONTEXT: 'acme' } })).exit, 0)
  assert.equal((await cli(['user', 'list', '--server', server.adminUrl], { env })).exit, 0)
  assert.match((await cli('context list', { env })).out, /^acme +no .*\nother +yes /m)
  const unknown = await cli('context use nowhere', { env })
  assert.deepEqual([unknown.exit, /Known contexts: acme, other/.test(unknown.err)], [2, true])
  assert.match((await cli('context delete other', { env })).err, /^other was deleted\.$/m)
  assert.match((await cli('context set acme --realm nosuch', { env })).err, /^acme was stored/m)
  const wrong = await cli(['user', 'list', '--server', server.adminUrl], {
    env: { ...env, COUNTERSIGN_CONTEXT: 'acme' },
  })
  assert.match(wrong.err, /There is no realm nosuch.*\n.*countersign realm list/)
})

test('what is not there is named: the realm, or the admin API itself', async () => {
  const realm = await cli('user list --realm nosuch')
  assert.equal(realm.exit, 1)
  assert.match(realm.err, /There is no realm nosuch, or it is not within your reach\.\n.*countersign realm list shows/)
  const tenant = await cli('realm list --tenant nosuch')
  assert.match(
    tenant.err,
    /There is no tenant nosuch, or it is not within your reach\.\n.*countersign tenant list shows/,
  )
  await answer('realm create --name Visitors')
  await answer(['user', 'create', '--realm', 'visitors', '--email', 'guest@example.com'])
  assert.match((await cli(['user', 'list', '--realm', 'Visitors'])).out, /guest@example\.com/)
  const stranger = await cli('event list --subject-id nobody@example.com')
  assert.deepEqual([stranger.exit, /no user nobody@example\.com/.test(stranger.err)], [2, true])
  const user = await cli('user get nobody@example.com')
  assert.match(user.err, /not_found.*\n.*The realm is default\./)
  const env = { COUNTERSIGN_ADMIN_URL: server.url, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
  const elsewhere = await cli('user list', { env })
  assert.match(elsewhere.err, /is not the address of the admin API\.\n.*COUNTERSIGN_ADMIN_URL/)
})

test('whoami says which key commands use, and what it may do', async () => {
  const first = await cli('whoami')
  assert.match(
    first.out,
    /^key: the key in COUNTERSIGN_ADMIN_API_KEY\nname: First boot\nreach: platform\npermissions: \*, credentials:write$/m,
  )
  assert.ok(!first.out.includes(server.adminKey))
  const { key } = await answer<{ key: string }>('api-key create --name Seen --permissions api-keys:read')
  const env = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_ADMIN_API_KEY: key }
  assert.match((await cli('whoami', { env })).out, /^name: Seen\nreach: tenant\npermissions: api-keys:read$/m)
  const { key: weak } = await answer<{ key: string }>('api-key create --name Unseen --permissions users:read')
  const blind = await cli('whoami', { env: { ...env, COUNTERSIGN_ADMIN_API_KEY: weak } })
  assert.match(blind.out, /^name: unknown: the key has no permission to see API keys$/m)
})

test('without a terminal, a secret is asked for by the flag that reads a file', async () => {
  const { exit, err } = await cli('administrator set-password nobody@example.com')
  assert.deepEqual([exit, /requires --password-file\./.test(err)], [2, true])
})

test('a table has few columns, and wide all of them', async () => {
  await answer('role create --name Wide --permissions orders:read --description Everything')
  assert.match((await cli('role list')).out, /^ID +NAME +PERMISSIONS$/m)
  assert.match((await cli('role list -o wide')).out, /^ID +NAME +DESCRIPTION +PERMISSIONS +CREATED AT$/m)
  const catalog = readCatalog()
  for (const name of LISTS_WITH_COLUMNS) {
    const command = catalog.find(({ noun, verb }) => `${noun} ${verb}` === name)
    const columns = command && shownColumns(command)
    assert.deepEqual(
      columns?.filter((column) => !command?.columns.includes(column)),
      [],
      name,
    )
    assert.ok((columns?.length ?? 0) <= 6, name)
  }
})

test('the examples of creating from JSON name what stands before it', async () => {
  await answer('organization create --name Piped --slug piped')
  const help = await cli('invitation create --help')
  assert.match(help.out, /countersign invitation create acme - < invitation\.json/)
  assert.match(
    (await cli('project-key create --help')).out,
    /countersign project-key create website - < project-key\.json/,
  )
  const made = await cli('invitation create piped -', { input: '{"email":"piped@example.com"}' })
  assert.deepEqual([made.exit, /piped@example\.com/.test(made.out)], [0, true])
})

test('-o chooses the format', async () => {
  const made = await cli('role create --name Formats --permissions orders:read,orders:write -o yaml')
  assert.match(made.out, /^name: Formats$/m)
  assert.match(made.out, /^permissions:\n- "orders:read"\n- "orders:write"$/m)
  assert.match((await cli('role list -o yaml')).out, /^data:\n- id: rol_\w+\n(?: {2}.*\n|- .*\n)*next_cursor: null\n$/)
  assert.equal(JSON.parse((await cli('role get Formats -o json')).out).name, 'Formats')
  assert.match((await cli('role get Formats -o table')).out, /^name: +Formats$/m)
  assert.equal((await cli('role list -o xml')).exit, 2)
})

test('every list fits a terminal of 80 columns, and shows what its objects are known by', async () => {
  await answer([
    'user',
    'create',
    '--email',
    'a.person.with.a.long.address@subsidiary.example.com',
    '--name',
    'Long Name',
  ])
  const lists = readCatalog().filter(({ answers, parameters }) => answers === 'list' && parameters.length === 0)
  for (const { noun, verb, method } of lists.filter(({ method }) => method === 'GET')) {
    const { out } = await cli([noun, verb], { width: 80 })
    const widest = Math.max(...out.split('\n').map((line) => line.length))
    assert.ok(widest <= 80, `${method} ${noun} ${verb}: ${widest}`)
  }
  assert.match((await cli('client list', { width: 80 })).out, /^ID .*CLIENT ID|^ID +CLIENT ID +LABEL/)
  assert.match((await cli('user list', { width: 80 })).out, /^ID +EMAIL +NAME +STATUS|^ID +EMAIL +NAME/)
})

test('a tenant may be named', async () => {
  const { id } = await answer<{ id: string }>('tenant create --name Other --slug other-tenant')
  const made = await answer<{ tenant_id: string }>(
    `resource create --identifier https://other.example.com --tenant ${id}`,
  )
  assert.equal(made.tenant_id, id)
  const { data } = await answer<{ data: { identifier: string }[] }>('resource list --all')
  assert.ok(!data.some(({ identifier }) => identifier === 'https://other.example.com'))
})

test('the event log verifies, and says so', async () => {
  const { exit, out } = await cli('event verify')
  assert.equal(exit, 0)
  assert.match(out, /^ok: +yes$/m)
})

test('what is written wrongly ends with 2, before anything is sent', async () => {
  const cases: Record<string, RegExp> = {
    'cleint list': /unknown command 'cleint'.*\n.*client/,
    'client lst': /unknown command 'lst'.*\n.*list/,
    'cleint --help': /unknown command 'cleint'/,
    'client lst --help': /unknown command 'lst'/,
    'client list --quite': /unknown option '--quite'.*\n.*--quiet/,
    client: /needs a verb: create, list, get/,
    'client get': /missing required argument 'id'.*\nFor example: countersign client get 'Orders service'/,
    'webhook deliveries': /unknown command 'deliveries'.*\nDid you mean list-deliveries/,
    'api-key create --name x --permissions users:read --quiet': /key is shown once\.\nUse --json/,
    'client get a b': /too many arguments/,
    'client create': /requires --label/,
    'client create x': /Unexpected argument/,
    'client create --label': /argument missing/,
    'client create --label x --auth-method basic': /one of client_secret, none, private_key_jwt/,
    'client list --limit many': /whole number/,
    'client list --limit 0': /a whole number of at least 1, not "0"/,
    'client update cli_x --label y --if-match new': /--if-match must be a version/,
    'client list --server ftp://x': /--server must be/,
    '--json client list': /Write flags after the verb/,
    'completion tcsh': /bash, zsh, fish/,
    'realm get .': /must not be empty/,
  }
  for (const [words, message] of Object.entries(cases)) {
    const { exit, out, err } = await cli(words)
    assert.deepEqual([words, exit, out], [words, 2, ''])
    assert.match(err, message)
    assert.ok(err.startsWith('Error: ') && err.trim().split('\n').length <= 2, err)
  }
})

test('the API’s refusals are told in flags', async () => {
  const { exit, err } = await cli('user create --email nonsense')
  assert.deepEqual([exit, err], [1, 'Error: --email: not an e-mail address (invalid_request)\n'])
})

test('names that look like commands to a terminal do it no harm', async () => {
  const label = 'evil'
  const { id } = await answer<{ id: string }>(`user create --email ${label}@example.com`)
  await server.api('PATCH', `/v1/realms/default/users/${id}`, { attributes: { note: '\u001b[2J\u009b31m' } })
  const { out } = await cli(`user get ${id}`)
  assert.ok(!out.includes('\u001b') && !out.includes('\u009b'))
  const raw = await cli(`user get ${id} --json`)
  assert.ok(!raw.out.includes('\u001b') && !raw.out.includes('\u009b'))
  assert.deepEqual(JSON.parse(raw.out).attributes, { note: '\u001b[2J\u009b31m' })
})

test('--json of every command that lists or shows nothing in particular is JSON', async () => {
  const lists = readCatalog().filter(
    ({ answers, method, parameters }) => answers === 'list' && method === 'GET' && parameters.length === 0,
  )
  for (const { noun, verb } of nonEmpty(lists, 'the commands that list')) {
    const { exit, out, err } = await cli([noun, verb, '--json'])
    assert.equal(exit, 0, `${noun} ${verb}: ${err}`)
    assert.ok(Array.isArray(JSON.parse(out).data), `${noun} ${verb}`)
  }
  const { id } = await answer<{ id: string }>('application create --name Short-lived')
  assert.equal(await answer(`application delete ${id} --yes`), null)
})

test('help is shown for everything that asks for it', async () => {
  for (const words of ['--help', 'help', 'client --help', 'help client', 'client create -h', 'help client create']) {
    const { exit, out, err } = await cli(words, { env: {} })
    assert.deepEqual([words, exit, err], [words, 0, ''])
    assert.match(out, /^Usage: countersign/)
  }
  assert.match((await cli('help client create', { env: {} })).out, /clients:write[\s\S]*Examples:/)
  assert.equal((await cli([], { env: {} })).exit, 0)
})
