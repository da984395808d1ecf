// Checks in a browser how a second factor is set up in a sign-in, and then asked for.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { codeOf } from '#testing/authenticator.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, makePerson, requestUrl, type TestClient } from '#testing/realm.ts'

const CALLBACK = `${APP}/callback`
let web: BrowserNetwork
let client: TestClient

before(async () => {
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind', policy: { remembered_device_days: 30 } })
  client = await makeClient(web.server, { redirect_uris: [CALLBACK], scopes: ['openid', 'email'], first_party: true })
})
after(() => web.close())

const address = (more: Record<string, string> = {}) =>
  requestUrl({ url: ISSUER }, client, { redirect_uri: CALLBACK, scope: 'openid email', ...more })

async function visit(options?: BrowserContextOptions) {
  const context = await web.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { context, page, complaints }
}

async function enterPassword(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function enterCode(page: Page, label: string, code: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(code)
  await page.getByRole('button', { name: 'Continue' }).click()
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without JavaScript'
  test(`a person sets up an app, signs in with it, with a recovery code, and in a remembered browser, ${how}`, async () => {
    const person = await makePerson(web.server, `ada-${javaScriptEnabled}@northwind.example`)
    const looks = javaScriptEnabled ? checkAppearance : async () => undefined
    const first = await visit({ javaScriptEnabled })
    await first.page.goto(address({ acr_values: 'aal2' }))
    await enterPassword(first.page, person)
    await first.page.getByRole('heading', { name: 'Set up an authenticator app' }).waitFor()
    await first.page.getByRole('img', { name: /QR code/ }).waitFor()
    await looks(first.page, 'authenticator-app')
    const key = ((await first.page.locator('code.key').textContent()) ?? '').replaceAll(' ', '')
    await enterCode(first.page, 'Code from the app', codeOf(key, Date.now()))
    await first.page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
    await looks(first.page, 'recovery-codes')
    const codes = await first.page.locator('.codes code').allTextContents()
    assert.equal(codes.length, 10)
    assert.ok(!(await first.context.cookies()).some(({ name }) => name.includes('session-')))
    await first.page.getByRole('button', { name: 'I have saved the codes' }).click()
    await first.page.getByRole('heading', { name: 'Back at the app' }).waitFor()
    assert.ok((await first.context.cookies()).some(({ name }) => name.includes('session-')))
    assert.deepEqual(first.complaints, [])
    await first.context.close()

    const second = await visit({ javaScriptEnabled })
    await second.page.goto(address())
    await enterPassword(second.page, person)
    await second.page.getByRole('heading', { name: 'Confirm it’s you' }).waitFor()
    await looks(second.page, 'second-factor')
    // The code of the enrolment is spent, and so is its step.
    const step = Math.floor(Date.now() / 30_000)
    await enterCode(second.page, 'Code', codeOf(key, (step - 3) * 30_000))
    await second.page.getByRole('alert').waitFor()
    await second.page.getByRole('button', { name: 'Use a recovery code' }).click()
    await enterCode(second.page, 'Recovery code', codes[0] ?? '')
    await second.page.getByRole('heading', { name: 'Back at the app' }).waitFor()
    await second.context.close()

    const third = await visit({ javaScriptEnabled })
    await third.page.goto(address())
    await enterPassword(third.page, person)
    await third.page.getByLabel('Do not ask again in this browser for 30 days').check()
    // One step ahead of the clock is accepted, so that the test need not wait for the next one.
    await enterCode(third.page, 'Code', codeOf(key, Date.now() + 30_000))
    await third.page.getByRole('heading', { name: 'Back at the app' }).waitFor()
    const { data } = await web.server.api<{ data: { amr: string[]; aal: number }[] }>(
      'GET',
      `/v1/realms/default/sessions?user_id=${person.id}`,
    )
    assert.deepEqual(
      data.map(({ aal, amr }) => [aal, amr]),
      Array.from({ length: 3 }, () => [2, ['pwd', 'otp', 'mfa']]),
    )
    await third.context.clearCookies({ name: /session-/ })
    await third.page.goto(address())
    await enterPassword(third.page, person)
    await third.page.getByRole('heading', { name: 'Back at the app' }).waitFor()
    await third.context.close()
  })
}
