// Checks the refresh token grant.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  clientDelete,
  clientReactivate,
  clientRotateSecret,
  clientSuspend,
  clientUpdate,
} from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { grantRevoke } from '#domain/grant/grant.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { resourceDelete, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { createResource } from '#domain/resource/resource.service.ts'
import { NewResource } from '#domain/resource/resource.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { readRefreshToken, renderRefreshToken } from '#domain/token-family/refresh-token.ts'
import { userCreate, userDelete, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import { parse } from '#kernel/parse.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { purgeBefore } from '#testing/purge.ts'
import { setMinAal } from '#testing/realm-level.ts'
import {
  type Answer,
  exchangeCode,
  introspect,
  isActive,
  refreshWith,
  type Tokens,
  tokensFor,
  tokensOf,
  userinfo,
} from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ firstParty: true, introspectAllTokens: true })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const SECONDS = 1000
const DAYS = 86_400 * SECONDS

function assertRefused({ status, headers, body }: Answer, error = 'invalid_grant', expected = 400): void {
  assert.equal(body.error, error, JSON.stringify(body))
  assert.equal(status, expected)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers.pragma, 'no-cache')
}

async function assertDead(...tokens: Tokens[]): Promise<void> {
  for (const { access, refresh } of tokens) {
    assert.equal(await isActive(fixture, client, access), false)
    assert.equal(await isActive(fixture, client, refresh), false)
    assert.equal((await userinfo(fixture, access)).status, 401)
    assertRefused(await refreshWith(fixture, client, refresh))
  }
}

test('each refresh brings a new refresh token, and the sign-in stays what it was', async () => {
  const first = await tokensFor(fixture, client, { nonce: 'n-1' })
  fixture.services.clock.advance(60 * SECONDS)
  const answer = await refreshWith(fixture, client, first.refresh)
  const second = tokensOf(answer)
  assert.notEqual(second.refresh, first.refresh)
  assert.notEqual(second.access, first.access)
  const claims = (token: unknown) => JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
  const [before, now] = [
    await introspect(fixture, client, first.access),
    await introspect(fixture, client, second.access),
  ]
  for (const same of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'client_id', 'scope']) {
    assert.deepEqual(now[same], before[same], same)
  }
  const idToken = claims(answer.body.id_token)
  assert.equal(idToken.auth_time, before.auth_time)
  assert.equal(idToken.nonce, undefined)
  assert.equal(idToken.sub, before.sub)
})

test('RT-01 a spent token that comes back ends its family, and somebody is told', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  const third = tokensOf(await refreshWith(fixture, client, second.refresh))
  assertRefused(await refreshWith(fixture, client, first.refresh))
  await assertDead(first, second, third)
  const [event] = (await fixture.events('refresh_token.reused')).slice(-1)
  assert.equal(event?.subject.id, fixture.ada.id)
  assert.equal(event?.result, 'failure')
})

test('RT-01 once the grace is over, so does one whose successor was never used', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  fixture.services.clock.advance(121 * SECONDS)
  assertRefused(await refreshWith(fixture, client, first.refresh))
  await assertDead(first, second)
})

test('RT-01 a spent token that would have expired by now still gives the thief away', async () => {
  const first = await tokensFor(fixture, client)
  let last = tokensOf(await refreshWith(fixture, client, first.refresh))
  for (let week = 0; week < 3; week++) {
    fixture.services.clock.advance(7 * DAYS)
    last = tokensOf(await refreshWith(fixture, client, last.refresh))
  }
  assertRefused(await refreshWith(fixture, client, first.refresh))
  await assertDead(last)
})

test('within the grace a lost answer is given again, to the same successor', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  fixture.services.clock.advance(119 * SECONDS)
  const again = tokensOf(await refreshWith(fixture, client, first.refresh))
  assert.equal(again.refresh, second.refresh)
  const third = tokensOf(await refreshWith(fixture, client, second.refresh))
  assert.equal(await isActive(fixture, client, third.refresh), true)
})

