// Checks in a browser how a person gives what the realm asks, accepts its terms, and downloads what is stored.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { checkAppearance } from '#testing/appearance.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, proofKey, type TestClient } from '#testing/realm.ts'

const REALM = '/v1/realms/default'
const PASSWORD = 'a phrase that nobody guesses'

let web: BrowserNetwork
let client: TestClient
before(async () => {
  web = await openBrowserNetwork()
  client = await makeClient(web.server, { redirect_uris: [`${APP}/callback`] })
})
after(() => web.close())

function requestUrl(): string {
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: client.clientId, redirect_uri: `${APP}/callback`, scope: 'openid email' },
    ...{ code_challenge: proofKey().challenge, code_challenge_method: 'S256' },
  })
  return `${ISSUER}/oauth/authorize?${query}`
}

for (const javaScriptEnabled of [true, false]) {
  test(`a person gives details and accepts terms before the session, JavaScript: ${javaScriptEnabled}`, async () => {
    const email = `ada-${javaScriptEnabled}@northwind.example`
    await web.server.api('PATCH', REALM, { policy: { profile_attributes: [], terms: [] } })
    await web.server.api('POST', `${REALM}/users`, { email, password: PASSWORD })
    await web.server.api('PATCH', REALM, {
      policy: {
        profile_attributes: [
          { name: 'card', label: { en: 'Card number' }, required: true, pattern: 'C\\d{3}' },
          { name: 'size', label: { en: 'Size' }, options: ['S', 'M'], required: true },
          { name: 'birthdate', type: 'date', label: { en: 'Date of birth' } },
        ],
        terms: [{ version: '2026-11', url: { en: `${APP}/terms` } }],
      },
    })
    const context = await web.open({ javaScriptEnabled })
    const page = await context.newPage()
    await page.goto(requestUrl())
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'A few details' }).waitFor()
    if (javaScriptEnabled) await checkAppearance(page, 'sign-in-details')
    await page.getByLabel('Card number').fill('wrong')
    await page.getByLabel('Size').selectOption('M')
    await page.getByLabel(/I accept the terms of use/).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('Card number: This is not in the form that is asked for.').waitFor()
    await page.getByLabel('Card number').fill('C100')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: /Allow/ }).click()
    await page.getByRole('heading', { name: 'Back at the app' }).waitFor()

    await page.goto(`${ISSUER}/account`)
    assert.equal(await page.getByLabel('Card number').inputValue(), 'C100')
    await page.getByLabel('Date of birth').fill('1815-12-10')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Done. The change is saved.').waitFor()
    if (javaScriptEnabled) await checkAppearance(page, 'account-details')
    await page.getByRole('link', { name: 'Download your data' }).click()
    await page.getByRole('heading', { name: 'Download your data' }).waitFor()
    const arriving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the file' }).click()
    const file = JSON.parse(await readFile(await (await arriving).path(), 'utf8'))
    assert.deepEqual([file.account.birthdate, file.account.attributes], ['1815-12-10', { card: 'C100', size: 'M' }])
    assert.equal(file.accepted_terms.data[0].version, '2026-11')
    await context.close()
  })
}
