// Checks in a browser how a person lets a device in.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { checkAppearance } from '#testing/appearance.ts'
import { ATTACKER, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import type { Person } from '#testing/user-agent.ts'

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
    scopes: [{ name: 'orders:read', description: 'Read your orders and invoices' }],
  })
  client = await makeClient(web.server, {
    label: 'Tidewater Television',
    auth_method: 'none',
    grant_types: [DEVICE_CODE_GRANT, 'refresh_token'],
    scopes: ['openid', 'email', 'offline_access', 'orders:read'],
    audiences: [API],
    redirect_uris: [],
  })
  ada = await makePerson(web.server, 'ada@northwind.example')
})
after(() => web.close())

interface Device {
  readonly userCode: string
  readonly link: string
  poll(): Promise<{ status: number; body: Record<string, unknown> }>
}

async function startDevice(): Promise<Device> {
  const asked = { client_id: client.clientId, scope: 'openid email offline_access orders:read', resource: API }
  const television = { 'user-agent': 'TidewaterTV/7.2 (Living room; Linux armv8)' }
  const { body } = await post(web.server, '/oauth/device_authorization', asked, television)
  const form = { client_id: client.clientId, grant_type: DEVICE_CODE_GRANT, device_code: String(body.device_code) }
  return {
    userCode: String(body.user_code),
    link: String(body.verification_uri_complete),
    poll: () => post(web.server, '/oauth/token', form),
  }
}

async function visit(options?: Parameters<BrowserNetwork['open']>[0]) {
  const context = await web.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { context, page, complaints }
}

async function enterPassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('a person enters a code, sees who asks, and lets the device in; or not', async () => {
  const { context, page, complaints } = await visit()
  const [device, another] = [await startDevice(), await startDevice()]
  await page.goto(`${ISSUER}/device`)
  await page.getByRole('heading', { name: 'Connect a device' }).waitFor()
  await checkAppearance(page, 'device-code')

  await page.getByLabel('Code').fill('bcdf ghjk')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').waitFor()
  await checkAppearance(page, 'device-code-unknown')
  assert.deepEqual(
    complaints.splice(0).filter((text) => !/status of 400/.test(text)),
    [],
  )

  await page.getByLabel('Code').fill(device.userCode.toLowerCase().replace('-', ''))
  await page.getByRole('button', { name: 'Continue' }).click()
  await enterPassword(page)
  await page.getByRole('heading', { name: 'Connect Tidewater Television to your account?' }).waitFor()
  for (const told of [device.userCode, 'TidewaterTV/7.2 (Living room; Linux armv8)', 'Northwind Orders', ada.email]) {
    await page.getByText(told).first().waitFor()
  }
  await checkAppearance(page, 'device-consent')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
  await checkAppearance(page, 'device-connected')
  const { status, body } = await device.poll()
  assert.deepEqual([status, body.scope], [200, 'openid email offline_access orders:read'])

  await page.goto(another.link)
  assert.equal(await page.getByLabel('Code').inputValue(), another.userCode)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByRole('heading', { name: 'The device was refused' }).waitFor()
  assert.equal((await another.poll()).body.error, 'access_denied')
  assert.deepEqual(complaints, [])
  await context.close()
})

test('without JavaScript and with the keyboard alone it is the same', async () => {
  const { context, page } = await visit({ javaScriptEnabled: false })
  const device = await startDevice()
  await page.goto(`${ISSUER}/device`)
  await page.getByLabel('Code').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(device.userCode)
  await page.keyboard.press('Enter')
  await page.getByLabel('E-mail').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(ada.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(ada.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /Connect Tidewater/ }).waitFor()
  const approve = page.getByRole('button', { name: 'Approve' }).and(page.locator(':focus'))
  for (let stop = 0; stop < 5 && !(await approve.isVisible()); stop++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
  assert.equal((await device.poll()).status, 200)
  await context.close()
})

test('DV-04 another site can neither post the code nor frame the page', async () => {
  const { context, page } = await visit()
  const device = await startDevice()
  await page.goto(device.link)
  const csrf = await page.evaluate(() => document.querySelector<HTMLInputElement>('input[name=csrf]')?.value ?? '')
  const inputs = Object.entries({ csrf, user_code: device.userCode }).map(
    ([name, value]) => `<input name="${name}" value="${value}">`,
  )
  web.attacks.set(
    '/device',
    `<form method="post" action="${ISSUER}/device">${inputs.join('')}<button>Win a prize</button></form>`,
  )
  await page.goto(`${ATTACKER}/device`)
  const [reply] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${ISSUER}/device`),
    page.getByRole('button').click(),
  ])
  assert.equal(reply.status(), 403)
  web.attacks.set('/frame', `<iframe src="${device.link}"></iframe>`)
  await page.goto(`${ATTACKER}/frame`)
  for (const frame of page.frames().slice(1)) assert.equal(await frame.locator('h1, form').count(), 0)
  await context.close()
})
