// Checks in a browser how flows hold a sign-in up: a webhook, a second factor, a page elsewhere and a delay.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { codeOf } from '#testing/authenticator.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { type AnsweringReceiver, startAnswering, when } from '#testing/flow-fixture.ts'
import { makeClient, makePerson, requestUrl, type TestClient } from '#testing/realm.ts'

const CALLBACK = `${APP}/callback`
let web: BrowserNetwork
let client: TestClient
let receiver: AnsweringReceiver

before(async () => {
  receiver = await startAnswering()
  web = await openBrowserNetwork()
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind', policy: { flow_redirect_origins: [APP] } })
  client = await makeClient(web.server, { redirect_uris: [CALLBACK], scopes: ['openid', 'email'], first_party: true })
  await web.server.api('POST', '/v1/realms/default/flows', {
    name: 'Ask, and ask more of some',
    trigger: 'login',
    steps: [
      { type: 'webhook', config: { url: receiver.url } },
      when({ metadata_eq: { risk: 'high' } }, [{ type: 'require_mfa_enrollment' }, { type: 'require_mfa_challenge' }]),
      { type: 'redirect', config: { url: `${APP}/terms`, delay: 1 } },
      { type: 'delay', config: { seconds: 1 } },
    ],
  })
})
after(async () => {
  await web.close()
  await receiver[Symbol.asyncDispose]()
})

const address = () => requestUrl({ url: ISSUER }, client, { redirect_uri: CALLBACK, scope: 'openid email' })

async function enterPassword(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.goto(address())
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without JavaScript'
  test(`a webhook demands a second factor, a page elsewhere and a delay follow, and the person is in, ${how}`, async () => {
    const person = await makePerson(web.server, `flow-${javaScriptEnabled}@northwind.example`)
    receiver.answer(200, { metadata: { risk: 'high' } })
    const context = await web.open({ javaScriptEnabled })
    const page = await context.newPage()
    const isSignedIn = async () => (await context.cookies()).some(({ name }) => name.includes('session-'))
    await enterPassword(page, person)
    await page.getByRole('heading', { name: 'Set up an authenticator app' }).waitFor()
    const key = ((await page.locator('code.key').textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code from the app', { exact: true }).fill(codeOf(key, Date.now()))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'I have saved the codes' }).click()
    await page.getByRole('heading', { name: 'Back at the app' }).waitFor()
    const { pathname, searchParams } = web.arrivals.at(-1)?.url ?? assert.fail('nobody came')
    assert.deepEqual([pathname, await isSignedIn()], ['/terms', false])
    const back = `${searchParams.get('return_to')}?state=${searchParams.get('state')}`
    await page.goto(back)
    await page.waitForURL(`${CALLBACK}**`)
    assert.equal(await isSignedIn(), true)
    await context.close()
  })
}

test('a refused sign-in says so on a page that leads back, in light and dark', async () => {
  const person = await makePerson(web.server, 'refused@northwind.example')
  receiver.answer(200, { decision: 'deny', message: 'Call the help desk.' })
  const context = await web.open()
  const page = await context.newPage()
  await enterPassword(page, person)
  await page.getByRole('heading', { name: 'You cannot sign in now' }).waitFor()
  await page.getByText('Call the help desk.').waitFor()
  await checkAppearance(page, 'flow-refusal')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Password').waitFor()
  await context.close()
})
