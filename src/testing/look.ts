// Looks at pages as people do: light and dark, on a phone and at a desk. axe looks too, and pictures are kept once.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

const IMAGES = new URL('../../docs/images/', import.meta.url).pathname
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1280].map((width) => ({ colorScheme, width, height: width === 390 ? 844 : 800 })),
)

/**
 * Looks at a page, and keeps pictures of it in docs/images where there are none.
 * @param name of the pictures
 * @throws AssertionError where axe finds something, or the page scrolls sideways
 */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true })
  for (const { colorScheme, width, height } of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height })
    // Colours that are still on their way to the other scheme are nobody's.
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
    await page.evaluate(axe.source)
    const violations = await page.evaluate(async () => {
      const found = await (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] })
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    assert.deepEqual(violations, [], `${name}, ${colorScheme}, ${width}`)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${name} scrolls sideways`)
    const path = `${IMAGES}${name}-${colorScheme}-${width}.png`
    if (process.env.COUNTERSIGN_SCREENSHOTS === '1' || !existsSync(path))
      await page.screenshot({ path, fullPage: true })
  }
}
