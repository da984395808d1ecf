// Checks the methods of client authentication.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientReactivate, clientRotateSecret, clientSuspend } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type Answer, basic, introspect, postForm, tokensFor, tokensOf } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret
let app: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ grantTypes: ['client_credentials', 'authorization_code', 'refresh_token'] })
  app = await fixture.makeClient({ authMethod: 'none', firstParty: true })
})
after(() => fixture.close())

const GRANT = { grant_type: 'client_credentials' }

const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  postForm(fixture, '/oauth/token', { ...GRANT, ...fields }, headers)

const withBasic = (text: string, scheme = 'Basic ') => ask({}, { authorization: `${scheme}${btoa(text)}` })

function assertInvalidClient({ status, headers, body }: Answer, told?: unknown): void {
  assert.equal(body.error, 'invalid_client', JSON.stringify(told ?? body))
  assert.equal(status, 401)
  assert.match(String(headers['www-authenticate']), /^Basic realm="[^"]+"/)
  assert.equal(headers['cache-control'], 'no-store')
}

function assertInvalidRequest({ status, body }: Answer, told?: unknown): void {
  assert.equal(body.error, 'invalid_request', JSON.stringify(told ?? body))
  assert.equal(status, 400)
}

test('a secret is shown in the header or in the form', async () => {
  const { clientId, clientSecret = '' } = client
  assert.equal((await ask({}, basic(client))).status, 200)
  assert.equal((await ask({ client_id: clientId }, basic(client))).status, 200)
  assert.equal((await ask({ client_id: clientId, client_secret: clientSecret })).status, 200)
})

test('CA-06 two methods at once are refused, whichever they are', async () => {
  const { clientId, clientSecret = '' } = client
  const assertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'a.b.c',
  }
  assertInvalidRequest(await ask({ client_secret: clientSecret }, basic(client)))
  assertInvalidRequest(await ask({ client_id: clientId, client_secret: clientSecret }, basic(client)))
  assertInvalidRequest(await ask(assertion, basic(client)))
  assertInvalidRequest(await ask({ client_id: clientId, client_secret: clientSecret, ...assertion }))
  assertInvalidRequest(await ask({ client_id: app.clientId }, basic(client)))
})

test('CA-07 the Basic header is decoded to the letter', async () => {
  const { clientId, clientSecret = '' } = client
  const encoded = btoa(`${clientId}:${clientSecret}`)
  const escaped = [...clientId].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  assert.equal((await withBasic(`${escaped}:${clientSecret}`)).status, 200)
  assert.equal((await ask({}, { authorization: `basic ${encoded}` })).status, 200)
  assert.equal((await ask({}, { authorization: `Basic   ${encoded}` })).status, 200)
  for (const authorization of [
    'Basic',
    'Basic ',
    'Basic :',
    `Basic ${btoa(clientId)}`,
    `Basic ${btoa(`${clientId}:`)}`,
    `Basic ${btoa(`:${clientSecret}`)}`,
    `Basic ${btoa(`${clientId}:${clientSecret}:`)}`,
    `Basic ${btoa(`${clientId}:${clientSecret} `)}`,
    `Basic ${btoa(`${clientId}:%zz`)}`,
    `Basic ${btoa(`${clientId}:%ff`)}`,
    `Basic ${btoa(`${clientId}:${clientSecret}\0`)}`,
    `Basic ${encoded}=`,
    `Basic ${encoded.replaceAll('=', '')}=====`,
    `Basic ${encoded} x`,
    `Basic\t${encoded}`,
    `Basic ${encoded.slice(0, 8)} ${encoded.slice(8)}`,
    `Basic ${encoded.slice(0, 8)}*${encoded.slice(8)}`,
    `Basic ${encoded.slice(0, -3)}`,
    `Basic Basic ${encoded}`,
    `Bearer ${encoded}`,
    `Digest ${encoded}`,
    encoded,
    'Basic é',
    `Basic ${btoa('\xff\xfe:x')}`,
  ]) {
    assertInvalidClient(await ask({}, { authorization }), authorization)
  }
})