test('RT-02 of twenty refreshes at once all come to one successor', async () => {
  const first = await tokensFor(fixture, client)
  const answers = await Promise.all(Array.from({ length: 20 }, () => refreshWith(fixture, client, first.refresh)))
  const heads = new Set(answers.map((answer) => tokensOf(answer).refresh))
  assert.equal(heads.size, 1)
  assert.equal(await isActive(fixture, client, [...heads][0] ?? ''), true)
})

test('RT-02 without a grace one of twenty wins, and none goes on', async () => {
  const version = (await fixture.services.registry.realmByIssuerId('default'))?.realm.version
  await callOperation(realmUpdate, context(), { policy: { refreshTokenGrace: 0 }, ifVersion: version })
  fixture.services.clock.advance(SECONDS)
  const first = await tokensFor(fixture, client)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => {
      fixture.services.clock.advance(at)
      return refreshWith(fixture, client, first.refresh)
    }),
  )
  const won = answers.filter(({ status }) => status === 200)
  assert.equal(won.length, 1)
  await assertDead(tokensOf(won[0] as Answer))
  await callOperation(realmUpdate, context(), { policy: { refreshTokenGrace: 120 } })
})

test('RT-04 another client gets nothing, and the family does not suffer', async () => {
  const other = await fixture.makeClient({ firstParty: true })
  const first = await tokensFor(fixture, client)
  assertRefused(await refreshWith(fixture, other, first.refresh))
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  assertRefused(await refreshWith(fixture, other, first.refresh))
  assert.equal((await refreshWith(fixture, client, second.refresh)).status, 200)
})

test('RT-06 an unused token ends with the idle lifetime', async () => {
  const [early, late] = [await tokensFor(fixture, client), await tokensFor(fixture, client)]
  fixture.services.clock.advance(14 * DAYS - SECONDS)
  assert.equal((await refreshWith(fixture, client, early.refresh)).status, 200)
  fixture.services.clock.advance(SECONDS)
  assertRefused(await refreshWith(fixture, client, late.refresh))
  assert.equal(await isActive(fixture, client, late.refresh), false)
})

test('RT-06 however often it is refreshed, a sign-in ends with the absolute lifetime', async () => {
  let tokens = await tokensFor(fixture, client)
  for (let day = 0; day < 80; day += 10) {
    fixture.services.clock.advance(10 * DAYS)
    tokens = tokensOf(await refreshWith(fixture, client, tokens.refresh))
  }
  const { exp } = await introspect(fixture, client, tokens.refresh)
  assert.ok(Number(exp) * SECONDS - fixture.services.clock.now() <= 10 * DAYS)
  fixture.services.clock.advance(10 * DAYS)
  assertRefused(await refreshWith(fixture, client, tokens.refresh))
})

/** A person, a third-party client, and what the one allowed the other. */
async function makePair() {
  const { id, email } = await callOperation(userCreate, context(), {
    email: `u${fixture.services.random.id()}@example.com`,
    password: PASSWORD,
  })
  const app = await fixture.makeClient()
  const request = fixture.request({ client_id: app.clientId, scope: 'openid email orders:read', resource: API })
  const visit = await authorizeInBrowser(fixture.newBrowser(), request, { email })
  const behind = await fixture.codeBehind(visit.location)
  const tokens = tokensOf(await exchangeCode(fixture, app, answerOf(visit).code ?? ''))
  return { userId: id, app, tokens, sessionId: behind?.sessionId ?? '' }
}

type Pair = Awaited<ReturnType<typeof makePair>>

async function revokeConsent({ app }: Pair): Promise<void> {
  const filter = { limit: 10, clientId: app.id, revoked: false }
  const { data } = await context().read.grants.list(fixture.services.realm.id, filter)
  for (const { id } of data) await callOperation(grantRevoke, context(), { id })
}

