// Checks passkeys in a browser with virtual authenticators: adding, signing in by button and by autofill, the second factor,
// changing and removing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CDPSession, Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, makePerson, proofKey, type TestClient } from '#testing/realm.ts'
import { until } from '#testing/until.ts'
import type { Person } from '#testing/user-agent.ts'

const CALLBACK = `${APP}/callback`
const PASSKEYS = `${ISSUER}/account/passkeys`

let web: BrowserNetwork
let client: TestClient
let count = 0

before(async () => {
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind', passkey_enabled: true })
  client = await makeClient(web.server, { redirect_uris: [CALLBACK], first_party: true })
})
after(() => web.close())

/** A browser with an authenticator that verifies its user. */
interface Device {
  readonly page: Page
  readonly cdp: CDPSession
  readonly authenticatorId: string
  /** What the browser complained about, for example a violation of the content security policy. */
  readonly complaints: string[]
  /** Whether somebody touches the authenticator. */
  touch(enabled: boolean): Promise<void>
}

async function device(options: Parameters<BrowserNetwork['open']>[0] = {}): Promise<Device> {
  const context = await web.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const touch = async (enabled: boolean) => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  }
  return { page, cdp, authenticatorId, complaints, touch }
}

const person = () => makePerson(web.server, `person-${++count}@northwind.example`)

async function fillIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Signs in by password at the page of passkeys, and adds one there. */
async function enrol({ page }: Device, owner: Person): Promise<void> {
  await page.goto(PASSKEYS)
  await fillIn(page, owner)
  await page.waitForURL(PASSKEYS)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
  assert.equal(await page.locator('.codes li').count(), 10)
  await page.getByRole('button', { name: 'I have saved the codes' }).click()
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.waitForURL(PASSKEYS)
}

function requestUrl(changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid email',
    state: 'a state',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
  return `${ISSUER}/oauth/authorize?${query}`
}

test('a passkey is added, signs in by the button and by autofill, is renamed and removed', async () => {
  const owner = await person()
  const device1 = await device()
  const { page, cdp, authenticatorId, complaints, touch } = device1
  await enrol(device1, owner)
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  assert.deepEqual(
    credentials.map(({ rpId, userName, isResidentCredential }) => [rpId, userName, isResidentCredential]),
    [['id.example.test', owner.email, true]],
  )

  await touch(false)
  await page.goto(requestUrl({ prompt: 'select_account' }))
  const button = page.getByRole('button', { name: 'Sign in with a passkey' })
  await button.waitFor()
  assert.equal(await page.getByLabel('E-mail').getAttribute('autocomplete'), 'username webauthn')
  await touch(true)
  await button.click()
  await page.waitForURL((url) => url.href.startsWith(CALLBACK))
  assert.ok(new URL(page.url()).searchParams.get('code'))

  // The suggestions of the e-mail field are answered without a click: a virtual authenticator picks the first one.
  await page.goto(requestUrl({ prompt: 'select_account' }))
  await page.waitForURL((url) => url.href.startsWith(CALLBACK) && url.searchParams.has('code'))

  await page.goto(PASSKEYS)
  assert.match(await page.locator('.scopes li').innerText(), /Last used/)
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('Name').fill('Work laptop')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Work laptop').waitFor()
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByRole('button', { name: 'Remove this passkey' }).click()
  await page.getByText('You have no passkey yet.').waitFor()
  const left = await web.server.api<{ has_second_factor: boolean }>('GET', `/v1/realms/default/users/${owner.id}`)
  assert.equal(left.has_second_factor, false)

  await touch(true)
  await page.goto(requestUrl({ prompt: 'select_account' }))
  await page.getByText('That passkey does not work here.').waitFor()
  assert.deepEqual(
    complaints.filter((text) => !/status of 400/.test(text)),
    [],
  )
  await page.context().close()
})

test('a passkey is the second factor after a password', async () => {
  const owner = await person()
  const first = await device()
  await enrol(first, owner)
  const { page, touch } = first
  await touch(false)
  await page.goto(requestUrl({ prompt: 'select_account' }))
  await fillIn(page, owner)
  const button = page.getByRole('button', { name: 'Use a passkey' })
  await button.waitFor()
  await touch(true)
  await button.click()
  await page.waitForURL((url) => url.href.startsWith(CALLBACK) && url.searchParams.has('code'))
  const { data } = await web.server.api<{ data: { amr: string[]; aal: number }[] }>(
    'GET',
    '/v1/realms/default/sessions',
  )
  assert.deepEqual([data[0]?.aal, data[0]?.amr], [2, ['pwd', 'hwk', 'user', 'mfa']])
  await page.context().close()
})

test('the form for passkeys gets a new challenge while its page is looked at', async () => {
  const { page } = await device()
  await page.clock.install()
  await page.goto(requestUrl())
  const ceremony = () => page.locator('form[data-passkey] input[name=ceremony]').inputValue()
  const first = await ceremony()
  await page.clock.fastForward(240_000)
  await page.clock.fastForward(2_000)
  await until(async () => (await ceremony()) !== first)
  await page.context().close()
})

test('without JavaScript, and where the realm has none, nothing of passkeys shows', async () => {
  const context = await web.open({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(requestUrl())
  await page.getByLabel('Password').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0)
  await context.close()
})

test('the pages of passkeys can be read by everybody, light and dark, narrow and wide', async () => {
  const owner = await person()
  const first = await device()
  await enrol(first, owner)
  await checkAppearance(first.page, 'passkeys')
  await first.page.getByRole('button', { name: 'Change' }).click()
  await checkAppearance(first.page, 'passkey-change')
  await first.touch(false)
  await first.page.goto(requestUrl({ prompt: 'select_account' }))
  await first.page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  await checkAppearance(first.page, 'sign-in-with-passkey')
  await first.page.context().close()
})
