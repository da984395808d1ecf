// Checks which client ID metadata documents are refused.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { assertPage, type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'

const CALLBACK = 'https://app.example/callback'

let set: DocumentFixture
before(async () => {
  set = await openDocumentFixture()
})
after(() => set.close())
afterEach(() => set.reset())

describe('a document that is refused', () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
  for (const [what, metadata] of Object.entries({
    'client_id mismatch': { client_id: 'https://other.example/client.json' },
    'client_id in another spelling': { client_id: 'https://LOCALHOST/client.json' },
    'no client_id': { client_id: undefined },
    client_secret: { client_secret: 'secret' },
    client_secret_expires_at: { client_secret_expires_at: 0 },
    'secret method client_secret_basic': { token_endpoint_auth_method: 'client_secret_basic' },
    'secret method client_secret_post beside a list': {
      token_endpoint_auth_method: 'client_secret_post',
      token_endpoint_auth_methods_supported: ['none'],
    },
    'secret method client_secret_jwt': { token_endpoint_auth_method: 'client_secret_jwt' },
    'unknown method': { token_endpoint_auth_method: 'tls_client_auth' },
    'only secret methods': {
      token_endpoint_auth_method: undefined,
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    },
    'private_key_jwt without keys': { token_endpoint_auth_method: 'private_key_jwt' },
    'private jwk': { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...key, d: 'secret-detail' }] } },
    'symmetric jwk': { jwks: { keys: [{ kty: 'oct', k: 'secret-detail' }] } },
    'no redirect_uris': { redirect_uris: undefined },
    'empty redirect_uris': { redirect_uris: [] },
    'redirect_uris as text': { redirect_uris: CALLBACK },
    'javascript redirect': { redirect_uris: ['javascript:alert(1)'] },
    'http redirect': { redirect_uris: ['http://app.example/callback'] },
    'redirect with a fragment': { redirect_uris: ['https://app.example/callback#x'] },
    'logo http': { logo_uri: 'http://app.example/logo.png' },
    'logo javascript': { logo_uri: 'javascript:alert(1)' },
    'no grant for people': { grant_types: ['client_credentials'] },
    'implicit only': { grant_types: ['implicit'], response_types: ['token'] },
  })) {
    test(`MC-03: ${what}`, async () => {
      const clientId = set.publish(metadata)
      const page = await set.ask(clientId)
      assertPage(page, 'invalid_client')
      assert.match(page.text, /metadata document/)
      assert.doesNotMatch(page.text, /secret-detail/)
      assert.equal(await set.row(clientId), undefined)
    })
  }

  for (const [what, document] of Object.entries({ list: [], text: 'text', null: null, number: 7 })) {
    test(`MC-03: ${what} instead of an object`, async () => {
      const clientId = set.host.publish(set.path(), { document })
      assertPage(await set.ask(clientId), 'invalid_client')
    })
  }

  test('MC-03: http, IP host, fragment, dot segments and userinfo are no client ids, and nothing is fetched', async () => {
    const asked = set.host.asked.length
    const { host, port } = new URL(set.host.origin)
    for (const clientId of [
      `http://${host}/clients/1.json`,
      `https://127.0.0.1:${port}/clients/1.json`,
      `https://${host}/clients/1.json#part`,
      `https://${host}/x/../clients/1.json`,
      `https://${host}/x/%2e%2e/clients/1.json`,
      `https://user@${host}/clients/1.json`,
      `https://${host}`,
      `HTTPS://${host}/clients/1.json`,
    ]) {
      assertPage(await set.ask(clientId), 'invalid_client', clientId)
    }
    assert.equal(set.host.asked.length, asked)
  })
})

describe('fetching', () => {
  test('MC-03 SS-03: a redirect is not followed', async () => {
    const target = set.publish()
    for (const status of [301, 302, 303, 307, 308]) {
      const clientId = set.host.publish(set.path(), { document: {}, status, headers: { location: target } })
      assertPage(await set.ask(clientId), 'temporarily_unavailable')
    }
    assert.equal(set.askedFor(target), 0)
  })

  test('SS-01: literal internal addresses and names are refused without a connection', async () => {
    for (const authority of [
      '10.0.0.1',
      '169.254.169.254',
      '[::1]',
      '[fd00::1]',
      '2130706433',
      '0x7f000001',
      'localhost.',
      'server.internal',
      'printer.local',
      'intranet',
    ]) {
      const page = await set.ask(`https://${authority}/latest/meta-data`)
      assert.ok(['invalid_client', 'temporarily_unavailable'].includes(page.error ?? ''), authority)
      assert.equal(page.location, undefined)
    }
  })

  test('SS-02: a name that leads inside is refused, also when it was public before, or beside a public address', async () => {
    const port = new URL(set.host.origin).port
    const clientId = `https://rebind.example.test:${port}/clients/1.json`
    const asked = set.host.asked.length
    for (const addresses of [['10.0.0.1'], ['8.8.8.8', '192.168.0.1'], ['169.254.169.254'], ['::ffff:10.0.0.1']]) {
      set.dns.set({ 'rebind.example.test': { addresses } })
      assertPage(await set.ask(clientId), 'temporarily_unavailable', addresses)
      set.clock.advance(16_000)
    }
    assert.equal(set.host.asked.length, asked)
  })

  test('SS-04: ports of other services are refused', async () => {
    for (const port of [22, 25, 6379, 5432]) {
      assertPage(await set.ask(`https://client.example:${port}/client.json`), 'temporarily_unavailable', port)
    }
  })

  test('MC-03 SS-06: huge, slow and never-ending bodies are given up', async () => {
    const huge = set.publish({ x_padding: 'x'.repeat(5 * 1024) })
    assertPage(await set.ask(huge), 'temporarily_unavailable')
    const largest = set.publish()
    const { length } = JSON.stringify({
      client_id: largest,
      client_name: 'Tidewater Desktop',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      x_padding: '',
    })
    set.host.client(new URL(largest).pathname, { x_padding: 'x'.repeat(5 * 1024 - length) })
    assert.match(String((await set.ask(largest)).location), /^\/sign-in/)

    let sent = 0
    const endless = set.host.publish(set.path(), (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && sent < 50_000_000 && response.write(Buffer.alloc(16_384, 32))) sent += 16_384
      }
      response.on('drain', more)
      more()
    })
    assertPage(await set.ask(endless), 'temporarily_unavailable')
    assert.ok(sent < 20_000_000, `${sent} bytes were taken`)

    const started = performance.now()
    const slow = set.host.publish(set.path(), (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    })
    const silent = set.host.publish(set.path(), () => {})
    assertPage(await set.ask(slow), 'temporarily_unavailable')
    assertPage(await set.ask(silent), 'temporarily_unavailable')
    assert.ok(performance.now() - started < 15_000)
  })

  test('SS-07: nothing of a wrong answer is told', async () => {
    for (const [status, type, error] of [
      [500, 'application/json', 'temporarily_unavailable'],
      [404, 'application/json', 'invalid_client'],
      [200, 'text/html', 'invalid_client'],
      [204, 'application/json', 'temporarily_unavailable'],
    ] as const) {
      const clientId = set.host.publish(set.path(), {
        document: { error: 'secret-detail' },
        status,
        headers: { 'content-type': type },
      })
      const page = await set.ask(clientId)
      assertPage(page, error, status)
      if (error === 'invalid_client') assert.match(page.text, /not with a JSON document/)
      assert.doesNotMatch(page.text, /secret-detail|50\d|404/)
    }
  })
})
