// oidc-provider 9, configured for production as its documentation says, with its storage in memory: ES256 for
// everything, JWT access tokens by resource indicators, rotating refresh tokens, first-party clients without a consent
// page.

import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { verify } from '@node-rs/argon2'
import { Provider, type RequestContext } from 'oidc-provider'
import { readFixture, signInPage, TOKEN_LIFETIME } from './fixture.ts'
import { MemoryAdapter } from './memory-adapter.ts'

const fixture = readFixture()
const people = new Map(fixture.people.map(({ login, passwordHash }) => [login, passwordHash]))
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })

const basicClient = {
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
}
const webClient = { ...basicClient, response_types: ['code'], redirect_uris: [fixture.redirectUri] }

async function loadExistingGrant(context: RequestContext): Promise<unknown> {
  const { provider, client, session, result } = context.oidc
  const id = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  if (id !== undefined) return provider.Grant.find(id)
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid email offline_access')
  grant.addResourceScope(fixture.resource, fixture.scope)
  await grant.save()
  return grant
}

const provider = new Provider(fixture.origin, {
  adapter: MemoryAdapter,
  clients: [
    {
      ...basicClient,
      client_id: fixture.service.id,
      client_secret: fixture.service.secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
    { ...webClient, client_id: fixture.web.id, client_secret: fixture.web.secret, grant_types: ['authorization_code'] },
    {
      ...webClient,
      client_id: fixture.offline.id,
      client_secret: fixture.offline.secret,
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'bench' }] },
  cookies: { keys: ['a key for the bench'] },
  claims: { openid: ['sub'], email: ['email'] },
  scopes: ['openid', 'offline_access', 'email'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_context: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
    client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
  loadExistingGrant,
  interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  ttl: {
    AccessToken: TOKEN_LIFETIME,
    AuthorizationCode: 60,
    ClientCredentials: TOKEN_LIFETIME,
    Grant: 86_400,
    IdToken: TOKEN_LIFETIME,
    Interaction: 600,
    RefreshToken: 86_400,
    Session: 86_400,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: fixture.scope,
        audience: resource,
        accessTokenTTL: TOKEN_LIFETIME,
        accessTokenFormat: resource === fixture.opaqueResource ? 'opaque' : 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

async function interaction(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    const page = signInPage(request.url ?? '')
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(page) }).end(page)
    return
  }
  let body = ''
  for await (const chunk of request) body += chunk
  const form = new URLSearchParams(body)
  const login = form.get('login') ?? ''
  const known = people.get(login)
  if (known === undefined || !(await verify(known, form.get('password') ?? ''))) {
    response.writeHead(401, { 'content-length': 0 }).end()
    return
  }
  await provider.interactionFinished(request, response, { login: { accountId: login } })
}

const protocol = provider.callback()
const server = createServer((request, response) => {
  if (request.url?.startsWith('/interaction/')) {
    interaction(request, response).catch(() => response.writeHead(500, { 'content-length': 0 }).end())
  } else protocol(request, response)
})
server.listen(fixture.port, '127.0.0.1')
process.on('SIGTERM', () => process.exit())
