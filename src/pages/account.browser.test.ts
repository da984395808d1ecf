// Checks in a browser, without scripts, how people go through the pages of their accounts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { codeOf } from '#testing/authenticator.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, makePerson, requestUrl } from '#testing/realm.ts'

const NEW_PASSWORD = 'a phrase that nobody guesses'

let web: BrowserNetwork
before(async () => {
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind' })
})
after(() => web.close())

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()

async function signIn(page: Page, person: { readonly email: string; readonly password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.keyboard.press('Enter')
}

test('a person walks through all pages of the account without scripts', async () => {
  const person = await makePerson(web.server, 'ada@northwind.example')
  const [elsewhere, context] = [await web.open(), await web.open({ javaScriptEnabled: false })]
  const other = await elsewhere.newPage()
  await other.goto(`${ISSUER}/account`)
  await signIn(other, person)
  await heading(other, 'Your account')
  await checkAppearance(other, 'account')

  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(`${ISSUER}/account`)
  await signIn(page, person)
  await heading(page, 'Your account')
  await page.getByLabel('Name').fill('Ada Lindqvist')
  await page.keyboard.press('Enter')
  await page.getByRole('status').getByText('The change is saved').waitFor()
  assert.equal(await page.getByLabel('Name').inputValue(), 'Ada Lindqvist')

  await page.getByRole('link', { name: 'Sessions' }).click()
  await heading(page, 'Where you are signed in')
  assert.equal(await page.getByText('Chrome on Linux').count(), 2)
  await other.goto(`${ISSUER}/account/sessions`)
  await checkAppearance(other, 'account-sessions')
  const redirectUri = `${APP}/callback`
  const client = await makeClient(web.server, {
    label: 'Tidewater',
    redirect_uris: [redirectUri],
    scopes: ['openid', 'email'],
  })
  const { search } = new URL(requestUrl(web.server, client, { redirect_uri: redirectUri, scope: 'openid email' }))
  await other.goto(`${ISSUER}/oauth/authorize${search}`)
  await other.getByRole('button', { name: 'Allow' }).click()
  await heading(other, 'Back at the app')
  await other.goto(`${ISSUER}/account/apps`)
  await other.getByText('See your e-mail address').waitFor()
  await checkAppearance(other, 'account-apps')
  await other.goto(`${ISSUER}/account/password`)
  await checkAppearance(other, 'account-password')
  await other.goto(`${ISSUER}/account/apps`)
  await other.getByRole('button', { name: 'Withdraw' }).click()
  await other.getByText('You have allowed nothing').waitFor()
  await page.getByRole('button', { name: 'End all other sessions' }).click()
  await page.getByRole('status').waitFor()
  await other.goto(`${ISSUER}/account`)
  await heading(other, /Sign in/)

  await page.getByRole('link', { name: 'Back to your account' }).click()
  await page.getByRole('link', { name: 'Second step' }).click()
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  const key = (await page.locator('code.key').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code from the app').fill(codeOf(key, Date.now()))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have saved the codes' }).click()
  await page.getByText('10 codes are left').waitFor()

  await page.getByRole('link', { name: 'Back to your account' }).click()
  await page.getByRole('link', { name: 'Password' }).click()
  await page.getByLabel('New password').fill(NEW_PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('status').waitFor()

  await other.reload()
  await signIn(other, { ...person, password: NEW_PASSWORD })
  const code = other.getByLabel(/code/i)
  await code.fill(codeOf(key, Date.now() + 30_000))
  await other.keyboard.press('Enter')
  await heading(other, 'Your account')
  await other.goto(`${ISSUER}/account/second-factors`)
  await checkAppearance(other, 'account-second-factors')
  await other.getByRole('button', { name: 'Add an authenticator app' }).click()
  await checkAppearance(other, 'account-add-app')
  await other.getByRole('link', { name: 'Back to your account' }).click()
  await other.getByRole('link', { name: 'Second step' }).click()
  await other.getByRole('button', { name: 'Make new recovery codes' }).click()
  await heading(other, 'Save your new recovery codes')
  await checkAppearance(other, 'account-recovery-codes')

  await page.getByRole('link', { name: 'Back to your account' }).click()
  await page.getByRole('link', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.goto(`${ISSUER}/account`)
  await heading(page, /Sign in/)
  assert.deepEqual(complaints, [])
  await context.close()
  await elsewhere.close()
})
