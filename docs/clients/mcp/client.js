// An MCP client that signs its user in, as the MCP server's metadata says, and calls a tool.
import { createServer } from 'node:http'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const port = process.env.PORT ?? 3000
const server = new URL(process.env.MCP_SERVER)
const kept = {}

const authProvider = {
  redirectUrl: `http://127.0.0.1:${port}/callback`,
  clientMetadata: { client_name: 'MCP client', redirect_uris: [`http://127.0.0.1:${port}/callback`] },
  clientInformation: () => ({ client_id: process.env.CLIENT_ID }),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => {
    kept.tokens = tokens
  },
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => {
    kept.verifier = verifier
  },
  state: () => {
    kept.state = crypto.randomUUID()
    return kept.state
  },
  redirectToAuthorization: (url) => console.log(`Open ${url.href}`),
}

/** The code that the browser brings back. */
const code = new Promise((resolve) => {
  const listener = createServer((request, response) => {
    const parameters = new URL(request.url, server).searchParams
    const expected = parameters.get('state') === kept.state && parameters.has('code')
    response.end(expected ? 'You can close this page.' : 'Nothing was asked here.')
    if (!expected) return
    listener.close()
    resolve(parameters.get('code'))
  }).listen(port, '127.0.0.1')
})

const client = new Client({ name: 'mcp-client', version: '1.0.0' })
const transport = new StreamableHTTPClientTransport(server, { authProvider })
try {
  await client.connect(transport)
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error
  await transport.finishAuth(await code)
  await client.connect(new StreamableHTTPClientTransport(server, { authProvider }))
}
const { content } = await client.callTool({ name: 'whoami' })
console.log(`The MCP server says: ${content[0].text}`)
await client.close()
