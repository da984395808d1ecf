// RFC 9700 §4.11.2: the authorization endpoint as an open redirector, by clients that anybody can register.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { DIALECTS, storeForTests, type TestStore } from '#testing/databases.ts'
import { type DocumentHost, startDocumentHost } from '#testing/document-host.ts'
import { makeClient, makePerson, proofKey, REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const DOCUMENT = { client_name: 'Strangers', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' }

for (const dialect of DIALECTS) {
  let folder: string
  let store: TestStore
  let server: TestServer
  let host: DocumentHost

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-errors-'))
    const certificate = join(folder, 'certificate.pem')
    writeFileSync(certificate, TEST_CERTIFICATE.cert)
    host = await startDocumentHost()
    store = await storeForTests(dialect)
    const database = dialect === 'postgres' ? { COUNTERSIGN_DATABASE_URL: store.url } : {}
    server = await startServer({ env: { NODE_EXTRA_CA_CERTS: certificate, ...database } })
    const policy = { client_id_metadata: 'any_https', registration: { mode: 'open' } }
    await server.api('PATCH', '/v1/realms/default', { policy })
  })
  after(async () => {
    await server?.stop()
    await store?.close()
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function register(): Promise<string> {
    const response = await fetch(`${server.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(DOCUMENT),
    })
    return ((await response.json()) as { client_id: string }).client_id
  }

  function addressOf(clientId: string, more: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      state: 'a state',
      code_challenge: proofKey().challenge,
      code_challenge_method: 'S256',
      ...more,
    })
    return `${server.url}/oauth/authorize?${query}`
  }

  test(`${dialect}: RU-12 an error of a client that nobody approved does not redirect by itself`, async () => {
    const agent = new UserAgent(server.url)
    for (const clientId of [await register(), host.client('/stranger.json', DOCUMENT)]) {
      for (const more of [{ prompt: 'none' }, { response_type: 'token' }]) {
        const page = await agent.request(addressOf(clientId, more))
        assert.equal(page.headers.get('location'), null)
        assert.ok(page.status >= 400 && page.status < 500, String(page.status))
        assert.match(page.text, /<strong class="host"><bdi>app\.example<\/bdi>/)
        const [, link = ''] = /<a href="(https:\/\/app\.example[^"]*)"/.exec(page.text) ?? []
        const onward = new URL(link.replaceAll('&amp;', '&'))
        assert.equal(`${onward.origin}${onward.pathname}`, REDIRECT_URI)
        assert.match(onward.searchParams.get('error') ?? '', /^(login_required|unsupported_response_type)$/)
        assert.deepEqual([onward.searchParams.get('state'), onward.searchParams.get('iss')], ['a state', server.url])
      }
      const form = await agent.request(addressOf(clientId, { prompt: 'none', response_mode: 'form_post' }))
      assert.doesNotMatch(form.text, /<script/)
      assert.match(form.text, /<form[^>]* method="post" action="https:\/\/app\.example\/callback"/)
      assert.match(form.text, /name="error" value="login_required"/)
    }
  })

  test(`${dialect}: RU-12 once a person has approved the client, its errors come back as usual`, async () => {
    const person = await makePerson(server, 'ada@example.com')
    for (const clientId of [await register(), host.client('/approved.json', DOCUMENT)]) {
      await new UserAgent(server.url).authorize(addressOf(clientId), person)
      const page = await new UserAgent(server.url).request(addressOf(clientId, { prompt: 'none' }))
      const back = new URL(page.headers.get('location') ?? '')
      assert.deepEqual([back.host, back.searchParams.get('error')], ['app.example', 'login_required'])
    }
  })

  test(`${dialect}: RU-12 a client of an administrator, and the denial of a person, redirect at once`, async () => {
    const { clientId } = await makeClient(server)
    const own = await new UserAgent(server.url).request(addressOf(clientId, { prompt: 'none' }))
    assert.match(own.headers.get('location') ?? '', /error=login_required/)
    const person = await makePerson(server, 'grace@example.com')
    const agent = new UserAgent(server.url)
    const signIn = await agent.follow(await agent.request(addressOf(await register())))
    const denied = await agent.submit(await agent.submit(signIn, { ...person }), { decision: 'deny' })
    assert.equal(denied.away?.searchParams.get('error'), 'access_denied')
  })

  test(`${dialect}: RU-12 a realm for certification redirects at once, as OpenID Connect says`, async () => {
    await server.api('PATCH', '/v1/realms/default', { policy: { profile: 'openid-certification' } })
    const page = await new UserAgent(server.url).request(addressOf(await register(), { prompt: 'none' }))
    assert.match(page.headers.get('location') ?? '', /error=login_required/)
  })
}
