import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { updateClient } from '#domain/client/client.service.ts'
import { ClientPatch } from '#domain/client/client.ts'
import { revokeGrant } from '#domain/grant/grant.service.ts'
import { parse } from '#kernel/parse.ts'
import { API, answerOf, goThrough, PASSWORD, type Scene, setScene } from '#testing/scene.ts'
import { formOf, type Visitor } from '#testing/visitor.ts'

let scene: Scene

beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

/** Signs Ada in and comes to the consent page. */
async function arrive(visitor: Visitor, changes: Record<string, string> = {}) {
  const page = await visitor.follow(await visitor.get('/oauth/authorize', scene.request(changes)))
  if (!/name="password"/.test(page.text)) return page
  return visitor.submit(page, { email: 'ada@example.com', password: PASSWORD })
}

const ask = (visitor: Visitor, changes: Record<string, string>) =>
  visitor.get('/oauth/authorize', scene.request(changes))
const grants = async () =>
  (await scene.house.contextFor().read.grants.list(scene.house.realm.id, { limit: 100, revoked: false })).data

test('the page names the client, the resource, each scope, the account and where one returns to', async () => {
  const page = await arrive(scene.visitor(), { scope: 'openid orders:read', resource: API })
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
  const visitor = scene.visitor()
  const first = { scope: 'openid orders:read', resource: API }
  await goThrough(visitor, scene.request(first))
  assert.deepEqual(
    (await grants())
      .map(({ resource, scopes, clientId, userId }) => ({ resource, scopes, clientId, userId }))
      .reverse(),
    [
      { resource: '', scopes: ['openid'], clientId: scene.client.id, userId: scene.ada.id },
      { resource: API, scopes: ['orders:read'], clientId: scene.client.id, userId: scene.ada.id },
    ],
  )
  assert.ok(answerOf(await ask(visitor, first)).code)
  assert.ok(answerOf(await ask(visitor, { scope: 'orders:read', resource: API })).code)
  assert.match((await ask(visitor, { scope: 'openid orders:write', resource: API })).location ?? '', /^\/consent\?/)
  assert.match((await ask(visitor, { scope: 'openid email' })).location ?? '', /^\/consent\?/)
  await goThrough(visitor, scene.request({ scope: 'orders:write', resource: API }))
  const [granted] = (await grants()).filter(({ resource }) => resource === API)
  assert.deepEqual(granted?.scopes, ['orders:read', 'orders:write'])
  assert.equal((await scene.events('grant.created')).length, 2)
  assert.equal((await scene.events('grant.updated')).length, 1)
})

test('one person’s consent is not another’s, nor for another client', async () => {
  await goThrough(scene.visitor(), scene.request())
  const bobs = scene.visitor()
  const page = await bobs.follow(await bobs.get('/oauth/authorize', scene.request()))
  const asked = await bobs.submit(page, { email: 'bob@example.com', password: PASSWORD })
  assert.match(asked.text, /value="allow"/)
  const other = await scene.makeClient()
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  assert.match((await ask(visitor, { client_id: other.clientId })).location ?? '', /^\/consent\?/)
})

test('a consent that was revoked is asked for again', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  const [grant] = await grants()
  await revokeGrant(scene.house.contextFor(), { id: grant?.id ?? '' })
  assert.match((await ask(visitor, {})).location ?? '', /^\/consent\?/)
})

test('prompt=consent asks although all was allowed; the operator’s own client asks only then', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  assert.match((await ask(visitor, { prompt: 'consent' })).location ?? '', /^\/consent\?/)
  assert.ok(answerOf(await goThrough(visitor, scene.request({ prompt: 'consent' }))).code)
  const own = await scene.makeClient({ firstParty: true })
  assert.ok(answerOf(await ask(visitor, { client_id: own.clientId })).code)
  assert.match((await ask(visitor, { client_id: own.clientId, prompt: 'consent' })).location ?? '', /^\/consent\?/)
  assert.deepEqual([...new Set((await grants()).map(({ clientId }) => clientId))], [scene.client.id])
})

