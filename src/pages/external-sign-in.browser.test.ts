// Checks sign-ins at identity providers in a browser: a second Countersign, oidc-provider, and SAML from another site.
import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Provider } from 'oidc-provider'
import type { Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { makeClient, makePerson, proofKey, type TestClient } from '#testing/realm.ts'
import { SamlTestProvider } from '#testing/saml-provider.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const REALM = '/v1/realms/default'

let web: BrowserNetwork
let second: TestServer
let client: TestClient
before(async () => {
  web = await openBrowserNetwork()
  second = await startServer()
  client = await makeClient(web.server, { redirect_uris: [`${APP}/callback`], label: 'Tidewater Mail' })
})
after(async () => {
  await second.stop()
  await web.close()
})

interface Made {
  readonly id: string
  readonly callback_url: string
}

const makeProvider = (given: object) =>
  web.server.api<Made>('POST', `${REALM}/identity-providers`, { provider_type: 'oidc', ...given })
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor()
const requestUrl = () =>
  `${ISSUER}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: `${APP}/callback`,
    scope: 'openid email',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })}`

test('a person signs in at a second Countersign without scripts, and finds the account linked', async () => {
  const ada = await makePerson(second, 'ada@northwind.example')
  await second.api('PATCH', `${REALM}/users/${ada.id}`, { email_verified: true, name: 'Ada Lovelace' })
  const there = await makeClient(second, { label: 'Northwind', grant_types: ['authorization_code'] })
  const made = await makeProvider({
    ...{ name: 'Northwind staff', issuer: second.url, domains: ['northwind.example'], trust_domains: true },
    ...{ client_id: there.clientId, client_secret: there.secret },
  })
  await second.api('PATCH', `${REALM}/clients/${there.id}`, { redirect_uris: [made.callback_url] })

  const context = await web.open({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(requestUrl())
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(`${second.url}/**`)
  assert.equal(await page.getByLabel('E-mail').inputValue(), ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.waitForURL(`${ISSUER}/consent**`)
  await page.getByRole('button', { name: 'Allow' }).click()
  await heading(page, 'Back at the app')
  assert.ok(web.arrivals.at(-1)?.url.searchParams.get('code'))

  const account = await (await web.open({ storageState: await context.storageState() })).newPage()
  await account.goto(`${ISSUER}/account/linked-accounts`)
  await account.getByText('Northwind staff', { exact: true }).first().waitFor()
  await checkAppearance(account, 'linked-accounts')
  await account.getByRole('button', { name: 'Unlink Northwind staff' }).click()
  await account.getByText('This is your only way to sign in here.').waitFor()
})

test('a person signs in at oidc-provider, who links nobody by an address that is not verified there', async () => {
  let answer: RequestListener = (_, response) => response.writeHead(503).end()
  const site: Server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const serve = (redirectUri: string) => {
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'here', client_secret: 'a secret of both', redirect_uris: [redirectUri] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id}@oak.example`, email_verified: id !== 'unverified', name: id }),
      }),
      cookies: { keys: ['a key for the test'] },
    })
    answer = provider.callback()
  }
  serve('https://nowhere.example/')
  const given = {
    issuer,
    client_id: 'here',
    client_secret: 'a secret of both',
    domains: ['oak.example'],
    trust_domains: true,
  }
  serve((await makeProvider({ name: 'Oak', ...given })).callback_url)
  await makePerson(web.server, 'unverified@oak.example')

  const attempt = async (login: string): Promise<Page> => {
    const page = await (await web.open()).newPage()
    await page.goto(requestUrl())
    await page.getByRole('button', { name: 'Continue with Oak' }).click()
    await page.getByPlaceholder('Enter any login').fill(login)
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    return page
  }
  const page = await attempt('maple')
  await page.getByRole('button', { name: 'Allow' }).click()
  await heading(page, 'Back at the app')
  const refused = await attempt('unverified')
  await heading(refused, 'Your account is not linked here')
  await checkAppearance(refused, 'not-linked')
  const { data } = await web.server.api<{ data: { email: string; email_verified: boolean }[] }>(
    'GET',
    `${REALM}/users?search=maple`,
  )
  assert.deepEqual(
    data.map(({ email, email_verified }) => [email, email_verified]),
    [['maple@oak.example', true]],
  )

  const signIn = await (await web.open()).newPage()
  await signIn.goto(requestUrl())
  await checkAppearance(signIn, 'sign-in-providers')
  site.closeAllConnections()
  site.close()
})

test('a person signs in at a SAML provider on another site, with scripts and without them', async () => {
  const site = createSecureServer({ cert: TEST_CERTIFICATE.cert, key: TEST_CERTIFICATE.key }, ({ url }, response) => {
    const { acsUrl, form } = idp.answer(new URL(url ?? '', idp.ssoUrl), {
      nameId: 'oak@birch.example',
      format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    })
    const fields = Object.entries(form).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<form method="post" action="${acsUrl}">${fields.join('')}<button>Back to work</button></form>`)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const idp = new SamlTestProvider(`https://127.0.0.1:${(site.address() as AddressInfo).port}/sso`)
  await web.server.api('POST', `${REALM}/identity-providers`, {
    ...{ provider_type: 'saml', name: 'Birch staff', entity_id: idp.entityId, sso_url: idp.ssoUrl },
    ...{ certificates: idp.certificate.cert, domains: ['birch.example'], trust_domains: true },
  })
  for (const javaScriptEnabled of [true, false]) {
    const context = await web.open({ javaScriptEnabled })
    const page = await context.newPage()
    await page.goto(requestUrl())
    await page.getByRole('button', { name: 'Continue with Birch staff' }).click()
    await page.getByRole('button', { name: 'Back to work' }).click()
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click()
    // Whoever allowed the client once is not asked again.
    if (javaScriptEnabled) await page.getByRole('button', { name: 'Allow' }).click()
    await heading(page, 'Back at the app')
    assert.ok(web.arrivals.at(-1)?.url.searchParams.get('code'))
  }
  site.closeAllConnections()
  site.close()
})
