// A program that acts for itself. It registers a client with the command line, gets a token with oauth4webapi, verifies
// the token with jose as an API does, and calls an API with it.
import * as oauth from 'oauth4webapi'
import { countersign, ensureResource } from '../countersign.ts'
import { keysOf, startProtectedApi, verifyToken } from '../protected-api/protected-api.ts'

const AUDIENCE = 'https://api.example.com/notes'

interface Registered {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
}

async function register(): Promise<Registered> {
  await ensureResource(AUDIENCE, 'Notes', ['notes:read|Read your notes', 'notes:write|Write notes'])
  return countersign<Registered>(
    ...['client', 'create'],
    ...['--label', 'Nightly report'],
    ...['--grant-types', 'client_credentials'],
    ...['--scopes', 'notes:read'],
    ...['--audiences', AUDIENCE],
  )
}

async function getToken(issuer: string, { client_id, client_secret }: Registered): Promise<string> {
  // A local Countersign has no TLS, so the library needs this option.
  const options = { [oauth.allowInsecureRequests]: issuer.startsWith('http://127.0.0.1') }
  const url = new URL(issuer)
  const discovered = await oauth.discoveryRequest(url, options)
  const server = await oauth.processDiscoveryResponse(url, discovered)
  const client = { client_id }
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(client_secret),
    { resource: AUDIENCE, scope: 'notes:read' },
    options,
  )
  const { access_token } = await oauth.processClientCredentialsResponse(server, client, response)
  return access_token
}

const issuer = process.env.ISSUER ?? 'http://127.0.0.1:9000'

const client = await register()
console.log(`Registered the client ${client.client_id}.`)

const token = await getToken(issuer, client)
const claims = await verifyToken(token, await keysOf(issuer), { issuer, audience: AUDIENCE })
console.log(`Got a token of ${claims.iss} for ${claims.aud} with the scope ${claims.scope}.`)

const api = await startProtectedApi({ issuer, audience: AUDIENCE })
const headers = { authorization: `Bearer ${token}` }
const read = await fetch(`${api.url}/notes`, { headers })
console.log(`GET /notes: ${read.status} ${await read.text()}`.trim())
const written = await fetch(`${api.url}/notes`, { method: 'POST', headers })
console.log(`POST /notes: ${written.status} ${written.headers.get('www-authenticate')}`)
await api.close()

await countersign('client', 'delete', client.id, '--yes')
console.log('Deleted the client again.')
