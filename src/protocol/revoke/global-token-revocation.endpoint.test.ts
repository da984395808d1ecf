// Checks Global Token Revocation: who may ask for it, whom it finds, and what ends.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GLOBAL_REVOCATION_SCOPE } from '#domain/client/guarded-scopes.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { type Answer, askForToken, type Credentials, introspect, tokensFor } from '#testing/token-client.ts'
import { globalTokenRevocationEndpoint } from './global-token-revocation.endpoint.ts'

const ISSUER = 'https://id.example.com'
let fixture: AuthorizationFixture
let program: Credentials
before(async () => {
  fixture = await openAuthorizationFixture()
  program = await makeProgram([GLOBAL_REVOCATION_SCOPE])
})
after(() => fixture.close())

const makeProgram = (scopes: readonly string[], given: object = {}) =>
  fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [], audiences: [], scopes, ...given })
const tokenOf = async (client: Credentials) =>
  String((await askForToken(fixture, client, { grant_type: 'client_credentials' })).body.access_token)

async function ask(json: unknown, token?: string): Promise<Answer> {
  const { services } = fixture
  const found = await services.registry.realmByIssuerId('default')
  if (!found) throw new Error('no realm')
  const nothing = { get: () => undefined, all: () => [], need: () => '', refuseRepeated: () => {} } as never
  const request = {
    ...{
      method: 'POST',
      realm: found.realm,
      brand: {} as never,
      issuer: ISSUER,
      base: '',
      path: '',
      language: { tag: 'en' },
    },
    ...{ query: nothing, form: nothing, json, cookies: new Map() },
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    origin: services.contextFor().actor.origin,
  } as never
  const { respond, refuse } = globalTokenRevocationEndpoint
  const { status, headers, body } = await respond(services, request).catch((failure) => refuse(failure, request))
  return { status, headers, body: body === undefined ? {} : JSON.parse(String(body)) }
}

test('every token of a person ends, whichever identifier names them', async () => {
  const token = await tokenOf(program)
  const identifiers = [
    { format: 'email', email: 'ADA@example.com' },
    { format: 'opaque', id: `usr_${''}` },
  ]
  const { sub } = await introspect(fixture, fixture.client, (await tokensFor(fixture, fixture.client)).access)
  identifiers[1] = { format: 'opaque', id: String(sub) }
  for (const subId of [...identifiers, { format: 'iss_sub', iss: ISSUER, sub: String(sub) }]) {
    const { access, refresh } = await tokensFor(fixture, fixture.client)
    assert.equal((await introspect(fixture, fixture.client, access)).active, true)
    const { status, body } = await ask({ sub_id: subId }, token)
    assert.deepEqual([status, body], [204, {}], JSON.stringify(subId))
    assert.equal((await introspect(fixture, fixture.client, access)).active, false)
    const again = { grant_type: 'refresh_token', refresh_token: refresh }
    assert.equal((await askForToken(fixture, fixture.client, again)).body.error, 'invalid_grant')
  }
  const events = (await fixture.events('revocation.made')).map(({ actor, subject }) => [actor.kind, subject.type])
  assert.deepEqual(events, Array(3).fill(['client', 'user']))
})

test('only a program that was given the scope may ask, and nothing else is found out', async () => {
  const subId = { format: 'email', email: 'bob@example.com' }
  const { access } = await tokensFor(fixture, fixture.client)
  const foreign = await makeProgram(['orders:read'], { audiences: [API] })
  const other = await makeProgram(['something'])
  const statuses = []
  for (const token of [undefined, 'x', access, await tokenOf(foreign), await tokenOf(other)]) {
    statuses.push((await ask({ sub_id: subId }, token)).status)
  }
  assert.deepEqual(statuses, [401, 401, 403, 401, 403])
  const token = await tokenOf(program)
  const wrong = [
    undefined,
    {},
    { sub_id: 'x' },
    { sub_id: { format: 'email' } },
    { sub_id: { format: 'phone_number' } },
    { sub_id: { format: 'opaque', id: 'x\0' } },
  ]
  for (const body of wrong) assert.equal((await ask(body, token)).status, 400, JSON.stringify(body))
  const nobody = [
    { format: 'email', email: 'nobody@example.com' },
    { format: 'iss_sub', iss: 'https://other.example', sub: 'x' },
    { format: 'opaque', id: 'x' },
  ]
  for (const subject of nobody) assert.equal((await ask({ sub_id: subject }, token)).status, 404)
})
