// An MCP server over HTTP that takes access tokens of Countersign, with the MCP SDK and @countersign/server. A tool may need
// another scope than the rest: the client learns from the 403 which scopes to ask for.
import { createServer } from 'node:http'
import { type ResourceServerOptions, resourceServer } from '@countersign/server'
import { type McpRequest, protect } from '@countersign/server/mcp'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

export interface McpServerOptions {
  /** The issuer whose tokens are accepted. */
  readonly issuer: string
  /** A port of 127.0.0.1; a free port by default. */
  readonly port?: number
  /** How tokens are verified besides. */
  readonly rules?: Pick<ResourceServerOptions, 'dpop' | 'statusList' | 'fetch'>
}

const notes = ['Buy ink']

/** The tools, for one request: the server keeps no state between requests. */
function makeTools(): McpServer {
  const tools = new McpServer({ name: 'notes', version: '1.0.0' })
  const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })
  tools.registerTool('read_notes', { description: 'Reads the notes' }, ({ authInfo }) =>
    text(`${authInfo?.extra?.sub}: ${notes.join(', ')}`),
  )
  tools.registerTool('add_note', { description: 'Adds a note' }, ({ authInfo }) => {
    notes.push(`Note ${notes.length + 1}`)
    return text(`${authInfo?.extra?.sub}: ${notes.length} notes`)
  })
  return tools
}

/** Starts the server. The identifier of its resource is its address. */
export async function startMcpServer(options: McpServerOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/mcp`
  const { issuer, rules } = options
  const api = resourceServer({ issuer, resource: url, scopesSupported: ['notes:read', 'notes:write'], ...rules })
  const admit = protect(api, { scopes: ['notes:read'], tools: { add_note: ['notes:write'] } })

  server.on(
    'request',
    (request: McpRequest & Parameters<StreamableHTTPServerTransport['handleRequest']>[0], response) => {
      const fail = () => (response.headersSent ? response.end() : response.writeHead(500).end())
      const serve = async () => {
        if (request.url !== '/mcp') return response.writeHead(404).end()
        if (request.method !== 'POST') return response.writeHead(405).end()
        const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
        response.on('close', () => void transport.close())
        await makeTools().connect(transport as Parameters<McpServer['connect']>[0])
        await transport.handleRequest(request, response, request.body)
      }
      admit(request, response, (error) => (error === undefined ? serve().catch(fail) : fail()))
    },
  )
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, close }
}

if (import.meta.main) {
  const { ISSUER = 'http://127.0.0.1:9000', PORT = '3001' } = process.env
  const { url } = await startMcpServer({ issuer: ISSUER, port: Number(PORT) })
  console.log(`The MCP server is at ${url} and takes tokens of ${ISSUER}.`)
}
