// An MCP server over HTTP that takes access tokens of Countersign, with the MCP SDK and jose. A tool may need another scope
// than the rest: the client learns from the 403 which scopes to ask for.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { keysOf, verifyToken } from '../protected-api/protected-api.ts'

export interface McpServerOptions {
  /** The issuer whose tokens are accepted. */
  readonly issuer: string
  /** A port of 127.0.0.1; a free port by default. */
  readonly port?: number
}

/** Every request needs this scope. */
const BASE_SCOPE = 'notes:read'
/** What tools need besides. */
const SCOPES_OF_TOOLS: Readonly<Record<string, readonly string[]>> = { add_note: ['notes:write'] }
const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp'
const BODY_MAX = 100_000

const notes = ['Buy ink']

/** The tools, for one request: the server keeps no state between requests. */
function toolsFor(caller: string): McpServer {
  const tools = new McpServer({ name: 'notes', version: '1.0.0' })
  const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })
  tools.registerTool('read_notes', { description: 'Reads the notes' }, () => text(`${caller}: ${notes.join(', ')}`))
  tools.registerTool('add_note', { description: 'Adds a note' }, () => {
    notes.push(`Note ${notes.length + 1}`)
    return text(`${caller}: ${notes.length} notes`)
  })
  return tools
}

/** The scopes that a message of a client needs. */
function scopesFor(message: unknown): readonly string[] {
  const { method, params } = (message ?? {}) as { method?: string; params?: { name?: string } }
  const more = method === 'tools/call' ? SCOPES_OF_TOOLS[params?.name ?? ''] : undefined
  return [BASE_SCOPE, ...(more ?? [])]
}

/** Starts the server. The identifier of its resource is its address. */
export async function startMcpServer(options: McpServerOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const { issuer } = options
  const keys = await keysOf(issuer)
  let url = ''

  /** RFC 6750 §3, RFC 9728 §5.1: all scopes that are needed are in the challenge at once. */
  const refuse = (response: ServerResponse, status: number, scopes: readonly string[], error?: string) => {
    const metadata = new URL(METADATA_PATH, url).href
    const parameters = { ...(error && { error }), scope: scopes.join(' '), resource_metadata: metadata }
    const challenge = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
    response.writeHead(status, { 'www-authenticate': `Bearer ${challenge.join(', ')}` }).end()
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', url)
    if (pathname === METADATA_PATH) {
      const scopes = [BASE_SCOPE, ...Object.values(SCOPES_OF_TOOLS).flat()]
      return send(response, 200, { resource: url, authorization_servers: [issuer], scopes_supported: scopes })
    }
    if (pathname !== '/mcp') return send(response, 404, { error: 'not_found' })
    const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined) return refuse(response, 401, [BASE_SCOPE])
    const claims = await verifyToken(token, keys, { issuer, audience: url }).catch(() => undefined)
    if (!claims) return refuse(response, 401, [BASE_SCOPE], 'invalid_token')
    if (request.method !== 'POST') return send(response, 405, { error: 'method_not_allowed' })
    const message = await readJson(request)
    const needed = scopesFor(message)
    const granted = String(claims.scope ?? '').split(' ')
    if (needed.some((scope) => !granted.includes(scope))) return refuse(response, 403, needed, 'insufficient_scope')
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    response.on('close', () => void transport.close())
    await toolsFor(String(claims.sub)).connect(transport as Parameters<McpServer['connect']>[0])
    await transport.handleRequest(request, response, message)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) send(response, 400, { error: 'invalid_request' })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/mcp`
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, close }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > BODY_MAX) throw new Error('The message is too long.')
  }
  return JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

if (import.meta.main) {
  const { ISSUER = 'http://127.0.0.1:9000', PORT = '3001' } = process.env
  const { url } = await startMcpServer({ issuer: ISSUER, port: Number(PORT) })
  console.log(`The MCP server is at ${url} and takes tokens of ${ISSUER}.`)
}