const ENDINGS: [what: string, end: (pair: Pair) => Promise<unknown>, error: string, accessToo: boolean][] = [
  [
    'the user is suspended',
    ({ userId }) => callOperation(userUpdate, context(), { id: userId, status: 'suspended' }),
    'invalid_grant',
    true,
  ],
  ['the user is deleted', ({ userId }) => callOperation(userDelete, context(), { id: userId }), 'invalid_grant', true],
  [
    'the password is changed',
    ({ userId }) => callOperation(userSetPassword, context(), { id: userId, password: `${PASSWORD}!` }),
    'invalid_grant',
    true,
  ],
  [
    'the client is suspended',
    ({ app: { id } }) => callOperation(clientSuspend, context(), { id }),
    'invalid_client',
    true,
  ],
  [
    'the client is deleted',
    ({ app: { id } }) => callOperation(clientDelete, context(), { id }),
    'invalid_client',
    true,
  ],
  [
    'the secret is rotated',
    ({ app: { id } }) => callOperation(clientRotateSecret, context(), { id }),
    'invalid_client',
    false,
  ],
  [
    'the client may not refresh any more',
    ({ app: { id } }) => callOperation(clientUpdate, context(), { id, grantTypes: ['authorization_code'] }),
    'unauthorized_client',
    false,
  ],
  [
    'the client may not have the resource any more',
    ({ app: { id } }) => callOperation(clientUpdate, context(), { id, audiences: [] }),
    'invalid_grant',
    false,
  ],
  [
    'the session is revoked',
    ({ sessionId }) => callOperation(sessionRevoke, context(), { id: sessionId }),
    'invalid_grant',
    true,
  ],
  ['the consent is revoked', revokeConsent, 'invalid_grant', true],
]

for (const [what, end, error, accessToo] of ENDINGS) {
  test(`RT-07 nothing is refreshed once ${what}`, async () => {
    const pair = await makePair()
    await end(pair)
    assertRefused(
      await refreshWith(fixture, pair.app, pair.tokens.refresh),
      error,
      error === 'invalid_client' ? 401 : 400,
    )
    assert.equal(await isActive(fixture, client, pair.tokens.access), !accessToo)
    assert.equal((await userinfo(fixture, pair.tokens.access)).status, accessToo ? 401 : 200)
  })
}

test('RT-07 a sign-in that is not good enough any more is not gone on with', async () => {
  const { refresh } = await tokensFor(fixture, client)
  await setMinAal(fixture.services, 2)
  assertRefused(await refreshWith(fixture, client, refresh))
  await setMinAal(fixture.services, 1)
  assert.equal((await refreshWith(fixture, client, refresh)).status, 200)
})

test('RT-07 a suspended client goes on where it was once it is reactivated', async () => {
  const { app, tokens } = await makePair()
  await callOperation(clientSuspend, context(), { id: app.id })
  assert.equal(await isActive(fixture, client, tokens.access), false)
  await callOperation(clientReactivate, context(), { id: app.id })
  assert.equal(await isActive(fixture, client, tokens.access), true)
  assert.equal((await refreshWith(fixture, app, tokens.refresh)).status, 200)
})

test('RT-07 a suspended resource gets no tokens, until it is active again', async () => {
  const { app, tokens } = await makePair()
  const id = (await fixture.services.registry.resources(fixture.services.tenantId)).get(API)?.id ?? ''
  await callOperation(resourceUpdate, context(), { id, status: 'suspended' })
  assertRefused(await refreshWith(fixture, app, tokens.refresh), 'invalid_target')
  await callOperation(resourceUpdate, context(), { id, status: 'active' })
  assert.equal((await refreshWith(fixture, app, tokens.refresh)).status, 200)
})

test('RT-07 a resource that was deleted is no resource of a refresh token any more, though it is made again', async () => {
  const identifier = `https://brief-${crypto.randomUUID()}.example/`
  const make = () => createResource(context(), parse(NewResource, { identifier, scopes: [{ name: 'brief:read' }] }))
  const { id } = await make()
  const app = await fixture.makeClient({ audiences: [identifier], scopes: ['openid', 'offline_access', 'brief:read'] })
  const { refresh } = await tokensFor(fixture, app, { scope: 'openid brief:read', resource: identifier })
  const again = (resource?: string) => refreshWith(fixture, app, refresh, resource === undefined ? {} : { resource })
  assertRefused(await again('https://nothing.example/'), 'invalid_target')
  await callOperation(resourceDelete, context(), { id })
  for (const asked of [undefined, identifier]) assertRefused(await again(asked))
  fixture.services.clock.advance(SECONDS)
  await make()
  for (const asked of [undefined, identifier]) assertRefused(await again(asked))
})

