// Checks every page in a browser, in a language from each side: accessibility, width, and the order of the Tab key.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { loadLanguage } from '#language/language.ts'
import { launchBrowser } from '#testing/browser.ts'
import { brandedPage, pagesIn } from '#testing/pages-in-language.ts'
import { openSampleSite } from '#testing/sample-site.ts'

let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

const LOOKS = [
  { tag: 'en', colorScheme: 'light', width: 1280 },
  { tag: 'en', colorScheme: 'dark', width: 390 },
  { tag: 'ar', colorScheme: 'light', width: 320 },
] as const

async function pagesOf(tag: 'en' | 'ar'): Promise<Readonly<Record<string, string>>> {
  const language = await loadLanguage(tag)
  return { ...pagesIn(language), branded: brandedPage(language) }
}

async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

/** The buttons in which a text and an element are side by side, so that the space between them is lost. */
const RUN_TOGETHER = `[...document.querySelectorAll('.button')].filter(({ childNodes }) =>
  [...childNodes].filter((node) => node.textContent.trim() !== '').length > 1).map(({ textContent }) => textContent)`

for (const { tag, colorScheme, width } of LOOKS) {
  test(`no page has a flaw that axe finds, or scrolls sideways: ${tag}, ${colorScheme}, ${width} pixels wide`, async () => {
    const pages = await pagesOf(tag)
    const { page, show } = await openSampleSite(browser, pages, { colorScheme, viewport: { width, height: 800 } })
    for (const name of Object.keys(pages)) {
      await show(name)
      assert.deepEqual(await violationsOn(page), [], name)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, name)
      assert.deepEqual(await page.evaluate(RUN_TOGETHER), [], name)
    }
    await page.close()
  })
}

/** A stop of the Tab key. */
interface Stop {
  readonly name: string
  /** Its place among all elements of the page. */
  readonly place: number
  readonly top: number
  readonly outline: string
}

const STOP = `(() => {
  const element = document.activeElement
  if (!element || element === document.body) return undefined
  return {
    name: element.getAttribute('name') === 'email' || element.type === 'password' ? element.name : element.textContent.trim(),
    place: [...document.querySelectorAll('*')].indexOf(element),
    top: element.getBoundingClientRect().top + scrollY,
    outline: getComputedStyle(element).outlineStyle,
  }
})()`

/** The stops of the Tab key from the top of a page to its end. */
async function stopsOf(page: Page): Promise<Stop[]> {
  if ((await page.locator('[autofocus]').count()) > 0)
    await page.locator('[autofocus]:focus').waitFor({ timeout: 5000 })
  // The key begins at the body, and not at the field in which the cursor stands.
  await page.evaluate('document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex")')
  const stops: Stop[] = []
  for (let count = 0; count < 60; count++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate<Stop | undefined>(STOP)
    if (!stop || stops.some(({ place }) => place === stop.place)) return stops
    stops.push(stop)
  }
  return stops
}

const FORMS = [
  ...[
    'sign-in',
    'sign-in-confirm',
    'sign-up',
    'new-account',
    'recovery',
    'new-password',
    'email-sign-in',
    'second-factor',
  ],
  ...[
    'enrolment',
    'recovery-codes',
    'consent',
    'device',
    'device-code',
    'invitation-new',
    'account',
    'account-deletion',
  ],
  ...['account-approval', 'passkey', 'organization', 'get-started', 'sign-out', 'branded'],
]

for (const tag of ['en', 'ar'] as const) {
  test(`the Tab key goes through forms as they are read, and shows where it is: ${tag}`, async () => {
    const { page, show } = await openSampleSite(browser, await pagesOf(tag), { viewport: { width: 390, height: 800 } })
    for (const name of FORMS) {
      await show(name)
      const stops = await stopsOf(page)
      const focusable = await page
        .locator('a[href]:visible, button:visible, input:enabled:visible, select:visible, summary:visible')
        .count()
      assert.equal(stops.length, focusable, `${name}: ${stops.map((stop) => stop.name).join(', ')}`)
      for (const [at, stop] of stops.entries()) {
        assert.equal(stop.outline, 'solid', `${name}: ${stop.name}`)
        const before = stops[at - 1]
        if (before)
          assert.ok(before.place < stop.place && before.top <= stop.top, `${name}: ${before.name}, ${stop.name}`)
      }
    }
    await page.close()
  })
}

test('on the sign-in page the Tab key stops at the fields, then at the ways to sign in', async () => {
  const { page, show } = await openSampleSite(browser, await pagesOf('en'))
  await show('sign-in')
  assert.deepEqual(
    (await stopsOf(page)).map(({ name }) => name),
    [
      ...['email', 'password', 'Sign in', 'Sign in by e-mail instead', 'Forgot your password?', 'Continue with Acme'],
      ...['Create an account', 'Language: English'],
    ],
  )
  await page.close()
})
