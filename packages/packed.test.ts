// Packs the libraries, installs the files into a fresh folder, and runs the programs of their READMEs: four servers, and an agent.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { resourceServer } from '@countersign/server'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import { makeClient, post, type TestClient } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

// The transport of the SDK has optional members that may be undefined, which this project’s settings do not allow.
const require = createRequire(import.meta.url)
const { Client } = require('@modelcontextprotocol/sdk/client/index.js')
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js')

const ROOT = join(import.meta.dirname, '..')
const NPM_FLAGS = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
/** What the users of the package have installed besides. */
const BESIDE = ['express', 'fastify', '@modelcontextprotocol/sdk', 'zod', '@types/node']
const LIBRARIES = ['server', 'agent']
const ADAPTERS = ['express', 'fastify', 'fetch', 'mcp'] as const
type Adapter = (typeof ADAPTERS)[number]

/** The imports of each program of the README, and how it is started. */
const PROGRAMS: Readonly<Record<Adapter, readonly [before: string, after: string]>> = {
  express: [
    "import express from 'express'\nimport { accessOf, protect, serveMetadata } from '@countersign/server/express'",
    "app.listen(PORT, '127.0.0.1')",
  ],
  fastify: [
    "import Fastify from 'fastify'\nimport { accessOf, protect, serveMetadata } from '@countersign/server/fastify'",
    "await app.listen({ port: PORT, host: '127.0.0.1' })",
  ],
  fetch: [
    "import { createServer } from 'node:http'\nimport { protect } from '@countersign/server/fetch'",
    `createServer(async (request, response) => {
  const { method = 'GET', headers } = request
  const answer = await handler(new Request(\`http://127.0.0.1:PORT\${request.url}\`, { method, headers: headers as Record<string, string> }))
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
}).listen(PORT, '127.0.0.1')`,
  ],
  mcp: [
    `import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { protect } from '@countersign/server/mcp'
async function handle(request: IncomingMessage, response: ServerResponse, message: unknown) {
  const tools = new McpServer({ name: 'notes', version: '1.0.0' })
  const whoami = (extra: { authInfo?: { extra?: Record<string, unknown> } }) => {
    return { content: [{ type: 'text' as const, text: String(extra.authInfo?.extra?.sub) }] }
  }
  tools.registerTool('whoami', { description: 'Who calls' }, whoami)
  tools.registerTool('add_note', { description: 'Adds a note' }, whoami)
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  await tools.connect(transport)
  await transport.handleRequest(request, response, message)
}`,
    "app.listen(PORT, '127.0.0.1')",
  ],
}

/** What the programs use of Express, in the types of node:http that its own types extend. */
const EXPRESS_TYPES = `declare module 'express' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  interface Request extends IncomingMessage { originalUrl: string; body?: any }
  interface Response extends ServerResponse { json(body: unknown): Response }
  type Handler = (request: Request, response: Response, next: (error?: any) => void) => unknown
  export default function express(): {
    use(handler: Handler): void
    get(path: string, ...handlers: Handler[]): void
    post(path: string, ...handlers: Handler[]): void
    listen(port: number, host: string): void
  }
}
`
const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024', 'dom', 'dom.iterable'],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  types: ['node'],
  skipLibCheck: true,
}

let folder: string
let fresh: string
let server: TestServer
let client: TestClient
let programs: ChildProcess
let ports: Record<Adapter, number>

/** The code of a README that only has to have the right types, and what stands before it. */
const TYPED: Readonly<Record<string, readonly [library: string, before: string]>> = {
  replays: [
    'server',
    `import { resourceServer } from '@countersign/server'
declare const [issuer, resource, secret]: [string, string, Uint8Array]
declare const redis: { set(...command: (string | number)[]): Promise<string | null> }`,
  ],
  acting: [
    'agent',
    `import type { Agent } from '@countersign/agent'
declare const [me, tokenOfAda, resource]: [Agent, string, string]`,
  ],
  approval: [
    'agent',
    `import type { Agent } from '@countersign/agent'
declare const [me, resource]: [Agent, string]`,
  ],
  refreshing: [
    'agent',
    `import { readFile, writeFile } from 'node:fs/promises'
import type { Agent } from '@countersign/agent'
declare const me: Agent`,
  ],
}

