// Checks how client metadata of RFC 7591 becomes a client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MCP_CLIENTS } from '#cli/doctor/mcp-clients.ts'
import { clientOfMetadata, type MetadataRules, readMetadata } from './client-metadata.ts'
import { matchesRedirectUri } from './redirect-uri.ts'

const RULES: MetadataRules = {
  authMethods: ['client_secret', 'private_key_jwt', 'none'],
  grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  encryptedRequestObjects: false,
  algorithms: ['ES256'],
}
const WEB = { redirect_uris: ['https://app.example/cb'] }
const JWKS_URI = 'https://app.example/jwks'

const read = (document: unknown, rules = RULES) => clientOfMetadata(readMetadata(document), rules)

test('the document of each MCP client is a client that can use its redirect URIs', () => {
  for (const { client, document, uses } of MCP_CLIENTS) {
    const described = read(document)
    assert.deepEqual(described.redirectUris, document.redirect_uris, client)
    assert.ok(described.grantTypes.includes('authorization_code'), client)
    if (uses) assert.ok(matchesRedirectUri(described.redirectUris, uses, { native: true }), client)
  }
})

test('what is absent, null or empty has the default of RFC 7591', () => {
  const expected = {
    label: 'app.example',
    authMethod: 'client_secret',
    grantTypes: ['authorization_code'],
    applicationType: 'web',
    about: {},
  }
  assert.partialDeepStrictEqual(read(WEB), expected)
  assert.partialDeepStrictEqual(read({ ...WEB, client_name: '', grant_types: null, logo_uri: null }), expected)
  assert.partialDeepStrictEqual(read({ ...WEB, unknown: { deep: [1] }, 'client_name#de': 'Programm' }), expected)
})

test('a client that chooses no algorithm gets RS256 (OpenID Connect Registration §2, JARM §3), where the realm may sign with it', () => {
  const algorithms = (document: object, possible: MetadataRules['algorithms']) => {
    const described = read({ ...WEB, ...document }, { ...RULES, algorithms: possible })
    return [described.idTokenSignedResponseAlg, described.authorizationSignedResponseAlg]
  }
  assert.deepEqual(algorithms({}, ['ES256', 'RS256']), ['RS256', 'RS256'])
  assert.deepEqual(algorithms({ id_token_signed_response_alg: 'ES256' }, ['ES256', 'RS256']), ['ES256', 'RS256'])
  assert.deepEqual(algorithms({}, ['ES256']), [null, null])
})

test('grants that the client cannot use are left out', () => {
  const grants = ['authorization_code', 'implicit', 'client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
  assert.deepEqual(read({ ...WEB, grant_types: grants }).grantTypes, ['authorization_code'])
  const rules = { ...RULES, grantTypes: [...RULES.grantTypes, 'client_credentials' as const] }
  assert.deepEqual(read({ ...WEB, grant_types: grants }, rules).grantTypes, [
    'authorization_code',
    'client_credentials',
  ])
  const open = { ...WEB, grant_types: grants, token_endpoint_auth_method: 'none' }
  assert.deepEqual(read(open, rules).grantTypes, ['authorization_code'])
})

test('of several authentication methods one that is possible is chosen', () => {
  const chosen = (document: object) => read({ ...WEB, ...document }).authMethod
  const both = ['none', 'private_key_jwt']
  assert.equal(chosen({ token_endpoint_auth_methods_supported: both }), 'none')
  assert.equal(chosen({ token_endpoint_auth_methods_supported: both, jwks_uri: JWKS_URI }), 'private_key_jwt')
  const preferring = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_methods_supported: both }
  assert.equal(chosen(preferring), 'none')
  assert.equal(
    chosen({ token_endpoint_auth_method: 'tls_client_auth', token_endpoint_auth_methods_supported: both }),
    'none',
  )
})

test('RU-03 RU-06 a redirect URI that leads elsewhere or is executed is refused', () => {
  for (const uri of [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    '\tjavascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://app.example/x',
    'about:blank',
    'https://app.example@evil.example/cb',
    'https://app.example\\@evil.example/cb',
    'https://app.example/cb\u0000',
    'https://*.app.example/cb',
    'https://app.example/cb#part',
    'http://app.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'myapp:/cb',
    'myapp://host.example/cb',
    'cursor:alert(1)',
    '/cb',
  ]) {
    assert.throws(() => read({ redirect_uris: [uri] }), { code: 'invalid_redirect_uri' }, uri)
  }
  assert.throws(() => read({}), { code: 'invalid_redirect_uri' })
})

test('MC-01 metadata that cannot hold is refused', () => {
  for (const members of [
    { token_endpoint_auth_method: 'tls_client_auth' },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: JWKS_URI, jwks: { keys: [{ kty: 'EC' }] } },
    { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://app.example/jwks' },
    { grant_types: ['implicit'] },
    { grant_types: ['refresh_token'] },
    { response_types: ['token'] },
    { application_type: 'server' },
    { client_name: 'Bank\u202e' },
    { client_name: 'x'.repeat(201) },
    { client_name: 5 },
    { logo_uri: 'http://app.example/logo.png' },
    { tos_uri: 'javascript:alert(1)' },
    { contacts: Array.from({ length: 21 }, () => 'a@app.example') },
    { id_token_signed_response_alg: 'RS256' },
    { id_token_signed_response_alg: 'none' },
    { scope: 'x'.repeat(20_001) },
    { other: 'x'.repeat(70_000) },
  ]) {
    assert.throws(
      () => read({ ...WEB, ...members }),
      { code: 'invalid_client_metadata' },
      JSON.stringify(members).slice(0, 80),
    )
  }
  for (const document of [undefined, null, [], 'text', 5]) {
    assert.throws(() => read(document), { code: 'invalid_client_metadata' })
  }
})