test('RT-07 a scope that the client lost is lost to its tokens', async () => {
  const { app, tokens } = await makePair()
  await callOperation(clientUpdate, context(), { id: app.id, scopes: ['openid', 'orders:read'] })
  assertRefused(await refreshWith(fixture, app, tokens.refresh, { scope: 'openid email' }), 'invalid_scope')
  const answer = await refreshWith(fixture, app, tokens.refresh)
  assert.equal(answer.body.scope, 'openid orders:read')
})

test('scopes can be narrowed at a refresh, never widened, and narrowing is not for good', async () => {
  const { app, tokens } = await makePair()
  for (const scope of ['openid orders:write', 'profile', 'orders:admin', 'openid\torders:read']) {
    assertRefused(await refreshWith(fixture, app, tokens.refresh, { scope }), 'invalid_scope')
  }
  const narrow = await refreshWith(fixture, app, tokens.refresh, { scope: 'orders:read' })
  assert.equal(narrow.body.scope, 'orders:read')
  assert.equal(narrow.body.id_token, undefined)
  const wide = await refreshWith(fixture, app, tokensOf(narrow).refresh)
  assert.equal(wide.body.scope, 'openid email orders:read')
  assertRefused(
    await refreshWith(fixture, app, tokensOf(wide).refresh, { resource: 'https://other.example.com/' }),
    'invalid_target',
  )
})

test('what was refused spends nothing', async () => {
  const { app, tokens } = await makePair()
  assertRefused(await refreshWith(fixture, app, tokens.refresh, { scope: 'nothing' }), 'invalid_scope')
  assertRefused(
    await refreshWith(fixture, app, tokens.refresh, { resource: 'https://nothing.example/' }),
    'invalid_target',
  )
  assert.equal((await introspect(fixture, app, tokens.refresh)).active, true)
})

test('RT-05 a refresh token cannot be made, nor made of another one', async () => {
  const { refresh } = await tokensFor(fixture, client)
  const other = await tokensFor(fixture, client)
  const head = Buffer.from(refresh.slice(0, 27), 'base64url')
  head.writeUInt32BE(2, 16)
  const letters = [...refresh].map(
    (letter, at) => `${refresh.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${refresh.slice(at + 1)}`,
  )
  const made = [
    head.toString('base64url') + refresh.slice(27),
    other.refresh.slice(0, 27) + refresh.slice(27),
    refresh.slice(0, 69),
    `${refresh}A`,
    `${refresh}=`,
    ` ${refresh}`,
    ...letters,
  ]
  for (const text of made) assertRefused(await refreshWith(fixture, client, text))
  assert.equal((await refreshWith(fixture, client, refresh)).status, 200)
  assert.equal((await refreshWith(fixture, client, other.refresh)).status, 200)
})

test('a token that the database does not know of yet is refused, and its family goes on', async () => {
  const first = await tokensFor(fixture, client)
  const { familyId } = readRefreshToken(fixture.services.crypto, first.refresh) ?? { familyId: '' }
  const ahead = renderRefreshToken(fixture.services.crypto, { familyId, generation: 7 })
  assertRefused(await refreshWith(fixture, client, ahead))
  const nowhere = renderRefreshToken(fixture.services.crypto, { familyId: fixture.services.random.id(), generation: 1 })
  assertRefused(await refreshWith(fixture, client, nowhere))
  assert.equal((await refreshWith(fixture, client, first.refresh)).status, 200)
})

test('what is kept of a family does not grow, and goes when its time is over', async () => {
  const { clock } = fixture.services
  let { refresh } = await tokensFor(fixture, client)
  const { familyId } = readRefreshToken(fixture.services.crypto, refresh) ?? { familyId: '' }
  for (let round = 0; round < 3; round++) refresh = tokensOf(await refreshWith(fixture, client, refresh)).refresh
  const purge = (before: number) => purgeBefore(fixture.services, 'refresh-tokens', before)
  await purge(clock.now())
  assert.equal((await context().read.tokenFamilies.find(familyId))?.refresh?.generation, 4)
  clock.advance(91 * DAYS)
  assert.ok((await purge(clock.now())) > 0)
  assert.equal(await context().read.tokenFamilies.find(familyId), undefined)
  assertRefused(await refreshWith(fixture, client, refresh))
})
