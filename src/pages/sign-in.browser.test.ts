// Checks the sign-in in a browser.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import {
  APP,
  ATTACKER,
  type BrowserNetwork,
  ISSUER,
  openBrowserNetwork,
  type SiteRequest,
} from '#testing/browser-network.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { makeClient, makePerson, proofKey, type TestClient } from '#testing/realm.ts'
import type { Person } from '#testing/user-agent.ts'

const CALLBACK = `${APP}/callback?from=countersign`
const BYE = `${APP}/bye`
const API = 'https://api.example.test/orders'

let web: BrowserNetwork
let client: TestClient
let ada: Person

before(async () => {
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind' })
  await web.server.api('POST', '/v1/resources', {
    identifier: API,
    name: 'Northwind Orders',
    scopes: [
      { name: 'orders:read', description: 'Read your orders and invoices' },
      { name: 'orders:write', description: 'Place, change and cancel orders' },
    ],
  })
  client = await makeClient(web.server, {
    label: 'Tidewater Mail',
    grant_types: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'email', 'offline_access', 'orders:read', 'orders:write'],
    audiences: [API],
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [BYE],
  })
  ada = await makePerson(web.server, 'ada@northwind.example')
})
after(() => web.close())

interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complained about: a violation of the content security policy, a missing file. */
  readonly complaints: string[]
}

async function visit(options?: BrowserContextOptions): Promise<Visit> {
  const context = await web.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { context, page, complaints }
}

function requestUrl(changes: Record<string, string> = {}, { challenge } = proofKey()): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid email orders:read orders:write offline_access',
    resource: API,
    state: 'a state',
    nonce: 'a nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
  return `${ISSUER}/oauth/authorize?${query}`
}

async function enterPassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Waits for the next arrival at the client's site. */
async function arrivalAfter(page: Page, act: () => Promise<unknown>): Promise<SiteRequest> {
  const known = web.arrivals.length
  await act()
  await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
  const arrival = web.arrivals[known]
  assert.ok(arrival)
  return arrival
}

