// The client of the MCP SDK: discovery, registration, a sign-in in a browser, a tool call, more scopes, another tool call.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { type DocumentHost, startDocumentHost } from '#testing/document-host.ts'
import { makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { Person } from '#testing/user-agent.ts'
import { startMcpServer } from './mcp-server.ts'

// The provider of the SDK has optional members that may be undefined, which this project’s settings do not allow.
const require = createRequire(import.meta.url)
const { Client } = require('@modelcontextprotocol/sdk/client/index.js')
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js')

let folder: string
let server: TestServer
let host: DocumentHost
let mcp: Awaited<ReturnType<typeof startMcpServer>>
let browser: Browser
let callbacks: Server
let callback: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-mcp-'))
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, TEST_CERTIFICATE.cert)
  host = await startDocumentHost()
  server = await startServer({ env: { NODE_EXTRA_CA_CERTS: certificate } })
  mcp = await startMcpServer({ issuer: server.url })
  const scopes = [
    { name: 'notes:read', description: 'Read notes' },
    { name: 'notes:write', description: 'Add notes' },
  ]
  await server.api('POST', '/v1/resources', { identifier: mcp.url, slug: 'notes', scopes })
  callbacks = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Back</title><h1>Back at the client</h1>')
  })
  await new Promise<void>((resolve) => callbacks.listen(0, '127.0.0.1', resolve))
  callback = `http://127.0.0.1:${(callbacks.address() as AddressInfo).port}/callback`
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  callbacks?.closeAllConnections()
  callbacks?.close()
  await mcp?.close()
  await server?.stop()
  await host?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** What the client remembers. @param clientId the address of its metadata document; undefined for none */
function memory(clientId?: string) {
  const kept: { client?: { client_id: string }; tokens?: { scope?: string }; url?: URL; verifier?: string } = {}
  return {
    kept,
    ...(clientId && { clientMetadataUrl: clientId }),
    redirectUrl: callback,
    clientMetadata: {
      client_name: 'Notebook',
      redirect_uris: [callback],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => 'a state',
    clientInformation: () => kept.client,
    saveClientInformation: (client: { client_id: string }) => {
      kept.client = client
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens: { scope?: string }) => {
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

/** Opens what the client asked for, signs in where that is asked, and allows it. @returns the code, and what the page asked */
async function allow(page: Page, url: URL | undefined, person?: Person): Promise<{ code: string; asked: string }> {
  await page.goto(url?.href ?? '')
  if (person) {
    await page.getByLabel('E-mail').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  const button = page.getByRole('button', { name: 'Allow', exact: true })
  await button.waitFor()
  const asked = (await page.locator('main').innerText()).replace(/\s+/g, ' ')
  await button.click()
  await page.getByRole('heading', { name: 'Back at the client' }).waitFor()
  return { code: new URL(page.url()).searchParams.get('code') ?? '', asked }
}

async function assertConnects(auth: ReturnType<typeof memory>, person: Person): Promise<void> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const client = () => new Client({ name: 'notebook', version: '1.0.0' })
  const transport = () => new StreamableHTTPClientTransport(new URL(mcp.url), { authProvider: auth })
  const first = transport()
  await assert.rejects(client().connect(first), /Unauthorized/)
  assert.equal(auth.kept.url?.searchParams.get('resource'), mcp.url)
  assert.equal(auth.kept.url?.searchParams.get('scope'), 'notes:read')
  const { code, asked } = await allow(page, auth.kept.url, person)
  assert.match(asked, /Notebook/)
  assert.match(asked, /Read notes/)
  assert.doesNotMatch(asked, /Add notes/)
  await first.finishAuth(code)

  const [connected, second] = [client(), transport()]
  await connected.connect(second)
  const read = await connected.callTool({ name: 'read_notes', arguments: {} })
  assert.match(read.content[0].text, /Buy ink/)

  delete auth.kept.url
  await assert.rejects(connected.callTool({ name: 'add_note', arguments: {} }), /Unauthorized/)
  const more = auth.kept.url as URL | undefined
  assert.equal(more?.searchParams.get('scope'), 'notes:read notes:write')
  const stepUp = await allow(page, more)
  assert.match(stepUp.asked, /Add notes/)
  await second.finishAuth(stepUp.code)
  const added = await connected.callTool({ name: 'add_note', arguments: {} })
  assert.match(added.content[0].text, /notes$/)
  assert.equal(auth.kept.tokens?.scope, 'notes:read notes:write')
  await connected.close()
  await context.close()
}

test('a client with a metadata document connects, and asks for more scopes when a tool needs them', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { client_id_metadata: 'any_https' } })
  const clientId = host.client('/notebook.json', {
    client_name: 'Notebook',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code'],
  })
  const auth = memory(clientId)
  await assertConnects(auth, await makePerson(server, 'ada@example.com'))
  assert.equal(auth.kept.client?.client_id, clientId)
})

test('a client that registers itself connects, and asks for more scopes when a tool needs them', async () => {
  const policy = { client_id_metadata: 'off', registration: { mode: 'open' } }
  await server.api('PATCH', '/v1/realms/default', { policy })
  const auth = memory(host.client('/unused.json'))
  await assertConnects(auth, await makePerson(server, 'grace@example.com'))
  assert.doesNotMatch(auth.kept.client?.client_id ?? '', /^https:/)
})
