// Owns a site of sample pages that exists only in the browser.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { ASSETS } from '#pages/views/assets.ts'
import { BRAND_STYLE_PATH, brandStyle } from '#pages/views/brand-style.ts'
import { SAMPLE_BRANDING } from './sample-branding.ts'

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** A browser page on a site that exists in the browser only. */
export interface SampleSite {
  readonly page: Page
  /** The bodies of the forms that were posted. */
  readonly posted: URLSearchParams[]
  /** What the browser complained about, a violation of the content security policy for one. */
  readonly complaints: string[]
  /** Shows the document of this name. */
  readonly show: (name: string) => Promise<void>
}

/** Opens the documents, by name, as a site with its assets under the policy that the hosted pages are served with. */
export async function openSampleSite(
  browser: Browser,
  documents: Readonly<Record<string, string>>,
  options: BrowserContextOptions = {},
): Promise<SampleSite> {
  const page = await browser.newPage(options)
  const posted: URLSearchParams[] = []
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.route('**/*', (route) => {
    const request = route.request()
    const path = new URL(request.url()).pathname
    if (request.method() === 'POST') {
      posted.push(new URLSearchParams(request.postData() ?? ''))
      return route.fulfill({ status: 204 })
    }
    const asset = ASSETS.find((candidate) => candidate.path === path)
    if (path === BRAND_STYLE_PATH) return route.fulfill({ contentType: 'text/css', body: brandStyle(SAMPLE_BRANDING) })
    if (asset) return route.fulfill({ contentType: asset.type, body: asset.text })
    const body = documents[path.slice(1)]
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
    return route.fulfill(body === undefined ? { status: 404 } : { headers, body })
  })
  const show = async (name: string) => {
    await page.goto(`http://pages.test/${name}`)
  }
  return { page, posted, complaints, show }
}
