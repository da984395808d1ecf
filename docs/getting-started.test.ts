// Runs the commands of the first page as they are printed.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { DocumentationRun, stepsOf } from '#testing/documentation-run.ts'
import { freePort } from '#testing/server.ts'

// The page is followed to the letter in a folder that has all of this checkout but `data` and the packages for
// development, as after `npm start` in a new clone. Only the ports are others, as the page itself says they can be.

const root = join(import.meta.dirname, '..')
const PAGE = 'docs/getting-started.md'
const PASSWORD = 'plenty of ink for everyone'

let folder: string
let browser: Browser
let page: Page
let app: string
let walkthrough: DocumentationRun
let text: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-page-'))
  const copied = ['data', 'examples', 'node_modules']
  for (const name of readdirSync(root)) if (!copied.includes(name)) symlinkSync(join(root, name), join(folder, name))
  const isSource = (path: string) => basename(path) !== 'node_modules'
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true, filter: isSource })
  installForProduction(join(folder, 'node_modules'))
  const [publicPort, adminPort, apiPort, appPort] = await Promise.all([1, 2, 3, 4].map(() => freePort()))
  const ports = { 9000: publicPort, 9001: adminPort, 3001: apiPort, 3000: appPort }
  text = readFileSync(join(root, PAGE), 'utf8').replaceAll(/(?<=127\.0\.0\.1:)(9000|9001|3000|3001)\b/g, (port) =>
    String(ports[Number(port) as keyof typeof ports]),
  )
  app = `http://127.0.0.1:${appPort}`
  // Where a proxy signs for the registry.
  const { NODE_EXTRA_CA_CERTS } = process.env
  walkthrough = new DocumentationRun({
    cwd: folder,
    scratch: mkdtempSync(join(folder, '.walkthrough-')),
    env: {
      COUNTERSIGN_ADMIN_URL: `http://127.0.0.1:${adminPort}`,
      NO_COLOR: '1',
      ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
      npm_config_loglevel: 'error',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_prefer_offline: 'true',
    },
    terminals: {
      server: {
        COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${publicPort}`,
        COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
      },
      api: { PORT: String(apiPort) },
      app: { PORT: String(appPort) },
    },
  })
  browser = await launchBrowser()
  page = await browser.newPage()
})
after(async () => {
  await browser?.close()
  await walkthrough?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Puts the packages that `npm start` installs in a folder. */
function installForProduction(modules: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  const names = Object.entries(packages)
    .filter(([path, { dev }]) => path.lastIndexOf('node_modules/') === 0 && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
  for (const name of ['.bin', ...names]) {
    const source = join(root, 'node_modules', name)
    if (!existsSync(source)) continue
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(source, join(modules, name))
  }
}

async function signIn(): Promise<void> {
  await page.goto(app)
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByText('Signed in as Ada Lovelace').waitFor()
  await page.getByRole('button', { name: 'Call the API' }).click()
  await page.getByText('200 {').waitFor()
  await page.getByRole('button', { name: 'Refresh the token' }).click()
  await page.getByText('Signed in as Ada Lovelace').waitFor()
}

async function signOut(): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor()
}

test('whoever does what the page says sees what the page says', async () => {
  const steps = stepsOf(text)
  assert.ok(steps.length > 15)
  assert.equal((text.match(/^```sh/gm) ?? []).length, steps.length, 'every block of commands is a step')
  // What the reader does in the browser, and after which step.
  const inBrowser: Record<string, () => Promise<void>> = {
    'examples/code-and-pkce/web-app.ts': signIn,
    'countersign event verify': signOut,
  }
  for (const step of steps) {
    await walkthrough.take(step)
    for (const [words, act] of Object.entries(inBrowser)) if (step.script.includes(words)) await act()
  }
})
