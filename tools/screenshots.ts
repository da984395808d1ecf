// Writes screenshots of every hosted page, light and dark, on a phone and on a desktop, in English and in Arabic: all of them to
// screenshots/, and those of the documentation to docs/images.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadLanguage } from '#language/language.ts'
import type { LanguageTag } from '#language/languages.ts'
import { launchBrowser } from '#testing/browser.ts'
import { brandedPage, pagesIn } from '#testing/pages-in-language.ts'
import { openSampleSite } from '#testing/sample-site.ts'

const root = join(import.meta.dirname, '..')
const all = join(root, 'screenshots')
const documented = join(root, 'docs/images')

/** What the documentation shows: at most forty. */
const DOCUMENTED = new Set(
  [
    'sign-in en light 1280, sign-in en dark 390, sign-in ar light 390, sign-in ar dark 1280',
    'branded en light 1280, branded en dark 390, branded ar light 390',
    'sign-up en light 1280, new-account en dark 390, recovery ar light 390, new-password en light 390, mail-sent en dark 1280',
    'email-sign-in en light 390, second-factor en light 1280, second-factor ar dark 390, second-factor-sms ar light 390',
    'enrolment en light 390, recovery-codes en dark 390, passkeys en light 1280, passkeys ar light 390',
    'account-activity en light 390, organization en light 390, consent en light 1280, consent en dark 390, consent ar light 390',
    'device en dark 390, device-code en light 1280, invitation-new en light 390, get-started en light 1280',
    'account en light 1280, account ar light 390, account-sessions en dark 390, account-second-factors en light 390',
    'account-linked en dark 390, account-apps en light 390, account-approvals en light 390, account-approval en dark 390',
    'sign-out en light 390, error en light 1280, error ar dark 390',
  ].flatMap((line) => line.split(', ')),
)

const found = new Set<string>()
rmSync(all, { recursive: true, force: true })
rmSync(documented, { recursive: true, force: true })
mkdirSync(all)
mkdirSync(documented)
const browser = await launchBrowser()
for (const tag of ['en', 'ar'] satisfies readonly LanguageTag[]) {
  const language = await loadLanguage(tag)
  const pages = { ...pagesIn(language), branded: brandedPage(language) }
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, show } = await openSampleSite(browser, pages, { colorScheme })
    for (const name of Object.keys(pages)) {
      await show(name)
      // The cursor comes after the page.
      if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor()
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 800 })
        const file = `${name}${tag === 'en' ? '' : `-${tag}`}-${colorScheme}-${width}.png`
        await page.screenshot({ path: join(all, file), fullPage: true, animations: 'disabled' })
        const key = `${name} ${tag} ${colorScheme} ${width}`
        if (!DOCUMENTED.has(key)) continue
        found.add(key)
        copyFileSync(join(all, file), join(documented, file))
      }
    }
    await page.close()
  }
}
await browser.close()
const missing = [...DOCUMENTED].filter((key) => !found.has(key))
if (missing.length > 0) throw new Error(`no such page: ${missing.join(', ')}`)
