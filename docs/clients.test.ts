// Runs the pages that connect client libraries.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { ClientPages, type ClientReader, consent, identify, SIGNED_IN, signIn } from '#testing/client-pages.ts'
import { isInstalled, notInstalled } from '#testing/real-parts.ts'

// Each page of docs/clients is followed to the letter. Then a person signs in at the client with a browser.

/** How many pages are followed at the same time: the installations wait for the disk, the programs for a processor. */
const AT_ONCE = 3

interface Client {
  /** The Debian packages that the page needs. */
  readonly packages?: readonly string[]
  readonly read: (reader: ClientReader) => Promise<void>
}

/** Types that openapi-typescript makes of the other documents. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  scaikey: ['ScaikeyUser', 'ScaikeyUserCreateRequest', 'ScaikeyUserList', 'ScaikeyError'],
  zautha: ['ZauthaProject', 'ZauthaProjectCreateRequest', 'ZauthaError'],
  sharkauth: ['SharkauthRole', 'SharkauthRoleCreateRequest', 'SharkauthError'],
  authplane: ['AuthplaneClient', 'AuthplaneResource', 'AuthplaneError'],
  scim: ['ScimUser', 'ScimUserList', 'ScimError'],
}

function assertTypes(file: string, names: readonly string[]): void {
  const types = readFileSync(file, 'utf8')
  for (const name of names) {
    assert.match(types, new RegExp(`^export type ${name} = components\\['schemas'\\]\\['${name}'\\];$`, 'm'))
  }
}

const CLIENTS: Readonly<Record<string, Client>> = {
  express: {
    async read(reader) {
      const { page, issuer, app } = reader
      await signIn(reader, 'Sign in')
      // The session ends at the server only: the app sends the person to sign in again.
      await page.goto(`${issuer}/sign-out`)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.goto(`${app}/account`)
      await identify(page)
      await page.getByText(SIGNED_IN).waitFor()
      await reader.page.getByRole('link', { name: 'Sign out' }).click()
      await reader.page.getByRole('link', { name: 'Sign in', exact: true }).waitFor()
    },
  },
  fastify: { read: (reader) => signIn(reader, 'Sign in') },
  authjs: { read: (reader) => signIn(reader, 'Sign in', 'Sign in with Countersign') },
  nextjs: {
    async read({ app, ...reader }) {
      await signIn({ ...reader, app: app.replace('127.0.0.1', 'localhost') }, 'Sign in')
      await reader.page.getByRole('button', { name: 'Sign out' }).click()
      await reader.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    },
  },
  spa: {
    async read(reader) {
      const { page } = reader
      await signIn(reader, 'Sign in')
      await page.getByRole('button', { name: 'Sign out' }).click()
      const opened = page.waitForEvent('popup')
      await page.getByRole('button', { name: 'Sign in with a popup' }).click()
      await identify(await opened)
      await page.getByText(SIGNED_IN).waitFor()
    },
  },
  rs256: { read: (reader) => signIn(reader, 'Sign in') },
  go: {
    packages: ['golang-go', 'golang-golang-x-oauth2-dev', 'golang-github-coreos-go-oidc-dev'],
    read: (reader) => signIn(reader, 'Sign in'),
  },
  python: {
    packages: ['python3-authlib', 'python3-flask', 'python3-requests'],
    read: (reader) => signIn(reader, 'Sign in'),
  },
  apache: { packages: ['apache2', 'libapache2-mod-auth-openidc'], read: (reader) => signIn(reader) },
  nginx: {
    packages: ['nginx'],
    async read({ page, app }) {
      await page.goto(app)
      await consent(page)
      await page.getByText('Signed in as ada@example.com').waitFor()
    },
  },
  'admin-api': {
    async read({ folder, run }) {
      const own = ['Client', 'ClientCreateRequest', 'CreatedClient', 'UserList', 'Error']
      assertTypes(join(folder, 'docs/clients/admin-api/admin-api.ts'), own)
      for (const [surface, names] of Object.entries(TYPES)) {
        const to = join(folder, `${surface}.ts`)
        const flags = `--root-types --root-types-no-schema-prefix --output ${to}`
        const script = `(cd docs/clients/admin-api && npx openapi-typescript "$ADMIN_URL/openapi/${surface}.json" ${flags})`
        await run.take({ section: surface, line: 0, terminal: undefined, script, output: undefined })
        assertTypes(to, names)
      }
    },
  },
  mcp: {
    async read({ page, run }) {
      const [, address = ''] = await run.prints('app', /^Open (http.*)$/m)
      await page.goto(address)
      await consent(page)
      await run.prints('app', /The MCP server says: \S+ with notes:read/)
    },
  },
  'oidc-agent': {
    packages: ['oidc-agent-cli'],
    async read({ page, issuer, run }) {
      const [, code = ''] = await run.prints('app', /enter the code: (\S+)/)
      await page.goto(`${issuer}/device`)
      await page.getByLabel('Code').fill(code)
      await page.getByRole('button', { name: 'Continue' }).click()
      await consent(page, 'Approve')
      await run.prints('app', /"name":"Ada Lovelace"/)
    },
  },
}

let pages: ClientPages

before(async () => {
  pages = await ClientPages.open()
})
after(() => pages?.close())

test('a test follows every page of docs/clients', () => {
  const folders = readdirSync(join(import.meta.dirname, 'clients'), { withFileTypes: true })
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  assert.deepEqual(names.toSorted(), Object.keys(CLIENTS).toSorted())
})

test('a person signs in at each client that is set up as its page says', {
  concurrency: AT_ONCE,
  timeout: 900_000,
}, async (t) => {
  await Promise.all(Object.entries(CLIENTS).map(([name, client]) => declare(t, name, client)))
})

/** Declares the test of one client; prints a line where a package is missing. */
async function declare(t: TestContext, name: string, { packages = [], read }: Client): Promise<void> {
  const missing = packages.filter((one) => !isInstalled(one))
  if (missing.length === 0) await t.test(name, () => pages.follow(name, read))
  else console.log(notInstalled(missing.join(', '), `docs/clients/${name}`))
}
