// Checks in a browser how a person approves what a client asks over the back channel.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import { checkAppearance } from '#testing/appearance.ts'
import { type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import type { Person } from '#testing/user-agent.ts'

const BANK = 'https://bank.example.test/api'

let web: BrowserNetwork
let client: TestClient
let ada: Person

before(async () => {
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind' })
  await web.server.api('POST', '/v1/resources', {
    identifier: BANK,
    name: 'Northwind Bank',
    scopes: [
      { name: 'accounts:read', description: 'See your accounts' },
      { name: 'accounts:close', description: 'Close your accounts' },
    ],
    authorization_details_types: [{ type: 'payment', title: 'Pay from your account' }],
  })
  client = await makeClient(web.server, {
    label: 'Tidewater Till',
    grant_types: [CIBA_GRANT],
    scopes: ['openid', 'email', 'accounts:read', 'accounts:close'],
    audiences: [BANK],
    authorization_details_types: ['payment'],
    redirect_uris: [],
  })
  ada = await makePerson(web.server, 'ada@northwind.example')
})
after(() => web.close())

test('a person signs in, sees what is asked, leaves out a part and approves', async () => {
  const context = await web.open({ javaScriptEnabled: true })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  const headers = { authorization: client.basic }
  const asked = {
    scope: 'openid email accounts:read accounts:close',
    login_hint: ada.email,
    resource: BANK,
    binding_message: 'Till 4, K7-Q2',
    authorization_details: JSON.stringify([{ type: 'payment', amount: '120 EUR' }]),
  }
  const { status, body } = await post(web.server, '/oauth/bc-authorize', asked, headers)
  assert.equal(status, 200, JSON.stringify(body))

  await page.goto(`${ISSUER}/account/approvals`)
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Approvals' }).waitFor()
  await checkAppearance(page, 'approvals')
  await page.getByRole('link', { name: 'Look at it' }).click()
  await page.getByRole('heading', { name: 'Approve what Tidewater Till asks?' }).waitFor()
  for (const told of ['Till 4, K7-Q2', 'Northwind Bank', '120 EUR', 'See your accounts', ada.email]) {
    await page.getByText(told).first().waitFor()
  }
  assert.equal(await page.getByRole('checkbox', { name: /Know who you are/ }).isDisabled(), true)
  await checkAppearance(page, 'approval')
  await page.getByRole('checkbox', { name: /Close your accounts/ }).uncheck()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Done. The change is saved.').waitFor()
  await page.getByText('What you decided lately').waitFor()
  assert.deepEqual(complaints, [])

  const form = { grant_type: CIBA_GRANT, auth_req_id: String(body.auth_req_id) }
  const tokens = await post(web.server, '/oauth/token', form, headers)
  assert.deepEqual([tokens.status, tokens.body.scope], [200, 'openid email accounts:read'])
  assert.deepEqual(tokens.body.authorization_details, [{ type: 'payment', amount: '120 EUR' }])
  await context.close()
})
