// The console in a browser against a running server: the first steps by keyboard, every page for several callers, hostile
// names, and a change that somebody else was faster with.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const PERSON = { email: 'root@example.com', password: 'correct horse battery staple' }
const PATIENCE = 30_000

let server: TestServer
let browser: Browser
before(async () => {
  const build = join(import.meta.dirname, '../../../tools/console.ts')
  assert.equal(spawnSync(process.execPath, [build], { stdio: 'ignore' }).status, 0)
  server = await startServer({ env: { COUNTERSIGN_CONSOLE: 'true', COUNTERSIGN_DEV_INBOX: 'true' } })
  browser = await launchBrowser()
  for (let attempt = 0; ; attempt++) {
    const { status } = await fetch(`${server.adminUrl}/admin/ui/`)
    if (status === 200) break
    assert.ok(attempt < 300, `The console is not served: ${status}. ${server.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A window in which everything that goes wrong is noted. */
interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  readonly wrong: string[]
  /** Waits until nothing is loaded any more. */
  settle(): Promise<void>
}

async function open(key?: string): Promise<Watched> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(PATIENCE)
  const wrong: string[] = []
  if (key) await context.addInitScript((value) => sessionStorage.setItem('countersign-key', value), key)
  await context.exposeFunction('noteRefusal', (text: string) => wrong.push(`policy: ${text}`))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event: Event) => {
      const { violatedDirective, blockedURI } = event as unknown as Record<string, string>
      const note = (globalThis as unknown as { noteRefusal(text: string): void }).noteRefusal
      note(`${violatedDirective} ${blockedURI}`)
    })
  })
  const page = await context.newPage()
  let loading = 0
  page.on('request', () => loading++)
  page.on('requestfinished', () => loading--)
  page.on('requestfailed', () => loading--)
  page.on('pageerror', (error) => wrong.push(`error: ${error}`))
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`))
  page.on('response', (reply) => reply.status() >= 400 && wrong.push(`${reply.status()} ${reply.url()}`))
  const settle = async () => {
    for (let quiet = 0, waited = 0; quiet < 4 && waited < 400; waited++) {
      await page.waitForTimeout(25)
      quiet = loading > 0 ? 0 : quiet + 1
    }
  }
  return { page, context, wrong, settle }
}

/** Presses Tab until something with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let press = 0; press < 140; press++) {
    const at = await page.evaluate(() => {
      const one = document.activeElement as HTMLElement | null
      if (!one?.matches('a, button, input, select, textarea, [role=option]')) return ''
      const label = (one as HTMLInputElement).labels?.[0]?.textContent
      return label ?? one.getAttribute('aria-label') ?? one.textContent ?? ''
    })
    if (name.test(at)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`Nothing that is called ${name} can be reached by keyboard.`)
}

test('from the first start to a token, by keyboard alone', async () => {
  const { page, context, wrong, settle } = await open()
  const link = /http\S+bootstrap=\S+/.exec(server.output())?.[0] ?? assert.fail('The server printed no link.')
  await page.goto(link)
  await tabTo(page, /mail/i)
  await page.keyboard.type(PERSON.email)
  await tabTo(page, /password/i)
  await page.keyboard.type(PERSON.password)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'See what to do next' }).waitFor()
  await tabTo(page, /See what to do next/)
  await page.keyboard.press('Enter')
  await page.getByLabel(/mail/i).waitFor()
  await tabTo(page, /mail/i)
  await page.keyboard.type(PERSON.email)
  await tabTo(page, /password/i)
  await page.keyboard.type(PERSON.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'First steps' }).waitFor()

  // A realm, by the palette.
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').waitFor()
  await page.keyboard.type('create a realm')
  await page.getByRole('option', { name: /Create a realm/ }).waitFor()
  await page.keyboard.press('Enter')
  const realmForm = page.getByRole('dialog')
  await realmForm.getByLabel('Name', { exact: false }).first().waitFor()
  await tabTo(page, /^Name/)
  await page.keyboard.type('Staff')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Staff' }).waitFor()
  await page.keyboard.press('Escape')

  // A client that gets tokens for itself.
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').waitFor()
  await page.keyboard.type('register a client')
  await page.getByRole('option', { name: /Register a client/ }).waitFor()
  await page.keyboard.press('Enter')
  await page
    .getByRole('dialog')
    .getByLabel(/^Label/)
    .waitFor()
  await tabTo(page, /^Label/)
  await page.keyboard.type('Nightly job')
  await tabTo(page, /client credentials/i)
  await page.keyboard.press('Space')
  await tabTo(page, /^Register a client$/)
  await page.keyboard.press('Enter')
  await page.getByText('Copy this now').waitFor()
  const secret = await page.getByRole('region', { name: 'Client secret' }).textContent()
  await tabTo(page, /I have stored it/)
  await page.keyboard.press('Enter')
  await settle()
  assert.ok(!page.url().includes(String(secret)), 'no secret in an address')
  const { data } = await server.api<{ data: { client_id: string; label: string }[] }>(
    'GET',
    '/v1/realms/default/clients',
  )
  const { client_id: id } = data.find(({ label }) => label === 'Nightly job') ?? assert.fail('There is no client.')
  const reply = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret?.trim()}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  assert.equal(reply.status, 200, await reply.text())
  assert.deepEqual(wrong, [])
  await context.close()
})

test('every page that a caller is offered opens, and nothing on it is refused', async (t) => {
  const make = async (name: string, permissions: string[], reach: string) =>
    (
      await server.api<{ key: string }>('POST', '/v1/api-keys', {
        name,
        permissions,
        reach,
        ...(reach === 'realm' && { realm: 'default' }),
      })
    ).key
  const callers = {
    'platform key': server.adminKey,
    'tenant key that reads': await make('Reads', ['*:read'], 'tenant'),
    'realm key for users and groups': await make('People', ['users:read', 'groups:*'], 'realm'),
  }
  for (const [name, key] of Object.entries(callers)) {
    await t.test(name, async () => {
      const { page, context, wrong, settle } = await open(key)
      await page.goto(`${server.adminUrl}/admin/ui/`)
      await settle()
      const links = page.locator('nav a')
      const count = await links.count()
      assert.ok(count > 1, `${count} pages`)
      for (let index = 0; index < count; index++) {
        const link = links.nth(index)
        const label = await link.textContent()
        await link.click()
        await page.waitForURL(`**${await link.getAttribute('href')}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await settle()
        assert.deepEqual(wrong, [], `${label}`)
        assert.equal(await page.getByText('This could not be shown').count(), 0, `${label} is shown`)
      }
      await context.close()
    })
  }
})

test('hostile names are text wherever they are shown', async () => {
  const hostile = `"><img src=x onerror="document.title='hit'"><script>document.title='hit'</script>{{7*7}}`
  const realm = '/v1/realms/default'
  const user = await server.api<{ id: string }>('POST', `${realm}/users`, {
    email: 'mallory@example.com',
    name: hostile,
    department: hostile,
    attributes: { [hostile]: hostile },
  })
  const group = await server.api<{ id: string }>('POST', `${realm}/groups`, { name: hostile, description: hostile })
  const client = await server.api<{ id: string }>('POST', `${realm}/clients`, {
    label: hostile,
    grant_types: ['client_credentials'],
  })
  const role = await server.api<{ id: string }>('POST', `${realm}/roles`, { name: hostile, permissions: ['docs:read'] })
  const agent = await server.api<{ id: string }>('POST', `${realm}/agents`, { name: hostile, description: hostile })
  const organization = await server.api<{ id: string }>('POST', `${realm}/organizations`, {
    name: hostile,
    slug: 'hostile',
  })
  const { page, context, wrong, settle } = await open(server.adminKey)
  const paths = ['users', 'groups', 'clients', 'roles', 'agents', 'organizations', 'events', 'activity'].concat(
    `users/${user.id}`,
    `groups/${group.id}`,
    `clients/${client.id}`,
    `roles/${role.id}`,
    `agents/${agent.id}`,
    `organizations/${organization.id}`,
  )
  await page.goto(`${server.adminUrl}/admin/ui/`)
  await settle()
  const base = page.url().replace(/\/overview.*/, '')
  for (const path of paths) {
    await page.goto(`${base}/${path}`)
    await settle()
    assert.equal(await page.locator('img[src="x"]').count(), 0, path)
    assert.notEqual(await page.title(), 'hit', path)
    assert.deepEqual(wrong, [], path)
  }
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('mallory')
  await page.getByRole('option').first().waitFor()
  assert.equal(await page.locator('img[src="x"]').count(), 0)
  assert.deepEqual(wrong, [])
  await context.close()
})

