// SemAuth's Admin API as its document describes it: each example command as it is printed there, its token rules, and
// the order in which a token is looked at.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import {
  type AdminClient,
  askForToken,
  issuerOfClient,
  makeAdminClient,
  post,
  signInAtTerminal,
  tokenFor,
} from '#testing/admin-realm.ts'
import { makeClientKey, signAssertion } from '#testing/assertion.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const run = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'countersign-semauth-'))
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }

let server: TestServer
let client: AdminClient
/** Another tenant, its realm, its client for the admin API and one of its tokens. */
let other: { tenantId: string; issuerId: string; client: AdminClient; token: string }

before(async () => {
  server = await startServer()
  client = await makeAdminClient(server)
  await server.api('POST', '/v1/administrators', { ...ADA, role: 'tenant_admin' })
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Other', slug: 'other' })
  const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms?tenant_id=${id}`, { name: 'Theirs' })
  const theirs = await makeAdminClient(server, `?tenant_id=${id}`)
  other = { tenantId: id, issuerId: realm.issuer_id, client: theirs, token: await tokenFor(theirs) }
  // Only what the examples do with jq, for machines that lack it.
  writeFileSync(
    join(scratch, 'jq'),
    `#!/bin/sh\nexec '${process.execPath}' -e 'let t="";process.stdin.on("data",(d)=>t+=d).on("end",()=>console.log(JSON.parse(t)[process.argv[2].slice(1)]))' -- "$@"\n`,
  )
  chmodSync(join(scratch, 'jq'), 0o755)
  await run('sh', ['-c', 'command -v curl']).catch(() => {
    const file = join(import.meta.dirname, '../../testing/curl.ts')
    writeFileSync(join(scratch, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`)
    chmodSync(join(scratch, 'curl'), 0o755)
  })
})
after(async () => {
  await server.stop()
  rmSync(scratch, { recursive: true })
})

/** Runs a shell script as a reader of the document does, after the settings that it speaks of. */
async function shell(script: string, settings: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run('sh', ['-e', '-c', script], {
    env: { PATH: `${scratch}:${process.env.PATH}`, ...settings },
  })
  return stdout
}

const settingsOf = ({ token_endpoint, admin_api_url, client_id, client_secret }: AdminClient) => ({
  TOKEN_URL: token_endpoint,
  ADMIN_API_URL: admin_api_url,
  CLIENT_ID: client_id,
  CLIENT_SECRET: client_secret,
})

const GET_TOKEN = `TOKEN=$(curl -sS -X POST "$TOKEN_URL" \\
-u "$CLIENT_ID:$CLIENT_SECRET" \\
-d grant_type=client_credentials \\
-d audience="$ADMIN_API_URL" \\
-d scope=management:full | jq -r .access_token)
`

test('“Getting a token and calling the API” works as it is printed', async () => {
  const printed = await shell(
    `${GET_TOKEN}# Use it against the Admin API:
curl -sS "$ADMIN_API_URL/v1/realms" -H "Authorization: Bearer $TOKEN"`,
    settingsOf(client),
  )
  const { data } = JSON.parse(printed) as { data: { issuer_id: string }[] }
  assert.deepEqual(
    data.map(({ issuer_id: issuerId }) => issuerId),
    ['default'],
  )
})

test('“Example: create a realm” answers what is printed below it', async () => {
  const printed = await shell(
    `${GET_TOKEN}curl -sS -X POST "$ADMIN_API_URL/v1/realms" \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{"name":"Production"}'`,
    settingsOf(client),
  )
  const realm = JSON.parse(printed) as Record<string, unknown>
  assert.match(String(realm.issuer_id), /^[a-z0-9]{12}$/)
  const { name, enabled, discovery_url, magic_link_enabled, passkey_enabled, min_aal } = realm
  assert.deepEqual(
    { name, enabled, discovery_url, magic_link_enabled, passkey_enabled, min_aal },
    {
      name: 'Production',
      enabled: true,
      discovery_url: `${server.url}/realms/${realm.issuer_id}/.well-known/openid-configuration`,
      magic_link_enabled: true,
      passkey_enabled: true,
      min_aal: 1,
    },
  )
  assert.equal((await fetch(String(discovery_url))).status, 200)
})

test('a new client comes with everything it needs, and its example runs as it is', async () => {
  const made = await makeAdminClient(server, '', { label: 'prod-backend' })
  assert.match(made.client_id, /^sa_mgmt_[a-z0-9]{20}$/)
  assert.equal(made.admin_api_url, server.adminUrl)
  const { data } = JSON.parse(await shell(made.example)) as { data: unknown[] }
  assert.ok(data.length > 0)
  const shown = await server.api<Record<string, unknown>>('GET', `/v1/api-clients/${made.id}`)
  assert.deepEqual([shown.client_secret, shown.example], [undefined, undefined])
  assert.deepEqual(
    [shown.grant_types, shown.scopes, shown.audiences],
    [['client_credentials'], ['management:full'], [server.adminUrl]],
  )
  const log = JSON.stringify(await server.api('GET', '/v1/events?type=client.*'))
  assert.ok(log.includes(made.client_id) && !log.includes(made.client_secret))
})

test('the example of a client with a key of its own says who its assertion is for: the issuer, which alone is taken', async () => {
  const given = { label: 'keyed', auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/jwks' }
  const made = await makeAdminClient(server, '', given)
  assert.ok(made.example.includes(`aud ${issuerOfClient(made)},`), made.example)
})

test('a program’s token says what the document says it does', async () => {
  const { status, body } = await askForToken(client)
  assert.equal(status, 200)
  assert.deepEqual([body.token_type, body.expires_in, body.scope], ['Bearer', 3600, 'management:full'])
  const token = String(body.access_token)
  const issuer = issuerOfClient(client)
  const { jwks_uri: jwks } = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    jwks_uri: string
  }
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks)), {
    issuer,
    audience: server.adminUrl,
    typ: 'at+jwt',
  })
  const { data } = await server.api<{ data: { id: string; slug: string }[] }>('GET', '/v1/tenants')
  assert.equal(protectedHeader.alg, 'ES256')
  const { sub, azp, client_id: clientId, org_id: orgId, scope, acr, amr, auth_time: authTime } = payload
  assert.deepEqual(
    [sub, azp, clientId, scope],
    [client.client_id, client.client_id, client.client_id, 'management:full'],
  )
  assert.equal(orgId, data.find(({ slug }) => slug === 'default')?.id)
  assert.deepEqual([acr, amr, authTime], [undefined, undefined, undefined])
})

