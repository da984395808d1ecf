// Checks tokens that are bound by DPoP (RFC 9449).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { PROFILES } from '#domain/realm/profile.ts'
import { type AuthorizationFixture, openAuthorizationFixture, VERIFIER } from '#testing/authorization-fixture.ts'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import {
  type Answer,
  basic,
  type Credentials,
  codeFor,
  introspect,
  postForm,
  tokensFor,
  userinfo,
} from '#testing/token-client.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { dpop } from './dpop.ts'

const TOKEN = 'https://id.example.com/oauth/token'
let fixture: AuthorizationFixture
let program: ClientWithSecret
let key: Awaited<ReturnType<typeof makeDpopKey>>
before(async () => {
  fixture = await openAuthorizationFixture()
  program = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
  key = await makeDpopKey()
})
after(() => fixture.close())

const now = () => fixture.services.clock.now()

function ask(fields: Record<string, string>, proof: string | undefined, by: Credentials = program): Promise<Answer> {
  const named = by.clientSecret === undefined ? { client_id: by.clientId, ...fields } : fields
  const headers: Record<string, string> = by.clientSecret === undefined ? {} : basic(by)
  return postForm(fixture, '/oauth/token', named, { ...headers, ...(proof !== undefined && { dpop: proof }) })
}
const own = (proof: string | undefined) => ask({ grant_type: 'client_credentials' }, proof)

test('a token is bound to the key that was proven', async () => {
  const { status, body } = await own(await key.prove(TOKEN, now()))
  assert.deepEqual([status, body.token_type], [200, 'DPoP'], JSON.stringify(body))
  const { cnf } = await introspect(fixture, program, String(body.access_token))
  assert.deepEqual(cnf, { jkt: key.jkt })
})

test('DP-01 DP-02 a proof is good once, of twenty at once too', async () => {
  const proof = await key.prove(TOKEN, now())
  const answers = await Promise.all(Array.from({ length: 20 }, () => own(proof)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(400)])
  assert.equal((await own(proof)).body.error, 'invalid_dpop_proof')
})

test('DP-03 DP-04 DP-12 what is wrong with a proof refuses it', async () => {
  const wrong = [
    await key.prove(TOKEN, now(), { htm: 'GET' }),
    await key.prove('https://id.example.com/oauth/Token', now()),
    await key.prove('https://other.example.com/oauth/token', now()),
    await key.prove('https://id.example.com/oauth/x/../token', now()),
    await key.prove('https://id.example.com/oauth/%74oken', now()),
    await key.prove('https://id.example.com/oauth//token', now()),
    await key.prove(TOKEN, now() - 3_600_000),
    await key.prove(TOKEN, now() + 3_600_000),
    await key.prove(TOKEN, now(), {}, 'JWT'),
    `${await key.prove(TOKEN, now())},${await key.prove(TOKEN, now())}`,
    'nothing',
  ]
  for (const proof of wrong) assert.equal((await own(proof)).body.error, 'invalid_dpop_proof')
  assert.equal((await own(await key.prove(`${TOKEN}?a=b#c`, now() - 10_000))).status, 200)
  assert.equal((await own(await key.prove('HTTPS://ID.example.com:443/oauth/token', now()))).status, 200)
})

test('DP-09 a public client’s refresh token is bound, a confidential client’s is not', async () => {
  const open = await fixture.makeClient({ authMethod: 'none' })
  for (const [client, expected] of [
    [open, 'invalid_grant'],
    [fixture.client, undefined],
  ] as const) {
    const code = await codeFor(fixture, client)
    const first = await ask(
      { grant_type: 'authorization_code', code, code_verifier: VERIFIER },
      await key.prove(TOKEN, now()),
      client,
    )
    assert.equal(first.body.token_type, 'DPoP', JSON.stringify(first.body))
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) }
    if (expected) assert.equal((await ask(refresh, undefined, client)).body.error, 'invalid_dpop_proof')
    const stranger = await makeDpopKey()
    assert.equal((await ask(refresh, await stranger.prove(TOKEN, now()), client)).body.error, expected)
    if (expected) assert.equal((await ask(refresh, await key.prove(TOKEN, now()), client)).status, 200)
  }
})

