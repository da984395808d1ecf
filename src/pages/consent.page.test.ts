// Checks the consent page.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { updateClient } from '#domain/client/client.service.ts'
import { ClientPatch } from '#domain/client/client.ts'
import { revokeGrant } from '#domain/grant/grant.service.ts'
import { parse } from '#kernel/parse.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { type FormBrowser, formOf } from '#testing/form-browser.ts'

let fixture: AuthorizationFixture

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

/** Signs Ada in and comes to the consent page. */
async function arrive(browser: FormBrowser, changes: Record<string, string> = {}) {
  const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request(changes)))
  if (!/name="password"/.test(page.text)) return page
  return browser.submit(page, { email: 'ada@example.com', password: PASSWORD })
}

const ask = (browser: FormBrowser, changes: Record<string, string>) =>
  browser.get('/oauth/authorize', fixture.request(changes))
const grants = async () =>
  (await fixture.services.contextFor().read.grants.list(fixture.services.realm.id, { limit: 100, revoked: false })).data

test('the page names the client, the resource, each scope, the account and where one returns to', async () => {
  const page = await arrive(fixture.newBrowser(), { scope: 'openid orders:read', resource: API })
  assert.equal(page.status, 200)
  for (const text of [
    'Tidewater',
    `Resource ${API}`,
    'Do orders:read',
    'Know who you are',
    'ada@example.com',
    'app.example',
  ]) {
    assert.ok(page.text.includes(text), text)
  }
})

test('what is allowed is remembered per resource; more is asked for again', async () => {
  const browser = fixture.newBrowser()
  const first = { scope: 'openid orders:read', resource: API }
  await authorizeInBrowser(browser, fixture.request(first))
  assert.deepEqual(
    (await grants())
      .map(({ resource, scopes, clientId, userId }) => ({ resource, scopes, clientId, userId }))
      .reverse(),
    [
      { resource: '', scopes: ['openid'], clientId: fixture.client.id, userId: fixture.ada.id },
      { resource: API, scopes: ['orders:read'], clientId: fixture.client.id, userId: fixture.ada.id },
    ],
  )
  assert.ok(answerOf(await ask(browser, first)).code)
  assert.ok(answerOf(await ask(browser, { scope: 'orders:read', resource: API })).code)
  assert.match((await ask(browser, { scope: 'openid orders:write', resource: API })).location ?? '', /^\/consent\?/)
  assert.match((await ask(browser, { scope: 'openid email' })).location ?? '', /^\/consent\?/)
  await authorizeInBrowser(browser, fixture.request({ scope: 'orders:write', resource: API }))
  const [granted] = (await grants()).filter(({ resource }) => resource === API)
  assert.deepEqual(granted?.scopes, ['orders:read', 'orders:write'])
  assert.equal((await fixture.events('grant.created')).length, 2)
  assert.equal((await fixture.events('grant.updated')).length, 1)
})

test('one person’s consent is not another’s, nor for another client', async () => {
  await authorizeInBrowser(fixture.newBrowser(), fixture.request())
  const bobs = fixture.newBrowser()
  const page = await bobs.follow(await bobs.get('/oauth/authorize', fixture.request()))
  const asked = await bobs.submit(page, { email: 'bob@example.com', password: PASSWORD })
  assert.match(asked.text, /value="allow"/)
  const other = await fixture.makeClient()
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  assert.match((await ask(browser, { client_id: other.clientId })).location ?? '', /^\/consent\?/)
})

test('a consent that was revoked is asked for again', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  const [grant] = await grants()
  await revokeGrant(fixture.services.contextFor(), { id: grant?.id ?? '' })
  assert.match((await ask(browser, {})).location ?? '', /^\/consent\?/)
})

test('prompt=consent asks although all was allowed; the operator’s own client asks only then', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  assert.match((await ask(browser, { prompt: 'consent' })).location ?? '', /^\/consent\?/)
  assert.ok(answerOf(await authorizeInBrowser(browser, fixture.request({ prompt: 'consent' }))).code)
  const own = await fixture.makeClient({ firstParty: true })
  assert.ok(answerOf(await ask(browser, { client_id: own.clientId })).code)
  assert.match((await ask(browser, { client_id: own.clientId, prompt: 'consent' })).location ?? '', /^\/consent\?/)
  assert.deepEqual([...new Set((await grants()).map(({ clientId }) => clientId))], [fixture.client.id])
})

