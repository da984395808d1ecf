// Checks the response modes in a browser.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { makeClient, makePerson, proofKey } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

interface Arrival {
  readonly method: string
  readonly origin: string | undefined
  readonly parameters: URLSearchParams
}

let server: TestServer
let browser: Browser
let app: Server
let ada: Person
let redirectUri: string
let client: { clientId: string; secret: string }
let arrived: Arrival[] = []

before(async () => {
  server = await startServer()
  browser = await launchBrowser()
  app = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://app.test')
      const parameters = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams
      if (url.pathname === '/callback') {
        arrived.push({ method: request.method ?? '', origin: request.headers.origin, parameters })
      }
      const frame = url.pathname === '/frame' ? `<iframe src="${url.searchParams.get('src')}"></iframe>` : ''
      response
        .setHeader('content-type', 'text/html')
        .end(`<!doctype html><title>App</title><h1>Back at the app</h1>${frame}`)
    })
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`
  ada = await makePerson(server, 'ada@northwind.example')
  client = await makeClient(server, { redirect_uris: [redirectUri], scopes: ['openid', 'email'] })
})
after(async () => {
  await browser?.close()
  app?.closeAllConnections()
  app?.close()
  await server?.stop()
})

function request(changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope: 'openid email',
    state: `"><script>alert('a state')</script> & more`,
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
  return `${server.url}/oauth/authorize?${query}`
}

async function signIn(page: Page, changes: Record<string, string>, answer: 'Allow' | 'Deny'): Promise<Arrival> {
  arrived = []
  await page.goto(request({ prompt: 'consent', ...changes }))
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: answer }).click()
  await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
  const [arrival] = arrived
  assert.ok(arrival && arrived.length === 1)
  return arrival
}

/** The claims of a signed response, verified with the realm's published keys. */
async function claimsOf(response: string | null): Promise<Record<string, unknown>> {
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(response ?? '', keys, { issuer: server.url, audience: client.clientId })
  return payload
}

test('form_post: the browser posts the code, the state and the issuer to the client', async () => {
  const page = await browser.newPage()
  const { method, origin, parameters } = await signIn(page, { response_mode: 'form_post' }, 'Allow')
  assert.equal(method, 'POST')
  assert.equal(origin, server.url)
  assert.deepEqual([...parameters.keys()].sort(), ['code', 'iss', 'state'])
  assert.equal(parameters.get('iss'), server.url)
  assert.equal(parameters.get('state'), `"><script>alert('a state')</script> & more`)
  await page.close()
})

test('form_post: an error travels the same way', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const { method, parameters } = await signIn(page, { response_mode: 'form_post' }, 'Deny')
  assert.equal(method, 'POST')
  assert.deepEqual([parameters.get('error'), parameters.get('iss')], ['access_denied', server.url])
  arrived = []
  await page.goto(request({ response_mode: 'form_post', scope: 'openid', max_age: 'soon' }))
  await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
  assert.equal(arrived[0]?.parameters.get('error'), 'invalid_request')
  await context.close()
})

test('form_post: where scripts are off, a button does it', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  arrived = []
  await page.goto(request({ response_mode: 'form_post', prompt: 'none' }))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
  assert.equal(arrived[0]?.parameters.get('error'), 'login_required')
  await context.close()
})

test('form_post: a silent sign-in works in a frame of the client', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  arrived = []
  const src = request({ response_mode: 'form_post', prompt: 'none', state: 'silent' })
  await page.goto(`${new URL('/frame', redirectUri)}?${new URLSearchParams({ src })}`)
  await page.frameLocator('iframe').getByRole('heading', { name: 'Back at the app' }).waitFor()
  assert.equal(arrived[0]?.method, 'POST')
  assert.equal(arrived[0]?.parameters.get('error'), 'login_required')
  await context.close()
})

test('form_post.jwt and fragment.jwt: one signed response, by a form and in the fragment', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const { method, parameters } = await signIn(page, { response_mode: 'form_post.jwt' }, 'Allow')
  assert.equal(method, 'POST')
  assert.deepEqual([...parameters.keys()], ['response'])
  const claims = await claimsOf(parameters.get('response'))
  assert.deepEqual(Object.keys(claims).sort(), ['aud', 'code', 'exp', 'iss', 'state'])

  await page.goto(request({ response_mode: 'fragment.jwt' }))
  await page.waitForURL((url) => url.hash !== '')
  const inFragment = new URLSearchParams(new URL(page.url()).hash.slice(1))
  assert.deepEqual([...inFragment.keys()], ['response'])
  assert.equal(typeof (await claimsOf(inFragment.get('response'))).code, 'string')
  await context.close()
})

test('jwt: openid-client verifies a signed response, and refuses an unsigned one', async () => {
  const config = await openid.discovery(new URL(server.url), client.clientId, client.secret, undefined, {
    execute: [openid.allowInsecureRequests, openid.useJwtResponseMode],
  })
  assert.ok(config.serverMetadata().response_modes_supported?.includes('jwt'))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier)
  const asked = { redirect_uri: redirectUri, scope: 'openid', code_challenge, code_challenge_method: 'S256' }
  const url = openid.buildAuthorizationUrl(config, { ...asked, state: 'here' })
  assert.equal(url.searchParams.get('response_mode'), 'jwt')
  const agent = new UserAgent(server.url)
  const checks = { pkceCodeVerifier, expectedState: 'here', idTokenExpected: true }
  const callback = await agent.authorize(url.href, ada)
  const tokens = await openid.authorizationCodeGrant(config, callback, checks)
  assert.equal(tokens.claims()?.iss, server.url)

  url.searchParams.set('response_mode', 'query')
  const unsigned = await agent.authorize(url.href, ada)
  await assert.rejects(openid.authorizationCodeGrant(config, unsigned, checks))
})

test('a client gets its responses signed by the algorithm that it chose', async () => {
  const chosen = await makeClient(server, {
    redirect_uris: [redirectUri],
    scopes: ['openid'],
    authorization_signed_response_alg: 'RS256',
  })
  const query = { client_id: chosen.clientId, scope: 'openid', response_mode: 'query.jwt', prompt: 'none' }
  const { headers } = await fetch(request(query), { redirect: 'manual' })
  const response = new URL(headers.get('location') ?? '').searchParams.get('response') ?? ''
  const header = JSON.parse(Buffer.from(response.split('.')[0] ?? '', 'base64url').toString())
  assert.deepEqual([header.alg, header.typ], ['RS256', 'JWT'])
})

test('an unknown mode, fragment, and a form for a private-use scheme are refused by redirect', async () => {
  const native = await makeClient(server, {
    redirect_uris: ['com.example.app:/callback'],
    auth_method: 'none',
    grant_types: ['authorization_code'],
    scopes: ['openid'],
  })
  const locationOf = async (changes: Record<string, string>) => {
    const { status, headers } = await fetch(request(changes), { redirect: 'manual' })
    assert.equal(status, 303)
    return new URL(headers.get('location') ?? '').searchParams.get('error')
  }
  assert.equal(await locationOf({ response_mode: 'web_message' }), 'invalid_request')
  assert.equal(await locationOf({ response_mode: 'fragment' }), 'invalid_request')
  assert.equal(await locationOf({ response_mode: '__proto__' }), 'invalid_request')
  const app = { client_id: native.clientId, redirect_uri: 'com.example.app:/callback', scope: 'openid' }
  assert.equal(await locationOf({ ...app, response_mode: 'form_post' }), 'invalid_request')
})