test('scope and audience are fixed: left out they are what they are, and nothing else is given', async () => {
  const right = { audience: server.adminUrl, scope: 'management:full' }
  const slug = { audience: 'semauth-admin-api' }
  const slash = { audience: `${server.adminUrl}/` }
  for (const fields of [{}, right, { resource: server.adminUrl }, slug, slash]) {
    const { status, body } = await askForToken(client, fields)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(decodeJwt(String(body.access_token)).aud, server.adminUrl)
  }
  const refusals: [Record<string, string>, string][] = [
    [{ scope: 'openid' }, 'invalid_scope'],
    [{ scope: 'management:full users:read' }, 'invalid_scope'],
    [{ audience: 'https://api.example.com/' }, 'invalid_target'],
    [{ audience: issuerOfClient(client) }, 'invalid_target'],
    [{ audience: `${server.adminUrl}//` }, 'invalid_target'],
    [{ grant_type: 'authorization_code', code: 'x' }, 'unauthorized_client'],
  ]
  for (const [fields, error] of refusals) {
    const { status, body } = await askForToken(client, fields)
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(fields))
  }
})

test('a client that signs assertions gets tokens, and there is no secret to rotate', async () => {
  const key = await makeClientKey()
  const made = await makeAdminClient(server, '', { auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  assert.equal(made.client_secret, undefined)
  const issuer = issuerOfClient(made)
  const assertion = await signAssertion(key, { clientId: made.client_id, issuer, now: Date.now() })
  const { status, body } = await post(made.token_endpoint, {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal((await server.call('GET', '/v1/realms', { key: String(body.access_token) })).status, 200)
  assert.equal((await server.call('POST', `/v1/api-clients/${made.id}/rotate-secret`, { body: {} })).status, 409)
})

test('a revoked client’s tokens stop at once, and a rotated secret is none', async () => {
  const made = await makeAdminClient(server)
  const token = await tokenFor(made)
  const rotated = await server.api<AdminClient>('POST', `/v1/api-clients/${made.id}/rotate-secret`, {})
  assert.equal((await askForToken(made)).status, 401)
  assert.equal((await askForToken(rotated)).status, 200)
  assert.equal((await server.call('GET', '/v1/realms', { key: token })).status, 200)
  assert.equal((await server.call('DELETE', `/v1/api-clients/${made.id}`)).status, 204)
  const { status, body } = await server.call('GET', '/v1/realms', { key: token })
  assert.deepEqual([status, (body as { error: string }).error], [401, 'invalid_token'])
  assert.equal((await askForToken(rotated)).status, 401)
  assert.equal((await server.call('DELETE', `/v1/api-clients/${made.id}`)).status, 404)
})

test('a token is looked at in the documented order, and each flaw has its error', async () => {
  const issuer = issuerOfClient(client)
  const good = await tokenFor(client)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const changed = (claims: object) => {
    const all = { ...decodeJwt(good), ...claims }
    return `${header}.${Buffer.from(JSON.stringify(all)).toString('base64url')}.${signature}`
  }
  const idToken = String((await signInAtTerminal(server, issuer, ADA)).body.id_token)
  const noScope = await signInAtTerminal(server, issuer, ADA, { scope: 'openid email' })
  const noScopeRevoked = await signInAtTerminal(server, issuer, ADA, { scope: 'openid' })
  await post(`${issuer}/oauth/revoke`, { client_id: 'semauth-cli', token: String(noScopeRevoked.body.access_token) })
  const ordinary = await ordinaryToken()
  assert.equal(decodeJwt(ordinary).aud, server.adminUrl)

  const table: [what: string, authorization: string | null, status: number, error: string][] = [
    ['no credential', null, 401, 'invalid_token'],
    ['another scheme', 'Basic eDp5', 401, 'invalid_token'],
    ['garbage', 'Bearer ☃'.replace('☃', '%'), 401, 'invalid_token'],
    ['no JWT', 'Bearer eyJhbGciOiJub25lIn0.x.y', 401, 'invalid_token'],
    ['an unknown issuer', `Bearer ${changed({ iss: 'https://evil.example' })}`, 401, 'invalid_token'],
    ['an ordinary realm’s token for this API', `Bearer ${ordinary}`, 401, 'invalid_token'],
    ['no signature', `Bearer ${header}.${payload}.AAAA`, 401, 'invalid_token'],
    ['another org_id', `Bearer ${changed({ org_id: other.tenantId })}`, 401, 'invalid_token'],
    ['a later end', `Bearer ${changed({ exp: 9_999_999_999 })}`, 401, 'invalid_token'],
    ['an ID token', `Bearer ${idToken}`, 401, 'invalid_token'],
    ['revoked, and without the scope', `Bearer ${noScopeRevoked.body.access_token}`, 401, 'invalid_token'],
    ['without the scope', `Bearer ${noScope.body.access_token}`, 403, 'insufficient_scope'],
  ]
  for (const [what, authorization, status, error] of table) {
    const reply = await server.call('GET', '/v1/realms', { key: null, headers: authorization ? { authorization } : {} })
    assert.deepEqual([reply.status, (reply.body as { error: string }).error], [status, error], what)
    const challenge = reply.headers.get('www-authenticate') ?? ''
    assert.match(
      challenge,
      new RegExp(`^Bearer .*error="${error}", scope="management:full"$`.replace('.*', '(.*, )?')),
      what,
    )
    if (status === 403) assert.equal(challenge, 'Bearer error="insufficient_scope", scope="management:full"')
  }
  assert.equal((await server.call('GET', '/v1/realms', { key: good })).status, 200)
})

/** A token of the realm `default` that has everything but the right issuer. */
async function ordinaryToken(): Promise<string> {
  const made = await server.api<AdminClient>('POST', '/v1/realms/default/clients', {
    label: 'Ordinary',
    grant_types: ['client_credentials'],
    scopes: ['management:full'],
    audiences: ['semauth-admin-api'],
  })
  const { status, body } = await askForToken({ ...made, token_endpoint: `${server.url}/oauth/token` })
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}

test('a token of one tenant reaches nothing of another, and cannot tell it from what is not', async () => {
  const own = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Ours' })
  const list = await server.call('GET', '/v1/realms', { key: other.token })
  const { data } = list.body as { data: { issuer_id: string; tenant_id: string }[] }
  assert.deepEqual([...new Set(data.map(({ tenant_id: id }) => id))], [other.tenantId])
  assert.deepEqual(data.at(-1)?.issuer_id, other.issuerId)
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const body = method === 'PATCH' ? { body: { name: 'x' } } : {}
    const foreign = await server.call(method, `/v1/realms/${own.issuer_id}`, { key: other.token, ...body })
    const nothing = await server.call(method, '/v1/realms/zzzzzzzzzzzz', { key: other.token, ...body })
    assert.deepEqual([foreign.status, foreign.body], [nothing.status, nothing.body])
    assert.equal(foreign.status, 404)
    const admin = issuerOfClient(client).split('/').at(-1)
    assert.equal((await server.call(method, `/v1/realms/${admin}`, { key: other.token, ...body })).status, 404)
    assert.equal((await server.call(method, `/v1/realms/${admin}`, body)).status, 404, 'hidden from its own, too')
  }
  for (const path of ['/v1/api-clients', '/v1/administrators', '/v1/activity', '/v1/apis']) {
    const { body } = await server.call('GET', path, { key: other.token })
    assert.doesNotMatch(JSON.stringify(body), new RegExp(`${client.client_id}|${ADA.email}|${own.issuer_id}`), path)
  }
  assert.equal((await server.call('GET', `/v1/api-clients/${client.id}`, { key: other.token })).status, 404)
  assert.equal((await server.call('POST', '/v1/tenants', { key: other.token, body: {} })).status, 403)
  await server.api('POST', `/v1/tenants/${other.tenantId}/suspend`)
  assert.equal((await server.call('GET', '/v1/realms', { key: other.token })).status, 401)
  await server.api('POST', `/v1/tenants/${other.tenantId}/reactivate`)
  assert.equal((await server.call('GET', '/v1/realms', { key: other.token })).status, 200)
})

test('a person at a terminal gets tokens for this API, and goes on getting them', async () => {
  const config = await openid.discovery(new URL(issuerOfClient(client)), 'semauth-cli', undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  })
  const verifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'http://[::1]:51004/callback',
    scope: 'openid email profile offline_access management:full',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'terminal',
  })
  const back = await new UserAgent(server.url).authorize(url.href, ADA)
  assert.equal(back.origin, 'http://[::1]:51004')
  const tokens = await openid.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: 'terminal',
  })
  assert.equal(tokens.expires_in, 900)
  const claims = decodeJwt(tokens.access_token)
  assert.equal(decodeProtectedHeader(tokens.access_token).typ, 'at+jwt')
  const audiences = [server.adminUrl, issuerOfClient(client)]
  assert.deepEqual(
    [claims.aud, claims.azp, claims.acr, claims.amr, typeof claims.auth_time, typeof claims.org_id],
    [audiences, 'semauth-cli', 'aal1', ['pwd'], 'number', 'string'],
  )
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
  assert.deepEqual(decodeJwt(refreshed.access_token).aud, audiences)

  const key = refreshed.access_token
  const realm = (await server.call('POST', '/v1/realms', { key, body: { name: 'Made by hand' } })).body
  assert.equal((realm as { name: string }).name, 'Made by hand')
  const { body } = await server.call('GET', '/v1/activity?type=realm.created&limit=1', { key })
  const [entry] = (body as { data: { actor: Record<string, string>; action: string; summary: string }[] }).data
  assert.deepEqual([entry?.action, entry?.summary], ['realm.created', 'A realm was created.'])
  assert.deepEqual([entry?.actor.kind, entry?.actor.label], ['user', ADA.email])
})