async function tokensFor(code: string, verifier: string): Promise<Record<string, string>> {
  const response = await fetch(`${web.server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: client.basic },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: CALLBACK,
    }),
  })
  assert.equal(response.status, 200)
  return (await response.json()) as Record<string, string>
}

test('a client that redirects on to another origin does not lose the person after Allow', async () => {
  web.attacks.set(
    '/elsewhere',
    '<!doctype html><html lang="en"><title>Elsewhere</title><h1>Signed in elsewhere</h1></html>',
  )
  const redirectUri = `${APP}/onward`
  const onward = await makeClient(web.server, { redirect_uris: [redirectUri], scopes: ['openid', 'email'] })
  const { page, complaints } = await visit()
  const changes = { client_id: onward.clientId, redirect_uri: redirectUri, scope: 'openid email' }
  const address = new URL(requestUrl(changes))
  address.searchParams.delete('resource')
  await page.goto(address.href)
  await enterPassword(page)
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: 'Signed in elsewhere' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a popup that was opened by the app reaches it again after the sign-in', async () => {
  const own = await makeClient(web.server, { redirect_uris: [CALLBACK], scopes: ['openid', 'email'], audiences: [API] })
  const { context, page } = await visit()
  await page.goto(`${APP}/`)
  const opened = page.waitForEvent('popup')
  await page.evaluate(
    (url) => {
      Object.assign(window, { popup: window.open(url, 'sign-in', 'popup,width=480,height=640') })
    },
    requestUrl({ client_id: own.clientId, scope: 'openid email' }),
  )
  const popup = await opened
  await popup.getByLabel('E-mail').waitFor()
  assert.equal(await page.evaluate('popup.closed'), false, 'the app sees the popup')
  await enterPassword(popup)
  await popup.getByRole('button', { name: 'Allow' }).click()
  await popup.getByRole('heading', { name: 'Back at the app' }).waitFor()
  assert.equal(await popup.evaluate('opener !== null && opener.location.pathname'), '/')
  assert.match(await page.evaluate<string>('popup.location.search'), /code=/)
  await context.close()
})

test('a person signs in, allows, and the app gets tokens; then is signed out by it', async () => {
  const { context, page, complaints } = await visit()
  const key = proofKey()
  await page.goto(requestUrl({}, key))
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
  await checkAppearance(page, 'sign-in')

  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').waitFor()
  await checkAppearance(page, 'sign-in-incorrect')
  assert.deepEqual(
    complaints.splice(0).filter((text) => !/status of 400/.test(text)),
    [],
  )

  await enterPassword(page)
  await page.getByRole('heading', { name: /Allow Tidewater Mail/ }).waitFor()
  await checkAppearance(page, 'consent')

  const { url, headers } = await arrivalAfter(page, () => page.getByRole('button', { name: 'Allow' }).click())
  assert.equal(`${url.origin}${url.pathname}`, `${APP}/callback`)
  assert.deepEqual([...url.searchParams.keys()].sort(), ['code', 'from', 'iss', 'state'])
  assert.equal(url.searchParams.get('iss'), ISSUER)
  assert.equal(url.searchParams.get('state'), 'a state')
  assert.equal(headers.referer, undefined)
  const tokens = await tokensFor(url.searchParams.get('code') ?? '', key.verifier)
  assert.ok(tokens.access_token && tokens.refresh_token && tokens.id_token)

  for (const cookie of nonEmpty(await context.cookies(), 'the cookies')) {
    assert.match(cookie.name, /^__Host-/)
    assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path], [true, true, 'Lax', '/'])
  }
  assert.deepEqual(complaints, [])

  const again = await arrivalAfter(page, () => page.goto(requestUrl()))
  assert.ok(again.url.searchParams.get('code'), 'signed in and consented: no page in between')

  const query = new URLSearchParams({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: BYE })
  const bye = await arrivalAfter(page, () => page.goto(`${ISSUER}/oauth/logout?${query}`))
  assert.equal(bye.url.pathname, '/bye')
  await page.goto(requestUrl())
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
  await context.close()
})

test('without JavaScript and with the keyboard alone it is the same', async () => {
  const { context, page } = await visit({ javaScriptEnabled: false })
  await page.goto(requestUrl({ prompt: 'consent' }))
  await page.getByLabel('E-mail').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(ada.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(ada.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /Allow/ }).waitFor()
  const { url } = await arrivalAfter(page, async () => {
    const allow = page.getByRole('button', { name: 'Allow' }).and(page.locator(':focus'))
    for (let stop = 0; stop < 5 && !(await allow.isVisible()); stop++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
  })
  assert.ok(url.searchParams.get('code'))
  await context.close()
})

test('CO-09 the back button and a second click lead to the app again', async () => {
  const { context, page } = await visit()
  await page.goto(requestUrl({ prompt: 'consent' }))
  await enterPassword(page)
  const allow = page.getByRole('button', { name: 'Allow' })
  await allow.waitFor()
  const consentUrl = page.url()
  const first = await arrivalAfter(page, () => allow.click())
  const second = await arrivalAfter(page, () => page.goto(consentUrl))
  const codes = [first, second].map(({ url }) => url.searchParams.get('code'))
  assert.ok(codes[0] && codes[1])
  await page.goto(`${ISSUER}/sign-in?transaction=x`)
  await page.getByRole('heading', { name: 'no longer valid' }).waitFor()
  await checkAppearance(page, 'expired')
  await context.close()
})

test('CO-09 back and forward, before and after the decision, lead to the page that is due and to the app', async () => {
  const { context, page } = await visit()
  await page.goto(requestUrl({ prompt: 'consent' }))
  await enterPassword(page)
  const allow = page.getByRole('button', { name: 'Allow' })
  await allow.waitFor()
  await page.goBack()
  await allow.waitFor()
  await page.goForward().catch(() => null)
  await allow.waitFor()
  const first = await arrivalAfter(page, () => allow.click())
  assert.ok(first.url.searchParams.get('code'))
  const second = await arrivalAfter(page, () => page.goBack())
  assert.ok(second.url.searchParams.get('code'), 'the person is at the app again')
  await context.close()
})

test('a double click on Sign in, at a slow client, signs in', async () => {
  const operators = await makeClient(web.server, { redirect_uris: [CALLBACK], first_party: true })
  const { context, page } = await visit()
  const key = proofKey()
  await page.route(`${CALLBACK}*`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await route.continue().catch(() => {})
  })
  await page.goto(requestUrl({ client_id: operators.clientId, scope: 'openid', resource: '' }, key))
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  const box = await page.getByRole('button', { name: 'Sign in', exact: true }).boundingBox()
  assert.ok(box)
  const { url } = await arrivalAfter(page, async () => {
    const click = () => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await click()
    await new Promise((resolve) => setTimeout(resolve, 60))
    await click().catch(() => {})
  })
  assert.equal(typeof url.searchParams.get('code'), 'string')
  await context.close()
})

test('signing out without a client’s word is for the person to confirm', async () => {
  const { context, page, complaints } = await visit()
  await page.goto(requestUrl())
  await arrivalAfter(page, () => enterPassword(page))
  await page.goto(`${ISSUER}/oauth/logout?client_id=${client.clientId}`)
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
  await checkAppearance(page, 'sign-out')
  await page.getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('heading', { name: 'still signed in' }).waitFor()
  await page.goto(`${ISSUER}/oauth/logout`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  await checkAppearance(page, 'signed-out')
  await page.goto(requestUrl())
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('RU-01 a request that cannot be answered stays on a page that leads nowhere', async () => {
  const { context, page } = await visit()
  const reply = await page.goto(requestUrl({ redirect_uri: `${ATTACKER}/cb` }))
  assert.equal(reply?.status(), 400)
  assert.equal(new URL(page.url()).origin, ISSUER)
  assert.equal(await page.locator('a, form').count(), 0)
  await checkAppearance(page, 'error')
  await context.close()
})

test('CO-01 CO-02 CO-03 SE-08 another site can neither post the forms nor frame the pages', async () => {
  const { context, page } = await visit()
  await page.goto(requestUrl())
  const { csrf, transaction } = await page.evaluate(() => {
    const value = (name: string) => document.querySelector<HTMLInputElement>(`input[name=${name}]`)?.value ?? ''
    return { csrf: value('csrf'), transaction: value('transaction') }
  })
  const forge = (path: string, fields: Record<string, string>) => {
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
    web.attacks.set(
      path,
      `<form method="post" action="${ISSUER}${path}">${inputs.join('')}<button>Win a prize</button></form>`,
    )
  }
  forge('/sign-in', { csrf, transaction, email: ada.email, password: ada.password })
  forge('/consent', { csrf, transaction, decision: 'allow' })
  forge('/sign-out', { csrf, decision: 'sign_out' })
  for (const path of ['/sign-in', '/consent', '/sign-out']) {
    await page.goto(ATTACKER + path)
    const [reply] = await Promise.all([
      page.waitForResponse((response) => response.url() === ISSUER + path),
      page.getByRole('button').click(),
    ])
    assert.equal(reply.status(), 403, path)
  }
  web.attacks.set('/frame', `<iframe src="${requestUrl()}"></iframe><iframe src="${ISSUER}/signed-out"></iframe>`)
  await page.goto(`${ATTACKER}/frame`)
  assert.equal(page.frames().length, 3)
  for (const frame of page.frames().slice(1)) assert.equal(await frame.locator('h1, form').count(), 0)
  await context.close()
})

test('SE-03 a session cookie that comes twice with different values is no session', async () => {
  const { context, page } = await visit()
  await page.goto(requestUrl())
  await arrivalAfter(page, () => enterPassword(page))
  const pairs = (await context.cookies(ISSUER)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const ask = async (cookie: string) => {
    const url = requestUrl({ prompt: 'none' }).replace(ISSUER, web.server.url)
    const response = await fetch(url, { headers: { cookie, host: new URL(ISSUER).host }, redirect: 'manual' })
    return new URL(response.headers.get('location') ?? '').searchParams
  }
  assert.ok((await ask(pairs)).get('code'))
  assert.equal((await ask(`__Host-session-default=planted; ${pairs}`)).get('error'), 'login_required')
  assert.equal((await ask(`${pairs}; __Host-session-default=planted`)).get('error'), 'login_required')
  await context.close()
})

test('the link of a new installation makes its first administrator', async () => {
  const link = /First administrator: (\S+)/.exec(web.server.output())?.[1] ?? ''
  const { context, page, complaints } = await visit()
  await page.goto(link)
  await page.getByRole('heading', { name: 'Create the first administrator' }).waitFor()
  await checkAppearance(page, 'get-started')
  await page.getByLabel('E-mail').fill('root@northwind.example')
  await page.getByLabel('Password').fill('a phrase that nobody guesses')
  await page.getByRole('button', { name: 'Create administrator' }).click()
  await page.getByRole('heading', { name: 'You are set up' }).waitFor()
  await page.goto(link)
  await page.getByRole('heading', { name: 'no longer valid' }).waitFor()
  assert.deepEqual(
    complaints.filter((text) => !/status of 410/.test(text)),
    [],
  )
  await context.close()
})