test('CA-07 base64 that says the same in another spelling is refused', async () => {
  // Three bytes more or less, until the last character has bits that stand for nothing.
  const padded = ['', ' ', '  '].map((pad) => btoa(`${client.clientId}:${client.clientSecret}${pad}`))
  const loose = padded.find((text) => text.endsWith('='))
  assert.ok(loose)
  const at = loose.indexOf('=') - 1
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const other = alphabet[alphabet.indexOf(loose[at] ?? '') + 1] ?? ''
  const spelled = `${loose.slice(0, at)}${other}${loose.slice(at + 1)}`
  assert.equal(atob(spelled), atob(loose))
  assertInvalidClient(await ask({}, { authorization: `Basic ${spelled}` }))
})

test('CA-09 a client that has a secret shows it everywhere', async () => {
  const { access, refresh } = await tokensFor(fixture, { ...client }, { scope: 'openid' })
  for (const fields of [
    { grant_type: 'refresh_token', refresh_token: refresh },
    { grant_type: 'authorization_code', code: 'x' },
  ]) {
    assertInvalidClient(await postForm(fixture, '/oauth/token', { client_id: client.clientId, ...fields }))
    assertInvalidClient(await postForm(fixture, '/oauth/token', fields))
  }
  for (const path of ['/oauth/revoke', '/oauth/introspect']) {
    assertInvalidClient(await postForm(fixture, path, { client_id: client.clientId, token: access }))
    assertInvalidClient(await postForm(fixture, path, { token: access }))
    assertInvalidClient(await postForm(fixture, path, { token: access }, basic({ ...client, clientSecret: 'wrong' })))
  }
  assert.equal((await introspect(fixture, client, access)).active, true)
  assertInvalidClient(await postForm(fixture, '/oauth/introspect', { client_id: app.clientId, token: access }))
})

test('a client that has nothing to show may not show anything', async () => {
  const { clientId } = app
  const fields = { grant_type: 'authorization_code', code: 'x' }
  assert.equal(
    (await postForm(fixture, '/oauth/token', { client_id: clientId, ...fields })).body.error,
    'invalid_grant',
  )
  assertInvalidClient(await postForm(fixture, '/oauth/token', { client_id: clientId, client_secret: 'x', ...fields }))
  assertInvalidClient(await postForm(fixture, '/oauth/token', fields, basic({ clientId, clientSecret: 'x' })))
  const empty = await postForm(fixture, '/oauth/token', fields, basic({ clientId, clientSecret: '' }))
  assert.equal(empty.body.error, 'invalid_grant', 'Basic with an empty secret is the public client')
})

test('an unknown client, one of another realm and a wrong secret look the same', async () => {
  const answers = [
    await ask({ client_id: 'nobody', client_secret: 'x' }),
    await ask({ client_id: client.clientId, client_secret: 'x' }),
    await ask({ client_id: client.clientId.toUpperCase(), client_secret: client.clientSecret ?? '' }),
    await ask({ client_id: client.id, client_secret: client.clientSecret ?? '' }),
    await ask({ client_id: '\0', client_secret: 'x' }),
    await ask({ client_id: `${client.clientId}\0`, client_secret: client.clientSecret ?? '' }),
  ]
  for (const answer of answers) {
    assertInvalidClient(answer)
    assert.deepEqual(answer.body, answers[0]?.body)
  }
})

test('a client that no database could hold is unknown on both', async () => {
  const other = await openAuthorizationFixture({ database: 'postgres' })
  try {
    for (const clientId of ['\0', 'a\0', '\ud800'.toWellFormed(), '\u{10ffff}', 'x'.repeat(8192)]) {
      const fields = { ...GRANT, client_id: clientId, client_secret: 'x' }
      for (const one of [fixture, other]) assertInvalidClient(await postForm(one, '/oauth/token', fields), clientId)
      assertInvalidClient(
        await postForm(other, '/oauth/token', GRANT, basic({ clientId: encodeURIComponent(clientId) })),
      )
    }
  } finally {
    await other.close()
  }
})

