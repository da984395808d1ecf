// Owns the checks of how a page looks: light and dark, on a phone and on a desktop, by axe and by its width.
import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

const VIEWS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1280].map((width) => ({ colorScheme, width, height: width === 390 ? 844 : 800 })),
)
/**
 * Checks a page in each view.
 * @param name of the page, for the message
 * @throws AssertionError where axe reports a violation, or the page scrolls sideways
 */
export async function checkAppearance(page: Page, name: string): Promise<void> {
  for (const { colorScheme, width, height } of VIEWS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height })
    // Colours that still change to the other scheme must not be measured.
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
    await page.evaluate(axe.source)
    const { violations, passes } = await page.evaluate(async () => {
      const result = await (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] })
      return {
        violations: result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        passes: result.passes.length,
      }
    })
    assert.deepEqual(violations, [], `${name}, ${colorScheme}, ${width}`)
    assert.ok(passes > 0, `axe checked nothing on ${name}`)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${name} scrolls sideways`)
  }
}