/** Packs the libraries, and installs the files into a folder of their own. @returns the files in them */
function packAndInstall(): string[] {
  // A copy of the checkout, since packing changes files for a moment.
  const copy = join(folder, 'checkout')
  for (const path of ['tools/pack.js', 'tsconfig.json', 'LICENSE', 'packages']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const packed = LIBRARIES.map((library) => pack(join(copy, 'packages', library)))
  mkdirSync(fresh)
  writeFileSync(join(fresh, 'package.json'), JSON.stringify({ name: 'fresh', type: 'module', private: true }))
  const tarballs = packed.map(({ filename }) => join(folder, filename))
  const jose = join(ROOT, 'node_modules/jose')
  execFileSync('npm', ['install', ...NPM_FLAGS, ...tarballs, jose], { cwd: fresh, stdio: ['ignore', 2, 2] })
  for (const name of BESIDE) {
    mkdirSync(dirname(join(fresh, 'node_modules', name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(fresh, 'node_modules', name))
  }
  return packed.flatMap(({ files }) => files.map(({ path }) => path))
}

function pack(library: string): { filename: string; files: { path: string }[] } {
  const manifest = readFileSync(join(library, 'package.json'), 'utf8')
  const before = readdirSync(library)
  const options = ['pack', '--json', '--pack-destination', folder, '--loglevel=error']
  const said = execFileSync('npm', options, { cwd: library, encoding: 'utf8' })
  assert.equal(readFileSync(join(library, 'package.json'), 'utf8'), manifest)
  assert.deepEqual(readdirSync(library), before)
  return JSON.parse(said.slice(said.indexOf('[')))[0]
}

/** A block of code in the README of a library, for the running servers. @param adapter whose resource it is about */
function codeOf(library: string, name: string, adapter: Adapter): string {
  const readme = readFileSync(join(ROOT, 'packages', library, 'README.md'), 'utf8')
  const [, code = ''] = new RegExp(`^\`\`\`ts ${name}\\n([^]*?)^\`\`\`$`, 'm').exec(readme) ?? []
  const lines = code.split('\n').filter((line) => line !== '')
  assert.ok(lines.length > 0 && lines.length <= 7, `the code for ${name} is short`)
  return code
    .replaceAll('https://login.example.com', server.url)
    .replaceAll('https://api.example.com', `http://127.0.0.1:${ports[adapter]}`)
}

/** Writes the programs of the READMEs into the folder, and a program that starts all servers. */
function writePrograms(): void {
  for (const adapter of ADAPTERS) {
    const [start, end] = PROGRAMS[adapter]
    const code = codeOf('server', adapter, adapter)
    const text = `import { resourceServer } from '@countersign/server'\n${start}\n${code}\n${end}\n`
    writeFileSync(join(fresh, `${adapter}.ts`), text.replaceAll('PORT', String(ports[adapter])))
  }
  for (const [name, [library, start]] of Object.entries(TYPED)) {
    writeFileSync(join(fresh, `${name}.ts`), `${start}\n${codeOf(library, name, 'express')}\nexport {}\n`)
  }
  const credentials = 'const { CLIENT_ID: clientId = "", CLIENT_SECRET: clientSecret = "" } = process.env'
  const shown = 'console.log(await response.text())'
  writeFileSync(join(fresh, 'agent.ts'), `${credentials}\n${codeOf('agent', 'agent', 'express')}\n${shown}\n`)
  const main = ADAPTERS.map((name) => `import './${name}.ts'`).join('\n')
  writeFileSync(join(fresh, 'main.ts'), `${main}\nconsole.log('ready')\n`)
  writeFileSync(join(fresh, 'types.d.ts'), EXPRESS_TYPES)
  writeFileSync(join(fresh, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] }))
}

function identifierOf(adapter: Adapter): string {
  return `http://127.0.0.1:${ports[adapter]}/${adapter === 'mcp' ? 'mcp' : 'notes'}`
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-package-'))
  fresh = join(folder, 'fresh')
  server = await startServer()
  ports = { express: await freePort(), fastify: await freePort(), fetch: await freePort(), mcp: await freePort() }
  for (const adapter of ADAPTERS) {
    const scopes = ['notes:read', 'notes:write'].map((name) => ({ name, description: name }))
    await server.api('POST', '/v1/resources', { identifier: identifierOf(adapter), slug: adapter, scopes })
  }
  const scopes = ['notes:read', 'notes:write']
  client = await makeClient(server, {
    grant_types: ['client_credentials'],
    scopes,
    audiences: ADAPTERS.map(identifierOf),
    redirect_uris: [],
  })
})
after(async () => {
  programs?.kill()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A token for one of the servers. @param dpop a proof, for a token that is bound to its key */
async function tokenFor(adapter: Adapter, scope: string, dpop?: string): Promise<string> {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: client.basic, ...(dpop && { dpop }) },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: identifierOf(adapter) }),
  })
  const body = (await response.json()) as { access_token: string }
  assert.equal(response.status, 200, JSON.stringify(body))
  return body.access_token
}

