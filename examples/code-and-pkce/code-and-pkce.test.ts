// Runs the example of an app that signs people in.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { makePerson } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { type RunningExample, runExample } from '../example.ts'

let server: TestServer
let browser: Browser
let example: RunningExample
let app: string

before(async () => {
  server = await startServer()
  const port = await freePort()
  example = runExample(server, 'code-and-pkce/code-and-pkce.ts', { PORT: String(port) })
  app = (await example.line(/Open (\S+) in a browser/))[1] ?? ''
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  example?.process.kill('SIGKILL')
  await server.stop()
})

interface Listed {
  readonly data: Record<string, unknown>[]
}

async function listed(path: string): Promise<Record<string, unknown>[]> {
  return (await server.api<Listed>('GET', path)).data
}

async function typePassword(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('a person signs in to the app, which refreshes, calls the API and signs them out', async () => {
  const person = await makePerson(server, 'ada@example.com')
  await server.api('PATCH', `/v1/realms/default/users/${person.id}`, { name: 'Ada <Lovelace>' })
  const page = await browser.newPage()
  await page.goto(app)
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()

  assert.equal(new URL(page.url()).origin, server.url)
  await typePassword(page, person)
  await page.getByRole('heading', { name: /Allow Notes on the web/ }).waitFor()
  await page.getByText('Read your notes').waitFor()
  await page.getByRole('button', { name: 'Allow' }).click()

  await page.getByText('Signed in as Ada <Lovelace> (ada@example.com).').waitFor()
  assert.equal(page.url(), `${app}/`)

  await page.getByRole('button', { name: 'Call the API' }).click()
  await page.getByText(`200 {"caller":"${person.id}","notes":["Buy ink"]}`).waitFor()

  await page.getByRole('button', { name: 'Refresh the token' }).click()
  await page.getByText('Signed in as Ada').waitFor()
  const issuances = await listed('/v1/realms/default/issuances')
  assert.deepEqual(
    issuances.map(({ grant_type: grant, audience }) => [grant, audience]),
    [
      ['refresh_token', 'https://api.example.com/notes'],
      ['authorization_code', 'https://api.example.com/notes'],
    ],
  )

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor()
  assert.equal(page.url(), `${app}/`)
  assert.deepEqual(await listed('/v1/realms/default/sessions'), [])
  assert.equal((await listed('/v1/realms/default/issuances')).filter(({ revoked_at: at }) => at === null).length, 0)

  // The consent is remembered, the sign-in is not.
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()
  await typePassword(page, person)
  await page.getByText('Signed in as Ada').waitFor()
  await page.close()
})

test('who refuses comes back to the app, which says so', async () => {
  const person = await makePerson(server, 'grace@example.com')
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${app}/sign-in`)
  await typePassword(page, person)
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByText('Countersign refused: access_denied').waitFor()
  await context.close()
})

test('an answer that the browser did not ask for is not taken', async () => {
  const response = await fetch(`${app}/callback?code=abc&state=def&iss=${server.url}`)
  assert.equal(response.status, 400)
  assert.match(await response.text(), /was not started in this browser/)
})

test('the app ends where it is told to, and its client with it', async () => {
  example.process.kill('SIGTERM')
  const { code, lines } = await example.ended
  assert.equal(code, 0, lines.join('\n'))
  assert.deepEqual(await listed('/v1/realms/default/clients'), [])
})
