// Checks in a browser how clients are told that their user signs out (OpenID Connect Front-Channel Logout 1.0).
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { exchange, makeClient, makePerson, proofKey, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { Person } from '#testing/user-agent.ts'

/** An app with an origin of its own, and what its logout URI was asked for. */
interface App {
  readonly origin: string
  readonly asked: URL[]
  readonly client: TestClient
  close(): void
}

let server: TestServer
let browser: Browser
let ada: Person
const apps: App[] = []

before(async () => {
  server = await startServer()
  browser = await launchBrowser()
  ada = await makePerson(server, 'ada@northwind.example')
})
after(async () => {
  await browser?.close()
  for (const app of apps) app.close()
  await server?.stop()
})

/** Starts an app and registers it. @param answers whether its logout URI answers */
async function startApp(given: Record<string, unknown> = {}, answers = true): Promise<App> {
  const asked: URL[] = []
  const web: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://app')
    if (url.pathname === '/signed-out') asked.push(url)
    if (url.pathname === '/signed-out' && !answers) return
    // What a hostile app would do: lead the whole page elsewhere.
    const script = url.pathname === '/signed-out' ? '<script>top.location = "/escaped"</script>' : ''
    response.setHeader('content-type', 'text/html').end(`<!doctype html><h1>${url.pathname}</h1>${script}`)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  const client = await makeClient(server, {
    first_party: true,
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`],
    frontchannel_logout_uri: `${origin}/signed-out?from=op`,
    ...given,
  })
  const close = () => {
    web.closeAllConnections()
    web.close()
  }
  const app = { origin, asked, client, close }
  apps.push(app)
  return app
}

/** Signs the person in to apps in one browser. @returns the ID token of the first */
async function signIn(page: Page, ...into: App[]): Promise<string> {
  let first = ''
  for (const { client, origin } of into) {
    const { verifier, challenge } = proofKey()
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: `${origin}/callback`,
      scope: 'openid',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    await page.goto(`${server.url}/oauth/authorize?${query}`)
    if (!page.url().startsWith(origin)) {
      await page.getByLabel('E-mail').fill(ada.email)
      await page.getByLabel('Password').fill(ada.password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.waitForURL(`${origin}/**`)
    }
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const { body } = await exchange(server, client, { code, verifier }, { redirect_uri: `${origin}/callback` })
    first ||= String(body.id_token)
  }
  return first
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${server.url}/oauth/logout`)
  await page.getByRole('button', { name: 'Sign out' }).click({ noWaitAfter: true })
}

async function inBrowser(options: BrowserContextOptions, work: (page: Page, complaints: string[]) => Promise<void>) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  try {
    await work(page, complaints)
  } finally {
    await context.close()
  }
}

test('each app of the session is loaded in a frame, and the person goes on to the app that asked', async () => {
  const one = await startApp({ frontchannel_logout_session_required: true })
  const two = await startApp()
  const none = await startApp({ frontchannel_logout_uri: null })
  const absent = await startApp()
  await inBrowser({}, async (page, complaints) => {
    const hint = await signIn(page, one, two, none)
    const query = new URLSearchParams({
      id_token_hint: hint,
      post_logout_redirect_uri: `${one.origin}/bye`,
      state: 's',
    })
    const started = Date.now()
    await page.goto(`${server.url}/oauth/logout?${query}`)
    await page.waitForURL(`${one.origin}/bye?state=s`)
    assert.ok(Date.now() - started < 20_000)
    const claims = JSON.parse(Buffer.from(hint.split('.')[1] ?? '', 'base64url').toString())
    const expected = new URLSearchParams({ from: 'op', iss: server.url, sid: claims.sid }).toString()
    assert.deepEqual(
      one.asked.map(({ searchParams }) => searchParams.toString()),
      [expected],
    )
    assert.deepEqual(
      two.asked.map(({ search }) => search),
      ['?from=op'],
    )
    assert.deepEqual([none.asked, absent.asked], [[], []])
    assert.deepEqual(
      complaints.filter((text) => text.includes('Content Security Policy')),
      [],
    )
  })
  for (const { client } of [one, two]) {
    const path = `/v1/realms/default/logout-deliveries?client_id=${client.id}`
    const { data } = await server.api<{ data: { status: string }[] }>('GET', path)
    assert.deepEqual(
      data.map(({ status }) => status),
      ['shown'],
    )
  }
})

test('an app that does not answer holds nobody up, and nothing needs scripts', async () => {
  const silent = await startApp({}, false)
  const quick = await startApp()
  await inBrowser({}, async (page) => {
    await signIn(page, silent)
    await signOut(page)
    await page.waitForURL(`${server.url}/signed-out`)
    assert.equal(silent.asked.length, 1)
  })
  await inBrowser({ javaScriptEnabled: false }, async (page) => {
    await signIn(page, quick)
    await signOut(page)
    await page.waitForURL(`${server.url}/signed-out`)
    assert.equal(quick.asked.length, 1)
    await signIn(page, silent)
    await signOut(page)
    await page.getByRole('link', { name: 'Continue' }).click({ noWaitAfter: true })
    await page.waitForURL(`${server.url}/signed-out`)
  })
})

test('the page frames exactly the origins of the clients, and nobody frames it', async () => {
  const app = await startApp()
  await inBrowser({}, async (page) => {
    await signIn(page, app)
    const replied = page.waitForResponse((response) => response.request().method() === 'POST')
    await signOut(page)
    const { 'content-security-policy': policy = '', 'x-frame-options': frames } = await (await replied).allHeaders()
    assert.match(policy, new RegExp(`frame-src ${app.origin};`))
    assert.match(policy, /default-src 'none';.*frame-ancestors 'none'/)
    assert.equal(frames, 'DENY')
  })
})

test('a logout URI has the origin of a redirect URI, and metadata says that they are supported', async () => {
  for (const given of [
    { frontchannel_logout_uri: 'https://other.example/logout' },
    { frontchannel_logout_uri: 'https://app.example:8443/logout' },
    { frontchannel_logout_uri: 'https://app.example/logout#x' },
    { frontchannel_logout_uri: 'javascript:alert(1)' },
    { frontchannel_logout_session_required: true },
  ]) {
    const body = { label: 'x', redirect_uris: ['https://app.example/callback'], ...given }
    assert.equal((await server.call('POST', '/v1/realms/default/clients', { body })).status, 400, JSON.stringify(given))
  }
  const metadata = await (await fetch(`${server.url}/.well-known/openid-configuration`)).json()
  assert.partialDeepStrictEqual(metadata, {
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
  })
})
