// The client of the MCP TypeScript SDK signs a person in at a realm and calls a tool of an MCP server (MCP 2026-07-28).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { type DocumentHost, startDocumentHost } from '#testing/document-host.ts'
import { isActive, makeClient, makePerson, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const require = createRequire(import.meta.url)
const { Client } = require('@modelcontextprotocol/sdk/client/index.js')
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js')
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js')
const { StreamableHTTPServerTransport } = require('@modelcontextprotocol/sdk/server/streamableHttp.js')

const CALLBACK = 'http://127.0.0.1:53211/callback'
const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp'

let folder: string
let server: TestServer
let host: DocumentHost
let ada: Person & { id: string }
let mcp: { readonly url: string; readonly close: () => Promise<void> }
let api: TestClient

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-mcp-'))
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, TEST_CERTIFICATE.cert)
  host = await startDocumentHost()
  server = await startServer({ env: { NODE_EXTRA_CA_CERTS: certificate } })
  ada = await makePerson(server, 'ada@example.com')
  mcp = await startMcpServer()
})
after(async () => {
  await mcp.close()
  await server.stop()
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** An MCP server with one tool, which asks the realm about each token (RFC 7662, RFC 9728). */
async function startMcpServer() {
  let url = ''
  const refuse = (response: ServerResponse) =>
    response
      .writeHead(401, {
        'www-authenticate': `Bearer resource_metadata="${new URL(METADATA_PATH, url)}", scope="notes:read"`,
      })
      .end()
  const listener: Server = createServer(async (request, response) => {
    if (request.url === METADATA_PATH) {
      const metadata = { resource: url, authorization_servers: [server.url], scopes_supported: ['notes:read'] }
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
    }
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined || !(await isActive(server, api, token))) return refuse(response)
    await answerTool(request, response)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`
  await server.api('POST', '/v1/resources', {
    identifier: url,
    slug: 'notes',
    scopes: [{ name: 'notes:read', description: 'Read notes' }],
  })
  api = await makeClient(server, { grant_types: ['client_credentials'], redirect_uris: [], audiences: [url] })
  return {
    url,
    close: async () => {
      listener.closeAllConnections()
      listener.close()
      if (listener.listening) await once(listener, 'close')
    },
  }
}

async function answerTool(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const tools = new McpServer({ name: 'notes', version: '1.0.0' })
  tools.registerTool('read_note', { description: 'Reads the note' }, async () => ({
    content: [{ type: 'text', text: 'a note' }],
  }))
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await tools.connect(transport)
  await transport.handleRequest(request, response)
}

/** What an MCP client remembers, with a metadata document at its client id. */
function provider(clientId: string) {
  const kept: Record<string, unknown> = {}
  const registrations: string[] = []
  return {
    kept,
    registrations,
    clientMetadataUrl: clientId,
    redirectUrl: CALLBACK,
    clientMetadata: { client_name: 'Notebook', redirect_uris: [CALLBACK] },
    state: () => 'a state',
    clientInformation: () => kept.client,
    saveClientInformation: (client: { client_id: string }) => {
      registrations.push(client.client_id)
      kept.client = client
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens: unknown) => {
      kept.tokens = tokens
    },
    redirectToAuthorization: (url: URL) => {
      kept.url = url
    },
    saveCodeVerifier: (verifier: string) => {
      kept.verifier = verifier
    },
    codeVerifier: () => kept.verifier,
  }
}

async function callTool(auth: ReturnType<typeof provider>, code?: string): Promise<unknown> {
  const transport = new StreamableHTTPClientTransport(new URL(mcp.url), { authProvider: auth })
  if (code !== undefined) await transport.finishAuth(code)
  const client = new Client({ name: 'notebook', version: '1.0.0' })
  try {
    await client.connect(transport)
    return (await client.callTool({ name: 'read_note', arguments: {} })).content
  } finally {
    await client.close()
  }
}

test('the SDK finds the realm, uses its metadata document, and calls the tool after one consent', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { client_id_metadata: 'any_https' } })
  const clientId = host.client('/notebook.json', {
    client_name: 'Notebook',
    redirect_uris: ['http://127.0.0.1/callback'],
  })
  const auth = provider(clientId)
  await assert.rejects(callTool(auth), { name: 'Error', message: /Unauthorized/ })
  const request = auth.kept.url as URL
  assert.equal(request.origin, server.url)
  assert.deepEqual(
    ['client_id', 'resource', 'scope', 'redirect_uri'].map((name) => request.searchParams.get(name)),
    [clientId, mcp.url, 'notes:read', CALLBACK],
  )
  const callback = await new UserAgent(server.url).authorize(request.href, ada)
  assert.equal(callback.searchParams.get('iss'), server.url)
  const code = callback.searchParams.get('code') ?? ''
  assert.deepEqual(await callTool(auth, code), [{ type: 'text', text: 'a note' }])
  assert.deepEqual(auth.registrations, [clientId])

  const before = auth.kept.tokens as { access_token: string; refresh_token: string }
  auth.kept.tokens = { ...before, access_token: 'not a token' }
  assert.deepEqual(await callTool(auth), [{ type: 'text', text: 'a note' }])
  assert.notEqual((auth.kept.tokens as typeof before).refresh_token, before.refresh_token)
  assert.deepEqual(host.asked, ['/notebook.json'])

  const { data } = await server.api<{ data: { id: string; client_id: string; registered_by: string }[] }>(
    'GET',
    `/v1/realms/default/clients?client_id=${encodeURIComponent(clientId)}`,
  )
  assert.deepEqual(
    data.map(({ registered_by: by }) => by),
    ['metadata_document'],
  )
  await server.api('POST', `/v1/realms/default/clients/${data[0]?.id}/suspend`)
  await assert.rejects(callTool(auth))
})

test('MC-03: where the realm does not accept documents, the SDK does not use one', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { client_id_metadata: 'off' } })
  const auth = provider(host.client('/refused.json', { redirect_uris: ['http://127.0.0.1/callback'] }))
  await assert.rejects(callTool(auth))
  assert.ok(!auth.registrations.includes(auth.clientMetadataUrl))
  assert.ok(!host.asked.includes('/refused.json'))
})
