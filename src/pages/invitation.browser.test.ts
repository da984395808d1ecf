// Checks in a browser how a person accepts an invitation.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkAppearance } from '#testing/appearance.ts'
import { type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { linkIn, type MailServer, type ReceivedMail, startMailServer } from '#testing/mail-server.ts'
import { makePerson } from '#testing/realm.ts'
import { until } from '#testing/until.ts'
import { UserAgent } from '#testing/user-agent.ts'

const REALM = '/v1/realms/default'
const PASSWORD = 'a phrase that nobody guesses'

let office: MailServer
let web: BrowserNetwork
let organization: string

before(async () => {
  office = await startMailServer()
  web = await openBrowserNetwork({
    COUNTERSIGN_SMTP_URL: office.url,
    COUNTERSIGN_MAIL_FROM: 'Northwind <no-reply@id.example.test>',
  })
  await web.server.api('PATCH', REALM, { name: 'Northwind' })
  const acme = { name: 'Acme Bicycles', slug: 'acme' }
  organization = (await web.server.api<{ id: string }>('POST', `${REALM}/organizations`, acme)).id
})
after(async () => {
  await web.close()
  await office[Symbol.asyncDispose]()
})

interface Invitation {
  readonly id: string
  readonly mailed: boolean
  readonly accept_url: string | null
}

/** Invites an address over the API, as an administrator does, and opens its mailbox. */
async function invite(email: string): Promise<Invitation & { link: string }> {
  const path = `${REALM}/organizations/${organization}/invitations`
  const made = await web.server.api<Invitation>('POST', path, { email, role: 'admin' })
  assert.deepEqual([made.mailed, made.accept_url], [true, null])
  const mailOf = () => office.mails.find(({ to }) => to.includes(email))
  await until(() => mailOf() !== undefined, web.server.output)
  return { ...made, link: linkIn(mailOf() as ReceivedMail) }
}

async function members(): Promise<string[]> {
  const path = `${REALM}/organizations/${organization}/members`
  const { data } = await web.server.api<{ data: { email: string }[] }>('GET', path)
  return data.map(({ email }) => email)
}

async function visit(options?: Parameters<BrowserNetwork['open']>[0]) {
  const context = await web.open(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { context, page, complaints }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor()

test('a person opens the link of a mail, chooses a password and is a member; the link is spent', async () => {
  const { link } = await invite('ada@northwind.example')
  assert.ok(link.startsWith(`${ISSUER}/invitation?invitation=`))
  const { context, page, complaints } = await visit()
  await page.goto(link)
  await heading(page, 'Join Acme Bicycles')
  await checkAppearance(page, 'invitation-new')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create the account' }).click()
  await heading(page, 'You are a member of Acme Bicycles')
  await checkAppearance(page, 'invitation-accepted')
  assert.deepEqual(complaints, [])
  assert.ok((await members()).includes('ada@northwind.example'))
  await page.reload()
  await heading(page, 'You are a member of Acme Bicycles')
  await context.close()

  const stranger = await visit()
  const reply = await stranger.page.goto(link)
  assert.equal(reply?.status(), 410)
  await heading(stranger.page, 'accepted already')
  await checkAppearance(stranger.page, 'invitation-closed')
  await stranger.context.close()
})

test('a double click on Create the account shows the member and keeps the session', async () => {
  const { link } = await invite('ann@northwind.example')
  const { context, page } = await visit()
  await page.goto(link)
  await page.getByLabel('Password').fill(PASSWORD)
  const button = page.getByRole('button', { name: 'Create the account' })
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  assert.ok(box)
  const click = () => page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await click()
  await new Promise((resolve) => setTimeout(resolve, 60))
  await click().catch(() => {})
  await heading(page, 'You are a member of Acme Bicycles')
  await page.goto(link)
  await heading(page, 'You are a member of Acme Bicycles')
  await context.close()
})

test('without JavaScript and with the keyboard alone, in a browser where somebody else is signed in', async () => {
  const [bob, cy] = [
    await makePerson(web.server, 'bob@northwind.example'),
    await makePerson(web.server, 'cy@x.example'),
  ]
  const [first, second] = [await invite(bob.email), await invite(cy.email)]
  const { context, page } = await visit({ javaScriptEnabled: false })
  await page.goto(first.link)
  await page.getByLabel('Password').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(bob.password)
  await page.keyboard.press('Enter')
  await heading(page, 'You are a member of Acme Bicycles')

  await page.goto(second.link)
  await page.getByText('You are signed in as bob@northwind.example').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByLabel('Password').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(cy.password)
  await page.keyboard.press('Enter')
  await heading(page, 'You are a member of Acme Bicycles')
  assert.deepEqual((await members()).toSorted().slice(-2), [bob.email, cy.email])
  await context.close()
})

test('a program that follows the links of mails takes nothing; its owner goes on', async () => {
  const { id, link } = await invite('dora@northwind.example')
  const local = link.replace(ISSUER, web.server.url)
  for (const method of ['GET', 'HEAD', 'GET']) await (await fetch(local, { method })).text()
  const agent = new UserAgent(web.server.url, (url, init) => {
    const headers = { ...init?.headers, host: new URL(ISSUER).host, 'x-forwarded-proto': 'https' }
    return fetch(url, { ...init, headers: { ...headers, ...(init?.method === 'POST' && { origin: ISSUER }) } })
  })
  const page = await agent.request(local)
  const done = await agent.submit(page, { password: PASSWORD, decision: 'register' })
  assert.match(done.text, /You are a member of Acme Bicycles/)
  const path = `${REALM}/organizations/${organization}/invitations`
  const { data } = await web.server.api<{ data: { id: string; status: string }[] }>('GET', path)
  assert.equal(data.find((one) => one.id === id)?.status, 'accepted')
})

test('the outbound mail log tells what was sent to whom, and neither it nor the log of the server has a link', async () => {
  const { link } = await invite('eve@northwind.example')
  const token = new URL(link).searchParams.get('invitation') ?? ''
  const ask = () => web.server.api<{ data: Record<string, unknown>[] }>('GET', `${REALM}/emails?limit=1`)
  let [newest] = (await ask()).data
  for (let round = 0; newest?.status === 'queued' && round < 200; round++) {
    await new Promise((resolve) => setTimeout(resolve, 25))
    newest = (await ask()).data[0]
  }
  assert.match(String(newest?.id), /^mai_/)
  assert.deepEqual([newest?.recipient, newest?.status, newest?.attempts], ['eve@northwind.example', 'sent', 1])
  const events = await web.server.api('GET', '/v1/events?type=mail.sent')
  const everything = JSON.stringify([newest, events, web.server.output()])
  assert.ok(!everything.includes(token))
})