test('CA-12 an old secret stops at once', async () => {
  const own = await fixture.makeClient({
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: ['orders:read'],
  })
  const { clientSecret } = await callOperation(clientRotateSecret, fixture.services.contextFor(), { id: own.id })
  assertInvalidClient(await ask({}, basic(own)))
  assert.equal((await ask({}, basic({ ...own, clientSecret }))).status, 200)
})

test('a suspended client may do nothing, and says so only to who knows its secret', async () => {
  const own = await fixture.makeClient({ grantTypes: ['client_credentials'] })
  const { access } = tokensOf(await ask({}, basic(own)))
  await callOperation(clientSuspend, fixture.services.contextFor(), { id: own.id })
  for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke']) {
    assertInvalidClient(await postForm(fixture, path, { ...GRANT, token: access }, basic(own)))
  }
  assert.deepEqual(
    (await ask({}, basic({ ...own, clientSecret: 'wrong' }))).body,
    (await ask({ client_id: 'nobody', client_secret: 'x' })).body,
  )
  assert.deepEqual(await introspect(fixture, client, access), { active: false })
  await callOperation(clientReactivate, fixture.services.contextFor(), { id: own.id })
  assert.equal((await introspect(fixture, client, access)).active, true)
})

test('CA-13 a grant is for those clients that may use it', async () => {
  const fields = { grant_type: 'client_credentials', client_id: app.clientId }
  const unauthorized = await postForm(fixture, '/oauth/token', fields)
  assert.equal(unauthorized.body.error, 'unauthorized_client')
  assert.equal(unauthorized.status, 400)
  for (const grant of [
    'password',
    'implicit',
    'client_credentials ',
    'CLIENT_CREDENTIALS',
    '__proto__',
    'constructor',
  ]) {
    const { status, body } = await ask({ grant_type: grant }, basic(client))
    assert.equal(body.error, 'unsupported_grant_type', grant)
    assert.equal(body.error_description, `The grant type ${grant} is not supported.`)
    assert.equal(status, 400)
  }
})

test('a refused grant type is named, in the characters of RFC 6749 §5.2 and shortened', async () => {
  const described = async (fields: Record<string, string>) =>
    String((await ask(fields, basic(client))).body.error_description)
  assert.equal(await described({ grant_type: '"a"\u2028b' }), 'The grant type ?a??b is not supported.')
  assert.ok((await described({ grant_type: 'x'.repeat(5000) })).length < 200)
  const refused = await postForm(fixture, '/oauth/token', { grant_type: 'client_credentials', client_id: app.clientId })
  assert.equal(refused.body.error_description, 'The client is not allowed to use the grant type client_credentials.')
})

test('CA-14 a client can never be taken for a user', async () => {
  const { access } = tokensOf(await ask({}, basic(client)))
  const { sub, client_id: clientId } = await introspect(fixture, client, access)
  assert.equal(sub, client.clientId)
  assert.equal(sub, clientId)
  const { sub: user } = await introspect(
    fixture,
    await fixture.makeClient({ grantTypes: ['client_credentials'], introspectAllTokens: true }),
    (await tokensFor(fixture, app, { client_id: app.clientId })).access,
  )
  assert.match(String(user), /^usr_[0-9a-z]{26}$/)
  assert.doesNotMatch(String(sub), /^usr_/)
})

test('failures are in the event log without what was tried, and a flood of them does not fill it', async () => {
  const victim = await fixture.makeClient()
  for (let guess = 0; guess < 60; guess++) {
    assertInvalidClient(await ask({}, basic({ ...victim, clientSecret: `guess-${guess}` })))
  }
  const events = (await fixture.events('client_authentication.failed')).filter(
    ({ subject }) => subject.id === victim.id,
  )
  assert.equal(events.length, 20)
  assert.doesNotMatch(JSON.stringify(events), /guess-/)
  assert.equal((await postForm(fixture, '/oauth/introspect', { token: 'x' }, basic(victim))).status, 200)
})