test('the client for the terminal cannot be found, changed or revoked', async () => {
  const { data } = await server.api<{ data: { client_id: string }[] }>('GET', '/v1/api-clients')
  assert.ok(data.length > 0 && data.every(({ client_id: id }) => id.startsWith('sa_mgmt_')))
  const wrong = { client_id: 'semauth-cli', grant_type: 'client_credentials' }
  assert.equal((await post(client.token_endpoint, wrong)).body.error, 'unauthorized_client')
})

test('the catalogue shows this API and the tenant’s own, page after page', async () => {
  const own = await server.api<{ id: string }>('POST', '/v1/resources', { identifier: 'https://api.example/own' })
  interface Entry {
    audience: string
    slug: string
    platform: boolean
    resource_id: string | null
  }
  const first = await server.api<{ data: Entry[]; next_cursor: string }>('GET', '/v1/apis?limit=1')
  const second = await server.api<{ data: Entry[] }>('GET', `/v1/apis?limit=1&cursor=${first.next_cursor}`)
  const [platform] = first.data
  assert.deepEqual(
    [platform?.audience, platform?.slug, platform?.platform, platform?.resource_id],
    [server.adminUrl, 'semauth-admin-api', true, null],
  )
  assert.deepEqual([second.data[0]?.audience, second.data[0]?.resource_id], ['https://api.example/own', own.id])
  for (const names of [
    { identifier: server.adminUrl },
    { identifier: 'https://x.example/', slug: 'semauth-admin-api' },
  ]) {
    assert.equal((await server.call('POST', '/v1/resources', { body: names })).status, 409)
  }
})

