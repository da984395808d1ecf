// Does what the pages of docs/clients say, in a copy of their folders and against one server, and signs a person in.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { DocumentationRun, stepsOf } from './documentation-run.ts'
import { freePort, startServer, type TestServer } from './server.ts'

const root = join(import.meta.dirname, '../..')
const PASSWORD = 'plenty of ink for everyone'

/** What an app shows of the person that the page of all clients creates. */
export const SIGNED_IN = 'Signed in as Ada Lovelace (ada@example.com)'

/** Whoever has done what a page says, up to the programs that go on running. */
export interface ClientReader {
  readonly page: Page
  /** The address of the app of the page. */
  readonly app: string
  readonly issuer: string
  /** The folder that stands for the checkout. */
  readonly folder: string
  readonly run: DocumentationRun
}

/** The server, the browser and the folder that all pages share. */
export class ClientPages {
  readonly #folder: string
  readonly #server: TestServer
  readonly #browser: Browser

  private constructor(folder: string, server: TestServer, browser: Browser) {
    this.#folder = folder
    this.#server = server
    this.#browser = browser
  }

  /** Starts them, and prepares them as docs/clients/README.md says. */
  static async open(): Promise<ClientPages> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-clients-'))
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir, { mode: 0o700 })
    mkdirSync(join(folder, 'bin'))
    symlinkSync(join(root, 'bin/countersign'), join(folder, 'bin/countersign'))
    const filter = (path: string) => basename(path) !== 'node_modules'
    cpSync(join(root, 'docs/clients'), join(folder, 'docs/clients'), { recursive: true, filter })
    const browser = await launchBrowser()
    // What is left running when this fails would keep the test file from ending.
    const server = await startServer({ dataDir }).catch(async (error) => {
      await browser.close()
      throw error
    })
    const pages = new ClientPages(folder, server, browser)
    try {
      await pages.follow('.', async () => {})
    } catch (error) {
      await pages.close()
      throw error
    }
    return pages
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([this.#browser.close(), this.#server.stop()])
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /**
   * Does what a page says, in its order, and then what its reader does in the browser. Only the ports are others.
   * @param name the folder of the page
   */
  async follow(name: string, read: (reader: ClientReader) => Promise<void>): Promise<void> {
    const [app, api, other] = await Promise.all([freePort(), freePort(), freePort()])
    const { public: issuer, admin } = this.#server.ports
    const ports: Record<string, number> = { 9000: issuer, 9001: admin, 3000: app, 3001: api, 3002: other }
    const withPorts = (text: string) =>
      text.replaceAll(/(?<=(?:127\.0\.0\.1|localhost):)(?:9000|9001|3000|3001|3002)\b/g, (port) => String(ports[port]))
    // nginx cannot read a port from the environment.
    const fixed = join(this.#folder, 'docs/clients/nginx/nginx.conf')
    if (name === 'nginx') writeFileSync(fixed, withPorts(readFileSync(fixed, 'utf8')))
    const text = withPorts(readFileSync(join(root, 'docs/clients', name, 'README.md'), 'utf8'))
    const run = new DocumentationRun({
      cwd: this.#folder,
      scratch: mkdtempSync(join(this.#folder, '.run-')),
      env: this.#environment(),
      terminals: { app: { PORT: String(app) }, api: { PORT: String(api) } },
    })
    const context = await this.#browser.newContext()
    context.setDefaultTimeout(90_000)
    try {
      const steps = stepsOf(text)
      assert.equal((text.match(/^```sh/gm) ?? []).length, steps.length, 'every block of commands is a step')
      for (const step of steps) await run.take(step)
      const reader = { app: `http://127.0.0.1:${app}`, issuer: this.#server.url, folder: this.#folder, run }
      await read({ page: await context.newPage(), ...reader })
    } finally {
      // What goes on running would keep the test file from ending.
      await run.close()
      await context.close()
    }
  }

  #environment(): Record<string, string> {
    // Where a proxy signs for the registry.
    const { NODE_EXTRA_CA_CERTS } = process.env
    return {
      ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
      PATH: [join(this.#folder, 'bin'), process.env.PATH].join(delimiter),
      COUNTERSIGN_ADMIN_URL: this.#server.adminUrl,
      COUNTERSIGN_ADMIN_API_KEY: this.#server.adminKey,
      NO_COLOR: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      npm_config_loglevel: 'error',
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    }
  }
}

/** Fills in the sign-in page. */
export async function identify(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Signs in at the pages of the server and consents. @param answer the button that consents */
export async function consent(page: Page, answer = 'Allow'): Promise<void> {
  await identify(page)
  await page.getByRole('button', { name: answer, exact: true }).click()
}

/** Signs in at an app. @param choices the links or buttons that lead to the server */
export async function signIn({ page, app }: ClientReader, ...choices: string[]): Promise<void> {
  await page.goto(app)
  for (const name of choices) {
    await page
      .getByRole('link', { name, exact: true })
      .or(page.getByRole('button', { name, exact: true }))
      .click()
  }
  await consent(page)
  await page.getByText(SIGNED_IN).waitFor()
}
