// Checks what a clock that jumps an hour ahead or back does to codes, tokens and proofs.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import {
  basic,
  codeFor,
  exchangeCode,
  introspect,
  isActive,
  postForm,
  refreshWith,
  tokensFor,
  tokensOf,
} from '#testing/token-client.ts'

const HOUR = 3_600_000

let fixture: AuthorizationFixture
let client: ClientWithSecret
let start = 0
before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ firstParty: true, introspectAllTokens: true })
  start = fixture.services.clock.now()
})
afterEach(() => jump(start - fixture.services.clock.now()))
after(() => fixture.close())

const jump = (milliseconds: number) => fixture.services.clock.advance(milliseconds)

test('KM-07 an hour ahead ends access tokens, and no sign-in', async () => {
  const first = await tokensFor(fixture, client)
  jump(HOUR)
  assert.equal(await isActive(fixture, client, first.access), false)
  tokensOf(await refreshWith(fixture, client, first.refresh))
  jump(-HOUR)
  assert.equal(await isActive(fixture, client, first.access), true)
})

test('KM-07 what was issued an hour ahead lives no longer than it says, and what was spent then stays spent', async () => {
  jump(HOUR)
  const code = await codeFor(fixture, client)
  const first = tokensOf(await exchangeCode(fixture, client, code))
  const { exp, iat } = await introspect(fixture, client, first.access)
  assert.ok(Number(exp) - Number(iat) < 3600)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  jump(-HOUR)
  const replayed = await refreshWith(fixture, client, first.refresh)
  assert.deepEqual([replayed.status, replayed.body.error], [400, 'invalid_grant'], 'there is no second grace')
  assert.equal(await isActive(fixture, client, second.access), false)
  assert.equal((await exchangeCode(fixture, client, code)).status, 400)
})

test('KM-07 a clock that is a moment behind that of another process does not lock a client out', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  jump(-5000)
  assert.equal(tokensOf(await refreshWith(fixture, client, first.refresh)).refresh, second.refresh)
})

test('KM-07 a proof is taken once, however the clock comes and goes', async () => {
  const program = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
  const key = await makeDpopKey()
  const dpop = await key.prove(`${fixture.newBrowser().issuer}/oauth/token`, start)
  const fields = { grant_type: 'client_credentials' }
  const ask = () => postForm(fixture, '/oauth/token', fields, { ...basic(program), dpop })
  assert.equal((await ask()).status, 200)
  for (const away of [30_000, -30_000, HOUR, -HOUR]) {
    jump(away)
    assert.equal((await ask()).status, 400)
    jump(-away)
    assert.equal((await ask()).status, 400)
  }
})