test('a change that somebody else was faster with is shown member by member, and both are kept', async () => {
  const path = '/v1/realms/default/users'
  const { id } = await server.api<{ id: string }>('POST', path, {
    email: 'grace@example.com',
    department: 'Sales',
    title: 'Engineer',
  })
  const { page, context } = await open(server.adminKey)
  await page.goto(`${server.adminUrl}/admin/ui/`)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  // An address without a tenant and a realm leads to the first ones.
  await page.goto(`${server.adminUrl}/admin/ui/users/${id}`)
  await page
    .getByRole('button', { name: /More options/ })
    .first()
    .click()
  await page.getByLabel('Title', { exact: true }).fill('Chief')
  await server.api('PATCH', `${path}/${id}`, { department: 'Moved' })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Somebody else changed this in the meantime').waitFor()
  assert.match((await page.getByRole('row', { name: /Department/ }).textContent()) ?? '', /Sales.*Moved.*Sales/)
  await page.getByRole('button', { name: 'Save what is chosen' }).click()
  await page.getByText('Somebody else changed this in the meantime').waitFor({ state: 'detached' })
  const user = await server.api<{ title: string; department: string }>('GET', `${path}/${id}`)
  assert.deepEqual([user.title, user.department], ['Chief', 'Moved'])
  await context.close()
})
