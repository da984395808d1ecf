// Registers a web app with the command line, and starts it with an API that it calls.
import { countersign, ensureResource } from '../countersign.ts'
import { startProtectedApi } from '../protected-api/protected-api.ts'
import { startWebApp } from './web-app.ts'

const AUDIENCE = 'https://api.example.com/notes'

const issuer = process.env.ISSUER ?? 'http://127.0.0.1:9000'
const port = process.env.PORT ?? '3000'

await ensureResource(AUDIENCE, 'Notes', ['notes:read|Read your notes', 'notes:write|Write notes'])
const registered = await countersign<{ id: string; client_id: string; client_secret: string }>(
  ...['client', 'create'],
  ...['--label', 'Notes on the web'],
  ...['--grant-types', 'authorization_code,refresh_token'],
  ...['--scopes', 'openid,profile,email,notes:read'],
  ...['--audiences', AUDIENCE],
  // The port of a loopback redirect URI can differ. The post-logout redirect URI is compared exactly.
  ...['--redirect-uris', 'http://127.0.0.1/callback'],
  ...['--post-logout-redirect-uris', `http://127.0.0.1:${port}/`],
)

const api = await startProtectedApi({ issuer, audience: AUDIENCE })
const app = await startWebApp({
  issuer,
  clientId: registered.client_id,
  clientSecret: registered.client_secret,
  audience: AUDIENCE,
  apiUrl: api.url,
  port: Number(port),
})
console.log(`Registered the client ${registered.client_id}.`)
console.log(`Open ${app.url} in a browser; Ctrl-C ends the app and deletes the client.`)

process.once('SIGINT', end)
process.once('SIGTERM', end)

async function end(): Promise<void> {
  await Promise.all([app.close(), api.close()])
  await countersign('client', 'delete', registered.id, '--yes')
}
