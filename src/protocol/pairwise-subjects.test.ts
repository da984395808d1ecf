// Pairwise subjects (OpenID Connect Core §8): clients of one sector know a person by one `sub`, other clients by another.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { clientGet, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { issuanceList } from '#domain/issuance/issuance.operations.ts'
import type { LogoutDelivery } from '#domain/logout-delivery/logout-delivery.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { createNetwork } from '#outside/network.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { basic, codeFor, exchangeCode, introspect, postForm, refreshWith, userinfo } from '#testing/token-client.ts'
import { signLogoutToken } from './logout/logout-token.ts'

const SECTOR = 'https://sector.example/redirects.json'
const OTHER_SECTOR = 'https://other-sector.example/redirects.json'

let fixture: AuthorizationFixture
/** What is at each address. */
const published = new Map<string, unknown>()

before(async () => {
  const fetchJson = async (url: string) => {
    if (!published.has(url)) throw new Failure('unreachable_host')
    return published.get(url)
  }
  fixture = await openAuthorizationFixture({ network: { checkUrl: createNetwork().checkUrl, fetchJson } })
})
after(() => fixture.close())

const pairwise = (given: Record<string, unknown> = {}) => fixture.makeClient({ subjectType: 'pairwise', ...given })
const scope = { scope: 'openid email offline_access' }

async function signIn(client: ClientWithSecret, changes: Record<string, string> = {}) {
  const code = await codeFor(fixture, client, { ...scope, redirect_uri: client.redirectUris[0] ?? '', ...changes })
  const { body } = await exchangeCode(fixture, client, code, { redirect_uri: client.redirectUris[0] ?? '' })
  assert.ok(body.id_token, JSON.stringify(body))
  return {
    access: String(body.access_token),
    refresh: String(body.refresh_token),
    idToken: String(body.id_token),
    claims: decodeJwt(String(body.id_token)),
  }
}

test('a person has one sub for the clients of a sector, in all that these clients get, and others elsewhere', async () => {
  const [client, sibling] = [await pairwise(), await pairwise()]
  const elsewhere = await pairwise({ redirectUris: ['https://elsewhere.example/callback'] })
  const tokens = await signIn(client)
  const { sub } = tokens.claims
  assert.match(String(sub), /^[\w-]{22}$/)
  const known = renderId('user', fixture.ada.id)
  assert.equal((await signIn(fixture.client)).claims.sub, known)
  assert.equal((await signIn(sibling)).claims.sub, sub)
  assert.notEqual((await signIn(elsewhere)).claims.sub, sub)

  assert.equal(decodeJwt(tokens.access).sub, sub)
  assert.equal((await userinfo(fixture, tokens.access)).body.sub, sub)
  const state = await introspect(fixture, client, tokens.access)
  assert.equal(state.sub, sub)
  assert.ok(!JSON.stringify(state).includes(known) && !('username' in state), 'nothing names the person')
  assert.equal((await introspect(fixture, client, tokens.refresh)).sub, sub)
  const { body } = await refreshWith(fixture, client, tokens.refresh)
  assert.equal(decodeJwt(String(body.id_token)).sub, sub)
  assert.equal(decodeJwt(String(body.access_token)).sub, sub)
})

test('an API that introspects the token of a pairwise client learns the same sub', async () => {
  const client = await pairwise()
  const api = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
  const { access, claims } = await signIn(client, { scope: 'openid orders:read', resource: API })
  const { body } = await postForm(fixture, '/oauth/introspect', { token: access }, basic(api))
  assert.deepEqual([body.active, body.sub, body.username], [true, claims.sub, undefined])
})

test('a session has another sid in each sector, and a logout token the sub and sid of the ID token', async () => {
  const browser = fixture.newBrowser()
  const claimsFor = async (client: ClientWithSecret) => {
    const request = fixture.request({ client_id: client.clientId, redirect_uri: client.redirectUris[0] ?? '' })
    const { code = '' } = answerOf(await authorizeInBrowser(browser, request))
    const { body } = await exchangeCode(fixture, client, code, { redirect_uri: client.redirectUris[0] ?? '' })
    return decodeJwt(String(body.id_token))
  }
  const client = await pairwise()
  const { sub, sid } = await claimsFor(client)
  const elsewhere = await claimsFor(await pairwise({ redirectUris: ['https://elsewhere.example/callback'] }))
  const open = await claimsFor(fixture.client)
  assert.equal(new Set([sid, elsewhere.sid, open.sid]).size, 3)

  const context = fixture.services.contextFor()
  const { data } = await context.read.sessions.list(fixture.services.realm.id, { limit: 200 })
  const session = data.find(({ id }) => renderId('session', id) === open.sid)
  const { client: row } = (await context.read.clients.find(fixture.services.realm.id, client.id)) ?? {}
  assert.ok(session && row)
  const delivery = { userId: fixture.ada.id, sessionId: session.id } as LogoutDelivery
  const told = decodeJwt(await signLogoutToken(context, row, delivery))
  assert.deepEqual([told.sub, told.sid], [sub, sid])
})

