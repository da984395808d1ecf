// Clients that register with software statements (RFC 7591 §2.3) of a real https issuer.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { type ClientKey, makeClientKey } from '#testing/assertion.ts'
import { type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { updateRealm } from '../realm/realm.service.ts'
import { registerClient, replaceRegistration } from './registration.service.ts'
import type { RegistrationPolicy } from './registration-policy.ts'

const REALM = 'https://id.example.com'
const STATED = 'https://stated.example/callback'
const PLAIN = {
  client_name: 'Anything',
  redirect_uris: ['https://app.example/callback'],
  token_endpoint_auth_method: 'none',
}

let set: DocumentFixture
let key: ClientKey
let issuer: string
before(async () => {
  set = await openDocumentFixture()
  key = await makeClientKey('RS256')
  issuer = set.host.origin
  set.host.publish('/keys', { document: { keys: [key.jwk] } })
  set.host.publish('/.well-known/openid-configuration', { document: { issuer, jwks_uri: `${issuer}/keys` } })
  await rules({ mode: 'open', softwareStatementIssuers: [{ issuer }] })
})
after(() => set.close())

const rules = (registration: Partial<RegistrationPolicy>) =>
  updateRealm(set.fixture.services.contextFor(), { policy: { registration } })

function statement(claims: JWTPayload = {}, header: Record<string, unknown> = {}, by = key): Promise<string> {
  const all = { iss: issuer, client_name: 'Stated', redirect_uris: [STATED], software_id: 'one', ...claims }
  return new SignJWT(all).setProtectedHeader({ alg: by.alg, kid: 'k1', ...header }).sign(by.privateKey)
}

async function realmContext() {
  const { services } = set.fixture
  const found = await services.registry.realmById(services.realm.id)
  assert.ok(found)
  return services.contextFor({ realm: found.realm })
}
const register = async (document: object) => registerClient(await realmContext(), document, undefined)
const registered = async (document: object) => (await register(document)).metadata

test('what a trusted issuer says of a client wins over what the client says', async () => {
  const software_statement = await statement({ policy_uri: 'https://stated.example/privacy', jwks_uri: null })
  const { client, token, metadata } = await register({ ...PLAIN, software_version: '2', software_statement })
  assert.partialDeepStrictEqual(metadata, {
    client_name: 'Stated',
    redirect_uris: [STATED],
    software_id: 'one',
    software_version: '2',
    policy_uri: 'https://stated.example/privacy',
    token_endpoint_auth_method: 'none',
    software_statement,
  })

  const update = async (document: object) => {
    const whole = { ...PLAIN, client_id: client.clientId, ...document }
    return (await replaceRegistration(await realmContext(), { clientId: client.clientId, token }, whole)).metadata
  }
  assert.partialDeepStrictEqual(await update({ client_name: 'Other', software_version: '3' }), {
    client_name: 'Stated',
    redirect_uris: [STATED],
    software_version: '3',
    software_statement,
  })
  const newer = await statement({ client_name: 'Stated again' })
  assert.equal((await update({ software_statement: newer })).client_name, 'Stated again')
})

test('statements of others, and those that are not valid, register nobody', async () => {
  const now = Math.floor(set.clock.now() / 1000)
  const with_ = async (text: unknown, code: string) =>
    assert.rejects(register({ ...PLAIN, software_statement: await text }), { code })
  await with_(statement({ iss: 'https://other.example' }), 'unapproved_software_statement')
  await with_(statement({ iss: `${issuer}/` }), 'unapproved_software_statement')
  const invalid = 'invalid_software_statement'
  await with_(statement({}, {}, await makeClientKey('RS256')), invalid)
  await with_(statement({ exp: now - 60 }), invalid)
  await with_(statement({ nbf: now + 600 }), invalid)
  await with_(statement({ aud: 'https://other.example' }), invalid)
  await with_(statement({}, { typ: 'at+jwt' }), invalid)
  const unsigned = [{ alg: 'none' }, { iss: issuer }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  await with_(`${unsigned.join('.')}.`, invalid)
  for (const text of ['x', 7, {}, 'x'.repeat(20_000)]) await with_(text, invalid)
  await with_(statement({ redirect_uris: ['javascript:alert(1)'] }), 'invalid_redirect_uri')
  await register({ ...PLAIN, software_statement: await statement({ aud: [REALM], exp: now + 60 }) })
})

test('a statement approves its own redirect URIs, and nothing where no issuer is trusted', async () => {
  await rules({ mode: 'approved_redirects' })
  await register({ ...PLAIN, software_statement: await statement() })
  const refused = { code: 'invalid_redirect_uri' }
  await assert.rejects(register(PLAIN), refused)
  const other = await statement({ redirect_uris: undefined })
  await assert.rejects(register({ ...PLAIN, software_statement: other }), refused)

  await rules({ mode: 'open', softwareStatementIssuers: [] })
  const { client_name, software_statement } = await registered({ ...PLAIN, software_statement: await statement() })
  assert.deepEqual([client_name, software_statement], ['Anything', undefined])
  await assert.rejects(rules({ softwareStatementIssuers: [{ issuer: 'https://10.0.0.1' }] }), {
    code: 'invalid_input',
  })
})
