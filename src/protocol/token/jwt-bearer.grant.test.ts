// Checks assertions of trusted issuers: JWT bearer grants, identity assertion authorization grants of an IdP made with jose,
// and their exchange.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { clientSuspend } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { resourceList, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { subjectMappingCreate } from '#domain/subject-mapping/subject-mapping.operations.ts'
import {
  trustedIssuerCreate,
  trustedIssuerGet,
  trustedIssuerUpdate,
} from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import { userCreate, userUpdate } from '#domain/user/user.operations.ts'
import { renderId } from '#kernel/id.ts'
import { type ClientKey, makeClientKey } from '#testing/assertion.ts'
import { API } from '#testing/authorization-fixture.ts'
import { type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, askForToken, basic, introspect, postForm } from '#testing/token-client.ts'
import { exchangeToken } from '#testing/token-exchange.ts'

const REALM = 'https://id.example.com'
const OTHER = 'https://other.example.com/'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const SUBJECT = '00u1ada'

let set: DocumentFixture
let key: ClientKey
let issuer: string
let trust: { id: string }
let client: ClientWithSecret
let count = 0

before(async () => {
  set = await openDocumentFixture()
  key = await makeClientKey()
  issuer = set.host.origin
  set.host.publish('/keys', { document: { keys: [key.jwk] } })
  client = await set.fixture.makeClient({ grantTypes: [GRANT], audiences: [API, OTHER] })
  trust = await callOperation(trustedIssuerCreate, context(), {
    ...{ name: 'Company', issuer, jwksUri: `${issuer}/keys`, accepts: ['id_jag', 'jwt_bearer', 'token_exchange'] },
    policies: [
      { name: 'Orders', clients: [client.id], scopes: ['orders:read', 'orders:write'], resources: [API] },
      { name: 'Nothing here', clients: [set.fixture.client.id] },
    ],
  })
  const mapping = { trustedIssuerId: trust.id, subject: SUBJECT, userId: set.fixture.ada.id }
  await callOperation(subjectMappingCreate, context(), mapping)
})
after(() => set.close())

const context = () => set.fixture.services.contextFor()
const change = (values: object) => callOperation(trustedIssuerUpdate, context(), { id: trust.id, ...values })
const now = () => Math.floor(set.clock.now() / 1000)

type Claims = Readonly<Record<string, unknown>>

/** What the IdP signs; a claim of undefined is left out. */
function sign(claims: Claims = {}, { typ = 'JWT', by = key }: { typ?: string | undefined; by?: ClientKey } = {}) {
  const all = { iss: issuer, sub: SUBJECT, aud: REALM, iat: now(), exp: now() + 300, jti: `j-${++count}`, ...claims }
  return new SignJWT(all as JWTPayload)
    .setProtectedHeader({ alg: by.alg, kid: 'k1', ...(typ && { typ }) })
    .sign(by.privateKey)
}
const idJag = (claims: Claims = {}) =>
  sign(
    { client_id: client.clientId, resource: API, scope: 'orders:read orders:write', ...claims },
    { typ: 'oauth-id-jag+jwt' },
  )

const present = (assertion: string, more: Record<string, string> = {}, by = client) =>
  askForToken(set.fixture, by, { grant_type: GRANT, assertion, ...more })
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}

/** Why a request was refused, as the event says. */
async function reasonOf({ status, body }: Answer, error = 'invalid_grant'): Promise<unknown> {
  assert.deepEqual([status, body.error], [error === 'temporarily_unavailable' ? 503 : 400, error], JSON.stringify(body))
  const reason = (await set.fixture.events('token_request.refused')).at(-1)?.data.reason
  // Only so many refusals a minute become events.
  set.clock.advance(61_000)
  return reason
}