test('a refusal goes back to the client, is told to the log and ends the request', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const visit = await visitor.submit(page, { decision: 'deny' })
  const { error_description, ...answer } = answerOf(visit)
  assert.deepEqual(answer, { error: 'access_denied', iss: 'https://id.example.com', state: 'a state' })
  assert.ok(error_description)
  assert.equal((await grants()).length, 0)
  assert.equal((await scene.events('grant.denied'))[0]?.actor.id, scene.ada.id)
  const { transaction = '' } = formOf(page).fields
  assert.equal((await visitor.get('/oauth/authorize/resume', { transaction })).error, 'expired')
})

test('CO-01 a consent that another site posts, or without this session’s token, is refused', async () => {
  const visitor = scene.visitor()
  const { action, fields } = formOf(await arrive(visitor))
  const allow = { ...fields, decision: 'allow' }
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.equal((await visitor.post(action, allow, headers)).status, 403)
  }
  assert.equal((await visitor.post(action, { ...allow, csrf: '' })).status, 403)
  const other = formOf(await arrive(scene.visitor())).fields
  assert.equal((await visitor.post(action, { ...allow, csrf: other.csrf ?? '' })).status, 403)
  assert.equal((await visitor.post(action, { ...fields, decision: 'maybe' })).error, 'invalid_request')
  assert.equal((await grants()).length, 0)
  assert.equal((await scene.events('authorization_code.issued')).length, 0)
})

test('CO-04 what is allowed is what was asked, whatever the form says besides', async () => {
  const visitor = scene.visitor()
  const other = await scene.makeClient({ redirectUris: ['https://other.example/cb'] })
  const page = await arrive(visitor, { scope: 'openid' })
  const visit = await visitor.submit(page, {
    decision: 'allow',
    scope: 'openid email orders:write',
    client_id: other.clientId,
    redirect_uri: 'https://other.example/cb',
    resource: API,
    first_party: 'true',
  })
  const code = await scene.codeBehind(visit.location)
  assert.deepEqual([code?.scopes, code?.resources, code?.clientId], [['openid'], [], scene.client.id])
  assert.ok(visit.location?.startsWith('https://app.example/callback?'))
})

test('CO-04 two tabs decide about two requests', async () => {
  const visitor = scene.visitor()
  const one = await arrive(visitor, { scope: 'openid', state: 'one' })
  const two = await arrive(visitor, { scope: 'openid email', state: 'two' })
  const mixed = { ...formOf(two).fields, csrf: formOf(one).fields.csrf ?? '', decision: 'allow' }
  assert.equal((await visitor.post('/consent', mixed)).status, 403)
  const allowed = await visitor.submit(one, { decision: 'allow' })
  assert.equal(answerOf(allowed).state, 'one')
  assert.deepEqual((await scene.codeBehind(allowed.location))?.scopes, ['openid'])
  const refused = await visitor.submit(two, { decision: 'deny' })
  assert.deepEqual([answerOf(refused).state, answerOf(refused).error], ['two', 'access_denied'])
})

test('CO-07 a client’s name cannot pretend, hide or reach beyond its place', async () => {
  await assert.rejects(scene.makeClient({ label: 'elgooG\u202e' }), { code: 'invalid_input' })
  const client = await scene.makeClient({ label: `Google\u200b<b>${'x'.repeat(150)}` })
  const page = await arrive(scene.visitor(), { client_id: client.clientId })
  assert.doesNotMatch(page.text, /<b>|\u200b|x{100}/)
  assert.match(page.text, /Google&lt;b>/)
})

test('a client whose redirect URI was taken away meanwhile is not answered', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const patch = parse(ClientPatch, { id: scene.client.id, redirectUris: ['https://app.example/moved'] })
  await updateClient(scene.house.contextFor(), patch)
  const visit = await visitor.submit(page, { decision: 'allow' })
  assert.equal(visit.error, 'invalid_redirect_uri')
  assert.equal(visit.location, undefined)
})