test('a super_admin reaches every tenant, a tenant_admin their own, and who is suspended nothing, at once', async () => {
  const password = ADA.password
  const boss = { email: 'boss@example.com', password }
  await server.api('POST', '/v1/administrators', { ...boss, role: 'super_admin' })
  const issuer = issuerOfClient(client)
  const tokenOf = async (person: typeof ADA) =>
    String((await signInAtTerminal(server, issuer, person)).body.access_token)
  const [bossToken, adaToken] = [await tokenOf(boss), await tokenOf(ADA)]
  const slugs = async (key: string) =>
    ((await server.call('GET', '/v1/tenants', { key })).body as { data: { slug: string }[] }).data.map(
      ({ slug }) => slug,
    )
  assert.deepEqual(await slugs(bossToken), ['default', 'other'])
  assert.deepEqual(await slugs(adaToken), ['default'])
  assert.equal((await server.call('GET', `/v1/realms/${other.issuerId}`, { key: bossToken })).status, 200)
  assert.equal((await server.call('GET', `/v1/realms/${other.issuerId}`, { key: adaToken })).status, 404)

  const { data } = await server.api<{ data: { id: string }[] }>('GET', `/v1/administrators?search=${boss.email}`)
  const path = `/v1/administrators/${data[0]?.id}`
  assert.equal((await server.call('PATCH', path, { key: adaToken, body: { status: 'suspended' } })).status, 403)
  const second = { email: 'second@example.com', role: 'super_admin' }
  await server.api('POST', '/v1/administrators', second)
  await server.api('PATCH', path, { status: 'suspended' })
  assert.equal((await server.call('GET', '/v1/realms', { key: bossToken })).status, 401)
  await assert.rejects(tokenOf(boss))
})
