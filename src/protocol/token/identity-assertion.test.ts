// Checks identity assertions between two servers: one is the identity provider of a company, the other one accepts what it
// issues.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { subjectMappingCreate } from '#domain/subject-mapping/subject-mapping.operations.ts'
import { trustedIssuerCreate } from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import { renderId } from '#kernel/id.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, askForToken, codeFor, exchangeCode, introspect } from '#testing/token-client.ts'
import { exchangeToken } from '#testing/token-exchange.ts'

const [IDP, RESOURCE_SERVER] = ['https://idp.example.com', 'https://id.example.com']
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

let idp: AuthorizationFixture
let server: AuthorizationFixture
/** The assistant at the identity provider, and at the other server. */
let here: ClientWithSecret
let there: ClientWithSecret
let idToken: string

before(async () => {
  idp = await openAuthorizationFixture({ settings: { publicUrl: IDP } })
  server = await openAuthorizationFixture()
  there = await server.makeClient({ grantTypes: [JWT_BEARER] })
  here = await idp.makeClient({
    identityAssertions: [
      {
        audience: RESOURCE_SERVER,
        clientId: there.clientId,
        scopes: ['orders:read', 'orders:write'],
        resources: [API],
      },
    ],
  })
  const { text } = await idp.newBrowser().get('/.well-known/jwks.json')
  const trust = await callOperation(trustedIssuerCreate, server.services.contextFor(), {
    ...{ name: 'Company', issuer: IDP, jwks: JSON.parse(text) },
    policies: [{ name: 'Reads', clients: [there.id], scopes: ['orders:read'], resources: [API] }],
  })
  const subject = renderId('user', idp.ada.id)
  const mapping = { trustedIssuerId: trust.id, subject, userId: server.bob.id }
  await callOperation(subjectMappingCreate, server.services.contextFor(), mapping)
  const answer = await exchangeCode(idp, here, await codeFor(idp, here, { scope: 'openid email' }))
  idToken = String(answer.body.id_token)
})
after(async () => {
  await idp.close()
  await server.close()
})

const ask = (more: Record<string, string> = {}, by = here, headers = {}) =>
  exchangeToken(
    idp,
    by,
    idToken,
    { requested_token_type: ID_JAG, subject_token_type: ID_TOKEN, audience: RESOURCE_SERVER, ...more },
    headers,
  )
const refusal = ({ status, body }: Answer) => [status, body.error]
const lastReason = async () => (await idp.events('token_request.refused')).at(-1)?.data.reason

test('a person who signed in at one server is served by another one, without a browser', async () => {
  const { status, body } = await ask({ scope: 'orders:read' })
  assert.deepEqual(
    [status, body.issued_token_type, body.token_type, body.expires_in, body.scope, body.refresh_token],
    [200, ID_JAG, 'N_A', 300, 'orders:read', undefined],
    JSON.stringify(body),
  )
  const assertion = String(body.access_token)
  assert.equal(decodeProtectedHeader(assertion).typ, 'oauth-id-jag+jwt')
  const { iss, sub, aud, client_id, resource, scope, email, jti } = decodeJwt(assertion)
  assert.deepEqual(
    [iss, sub, aud, client_id, resource, scope, email],
    [IDP, renderId('user', idp.ada.id), RESOURCE_SERVER, there.clientId, API, 'orders:read', 'ada@example.com'],
  )
  const [event] = await idp.events('identity_assertion.issued')
  assert.deepEqual([event?.data.jti, event?.data.clientId, event?.data.audience], [jti, here.clientId, RESOURCE_SERVER])
  const accepted = await askForToken(server, there, { grant_type: JWT_BEARER, assertion })
  assert.equal(accepted.status, 200, JSON.stringify(accepted.body))
  const claims = await introspect(server, there, String(accepted.body.access_token))
  assert.deepEqual([claims.sub, claims.scope, claims.aud], [renderId('user', server.bob.id), 'orders:read', API])
  assert.equal((await askForToken(server, there, { grant_type: JWT_BEARER, assertion })).body.error, 'invalid_grant')
})

test('an assertion opens nothing here, and is no ID token', async () => {
  const assertion = String((await ask()).body.access_token)
  assert.equal((await introspect(idp, here, assertion)).active, false)
  const again = await exchangeToken(idp, here, assertion, { subject_token_type: ID_TOKEN })
  assert.deepEqual(refusal(again), [400, 'invalid_grant'])
})

test('policies say which client gets assertions for which server, and with what', async () => {
  assert.deepEqual(refusal(await ask({ audience: 'https://elsewhere.example' })), [400, 'invalid_target'])
  assert.equal(await lastReason(), 'policy_denied')
  assert.deepEqual(refusal(await ask({ scope: 'orders:admin' })), [400, 'invalid_scope'])
  assert.equal(await lastReason(), 'invalid_scope')
  assert.deepEqual(refusal(await ask({ resource: 'https://elsewhere.example/' })), [400, 'invalid_target'])
  assert.equal(await lastReason(), 'invalid_resource')
  assert.deepEqual(refusal(await ask({}, idp.client)), [400, 'invalid_target'])
  assert.equal((await ask({})).body.scope, 'orders:read orders:write')
  assert.deepEqual(refusal(await ask({ audience: '' })), [400, 'invalid_request'])
  const access = 'urn:ietf:params:oauth:token-type:access_token'
  assert.deepEqual(refusal(await ask({ subject_token_type: access })), [400, 'invalid_request'])
})

test('an ID token of another client, or of a session that ended, gives none', async () => {
  const other = await idp.makeClient({ identityAssertions: [{ audience: RESOURCE_SERVER }] })
  assert.deepEqual(refusal(await ask({}, other)), [400, 'invalid_grant'])
  assert.equal(await lastReason(), 'id_token_invalid')
  const key = await makeDpopKey()
  const bound = await ask({}, here, { dpop: await key.prove(`${IDP}/oauth/token`, idp.services.clock.now()) })
  assert.deepEqual(decodeJwt(String(bound.body.access_token)).cnf, { jkt: key.jkt })
  await callOperation(clientUpdate, idp.services.contextFor(), { id: here.id, identityAssertions: [] })
  assert.deepEqual(refusal(await ask()), [400, 'invalid_target'])
  await callOperation(clientUpdate, idp.services.contextFor(), {
    ...{ id: here.id, identityAssertions: [{ audience: RESOURCE_SERVER }] },
  })
  const { data } = await idp.services.contextFor().read.sessions.list(idp.services.realm.id, { limit: 10 })
  for (const { id } of data) await callOperation(sessionRevoke, idp.services.contextFor(), { id })
  assert.deepEqual(refusal(await ask()), [400, 'invalid_grant'])
})
