// Checks in a browser that forms under attack are sent with a proof of work, and what happens without JavaScript.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { makePerson } from '#testing/realm.ts'
import type { Person } from '#testing/user-agent.ts'

let web: BrowserNetwork
let ada: Person
before(async () => {
  web = await openBrowserNetwork()
  ada = await makePerson(web.server, 'ada@northwind.example')
})
after(() => web.close())

const setPolicy = (policy: Record<string, unknown>) => web.server.api('PATCH', '/v1/realms/default', { policy })

async function visit(options: { javaScriptEnabled?: boolean } = {}): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await web.open(options)).newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { page, complaints }
}

async function enter(page: Page, password = ada.password): Promise<void> {
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('the computation begins with the page, and the form goes with it', async (t) => {
  await setPolicy({ proof_of_work: 'always', proof_of_work_difficulty: 14 })
  const { page, complaints } = await visit()
  await page.goto(`${ISSUER}/account`)
  const start = performance.now()
  await page.getByRole('status').getByText('The computation is done.').waitFor()
  t.diagnostic(`2^14 tries took ${(performance.now() - start).toFixed(0)} ms`)
  await checkAppearance(page, 'a form with a proof of work')
  await enter(page, 'wrong')
  await page.getByText('do not match').waitFor()
  assert.match(complaints.splice(0).join('\n'), /^[^\n]*status of 400[^\n]*$/)
  await enter(page)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a form that is sent too early waits for the computation, and the page stays responsive', async () => {
  await setPolicy({ proof_of_work: 'always', proof_of_work_difficulty: 16 })
  const { page, complaints } = await visit()
  await page.goto(`${ISSUER}/account`)
  await page.evaluate(() => {
    const seen = { longest: 0, last: performance.now() }
    Object.assign(window, { seen })
    setInterval(() => {
      const now = performance.now()
      seen.longest = Math.max(seen.longest, now - seen.last)
      seen.last = now
    }, 10)
  })
  await enter(page)
  assert.equal(await page.getByRole('status').textContent(), 'Computing. This takes about a second.')
  assert.equal(await page.getByRole('status').getAttribute('aria-live'), 'polite')
  const longest = await page.evaluate(() => (window as unknown as { seen: { longest: number } }).seen.longest)
  assert.ok(longest < 300, `the page stood still for ${longest} ms`)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a page that comes back from the history gets another challenge', async () => {
  await setPolicy({ proof_of_work: 'always', proof_of_work_difficulty: 10 })
  const { page } = await visit()
  await page.goto(`${ISSUER}/account`)
  await enter(page, 'wrong')
  await page.getByText('do not match').waitFor()
  await page.goBack()
  await page.getByRole('status').getByText('The computation is done.').waitFor()
  await enter(page)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

test('without JavaScript, the page says how long to wait, and takes the form then', async () => {
  await setPolicy({ proof_of_work: 'always' })
  const { page } = await visit({ javaScriptEnabled: false })
  await page.goto(`${ISSUER}/account`)
  await page.getByText('wait 20 seconds before you send the form').waitFor()
  await enter(page)
  await page
    .getByRole('alert')
    .getByText(/wait \d+ seconds? before/)
    .waitFor()
  await pause(20_000)
  await enter(page)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})