test('a refusal goes back to the client, is told to the log and ends the request', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const visit = await browser.submit(page, { decision: 'deny' })
  const { error_description, error_uri, ...answer } = answerOf(visit)
  assert.deepEqual(answer, { error: 'access_denied', iss: 'https://id.example.com', state: 'a state' })
  assert.ok(error_description && error_uri)
  assert.equal((await grants()).length, 0)
  assert.equal((await fixture.events('grant.denied'))[0]?.actor.id, fixture.ada.id)
  const { transaction = '' } = formOf(page).fields
  const again = answerOf(await browser.get('/oauth/authorize/resume', { transaction }))
  assert.equal(again.error, 'access_denied', 'a reload is answered alike')
})

test('CO-01 a consent that another site posts, or without this session’s token, is refused', async () => {
  const browser = fixture.newBrowser()
  const { action, fields } = formOf(await arrive(browser))
  const allow = { ...fields, decision: 'allow' }
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.equal((await browser.post(action, allow, headers)).status, 403)
  }
  assert.equal((await browser.post(action, { ...allow, csrf: '' })).status, 403)
  const other = formOf(await arrive(fixture.newBrowser())).fields
  assert.equal((await browser.post(action, { ...allow, csrf: other.csrf ?? '' })).status, 403)
  assert.equal((await browser.post(action, { ...fields, decision: 'maybe' })).error, 'invalid_request')
  assert.equal((await grants()).length, 0)
  assert.equal((await fixture.events('authorization_code.issued')).length, 0)
})

test('CO-04 what is allowed is what was asked, whatever the form says besides', async () => {
  const browser = fixture.newBrowser()
  const other = await fixture.makeClient({ redirectUris: ['https://other.example/cb'] })
  const page = await arrive(browser, { scope: 'openid' })
  const visit = await browser.submit(page, {
    decision: 'allow',
    scope: 'openid email orders:write',
    client_id: other.clientId,
    redirect_uri: 'https://other.example/cb',
    resource: API,
    first_party: 'true',
  })
  const code = await fixture.codeBehind(visit.location)
  assert.deepEqual([code?.scopes, code?.resources, code?.clientId], [['openid'], [], fixture.client.id])
  assert.ok(visit.location?.startsWith('https://app.example/callback?'))
})

test('CO-04 two tabs decide about two requests', async () => {
  const browser = fixture.newBrowser()
  const one = await arrive(browser, { scope: 'openid', state: 'one' })
  const two = await arrive(browser, { scope: 'openid email', state: 'two' })
  const mixed = { ...formOf(two).fields, csrf: formOf(one).fields.csrf ?? '', decision: 'allow' }
  assert.equal((await browser.post('/consent', mixed)).status, 403)
  const allowed = await browser.submit(one, { decision: 'allow' })
  assert.equal(answerOf(allowed).state, 'one')
  assert.deepEqual((await fixture.codeBehind(allowed.location))?.scopes, ['openid'])
  const refused = await browser.submit(two, { decision: 'deny' })
  assert.deepEqual([answerOf(refused).state, answerOf(refused).error], ['two', 'access_denied'])
})

test('CO-07 a client’s name cannot pretend, hide or reach beyond its place', async () => {
  for (const label of ['elgooG\u202e', 'Google\u200b']) {
    await assert.rejects(fixture.makeClient({ label }), { code: 'invalid_input' })
  }
  const client = await fixture.makeClient({ label: `Google<b>${'x'.repeat(150)}` })
  const page = await arrive(fixture.newBrowser(), { client_id: client.clientId })
  assert.doesNotMatch(page.text, /<b>|x{100}/)
  assert.match(page.text, /Google&lt;b>/)
})

test('a client whose redirect URI was taken away meanwhile is not answered', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const patch = parse(ClientPatch, { id: fixture.client.id, redirectUris: ['https://app.example/moved'] })
  await updateClient(fixture.services.contextFor(), patch)
  const visit = await browser.submit(page, { decision: 'allow' })
  assert.equal(visit.error, 'invalid_redirect_uri')
  assert.equal(visit.location, undefined)
})

test('a page vouches for nothing that nobody recorded, and shows a client’s name beside its host', async () => {
  const page = await arrive(fixture.newBrowser())
  assert.doesNotMatch(page.text, /Not verified|Verified by|An app of/)
  assert.match(page.text, /<span class="host"><bdi>app\.example<\/bdi><\/span>/)
  const own = await fixture.makeClient({ firstParty: true })
  const ours = await arrive(fixture.newBrowser(), { client_id: own.clientId, prompt: 'consent' })
  assert.match(ours.text, /An app of/)
})
