// Checks in a browser how a person makes an account, signs in, forgets the password, and signs in by mail.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { APP, ATTACKER, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { linkIn, type MailServer, startMailServer } from '#testing/mail-server.ts'
import { makeClient, proofKey, type TestClient } from '#testing/realm.ts'
import { until } from '#testing/until.ts'

const REALM = '/v1/realms/default'
const PASSWORD = 'a phrase that nobody guesses'

let office: MailServer
let web: BrowserNetwork
let client: TestClient

before(async () => {
  office = await startMailServer()
  web = await openBrowserNetwork({
    COUNTERSIGN_SMTP_URL: office.url,
    COUNTERSIGN_MAIL_FROM: 'Northwind <no-reply@id.example.test>',
  })
  await web.server.api('PATCH', REALM, {
    name: 'Northwind',
    magic_link_enabled: true,
    policy: { user_registration: 'open' },
  })
  client = await makeClient(web.server, { redirect_uris: [`${APP}/callback`] })
})
after(async () => {
  await web.close()
  await office[Symbol.asyncDispose]()
})

function requestUrl(): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: `${APP}/callback`,
    scope: 'openid email',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })
  return `${ISSUER}/oauth/authorize?${query}`
}

/** The newest mail to an address with a subject. */
async function mailTo(email: string, subject: string) {
  const find = () =>
    office.mails.findLast(({ to, parsed }) => to.includes(email) && parsed.subject?.startsWith(subject) === true)
  await until(() => find() !== undefined, web.server.output)
  return find() ?? assert.fail('no mail')
}

/** The link in it. */
async function mailed(email: string, subject: string): Promise<string> {
  return linkIn(await mailTo(email, subject))
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor()

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function arriveAtApp(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /Allow/ })
    .or(page.getByRole('heading', { name: 'Back at the app' }))
    .waitFor()
  const allow = page.getByRole('button', { name: /Allow/ })
  if (await allow.isVisible()) await allow.click()
  await heading(page, 'Back at the app')
  assert.ok(new URL(page.url()).searchParams.get('code'))
}

/** The whole walk, in one browser. */
async function walk(context: BrowserContext, email: string, look: boolean): Promise<void> {
  const page = await context.newPage()
  await page.goto(requestUrl())
  await page.getByRole('link', { name: 'Create an account' }).click()
  await heading(page, 'Create an account')
  if (look) await checkAppearance(page, 'create-account')
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send the mail' }).click()
  await heading(page, 'Look into your mailbox')
  await page.goto(await mailed(email, 'Create your account'))
  await heading(page, 'Create your account')
  await page.getByLabel('Name').fill('Grace Hopper')
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create the account' }).click()
  await arriveAtApp(page)

  await context.clearCookies()
  await page.goto(requestUrl())
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await heading(page, 'Forgot your password?')
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send the mail' }).click()
  await heading(page, 'Look into your mailbox')
  await page.goto(await mailed(email, 'Set a new password'))
  await heading(page, 'Set a new password')
  if (look) await checkAppearance(page, 'new-password')
  await page.getByLabel('New password').fill(`${PASSWORD} at all`)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await heading(page, 'Your password is changed')
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()
  await signIn(page, email, `${PASSWORD} at all`)
  await arriveAtApp(page)
  await mailed(email, 'Your password was changed')

  await context.clearCookies()
  await page.goto(requestUrl())
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Sign in by e-mail instead' }).click()
  await heading(page, 'Look into your mailbox')
  if (look) {
    await checkAppearance(page, 'mail-code')
    const { parsed } = await mailTo(email, 'Sign in')
    await page.getByLabel('Code').fill(/Code: (\d{4} \d{4})/.exec(parsed.text ?? '')?.[1] ?? '')
  } else {
    await page.goto(await mailed(email, 'Sign in'))
  }
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await arriveAtApp(page)
}

test('a person makes an account, signs in, sets a new password, and signs in by mail', async () => {
  const context = await web.open()
  await walk(context, 'grace@northwind.example', true)
  await context.close()
})

test('everything works without JavaScript', async () => {
  const context = await web.open({ javaScriptEnabled: false })
  await walk(context, 'joan@northwind.example', false)
  await context.close()
})

test('ML-04 the link of a mail has the host of the issuer, whatever host the request named', async () => {
  const { url } = web.server
  const evil = new URL(ATTACKER).host
  const email = 'grace@northwind.example'
  const headers = { 'x-forwarded-host': evil, forwarded: `host=${evil}`, 'x-forwarded-proto': 'https' }
  const form = await fetch(`${url}/password/forgot`, { headers })
  const csrf = /name="csrf" value="([^"]*)"/.exec(await form.text())?.[1] ?? ''
  const cookie = form.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const before = office.mails.length
  const reply = await fetch(`${url}/password/forgot`, {
    method: 'POST',
    headers: { ...headers, cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrf, email }),
  })
  assert.equal(reply.status, 200)
  assert.doesNotMatch(await reply.text(), /evil/)
  await until(() => office.mails.length > before, web.server.output)
  assert.ok((await mailed(email, 'Set a new password')).startsWith(`${ISSUER}/password/reset?token=`))
  assert.ok(office.mails.every(({ raw }) => !raw.includes(evil)))
})
