// Checks the accessibility and the layout of every page in a browser.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { ENGLISH } from '#language/language.ts'
import { launchBrowser } from '#testing/browser.ts'
import { samplePages } from '#testing/sample-pages.ts'
import { openSampleSite } from '#testing/sample-site.ts'
import { consent } from './consent.ts'
import { errorPage } from './error-page.ts'
import { signIn } from './sign-in.ts'

const pages = samplePages()
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

const looks = [
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
] as const

for (const look of looks) {
  test(`axe finds nothing wrong with any page, ${look.colorScheme}, ${look.viewport.width} pixels wide`, async () => {
    const { page, show, complaints } = await openSampleSite(browser, pages, look)
    for (const name of Object.keys(pages)) {
      await show(name)
      await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
      await page.evaluate(axe.source)
      const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
      const found = await page.evaluate(async (values) => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
          runOnly: values,
          resultTypes: ['violations'],
        })
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      }, rules)
      assert.deepEqual(found, [], name)
    }
    assert.deepEqual(complaints, [])
    await page.close()
  })
}

test('no page scrolls sideways on a phone 320 pixels wide, however long its words', async () => {
  const long = 'Donaudampfschifffahrtsgesellschaftskapitaen'.repeat(9)
  const frame = { brand: { name: long }, language: ENGLISH }
  const form = { frame, action: '/', csrf: 'c', transaction: 't' }
  const documents = {
    ...pages,
    'long-sign-in': signIn({ ...form, client: { name: long, host: `${long}.example` }, email: `${long}@example.com` }),
    'long-consent': consent({
      ...form,
      client: { name: long, host: `${long}.example`, firstParty: true },
      resource: { name: long },
      scopes: [{ name: long, description: long }],
      redirectUri: `https://${'long.'.repeat(40)}example/`,
      account: { email: `${long}@example.com`, name: long },
    }),
    'long-error': errorPage({ frame, code: long, requestId: long, detail: long }),
  }
  const { page, show } = await openSampleSite(browser, documents, { viewport: { width: 320, height: 640 } })
  for (const name of Object.keys(documents)) {
    await show(name)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    assert.equal(width, 320, name)
  }
  await page.close()
})

test('what is pressed on a phone is at least 44 pixels high', async () => {
  const { page, show } = await openSampleSite(browser, pages, { viewport: { width: 390, height: 844 } })
  for (const name of Object.keys(pages).filter((candidate) => candidate !== 'api-docs')) {
    await show(name)
    for (const control of await page.locator('button, a, input:not([type=hidden])').all()) {
      assert.ok(((await control.boundingBox())?.height ?? 0) >= 44, `${name}: ${await control.textContent()}`)
    }
  }
  await page.close()
})

test('without JavaScript: signing in posts the form, consent says which button was pressed', async () => {
  const { page, show, posted } = await openSampleSite(browser, pages, { javaScriptEnabled: false })
  await show('sign-in')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill('correct horse')
  await Promise.all([page.waitForRequest((request) => request.method() === 'POST'), page.keyboard.press('Enter')])
  await show('consent')
  await page.getByRole('button', { name: 'Deny' }).click()
  await show('consent')
  await page.getByRole('button', { name: 'Not you?' }).click()
  await show('sign-in-confirm')
  await page.getByRole('button', { name: 'Not you?' }).click()
  assert.deepEqual(
    posted.map((body) => Object.fromEntries(body)),
    [
      { transaction: 'txn-1', csrf: 'csrf-token', email: 'ada@example.com', password: 'correct horse' },
      { transaction: 'txn-1', csrf: 'csrf-token', decision: 'deny' },
      { transaction: 'txn-1', csrf: 'csrf-token', decision: 'switch_account' },
      { transaction: 'txn-1', csrf: 'csrf-token', decision: 'switch_account' },
    ],
  )
  await page.close()
})

test('the cursor stands where the person must type next, and every stop of the Tab key is visible', async () => {
  const { page, show } = await openSampleSite(browser, pages)
  for (const [name, field] of Object.entries({
    'sign-in': 'email',
    'sign-in-incorrect': 'password',
    'sign-in-confirm': 'password',
    'get-started-problem': 'email',
  })) {
    await show(name)
    await page.locator(`#${field}:focus`).waitFor({ timeout: 5_000 })
  }
  await show('consent')
  const stops = []
  for (let count = 0; count < 3; count++) {
    await page.keyboard.press('Tab')
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
    assert.equal(outline, 'solid')
    stops.push(await page.evaluate<string>('document.activeElement.value'))
  }
  assert.deepEqual(stops, ['switch_account', 'allow', 'deny'])
  await page.close()
})

test('a screen reader hears the error with the password field', async () => {
  const { page, show } = await openSampleSite(browser, pages)
  await show('sign-in-incorrect')
  await page.getByRole('textbox', { name: 'Password' }).and(page.locator(':focus')).waitFor()
  const snapshot = await page.locator('main').ariaSnapshot()
  assert.match(snapshot, /- alert:[\s\S]*do not match/)
  const described = await page.getByLabel('Password').getAttribute('aria-describedby')
  assert.match((await page.locator(`#${described}`).textContent()) ?? '', /do not match/)
  await page.close()
})
