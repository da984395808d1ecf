// Checks the browsers that tests share.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launchBrowser } from './browser.ts'

test('two browsers started together both show a page', async () => {
  const browsers = await Promise.all([launchBrowser(), launchBrowser()])
  try {
    for (const browser of browsers) {
      const page = await browser.newPage()
      await page.setContent('<h1>Hello</h1>')
      assert.equal(await page.getByRole('heading').textContent(), 'Hello')
    }
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()))
  }
})
