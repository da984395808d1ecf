// An MCP server over HTTP that takes only access tokens that Countersign issued for it.

import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const port = process.env.PORT ?? 3001
const issuer = process.env.ISSUER
const resource = new URL(`http://127.0.0.1:${port}/mcp`)
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))

const verifier = {
  async verifyAccessToken(token) {
    const checks = { issuer, audience: resource.href, typ: 'at+jwt' }
    const { payload } = await jwtVerify(token, keys, checks).catch((error) => {
      throw new InvalidTokenError(error.message)
    })
    const { client_id: clientId, exp: expiresAt, scope = '', sub } = payload
    return { token, clientId, expiresAt, scopes: scope.split(' '), extra: { sub } }
  },
}

/** The tools, for one request: the server keeps no state between requests. */
function tools() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who calls' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `${authInfo.extra.sub} with ${authInfo.scopes.join(' ')}` }],
  }))
  return server
}

const app = express()
app.use(
  mcpAuthMetadataRouter({ oauthMetadata: metadata, resourceServerUrl: resource, scopesSupported: ['notes:read'] }),
)
const authorized = requireBearerAuth({
  verifier,
  requiredScopes: ['notes:read'],
  resourceMetadataUrl: new URL('/.well-known/oauth-protected-resource/mcp', resource).href,
})
app.post('/mcp', authorized, express.json(), async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  response.on('close', () => transport.close())
  await tools().connect(transport)
  await transport.handleRequest(request, response, request.body)
})
app.all('/mcp', (_request, response) => response.status(405).end())

app.listen(port, '127.0.0.1', () => console.log(`The MCP server is at ${resource.href}`))