async function ask(adapter: Adapter, headers: Record<string, string> = {}) {
  const response = await fetch(identifierOf(adapter), { headers })
  const text = await response.text()
  const challenge = response.headers.get('www-authenticate') ?? ''
  return { status: response.status, challenge, body: text ? JSON.parse(text) : undefined }
}

test('the packed libraries install in a fresh folder, and their types fit the programs of the READMEs', async () => {
  const packed = packAndInstall()
  assert.deepEqual(
    packed.filter((path) => !/^(dist\/[\w-]+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(path)),
    [],
  )
  writePrograms()
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', fresh], {
    stdio: ['ignore', 2, 2],
  })
  programs = spawn(process.execPath, ['main.ts'], { cwd: fresh, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    programs.stdout?.on('data', (piece) => {
      if (String(piece).includes('ready')) resolve()
    })
    programs.once('exit', (code) => reject(new Error(`the programs ended with ${code}`)))
  })
})

test('each adapter serves the metadata, and refuses what has no token, another audience or too few scopes', async () => {
  for (const adapter of ['express', 'fastify', 'fetch'] as const) {
    const identifier = identifierOf(adapter)
    const address = `http://127.0.0.1:${ports[adapter]}/.well-known/oauth-protected-resource/notes`
    const metadata = (await (await fetch(address)).json()) as Record<string, unknown>
    assert.equal(metadata.resource, identifier)
    assert.deepEqual(metadata.authorization_servers, [server.url])

    const without = await ask(adapter)
    assert.equal(without.status, 401, adapter)
    assert.ok(
      without.challenge.startsWith(`Bearer scope="notes:read", resource_metadata="${address}", DPoP `),
      without.challenge,
    )
    assert.deepEqual((await ask(adapter, { authorization: 'Bearer' })).status, 400)

    const token = await tokenFor(adapter, 'notes:read')
    const good = await ask(adapter, { authorization: `Bearer ${token}` })
    assert.deepEqual([good.status, good.body], [200, { caller: client.clientId }])

    const foreign = await ask(adapter, { authorization: `Bearer ${await tokenFor('mcp', 'notes:read')}` })
    assert.equal(foreign.status, 401)
    assert.match(
      foreign.challenge,
      /^Bearer scope="notes:read", error="invalid_token", error_description="[^"]+another resource\."/,
    )
    const altered = await ask(adapter, { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` })
    assert.deepEqual([altered.status, altered.body.error], [401, 'invalid_token'])

    const less = await ask(adapter, { authorization: `Bearer ${await tokenFor(adapter, 'notes:write')}` })
    assert.deepEqual([less.status, less.body.error], [403, 'insufficient_scope'])
    assert.match(less.challenge, /^Bearer scope="notes:read", error="insufficient_scope"/)
  }
})

test('a token that is bound to a key needs a proof of that key for each request', async () => {
  const key = await makeDpopKey()
  for (const adapter of ['express', 'fastify', 'fetch'] as const) {
    const token = await tokenFor(adapter, 'notes:read', await key.prove(`${server.url}/oauth/token`, Date.now()))
    const asBearer = await ask(adapter, { authorization: `Bearer ${token}` })
    assert.deepEqual([asBearer.status, asBearer.body.error], [401, 'invalid_token'])
    const prove = (more: Record<string, unknown> = {}, from = key) =>
      from.prove(identifierOf(adapter), Date.now(), { htm: 'GET', ath: ath(token), ...more })
    const proof = await prove()
    const authorization = `DPoP ${token}`
    assert.equal((await ask(adapter, { authorization, dpop: proof })).status, 200, adapter)
    const refused = {
      again: proof,
      otherMethod: await prove({ htm: 'POST' }),
      otherAddress: await prove({ htu: `${identifierOf(adapter)}/other` }),
      otherToken: await prove({ ath: ath('another') }),
      old: await prove({ iat: Math.floor(Date.now() / 1000) - 120 }),
      none: undefined,
    }
    for (const [name, dpop] of Object.entries(refused)) {
      const { status, challenge } = await ask(adapter, { authorization, ...(dpop && { dpop }) })
      assert.equal(status, 401, name)
      assert.match(challenge, /^DPoP scope="notes:read", error="invalid_dpop_proof".*algs="ES256 /, name)
    }
    const otherKey = await ask(adapter, { authorization, dpop: await prove({}, await makeDpopKey()) })
    assert.deepEqual([otherKey.status, otherKey.body.error], [401, 'invalid_token'])
  }
})

test('the client of the MCP SDK connects, and learns which scopes a tool needs', async () => {
  const connect = async (token: string) => {
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    const caller = new Client({ name: 'notebook', version: '1.0.0' })
    await caller.connect(new StreamableHTTPClientTransport(new URL(identifierOf('mcp')), { requestInit }))
    return caller
  }
  const reader = await connect(await tokenFor('mcp', 'notes:read'))
  assert.equal((await reader.callTool({ name: 'whoami', arguments: {} })).content[0].text, client.clientId)
  await assert.rejects(reader.callTool({ name: 'add_note', arguments: {} }), /insufficient_scope/)
  const writer = await connect(await tokenFor('mcp', 'notes:read notes:write'))
  assert.equal((await writer.callTool({ name: 'add_note', arguments: {} })).content[0].text, client.clientId)
  await reader.close()
  await writer.close()

  const send = (body: string, token?: string) =>
    fetch(identifierOf('mcp'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body,
    })
  const call = { jsonrpc: '2.0', id: randomUUID(), method: 'tools/call', params: { name: 'add_note', arguments: {} } }
  const token = await tokenFor('mcp', 'notes:read')
  const batched = await send(JSON.stringify([call]), token)
  assert.equal(batched.status, 403, 'a call in a batch needs the same scopes')
  assert.match(batched.headers.get('www-authenticate') ?? '', /scope="notes:read notes:write"/)
  assert.equal((await send('{', token)).status, 400)
  assert.equal((await send('{')).status, 401)
})

test('the agent of the README calls the API of the README', () => {
  const env = { ...process.env, CLIENT_ID: client.clientId, CLIENT_SECRET: client.secret }
  const printed = execFileSync(process.execPath, ['agent.ts'], { cwd: fresh, env, encoding: 'utf8' })
  assert.deepEqual(JSON.parse(printed), { caller: client.clientId })
})

test('a token that was revoked is refused without a call for each request, and immediately with introspection', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { status_list: true } })
  const resource = identifierOf('express')
  let ahead = 0
  const openOffline = (refresh = 600) => {
    const statusList = { required: true, refresh }
    return resourceServer({ issuer: server.url, resource, now: () => Date.now() + ahead, statusList })
  }
  const [offline, quick] = [openOffline(), openOffline(20)]
  const online = resourceServer({
    issuer: server.url,
    resource,
    introspection: { clientId: client.clientId, clientSecret: client.secret, always: true },
  })
  const [token, other] = [await tokenFor('express', 'notes:read'), await tokenFor('express', 'notes:read')]
  const isAccepted = (api: typeof offline, one: string) =>
    api
      .verify({
        method: 'GET',
        path: '/notes',
        header: (name) => (name === 'authorization' ? `Bearer ${one}` : undefined),
      })
      .then(
        () => true,
        (error) => {
          assert.equal(error.code, 'invalid_token')
          return false
        },
      )
  for (const api of [offline, quick, online]) assert.ok(await isAccepted(api, token))
  await post(server, '/oauth/revoke', { token }, { authorization: client.basic })
  assert.equal(await isAccepted(online, token), false)
  assert.ok(await isAccepted(offline, token), 'the list is kept for its ttl')
  await until(async () => !(await isAccepted(openOffline(), token)))
  ahead = 20_000
  assert.deepEqual([await isAccepted(quick, token), await isAccepted(offline, token)], [false, true])
  ahead = 60_000
  assert.deepEqual([await isAccepted(offline, token), await isAccepted(offline, other)], [false, true])
})
