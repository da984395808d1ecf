// What clients find out about a realm and its resources: RFC 9728, RFC 8414 §2.1, and as browsers ask.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { hostFetch } from '#testing/host-fetch.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const FILES = 'https://files.example/mcp'
const NOTES = 'https://notes.example/v1/mcp'
const ROOT = 'https://root.example'

let server: TestServer
let realm: { readonly issuer_id: string; readonly issuer: string }
let filesId: string
before(async () => {
  server = await startServer()
  realm = await server.api('POST', '/v1/realms', { name: 'Acme' })
  const scopes = [{ name: 'files:read' }, { name: 'files:write' }]
  filesId = (await make({ identifier: FILES, slug: 'files', name: 'Files', scopes })).id
  await make({ identifier: NOTES, slug: 'notes', scopes: [{ name: 'notes:read' }] })
  await make({ identifier: ROOT, slug: 'root' })
})
after(() => server.stop())

function make(resource: object): Promise<{ id: string }> {
  return server.api<{ id: string }>('POST', '/v1/resources', resource)
}

interface Document {
  readonly [name: string]: unknown
  readonly signed_metadata: string
}

async function read(path: string, at: typeof fetch = fetch): Promise<{ status: number; body: Document }> {
  const response = await at(`${server.url}${path}`, {})
  assert.equal(response.headers.get('content-type'), 'application/json')
  return { status: response.status, body: (await response.json()) as Document }
}

test('a resource is described at every address of the realm, by its slug and by its path', async () => {
  for (const issuer of [realm.issuer, server.url]) {
    const path = issuer.slice(server.url.length)
    for (const ref of ['files', 'mcp']) {
      for (const address of [`${WELL_KNOWN}${path}/${ref}`, `${path}${WELL_KNOWN}/${ref}`]) {
        const { status, body } = await read(address)
        const { signed_metadata: signed, ...plain } = body
        assert.deepEqual([status, plain], [200, expected(issuer)], address)
        assert.equal(typeof signed, 'string')
      }
    }
    assert.equal((await read(`${path}${WELL_KNOWN}/v1/mcp`)).body.resource, NOTES)
    assert.equal((await read(`${WELL_KNOWN}${path}/v1/mcp/`)).body.resource, NOTES)
  }
})

function expected(issuer: string) {
  return {
    resource: FILES,
    resource_name: 'Files',
    authorization_servers: [issuer],
    scopes_supported: ['files:read', 'files:write'],
    bearer_methods_supported: ['header'],
  }
}

test('a library reads the document of a resource whose host sends requests on to the server', async () => {
  const elsewhere = (host: string): typeof fetch => {
    const at = hostFetch(server.ports.public)
    return (url, options) => at(String(url).replace(/^https:\/\/[^/]+/, `http://${host}`), options)
  }
  for (const [identifier, host] of [
    [FILES, 'files.example'],
    [NOTES, 'notes.example'],
    [ROOT, 'root.example'],
  ] as const) {
    const options = { [oauth.customFetch]: elsewhere(host) as never }
    const url = new URL(identifier)
    const response = await oauth.resourceDiscoveryRequest(url, options)
    const { authorization_servers: servers } = await oauth.processResourceDiscoveryResponse(url, response)
    assert.deepEqual(servers, [server.url])
  }
})

test('two resources with one path are told apart by the host that was asked', async () => {
  const [left, right] = ['https://left.example/api', 'https://right.example/api']
  await make({ identifier: left, slug: 'left' })
  await make({ identifier: right, slug: 'right' })
  assert.equal((await read(`${WELL_KNOWN}/api`)).status, 404)
  const at = hostFetch(server.ports.public)
  for (const [host, resource] of [
    ['left.example', left],
    ['RIGHT.example', right],
  ] as const) {
    const response = await at(`http://${host}${WELL_KNOWN}/api`, {})
    assert.equal(((await response.json()) as Document).resource, resource)
  }
  assert.equal((await read(`${WELL_KNOWN}/right`)).body.resource, right)
})

test('without a path, the document is about the issuer', async () => {
  for (const [path, issuer] of [
    [WELL_KNOWN, server.url],
    [`${WELL_KNOWN}/realms/${realm.issuer_id}`, realm.issuer],
    [`/realms/${realm.issuer_id}${WELL_KNOWN}`, realm.issuer],
  ] as const) {
    const { body } = await read(path)
    assert.deepEqual([body.resource, body.authorization_servers], [issuer, [issuer]])
    assert.ok(!(body.scopes_supported as string[]).includes('offline_access'))
  }
})

test('a suspended resource, a deleted one and the admin API are not described, and their scopes are not listed', async () => {
  const { id } = await make({ identifier: 'https://gone.example/gone', slug: 'gone', scopes: [{ name: 'gone:read' }] })
  const listed = async () =>
    (await read('/.well-known/oauth-authorization-server')).body.scopes_supported as readonly string[]
  assert.ok((await listed()).includes('gone:read'))
  await server.api('PATCH', `/v1/resources/${id}`, { status: 'suspended' })
  assert.equal((await read(`${WELL_KNOWN}/gone`)).status, 404)
  assert.ok(!(await listed()).includes('gone:read'))
  await server.api('DELETE', `/v1/resources/${id}`)
  for (const ref of ['gone', 'nothing', 'admin', 'countersign', '..%2fmcp', 'mcp%00', `${'x'.repeat(300)}`]) {
    const { status, body } = await read(`${WELL_KNOWN}/${ref}`)
    assert.deepEqual([status, body.error], [404, 'not_found'], ref)
  }
  assert.ok(!(await listed()).includes('management:full'))
})

