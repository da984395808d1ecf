// Runs the scripts of AuthPlane’s command line against one server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCode, makeClient, makePerson, post, REDIRECT_URI } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'
import { printedBy } from '../example.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

const printed = (script: string, at = server, more = {}, onOutput?: (text: string) => void) =>
  printedBy(at, `authplane/${script}`, { AUTHPLANE_ADMIN_API_KEY: at.adminKey, ...more }, onOutput)

test('a protected API answers a token, none, and one that may less', async () => {
  assert.deepEqual(await printed('first-token.sh', server, { PORT: String(await freePort()) }), [
    'Without a token: 401.',
    'With a token that may read: 200.',
    'Writing with it: 403.',
    'Issued: 2.',
    'Deleted everything again.',
  ])
})

test('an MCP server gets the token of another provider once the user has connected the account', async (t) => {
  const upstream = await startServer()
  t.after(() => upstream.stop())
  const ports = { public: await freePort(), admin: await freePort() }
  const atProvider = await makeClient(upstream, {
    auth_method: 'client_secret',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`http://127.0.0.1:${ports.public}/connect/upstream/callback`],
  })
  const at = await startServer({ ports, env: { CONNECTOR_UPSTREAM_SECRET: atProvider.secret } })
  t.after(() => at.stop())
  const there = await makePerson(upstream, 'ada@upstream.example')
  const here = await makePerson(at, 'ada@here.example')
  const app = await makeClient(at)
  const browser = new UserAgent(at.url)
  const { code, verifier } = await getCode(at, app, here, { scope: 'openid' }, browser)
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  const { body } = await post(at, '/oauth/token', form, { authorization: app.basic })

  /** The user allows what the MCP server asks, signs in at the provider, and comes back. */
  async function connect(url: string): Promise<void> {
    let page = await browser.follow(await browser.request(url))
    for (let step = 0; step < 4 && !page.away; step++) {
      page = await browser.submit(page, /name="password"/.test(page.text) ? { ...here } : { decision: 'allow' })
    }
    const back = await new UserAgent(upstream.url).authorize(page.away?.href ?? '', there)
    await browser.follow(await browser.request(back.href))
  }
  let connected: Promise<void> | undefined
  const more = {
    SUBJECT: String(body.access_token),
    UPSTREAM: upstream.url,
    UPSTREAM_CLIENT_ID: atProvider.clientId,
  }
  const lines = await printed('broker.sh', at, more, (text) => {
    const [, url] = /^Open (\S+)$/m.exec(text) ?? []
    if (url) connected = connect(url)
  })
  await connected
  assert.match(lines[1] ?? '', new RegExp(`^Open ${at.url}/connect/upstream\\?`))
  assert.deepEqual(lines.toSpliced(1, 1), [
    'The first exchange: consent_required, consent_missing.',
    'The MCP server is told by the provider: ada@upstream.example.',
    'After the account was disconnected: consent_required.',
    'Deleted everything again.',
  ])
})

test('a gateway exchanges tokens by a fronting link, and nobody else does', async () => {
  assert.deepEqual(await printed('gateway.sh'), [
    'A dry run: {"tools:use":["notes:read"]}.',
    'Links: 0.',
    'Links: 1.',
    'The gateway gets notes:read.',
    'More than that: invalid_scope.',
    'Another client: unauthorized_client.',
    'The API can be deleted: 1 link keeps it.',
    'Deleted everything again.',
  ])
})

test('a chain of tokens ends with the first one', async () => {
  assert.deepEqual(await printed('delegation.sh'), [
    'The last token is for third, before it second.',
    'The token of the first is active: false.',
    'The token of the second is active: false.',
    'The token of the third is active: false.',
    'Read back: revoked.',
    'Deleted everything again.',
  ])
})

test('a key rotates, a client is suspended, and the issuances tell who got what', async () => {
  assert.deepEqual(await printed('day-two.sh'), [
    'Both keys are published: true.',
    'The token is active: true.',
    'A suspended client asks for a token: invalid_client.',
    'The token is active: true.',
    'It was issued for orders:read at https://orders.example.com/.',
    'The token is active: false.',
    'Deleted everything again.',
  ])
})
