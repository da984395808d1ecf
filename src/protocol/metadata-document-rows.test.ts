// Checks which rows a client of a metadata document makes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deleteClient, setClientStatus, updateClient } from '#domain/client/client.service.ts'
import { ClientPatch } from '#domain/client/client.ts'
import { purgeRun } from '#domain/purge/purge.operations.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { API, answerOf, authorizeInBrowser, REDIRECT_URI } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { postForm } from '#testing/token-client.ts'

for (const database of DIALECTS) {
  describe(`the rows of such clients on ${database}`, () => {
    let own: DocumentFixture
    before(async () => {
      own = await openDocumentFixture(database)
    })
    after(() => own.close())
    test('requests, refusals and denials make no row; approvals at once make one', async () => {
      const clientId = own.host.client('/one.json')
      await own.ask(clientId)
      await own.redeem(clientId, 'x')
      const browser = await own.browse()
      const request = own.fixture.request({ client_id: clientId })
      const signIn = await browser.follow(await browser.get('/oauth/authorize', request))
      const consent = await browser.submit(signIn, {
        email: 'bob@example.com',
        password: 'correct horse battery staple',
      })
      assert.equal(answerOf(await browser.submit(consent, { decision: 'deny' })).error, 'access_denied')
      assert.deepEqual(await own.rows(), [])
      const codes = await Promise.all(Array.from({ length: 4 }, () => own.codeFor(clientId)))
      assert.equal((await own.rows()).length, 1)
      for (const code of codes.slice(0, 2)) assert.equal((await own.redeem(clientId, code)).status, 200)
      const created = await own.fixture.events('client.created')
      const event = created.find(({ data }) => (data as { clientId?: string }).clientId === clientId)
      assert.deepEqual([event?.actor.kind, event?.actor.id], ['user', own.fixture.ada.id])
    })

    test('a changed document is in the row after the next approval, with an event', async () => {
      const clientId = own.host.client('/changes.json')
      await own.codeFor(clientId)
      own.host.client('/changes.json', { client_name: 'Renamed', grant_types: ['authorization_code'] })
      own.clock.advance(300_000)
      await own.ask(clientId)
      const row = async () => (await own.rows()).find((client) => client.clientId === clientId)
      assert.equal((await row())?.label, 'Tidewater Desktop')
      await own.codeFor(clientId)
      await own.codeFor(clientId)
      assert.deepEqual([(await row())?.label, (await row())?.grantTypes], ['Renamed', ['authorization_code']])
      const updates = await own.fixture.events('client.updated')
      assert.equal(updates.filter(({ data }) => (data as { clientId?: string }).clientId === clientId).length, 1)
    })

    test('what people allowed a document does not hold for another host or name that it says', async () => {
      const { events } = own.fixture
      const path = '/moves.json'
      const clientId = own.host.client(path)
      const browser = await own.browse()
      const silent = async (redirectUri: string) => {
        const changes = { client_id: clientId, redirect_uri: redirectUri, prompt: 'none' }
        const answer = answerOf(await browser.get('/oauth/authorize', own.fixture.request(changes)))
        return answer.error ?? (answer.code ? 'code' : 'nothing')
      }
      await authorizeInBrowser(browser, own.fixture.request({ client_id: clientId }))
      assert.equal(await silent(REDIRECT_URI), 'code')
      const elsewhere = 'https://other.example/cb'
      own.host.client(path, { redirect_uris: [REDIRECT_URI, elsewhere] })
      own.clock.advance(300_000)
      assert.equal(await silent(elsewhere), 'consent_required')
      own.host.client(path, { client_name: 'Bank' })
      own.clock.advance(300_000)
      assert.equal(await silent(REDIRECT_URI), 'consent_required')
      assert.ok((await events('client.updated')).every(({ data }) => data.clientId !== clientId))
    })

    test('MC-08: a suspended one gets no code and no token, its tokens are inactive, and its document is not fetched', async () => {
      const clientId = own.host.client('/suspended.json')
      const { body } = await own.redeem(clientId, await own.codeFor(clientId))
      const { id } = (await own.rows()).find((client) => client.clientId === clientId) ?? { id: '' }
      const context = own.fixture.services.contextFor()
      await setClientStatus(context, id, 'suspended')
      own.clock.advance(300_000)
      const page = await own.ask(clientId)
      assert.deepEqual([page.error, page.location], ['invalid_client', undefined])
      assert.equal((await own.refresh(clientId, body.refresh_token)).body.error, 'invalid_client')
      const userinfo = await (await own.browse()).get(
        '/oauth/userinfo',
        {},
        { authorization: `Bearer ${body.access_token}` },
      )
      assert.equal(userinfo.status, 401)
      assert.equal(own.askedFor(clientId), 1)
      await setClientStatus(context, id, 'active')
      assert.equal((await own.refresh(clientId, body.refresh_token)).status, 200)
    })

    test('a deleted one loses its tokens and consents, and comes back when a person approves it again', async () => {
      const clientId = own.host.client('/deleted.json')
      const { body } = await own.redeem(clientId, await own.codeFor(clientId))
      const { id } = (await own.rows()).find((client) => client.clientId === clientId) ?? { id: '' }
      await deleteClient(own.fixture.services.contextFor(), { id })
      assert.ok((await own.rows()).every((client) => client.clientId !== clientId))
      assert.equal((await own.refresh(clientId, body.refresh_token)).body.error, 'invalid_client')
      const browser = await own.browse()
      const request = own.fixture.request({ client_id: clientId })
      const signIn = await browser.follow(await browser.get('/oauth/authorize', request))
      const page = await browser.submit(signIn, { email: 'ada@example.com', password: 'correct horse battery staple' })
      assert.match(page.text, /value="allow"/)
      const again = answerOf(await browser.submit(page, { decision: 'allow' }))
      assert.equal((await own.redeem(clientId, String(again.code))).status, 200)
      assert.equal((await own.refresh(clientId, body.refresh_token)).body.error, 'invalid_grant')
      assert.notEqual((await own.rows()).find((client) => client.clientId === clientId)?.id, id)
    })

    test('the operator changes lifetimes and the profile, and nothing that the document says', async () => {
      const clientId = own.host.client('/operator.json')
      await own.codeFor(clientId)
      const { id } = (await own.rows()).find((client) => client.clientId === clientId) ?? { id: '' }
      const context = own.fixture.services.contextFor()
      for (const change of [
        { label: 'Another' },
        { redirectUris: ['https://evil.example/callback'] },
        { grantTypes: ['authorization_code'] },
        { scopes: ['openid'] },
        { audiences: [API] },
        { firstParty: true },
        { tokenExchangeAllowed: true },
        { introspectAllTokens: true },
        { dpopBoundAccessTokens: true },
      ]) {
        await assert.rejects(
          updateClient(context, parse(ClientPatch, { id, ...change })),
          (error: unknown) => error instanceof Failure && error.code === 'invalid_input',
          JSON.stringify(change),
        )
      }
      await updateClient(context, parse(ClientPatch, { id, accessTokenLifetime: 60, firstParty: false }))
      const { body } = await own.redeem(clientId, await own.codeFor(clientId))
      assert.equal(body.expires_in, 60)
    })

    test('unused ones are purged; those with a refresh token and suspended ones are not', async () => {
      const clock = own.clock
      await own.setPolicy({ refreshTokenLifetime: 31_536_000 })
      const tokens = new Map<string, unknown>()
      const made = ['/purge/used.json', '/purge/unused.json', '/purge/suspended.json'].map((path) =>
        own.host.client(path),
      )
      const [used = '', unused = '', suspended = ''] = made
      for (const clientId of made) {
        const { body } = await own.redeem(clientId, await own.codeFor(clientId))
        tokens.set(clientId, body.refresh_token)
      }
      const present = async () => new Set((await own.rows()).map(({ clientId }) => clientId))
      const idOf = async (clientId: string) =>
        (await own.rows()).find((client) => client.clientId === clientId)?.id ?? ''
      const context = own.fixture.services.contextFor({ tenantId: PLATFORM, realm: null })
      const purge = (dryRun = false) => callOperation(purgeRun, context, { only: ['unused-clients'], dryRun })
      for (const [clientId, token] of tokens) {
        if (clientId !== used)
          await postForm(own.fixture, '/oauth/revoke', { client_id: clientId, token: String(token) })
      }
      await setClientStatus(own.fixture.services.contextFor(), await idOf(suspended), 'suspended')
      for (let week = 0; week < 12; week++) {
        clock.advance(7 * 86_400_000)
        tokens.set(used, (await own.refresh(used, tokens.get(used))).body.refresh_token)
      }
      assert.deepEqual(
        (await purge()).targets.map(({ rows: count }) => count),
        [0],
      )
      clock.advance(7 * 86_400_000)
      const [planned] = (await purge(true)).targets
      assert.ok((planned?.rows ?? 0) > 0)
      assert.ok((await present()).has(unused))
      assert.equal((await purge()).targets[0]?.rows, planned?.rows)
      const left = await present()
      assert.deepEqual([left.has(used), left.has(unused), left.has(suspended)], [true, false, true])
      const deleted = await own.fixture.events('client.deleted')
      assert.ok(deleted.some(({ data }) => (data as { clientId?: string }).clientId === unused))
      assert.equal((await own.refresh(used, tokens.get(used))).status, 200)
      assert.ok(await own.codeFor(unused))
    })

    test('a person is the first to approve twenty clients a day, and no more', async () => {
      own.clock.advance(86_400_000)
      const before = (await own.rows()).length
      const browser = await own.browse()
      const approve = async (at: number) => {
        const clientId = own.host.client(`/many/${at}.json`)
        const visited = await authorizeInBrowser(browser, own.fixture.request({ client_id: clientId }))
        own.clock.advance(60_000)
        return visited
      }
      for (let at = 0; at < 20; at++) assert.ok(answerOf(await approve(at)).code)
      const refused = await approve(20)
      assert.deepEqual([refused.error, refused.location], ['too_many_requests', undefined])
      assert.equal((await own.rows()).length, before + 20)
    })
  })
}