test('another tenant’s resource is not described', async () => {
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Other', slug: 'other' })
  await server.api('POST', `/v1/resources?tenant_id=${tenant.id}`, {
    identifier: 'https://secret.example/secret',
    slug: 'secret',
    scopes: [{ name: 'secret:read' }],
  })
  assert.equal((await read(`${WELL_KNOWN}/secret`)).status, 404)
  const { body } = await read('/.well-known/openid-configuration')
  assert.doesNotMatch(JSON.stringify(body), /secret:read/)
})

test('the scopes in the metadata of a realm are those that its resources declare', async () => {
  const { body } = await read(`/.well-known/oauth-authorization-server/realms/${realm.issuer_id}`)
  const scopes = body.scopes_supported as string[]
  for (const scope of ['openid', 'offline_access', 'files:read', 'files:write', 'notes:read']) {
    assert.ok(scopes.includes(scope), scope)
  }
  assert.equal(new Set(scopes).size, scopes.length)
})

test('signed metadata says the same as the document, and anybody can verify it', async () => {
  const keys = createRemoteJWKSet(new URL(`${realm.issuer}/.well-known/jwks.json`))
  for (const path of ['/.well-known/openid-configuration', `${WELL_KNOWN}/files`]) {
    const address = `/realms/${realm.issuer_id}${path}`
    const { signed_metadata: signed, ...plain } = (await read(address)).body
    const { payload } = await jwtVerify(signed, keys, { issuer: realm.issuer, typ: 'metadata+jwt' })
    assert.deepEqual(payload, { iss: realm.issuer, ...plain })
    assert.equal((await read(address)).body.signed_metadata, signed)
  }
  const response = await fetch(`${realm.issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${(await read('/.well-known/openid-configuration')).body.signed_metadata}` },
  })
  assert.equal(response.status, 401)
})

test('browsers may read the documents with the headers of MCP, and caches may keep them', async () => {
  const headers = ['authorization', 'content-type', 'dpop', 'mcp-protocol-version', 'mcp-method', 'mcp-name']
  const documents = [
    '/.well-known/oauth-authorization-server',
    `/.well-known/openid-configuration/realms/${realm.issuer_id}`,
    `${WELL_KNOWN}/files`,
    WELL_KNOWN,
    '/.well-known/jwks.json',
  ]
  const endpoints = [
    'token',
    'register',
    'revoke',
    'introspect',
    'userinfo',
    'par',
    'device_authorization',
    'bc-authorize',
  ]
  for (const path of [...documents, ...endpoints.map((name) => `/oauth/${name}`)]) {
    const preflight = await fetch(`${server.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:6274',
        'access-control-request-method': path.startsWith('/.well-known') ? 'GET' : 'POST',
        'access-control-request-headers': headers.join(','),
      },
    })
    assert.ok(preflight.ok, path)
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*', path)
    const allowed = preflight.headers.get('access-control-allow-headers')?.split(/, */) ?? []
    assert.deepEqual(
      headers.filter((name) => !allowed.includes(name)),
      [],
      path,
    )
  }
  for (const path of documents) {
    const [got, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) =>
        fetch(`${server.url}${path}`, { method, headers: { origin: 'https://a.example' } }),
      ),
    )
    assert.ok(got && head)
    await got.text()
    assert.deepEqual([got.status, head.status, await head.text()], [200, 200, ''])
    for (const name of [
      'content-type',
      'cache-control',
      'access-control-allow-origin',
      'access-control-expose-headers',
    ]) {
      assert.equal(head.headers.get(name), got.headers.get(name), `${path} ${name}`)
    }
    assert.match(got.headers.get('cache-control') ?? '', /^public, max-age=\d+$/)
    assert.match(got.headers.get('access-control-expose-headers') ?? '', /www-authenticate/)
  }
})

test('an administrator gets the document of a resource that is elsewhere, and what its host says', async () => {
  const path = `/v1/realms/${realm.issuer_id}/resources/${filesId}/metadata`
  const shown = await server.api<Record<string, string> & { document: object }>('GET', path)
  assert.deepEqual(shown.document, expected(realm.issuer))
  assert.equal(shown.url, 'https://files.example/.well-known/oauth-protected-resource/mcp')
  assert.equal(shown.challenge, `Bearer resource_metadata="${shown.url}", scope="files:read files:write"`)
  const { signed_metadata: _, ...served } = (await read(shown.served_at?.slice(server.url.length) ?? '')).body
  assert.deepEqual(served, shown.document)
  assert.equal((await server.call('GET', path, { key: null })).status, 401)
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', { name: 'K', permissions: ['users:read'] })
  assert.equal((await server.call('GET', path, { key })).status, 403)
})