test('a JWT of a trusted issuer gives a token for the mapped user, once, within the policy', async () => {
  const assertion = await sign()
  const answer = await present(assertion, { resource: API })
  const claims = await introspect(set.fixture, client, tokenOf(answer))
  assert.deepEqual(
    [claims.sub, claims.scope, claims.aud, claims.client_id, claims.act],
    [renderId('user', set.fixture.ada.id), 'orders:read orders:write', API, client.clientId, undefined],
  )
  assert.deepEqual(
    [answer.body.refresh_token, answer.body.id_token, answer.body.token_type],
    [undefined, undefined, 'Bearer'],
  )
  assert.equal(await reasonOf(await present(assertion, { resource: API })), 'replay')
  const narrow = await present(await sign(), { scope: 'orders:read' })
  assert.equal(narrow.body.scope, 'orders:read')
  const many = await sign()
  const answers = await Promise.all(Array.from({ length: 4 }, () => present(many)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('an ID-JAG gives a token for its client, resource and scopes', async () => {
  const claims = await introspect(
    set.fixture,
    client,
    tokenOf(await present(await idJag({ scope: 'orders:read email' }))),
  )
  assert.deepEqual([claims.scope, claims.aud], ['orders:read', API])
  const asked = { scope: 'orders:write', resource: API }
  assert.equal((await present(await idJag(), asked)).body.scope, 'orders:write')
})

test('TX-09 each denial of an assertion is told to the operator with its reason', async () => {
  const elsewhere = 'https://elsewhere.example'
  assert.equal(await reasonOf(await present(await idJag({ iss: elsewhere }))), 'untrusted_issuer')
  await change({ enabled: false })
  assert.equal(await reasonOf(await present(await idJag())), 'idp_disabled')
  await change({ enabled: true, jwksUri: `${issuer}/none` })
  assert.equal(await reasonOf(await present(await idJag()), 'temporarily_unavailable'), 'jwks_fetch_failed')
  await change({ jwksUri: `${issuer}/keys` })
  const used = await idJag()
  tokenOf(await present(used))
  assert.equal(await reasonOf(await present(used)), 'replay')
  assert.equal(await reasonOf(await present(await idJag({ client_id: 'another' }))), 'client_mismatch')
  assert.equal(await reasonOf(await present(await idJag({ client_id: undefined }))), 'client_mismatch')
  const more = { scope: 'orders:write' }
  assert.equal(
    await reasonOf(await present(await idJag({ scope: 'orders:read' }), more), 'invalid_scope'),
    'invalid_scope',
  )
  assert.equal(await reasonOf(await present(await idJag(), { scope: 'other:read' }), 'invalid_scope'), 'invalid_scope')
  for (const resource of ['https://unknown.example/', 7, null, [], [API, 'https://unknown.example/']])
    assert.equal(await reasonOf(await present(await idJag({ resource })), 'invalid_target'), 'invalid_resource')
  assert.equal(await reasonOf(await present(await idJag(), { resource: OTHER }), 'invalid_target'), 'invalid_resource')
  assert.equal(await reasonOf(await present(await idJag({ resource: OTHER }))), 'policy_denied')
  const stranger = await set.fixture.makeClient({ grantTypes: [GRANT] })
  assert.equal(
    await reasonOf(await present(await idJag({ client_id: stranger.clientId }), {}, stranger)),
    'policy_denied',
  )
  await change({ accepts: ['jwt_bearer'] })
  assert.equal(await reasonOf(await present(await idJag())), 'policy_denied')
  await change({ accepts: ['id_jag', 'jwt_bearer', 'token_exchange'] })
})

test('each policy gives its scopes at its resources only, however the resource is named', async () => {
  const scopes = ['orders:read', 'orders:write'].map((name) => ({ name, description: name }))
  const { data } = await callOperation(resourceList, context(), {})
  const id = data.find(({ identifier }) => identifier === OTHER)?.id
  await callOperation(resourceUpdate, context(), { id, scopes })
  const { policies } = await callOperation(trustedIssuerGet, context(), { id: trust.id })
  await change({
    policies: [
      { name: 'Read', scopes: ['orders:read'], resources: [API] },
      { name: 'Write', scopes: ['orders:read', 'orders:write'], resources: [OTHER] },
    ],
  })
  const by = await set.fixture.makeClient({ tokenExchangeAllowed: true, grantTypes: [GRANT], audiences: [API, OTHER] })
  const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
  const ways: ((asked: Record<string, string>) => Promise<Answer>)[] = [
    async (asked) => present(await sign(), asked, by),
    async (asked) => present(await idJag({ client_id: by.clientId, resource: [API, OTHER] }), asked, by),
    async (asked) => exchangeToken(set.fixture, by, await sign(), { ...type, ...asked }),
  ]
  for (const way of ways) {
    for (const name of ['resource', 'audience']) {
      assert.equal((await way({ [name]: API })).body.scope, 'orders:read', name)
      assert.equal((await way({ [name]: OTHER })).body.scope, 'orders:read orders:write', name)
      const more = await way({ [name]: API, scope: 'orders:write' })
      assert.equal(await reasonOf(more, 'invalid_scope'), 'invalid_scope')
      assert.equal(await reasonOf(await way({ [name]: REALM }), 'invalid_target'), 'invalid_resource')
    }
    assert.equal((await way({ resource: API, audience: OTHER })).body.error, 'invalid_target')
  }
  await change({ policies })
})

test('an assertion that is not sound is refused, and uses nothing up', async () => {
  const other = await makeClientKey()
  const cases: [string, () => Promise<string>][] = [
    ['assertion_invalid', () => sign({}, { by: other })],
    ['assertion_invalid', () => sign({}, { typ: 'dpop+jwt' })],
    ['assertion_invalid', () => sign({ sub: undefined })],
    ['assertion_invalid', () => sign({ act: { sub: 'somebody' } })],
    ['assertion_invalid', () => sign({ iat: undefined })],
    ['assertion_invalid', () => sign({ jti: undefined })],
    ['assertion_invalid', () => sign({ cnf: { jkt: 7 } })],
    ['assertion_invalid', () => sign({ scope: ['orders:read'] })],
    ['assertion_jti', () => sign({ jti: 'j'.repeat(257) })],
    ['assertion_expired', () => sign({ iat: now() - 400, exp: now() - 100 })],
    ['assertion_lifetime', () => sign({ exp: now() + 3600 })],
    ['assertion_lifetime', () => sign({ iat: now() - 3600 })],
    ['assertion_lifetime', () => sign({ iat: now() + 200 })],
    ['assertion_audience', () => sign({ aud: 'https://elsewhere.example' })],
    ['assertion_audience', () => sign({ aud: [REALM, 'https://elsewhere.example'] })],
    ['subject_not_mapped', () => sign({ sub: 'nobody', email: 'ada@example.com', email_verified: true })],
  ]
  for (const [reason, make] of cases) assert.equal(await reasonOf(await present(await make())), reason)
  assert.equal(await reasonOf(await present('a.b.c')), 'untrusted_issuer')
  // The algorithm of a MAC, with a public key that everybody knows as its secret.
  const mac = await new SignJWT({ iss: issuer, sub: SUBJECT, aud: REALM, iat: now(), exp: now() + 60, jti: 'mac' })
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .sign(new TextEncoder().encode(JSON.stringify(key.jwk)))
  assert.equal(await reasonOf(await present(mac)), 'assertion_invalid')
})

test('an address finds the user only if both sides verified it, and the issuer is set so', async () => {
  const email = 'eve@example.com'
  const { id } = await callOperation(userCreate, context(), { email })
  const claims = { sub: 'eve', email: 'Eve@Example.com', email_verified: true }
  assert.equal(await reasonOf(await present(await sign(claims))), 'subject_not_mapped')
  await change({ subjectSource: 'verified_email' })
  assert.equal(await reasonOf(await present(await sign(claims))), 'subject_not_mapped')
  await callOperation(userUpdate, context(), { id, emailVerified: true })
  const { sub } = await introspect(set.fixture, client, tokenOf(await present(await sign(claims))))
  assert.equal(sub, renderId('user', id))
  for (const email_verified of [false, 'true', undefined])
    assert.equal(await reasonOf(await present(await sign({ ...claims, email_verified }))), 'subject_not_mapped')
  await callOperation(userUpdate, context(), { id, status: 'suspended' })
  assert.equal(await reasonOf(await present(await sign(claims))), 'user_inactive')
  await change({ subjectSource: 'mapping' })
})

test('an assertion that is bound to a key needs a proof by it, and the token is bound too', async () => {
  const [own, other] = [await makeDpopKey(), await makeDpopKey()]
  const by = async (proof: typeof own | undefined) => {
    const dpop = await proof?.prove(`${REALM}/oauth/token`, set.clock.now())
    const fields = { grant_type: GRANT, assertion: await idJag({ cnf: { jkt: own.jkt } }) }
    return postForm(set.fixture, '/oauth/token', fields, { ...basic(client), ...(dpop && { dpop }) })
  }
  assert.equal((await by(undefined)).body.error, 'invalid_dpop_proof')
  assert.equal(await reasonOf(await by(other)), 'other_key')
  assert.equal((await by(own)).body.token_type, 'DPoP')
})

test('a JWT of a trusted issuer is exchanged, with the client as its actor; may_act names another one', async () => {
  const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
  const exchange = async (claims: Claims = {}) => exchangeToken(set.fixture, client, await sign(claims), type)
  const claims = await introspect(set.fixture, client, tokenOf(await exchange()))
  assert.deepEqual(
    [claims.sub, claims.act, claims.aud],
    [renderId('user', set.fixture.ada.id), { sub: client.clientId }, API],
  )
  assert.ok(Number(claims.exp) <= now() + 300)
  assert.equal((await exchange({ may_act: { sub: client.clientId } })).status, 200)
  assert.equal(await reasonOf(await exchange({ may_act: { sub: 'another' } })), 'actor_not_allowed')
  assert.equal(await reasonOf(await exchangeToken(set.fixture, client, await idJag(), type)), 'assertion_invalid')
  await change({ accepts: ['id_jag', 'jwt_bearer'] })
  assert.equal(await reasonOf(await exchange()), 'policy_denied')
  await change({ accepts: ['id_jag', 'jwt_bearer', 'token_exchange'] })
})

test('the metadata says that assertions are accepted, as long as an issuer is trusted', async () => {
  const { text } = await (await set.browse()).get('/.well-known/oauth-authorization-server')
  const metadata = JSON.parse(text)
  assert.ok(metadata.grant_types_supported.includes(GRANT))
  assert.deepEqual(metadata.authorization_grant_profiles_supported, ['urn:ietf:params:oauth:grant-profile:id-jag'])
  await change({ enabled: false })
  const { text: without } = await (await set.browse()).get('/.well-known/oauth-authorization-server')
  assert.ok(!JSON.parse(without).grant_types_supported.includes(GRANT))
  await change({ enabled: true })
})

test('keys that are pinned need no address, and only clients with the grant use it', async () => {
  const pinned = await makeClientKey()
  const named = {
    name: 'Pinned',
    issuer: 'https://pinned.example',
    jwks: { keys: [pinned.jwk] },
    accepts: ['jwt_bearer'],
  }
  const { id } = await callOperation(trustedIssuerCreate, context(), { ...named, policies: [{ name: 'All' }] })
  await callOperation(subjectMappingCreate, context(), {
    trustedIssuerId: id,
    subject: SUBJECT,
    userId: set.fixture.bob.id,
  })
  const assertion = () => sign({ iss: 'https://pinned.example' }, { by: pinned })
  const { sub } = await introspect(set.fixture, client, tokenOf(await present(await assertion(), { resource: API })))
  assert.equal(sub, renderId('user', set.fixture.bob.id))
  assert.equal((await present(await assertion(), {}, set.fixture.client)).body.error, 'unauthorized_client')
  const mine = await set.fixture.makeClient({ grantTypes: [GRANT] })
  await callOperation(clientSuspend, context(), { id: mine.id })
  assert.equal((await present(await assertion(), {}, mine)).body.error, 'invalid_client')
})
