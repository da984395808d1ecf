// Everybody who calls a row of an admin surface: who may, and who holds a credential that opens nothing there.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EVERYTHING } from '#kernel/permission.ts'
import { type AdminClient, issuerOfClient, makeAdminClient, post, signInAtTerminal, tokenFor } from './admin-realm.ts'
import type { ControlPlane } from './control-plane.ts'
import { getProgramToken, getTokens } from './realm-tokens.ts'
import type { TestServer } from './server.ts'
import { uniqueName } from './tenant-resources.ts'

/** A credential that no row takes, by the surface’s name; or the sentence that it is refused with where that is 403. */
export interface InvalidCaller {
  readonly what: string
  /** The bearer token; none where null. */
  readonly token: string | null
  /** Which surfaces know who it is and refuse that one; the others do not know it. */
  readonly knownTo?: Readonly<Record<string, string>>
  /** The surfaces that it opens. */
  readonly opens?: readonly string[]
}

const DENIED = { scaikey: 'Access denied' }

/** Credentials that open nothing. */
export async function makeInvalidCallers(plane: ControlPlane): Promise<InvalidCaller[]> {
  const { server, shop } = plane
  const query = `?tenant_id=${shop.id}`
  const person = await getTokens(server, shop.issuerId)
  const program = await makeAdminClient(server, query)
  const issuer = issuerOfClient(program)
  const admin = await administratorTokens(server, issuer, query)
  const reads = await platformToken(plane, ['admin:read', 'vault:read'], 'vault:read')
  return [
    { what: 'no credential', token: null },
    { what: 'nonsense', token: 'nonsense' },
    { what: 'a JWT that nobody signed', token: 'eyJhbGciOiJub25lIn0.eyJyb2xlIjoic3VwZXJfYWRtaW4ifQ.x' },
    {
      what: 'a tenant’s API key',
      token: await apiKey(server, query, { reach: 'tenant' }),
      opens: ['native', 'scim', 'sharkauth', 'authplane'],
    },
    { what: 'an unknown API key', token: `sk_live_${'x'.repeat(40)}` },
    { what: 'a program of an ordinary realm', token: await getProgramToken(server, shop.issuerId), knownTo: DENIED },
    { what: 'a user without a role', token: person.access, knownTo: DENIED },
    { what: 'a user’s ID token', token: person.id },
    { what: 'a user’s refresh token', token: person.refresh },
    { what: 'an administrator’s ID token', token: String(admin.id_token) },
    { what: 'an administrator’s refresh token', token: String(admin.refresh_token) },
    { what: 'a program’s token that was revoked', token: await revokedToken(program) },
    { what: 'a program’s token that has expired', token: await expiredToken(server, program) },
    { what: 'a deleted program’s token', token: await orphanedToken(server, query) },
    { what: 'a platform token', token: await platformToken(plane, ['admin:write']), opens: ['scaikey'] },
    {
      what: 'a platform token with neither scope',
      token: reads,
      knownTo: { scaikey: 'Platform token requires admin:read or admin:write scope' },
    },
  ]
}

/** Makes an API key. @param reach such as `{ reach: 'tenant' }`, and its permissions. Default: all permissions */
export async function apiKey(server: TestServer, query: string, reach: object): Promise<string> {
  const body = { name: 'Key', permissions: [...EVERYTHING], ...reach }
  return (await server.api<{ key: string }>('POST', `/v1/api-keys${query}`, body)).key
}

/** Makes a program of the operator’s own and gets a token for it. @param asked its scopes. Default: all */
export async function platformToken(
  { server, superAdmin }: ControlPlane,
  scopes: string[],
  asked = '',
): Promise<string> {
  const { status, body } = await server.call('POST', '/api/v1/admin/applications', {
    key: superAdmin,
    body: { name: uniqueName('Program'), application_type: 'SERVICE', scope: 'GLOBAL', allowed_scopes: scopes },
  })
  if (status !== 201) throw new Error(`the program was not made: ${JSON.stringify(body)}`)
  const { client_id: id, client_secret: secret } = body as { client_id: string; client_secret: string }
  const form = { grant_type: 'client_credentials', ...(asked && { scope: asked }) }
  const answer = await post(`${server.adminUrl}/api/v1/platform/oauth/token`, form, `Basic ${btoa(`${id}:${secret}`)}`)
  return String(answer.body.access_token)
}

async function administratorTokens(server: TestServer, issuer: string, query: string) {
  const person = { email: `${uniqueName('operator')}@example.com`, password: 'correct horse battery staple' }
  await server.api('POST', `/v1/administrators${query}`, { ...person, role: 'tenant_admin' })
  return (await signInAtTerminal(server, issuer, person)).body
}

async function revokedToken(program: AdminClient): Promise<string> {
  const token = await tokenFor(program)
  const authorization = `Basic ${btoa(`${program.client_id}:${program.client_secret}`)}`
  const { status } = await post(`${issuerOfClient(program)}/oauth/revoke`, { token }, authorization)
  if (status !== 200) throw new Error(`the token was not revoked: ${status}`)
  return token
}

// Nobody waits for an hour: what the server wrote down of the token is changed under it.
async function expiredToken({ dataDir }: TestServer, program: AdminClient): Promise<string> {
  const token = await tokenFor(program)
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }
  const database = new DatabaseSync(join(dataDir, 'countersign.sqlite'), { timeout: 5000 })
  const { changes } = database
    .prepare('update issued_token set expires_at = 1 where id = ?')
    .run(Buffer.from(jti.replaceAll('-', ''), 'hex'))
  database.close()
  if (Number(changes) !== 1) throw new Error('the token is not in the records')
  return token
}

async function orphanedToken(server: TestServer, query: string): Promise<string> {
  const program = await makeAdminClient(server, query)
  const token = await tokenFor(program)
  await server.api('DELETE', `/v1/api-clients/${program.id}${query}`)
  return token
}