test('DP-06 DP-07 DP-08 userinfo takes a bound token with a proof by its key, once, and never as a bearer token', async () => {
  const code = await codeFor(fixture, fixture.client)
  const { body } = await ask(
    { grant_type: 'authorization_code', code, code_verifier: VERIFIER },
    await key.prove(TOKEN, now()),
    fixture.client,
  )
  const token = String(body.access_token)
  const address = 'https://id.example.com/oauth/userinfo'
  const prove = (given = {}, by = key) => by.prove(address, now(), { htm: 'GET', ath: ath(token), ...given })
  const send = (header: string, dpop?: string) => userinfo(fixture, token, header, dpop === undefined ? {} : { dpop })
  const proof = await prove()
  assert.equal((await send(`DPoP ${token}`, proof)).status, 200)
  for (const [header, dpop, error] of [
    [`DPoP ${token}`, proof, 'invalid_dpop_proof'],
    [`DPoP ${token}`, undefined, 'invalid_dpop_proof'],
    [`DPoP ${token}`, await prove({ ath: ath('other') }), 'invalid_dpop_proof'],
    [`DPoP ${token}`, await prove({ htm: 'POST' }), 'invalid_dpop_proof'],
    [`DPoP ${token}`, await prove({}, await makeDpopKey()), 'invalid_token'],
    [`Bearer ${token}`, await prove(), 'invalid_token'],
    [`Bearer ${token}`, undefined, 'invalid_token'],
  ] as const) {
    const refused = await send(header, dpop)
    assert.deepEqual([refused.status, refused.body.error], [401, error], header)
    assert.match(String(refused.headers['www-authenticate']), header.startsWith('DPoP') ? /^DPoP algs=/ : /^Bearer /)
  }
  const { access } = await tokensFor(fixture, fixture.client)
  assert.equal(
    (await userinfo(fixture, access, `DPoP ${access}`, { dpop: await prove({ ath: ath(access) }) })).status,
    401,
  )
})

test('a code that was asked for with dpop_jkt is for that key', async () => {
  const stranger = await makeDpopKey()
  const fields = { grant_type: 'authorization_code', code_verifier: VERIFIER }
  const code = await codeFor(fixture, fixture.client, { dpop_jkt: key.jkt })
  assert.equal((await ask({ ...fields, code }, undefined, fixture.client)).body.error, 'invalid_dpop_proof')
  assert.equal(
    (await ask({ ...fields, code }, await stranger.prove(TOKEN, now()), fixture.client)).body.error,
    'invalid_grant',
  )
  assert.equal((await ask({ ...fields, code }, await key.prove(TOKEN, now()), fixture.client)).status, 200)
})

test('DP-11 where a nonce is needed, it is told, is good for two periods, and is nobody else’s', async () => {
  const { services } = fixture
  const context = services.contextFor()
  const profile = { ...PROFILES['oauth-2.1'], dpopNonce: 'required' as const }
  const read = async (nonce: string | undefined) => {
    const proof = await key.prove(TOKEN, now(), nonce === undefined ? {} : { nonce })
    const request = { method: 'POST', headers: { dpop: proof } } as unknown as RealmRequest
    return dpop.read({ ...context, scope: { tenantId: services.tenantId, realm: services.realm } }, request, {
      addresses: [TOKEN],
      profile,
    })
  }
  const told = await Promise.resolve(read(undefined)).catch((error) => error)
  assert.equal(told.code, 'use_dpop_nonce')
  const nonce = String(told.detail.dpopNonce)
  assert.ok(await read(nonce))
  services.clock.advance(120_000)
  assert.ok(await read(nonce))
  services.clock.advance(120_000)
  await assert.rejects(async () => read(nonce), { code: 'use_dpop_nonce' })
  await assert.rejects(async () => read(nonce.replace(/^\d+/, (at) => String(Number(at) + 2))), {
    code: 'use_dpop_nonce',
  })
})
