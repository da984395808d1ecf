// Checks in a browser how a person gets back to an app.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { makeClient, makePerson, proofKey } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import type { Person } from '#testing/user-agent.ts'

// The server over plain http under a name of a local network, as a first installation often is. Browsers send no
// `Sec-Fetch-Site` there, and `Origin: null` because the pages send no referrer. Sign-in in a popup is tested by the
// single-page app of docs/clients.

const HOST = 'nas.lan'

let server: TestServer
let browser: Browser
let app: Server
let ada: Person
let issuer: string
let arrived: URL | undefined

before(async () => {
  const ports = { public: await freePort(), admin: await freePort() }
  issuer = `http://${HOST}:${ports.public}`
  server = await startServer({ ports, env: { COUNTERSIGN_PUBLIC_URL: issuer } })
  browser = await launchBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`])
  app = createServer((request, response) => {
    if (request.url?.startsWith('/callback')) arrived = new URL(request.url, issuer)
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>App</title><h1>Back at the app</h1>')
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  ada = await makePerson(server, 'ada@northwind.example')
})
after(async () => {
  await browser?.close()
  app?.closeAllConnections()
  app?.close()
  await server?.stop()
})

/** Requests authorization and signs in, up to the consent page. */
async function signIn(page: Page, clientId: string, redirectUri: string): Promise<void> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid email',
    state: 'a state',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })
  await page.goto(`${issuer}/oauth/authorize?${query}`)
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('over http on a local network a person signs in, and the app gets the code', async () => {
  const redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`
  const { clientId } = await makeClient(server, { redirect_uris: [redirectUri], scopes: ['openid', 'email'] })
  const page = await browser.newPage()
  const posted: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') posted.push(request.headers().origin ?? '-')
  })
  await signIn(page, clientId, redirectUri)
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
  assert.ok(arrived?.searchParams.get('code'))
  assert.deepEqual(posted, ['null', 'null'])
  await page.close()
})

test('Allow leads to the scheme of an app', async () => {
  const redirectUri = 'com.tidewater.mail:/callback'
  const made = { redirect_uris: [redirectUri], scopes: ['openid', 'email'], auth_method: 'none' }
  const { clientId } = await makeClient(server, { ...made, grant_types: ['authorization_code'] })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await signIn(page, clientId, redirectUri)
  const leads = page.waitForRequest((request) => request.url().startsWith(redirectUri))
  await page.getByRole('button', { name: 'Allow' }).click()
  assert.ok(new URL((await leads).url()).searchParams.get('code'))
  assert.deepEqual(
    complaints.filter((text) => text.includes('Content Security Policy')),
    [],
  )
  await page.close()
})
