// The doctor of MCP against a real server, with the documents of real clients.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inspectDatabase } from '#database/inspect.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { type DocumentHost, startDocumentHost } from '#testing/document-host.ts'
import { clientsAt, clientsPage, playEverywhere } from '#testing/mcp-clients.ts'
import { makeClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { fakeTerminal } from '#testing/terminal.ts'
import { type DoctorOptions, examine } from './doctor.ts'
import type { Finding } from './finding.ts'
import { examineMcp } from './mcp.ts'
import { MCP_CLIENTS } from './mcp-clients.ts'

let folder: string
let server: TestServer
let host: DocumentHost
let api: Server
/** What the MCP server answers: a status and headers for requests, and its metadata. */
let answers: { status: number; challenge: string | undefined; metadata: object | undefined }
let mcp: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-mcp-'))
  writeFileSync(join(folder, 'certificate.pem'), TEST_CERTIFICATE.cert)
  host = await startDocumentHost()
  server = await startServer({ env: { NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem') } })
  api = createServer((request, response) => {
    const { status, challenge, metadata } = answers
    if (request.url?.startsWith('/.well-known')) {
      return response
        .writeHead(metadata ? 200 : 404, { 'content-type': 'application/json' })
        .end(JSON.stringify(metadata))
    }
    response.writeHead(status, challenge ? { 'www-authenticate': challenge } : {}).end()
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  mcp = `http://127.0.0.1:${(api.address() as AddressInfo).port}/mcp`
  await server.api('POST', '/v1/resources', { identifier: mcp, slug: 'notes', scopes: [{ name: 'notes:read' }] })
})
after(async () => {
  api.closeAllConnections()
  api.close()
  await server.stop()
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Has the MCP server answer as it should, for a realm. */
function sound(issuer: string): void {
  const place = mcp.replace('/mcp', '/.well-known/oauth-protected-resource/mcp')
  const metadata = { resource: mcp, authorization_servers: [issuer], scopes_supported: ['notes:read'] }
  answers = { status: 401, challenge: `Bearer resource_metadata="${place}"`, metadata }
}

async function realmWith(policy: object): Promise<{ issuer: string; issuer_id: string }> {
  return server.api('POST', '/v1/realms', { name: 'Realm', policy })
}

async function findingsOf(steps: AsyncIterable<Finding>): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of steps) findings.push(finding)
  return findings
}

async function doctor(options: DoctorOptions): Promise<{ exit: number; findings: Finding[] }> {
  const env = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
  const terminal = fakeTerminal({ env })
  const environment = { terminal, version: '0', now: Date.now, inspectDatabase }
  const exit = await examine({ ...options, json: true }, environment)
  return { exit, findings: (JSON.parse(terminal.printed()) as { findings: Finding[] }).findings }
}

const failed = (findings: readonly Finding[]) => findings.filter(({ status }) => status === 'fail')

test('every MCP client connects to a realm that accepts documents and registrations, and leaves no client', async () => {
  const realm = await realmWith({ client_id_metadata: 'any_https', registration: { mode: 'open' } })
  sound(realm.issuer)
  const findings = await findingsOf(examineMcp(mcp, clientsAt(host)))
  assert.deepEqual(failed(findings), [])
  assert.deepEqual(
    findings.map(({ check }) => check),
    ['MCP server', 'Resource', 'Issuer', 'CORS', ...MCP_CLIENTS.map(({ client }) => client)],
  )
  const { data } = await server.api<{ data: object[] }>('GET', `/v1/realms/${realm.issuer_id}/clients`)
  assert.deepEqual(data, [])
})

test('the doctor says what to change at a realm that lets no client in', async () => {
  const realm = await realmWith({})
  sound(realm.issuer)
  const { exit, findings } = await doctor({ mcp })
  assert.equal(exit, 1)
  assert.deepEqual(
    failed(findings).map(({ check }) => check),
    MCP_CLIENTS.map(({ client }) => client),
  )
  const remedies = new Map(findings.map(({ check, remedy }) => [check, remedy]))
  const update = `countersign realm update ${realm.issuer_id}`
  const hosts = `${update} --policy.client-id-metadata allow_list --policy.client-id-metadata-hosts claude.ai `
  assert.ok(remedies.get('Claude')?.startsWith(hosts))
  assert.ok(remedies.get('Cursor')?.startsWith(`${update} --policy.registration.mode approved_redirects --policy`))
  const atIssuer = await findingsOf(examineMcp(server.url))
  assert.deepEqual(
    failed(atIssuer),
    failed(findings).map((finding) => atIssuer.find(({ check }) => check === finding.check)),
  )
})

test('a document that the server cannot fetch is no reason to let everybody register', async () => {
  const realm = await realmWith({ client_id_metadata: 'any_https' })
  const [claude] = MCP_CLIENTS.map((row) => ({ ...row, clientId: 'https://localhost:1/client.json' }))
  const findings = await findingsOf(examineMcp(realm.issuer, claude ? [claude] : []))
  assert.match(
    failed(findings)[0]?.remedy ?? '',
    /^Let the server reach localhost:1: .*countersign why \S+ says what failed/,
  )
  const chatgpt = MCP_CLIENTS.filter(({ client }) => client === 'ChatGPT')
  assert.equal((await findingsOf(examineMcp(realm.issuer, chatgpt))).at(-1)?.status, 'skip')
})

test('the doctor finds what is wrong with an MCP server', async () => {
  const { issuer } = await realmWith({ registration: { mode: 'open' } })
  const cases: readonly [change: () => void, check: string, message: RegExp][] = [
    [() => (answers.status = 200), 'MCP server', /gets 200, not 401/],
    [() => (answers.metadata = undefined), 'Resource', /There is no metadata/],
    [
      () => (answers.metadata = { resource: 'https://other.example/mcp', authorization_servers: [issuer] }),
      'Resource',
      /is about https:\/\/other\.example\/mcp/,
    ],
    [() => (answers.metadata = { resource: mcp }), 'Resource', /no authorization_servers/],
    [
      () => (answers.metadata = { resource: mcp, authorization_servers: [`${issuer}/`] }),
      'Issuer',
      /has the issuer .*, not .*\/\./,
    ],
  ]
  for (const [change, check, message] of cases) {
    sound(issuer)
    change()
    const { exit, findings } = await doctor({ mcp })
    assert.equal(exit, 1)
    assert.match(failed(findings).find((finding) => finding.check === check)?.message ?? '', message)
  }
  const { findings } = await doctor({ mcp: 'not an address' })
  assert.match(failed(findings)[0]?.message ?? '', /is not an http or https address/)
})

test('a realm that lists origins stops clients in a browser only', async () => {
  const realm = await realmWith({ registration: { mode: 'open' } })
  await server.api('PATCH', `/v1/realms/${realm.issuer_id}`, { allowed_origins: ['https://app.example'] })
  sound(realm.issuer)
  const { findings } = await doctor({ mcp })
  assert.deepEqual(
    failed(findings).map(({ check }) => check),
    ['MCP Inspector'],
  )
})

test('the doctor says what a registered client is good for', async () => {
  const cursor = MCP_CLIENTS.find(({ client }) => client === 'Cursor')
  const { clientId } = await makeClient(server, {
    auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: cursor?.document.redirect_uris,
  })
  const { exit, findings } = await doctor({ client: clientId })
  assert.equal(exit, 0, JSON.stringify(findings))
  assert.equal(findings.filter(({ check, status }) => check === 'Redirect URI' && status === 'ok').length, 3)
  const usable = findings.filter(({ status }) => status === 'ok').map(({ check }) => check)
  assert.ok(usable.includes('Cursor'))
  assert.ok(!usable.includes('Claude'))
})

test('the doctor says what is wrong with a client id', async () => {
  const unknown = await doctor({ client: 'nobody' })
  assert.match(failed(unknown.findings)[0]?.message ?? '', /has no client nobody/)
  const { id, clientId } = await makeClient(server, { grant_types: ['client_credentials'], redirect_uris: [] })
  await server.api('POST', `/v1/realms/default/clients/${id}/suspend`)
  const suspended = failed((await doctor({ client: clientId })).findings).map(({ message }) => message)
  assert.match(suspended.join(' '), /is suspended.*does not have the grant authorization_code/)
  const elsewhere = await doctor({ client: clientId, realm: 'nowhere' })
  assert.equal(failed(elsewhere.findings)[0]?.remedy, 'Name the realm with --realm.')
  const off = await doctor({ client: 'https://app.example/client.json' })
  assert.match(failed(off.findings)[0]?.message ?? '', /does not accept metadata documents/)
})

test('docs/mcp-clients.md says what came of each client', async () => {
  const page = readFileSync(new URL('../../../docs/mcp-clients.md', import.meta.url), 'utf8')
  assert.equal(page, clientsPage(await playEverywhere(server, host)), 'run node tools/mcp-clients.ts')
})