test('an ID token of a pairwise client is a hint: who is signed in, and which session ends without a question', async () => {
  const browser = fixture.newBrowser()
  const client = await pairwise()
  const request = fixture.request({ client_id: client.clientId })
  const { code = '' } = answerOf(await authorizeInBrowser(browser, request))
  const { body } = await exchangeCode(fixture, client, code)
  const hint = { id_token_hint: String(body.id_token) }
  const silent = await browser.get('/oauth/authorize', { ...request, ...hint, prompt: 'none' })
  assert.ok(answerOf(await browser.follow(silent)).code, String(silent.location))
  const bye = 'https://app.example/bye?from=logout'
  const { location } = await browser.get('/oauth/logout', { ...hint, post_logout_redirect_uri: bye })
  assert.equal(location, bye)
})

test('administrators see the person behind the tokens of a pairwise client', async () => {
  const client = await pairwise()
  await signIn(client)
  const { data } = await callOperation(issuanceList, fixture.services.contextFor(), { limit: 10 })
  const issued = data.find(({ clientId }) => clientId === client.id)
  assert.equal(issued?.userId, fixture.ada.id, JSON.stringify(data[0]))
})

test('a sector_identifier_uri makes clients of several hosts one sector, if its document lists their redirect URIs', async () => {
  const uris = ['https://one.example/callback', 'https://two.example/callback']
  published.set(SECTOR, [...uris, 'https://three.example/callback'])
  const two = await pairwise({ redirectUris: uris, sectorIdentifierUri: SECTOR })
  const three = await pairwise({ redirectUris: ['https://three.example/callback'], sectorIdentifierUri: SECTOR })
  assert.equal((await signIn(two)).claims.sub, (await signIn(three)).claims.sub)

  await assert.rejects(pairwise({ redirectUris: uris }), { code: 'invalid_input', message: /^sectorIdentifierUri/ })
  const refused = (given: Record<string, unknown>) => assert.rejects(pairwise(given), { code: 'invalid_input' })
  await refused({ redirectUris: ['https://four.example/callback'], sectorIdentifierUri: SECTOR })
  await refused({ redirectUris: uris, sectorIdentifierUri: OTHER_SECTOR })
  await refused({ redirectUris: uris, sectorIdentifierUri: 'http://sector.example/redirects.json' })
  published.set(OTHER_SECTOR, { redirect_uris: uris })
  await refused({ redirectUris: uris, sectorIdentifierUri: OTHER_SECTOR })
})

test('SS-01: a sector_identifier_uri at an internal address is refused when it is saved, also by a change (SS-08)', async () => {
  for (const host of ['127.0.0.1', '169.254.169.254', '[::1]', '10.0.0.1', 'localhost.']) {
    const sectorIdentifierUri = `https://${host}/redirects.json`
    await assert.rejects(pairwise({ sectorIdentifierUri }), { code: 'invalid_input' }, host)
    const { id } = fixture.client
    const change = callOperation(clientUpdate, fixture.services.contextFor(), { id, sectorIdentifierUri })
    await assert.rejects(change, { code: 'invalid_input' }, host)
  }
})

test('a redirect URI that the document of the sector does not list cannot be added later', async () => {
  const redirectUris = ['https://one.example/callback']
  published.set(SECTOR, redirectUris)
  const { id } = await pairwise({ redirectUris, sectorIdentifierUri: SECTOR })
  const context = fixture.services.contextFor()
  const added = [...redirectUris, 'https://attacker.example/callback']
  await assert.rejects(callOperation(clientUpdate, context, { id, redirectUris: added }), { code: 'invalid_input' })
  assert.deepEqual((await callOperation(clientGet, context, { id })).redirectUris, redirectUris)
  published.set(SECTOR, added)
  const { redirectUris: now } = await callOperation(clientUpdate, context, { id, redirectUris: added })
  assert.deepEqual(now, added)
})
