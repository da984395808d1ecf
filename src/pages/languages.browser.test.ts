// Checks in a browser that people read pages and mails in their language.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import { loadLanguage } from '#language/language.ts'
import { checkAppearance } from '#testing/appearance.ts'
import { APP, type BrowserNetwork, ISSUER, openBrowserNetwork } from '#testing/browser-network.ts'
import { type MailServer, startMailServer } from '#testing/mail-server.ts'
import { pagesIn } from '#testing/pages-in-language.ts'
import { makeClient, makePerson, proofKey, type TestClient } from '#testing/realm.ts'
import { openSampleSite } from '#testing/sample-site.ts'
import { until } from '#testing/until.ts'

let office: MailServer
let web: BrowserNetwork
let client: TestClient

before(async () => {
  office = await startMailServer()
  web = await openBrowserNetwork({
    COUNTERSIGN_SMTP_URL: office.url,
    COUNTERSIGN_MAIL_FROM: 'Northwind <no-reply@id.example.test>',
  })
  await web.server.api('PATCH', '/v1/realms/default', { name: 'Northwind', default_language: 'fr' })
  client = await makeClient(web.server, { label: 'Tidewater Mail', redirect_uris: [`${APP}/callback`] })
})
after(async () => {
  await web.close()
  await office[Symbol.asyncDispose]()
})

function requestUrl(more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    ...{ client_id: client.clientId, redirect_uri: `${APP}/callback`, scope: 'openid' },
    ...{ response_type: 'code', code_challenge: proofKey().challenge, code_challenge_method: 'S256', ...more },
  })
  return `${ISSUER}/oauth/authorize?${query}`
}

test('a page is in the language of ui_locales, of the choice, of the browser or of the realm, in this order', async () => {
  const context = await web.open({ locale: 'de-CH', javaScriptEnabled: false })
  const page = await context.newPage()
  const heading = (name: string) => page.getByRole('heading', { name, exact: true }).waitFor()
  await page.goto(requestUrl())
  await heading('Anmelden')
  await page.goto(requestUrl({ ui_locales: 'xx nl-BE it' }))
  await heading('Inloggen')
  // The choice is the latest wish, and stays when the next request asks for nothing.
  const address = page.url()
  await page.locator('summary').click()
  await page.getByRole('button', { name: 'Polski' }).click()
  await heading('Zaloguj się')
  assert.equal(page.url(), address)
  const reply = await page.goto(requestUrl())
  await heading('Zaloguj się')
  assert.equal(reply?.headers().vary, 'accept-language, cookie')
  await context.close()
  const other = await web.open({ locale: 'sv' })
  const unknown = await other.newPage()
  await unknown.goto(requestUrl())
  await unknown.getByRole('heading', { name: 'Se connecter', exact: true }).waitFor()
  const cookies = (await other.cookies()).map(({ name }) => name)
  assert.deepEqual(
    cookies.filter((name) => /language|locale/.test(name)),
    [],
  )
  await other.close()
})

test('the choice of a person who is signed in stays with the account, and mails are in it', async () => {
  const ada = await makePerson(web.server, 'ada@northwind.example')
  const context = await web.open({ locale: 'de' })
  const page = await context.newPage()
  await page.goto(`${ISSUER}/account`)
  await page.getByLabel('E-Mail-Adresse').fill(ada.email)
  await page.getByLabel('Passwort').fill(ada.password)
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await page.getByRole('heading', { name: 'Ihr Konto' }).waitFor()
  const localeOf = async () =>
    (await web.server.api<{ locale: string | null }>('GET', `/v1/realms/default/users/${ada.id}`)).locale
  assert.equal(await localeOf(), null)
  await page.locator('summary').click()
  await page.getByRole('button', { name: 'العربية' }).click()
  await page.getByRole('heading', { name: 'حسابك' }).waitFor()
  assert.equal(await localeOf(), 'ar')
  await checkAppearance(page, 'account-arabic')
  // A stranger elsewhere asks for a mail: it is in the language of the page.
  const elsewhere = await web.open({ locale: 'de' })
  const form = await elsewhere.newPage()
  await form.goto(`${ISSUER}/password/forgot`)
  await form.getByLabel('E-Mail-Adresse').fill(ada.email)
  await form.getByRole('button', { name: 'Mail senden' }).click()
  await form.getByRole('heading', { name: 'Sehen Sie in Ihr Postfach' }).waitFor()
  const mail = () => office.mails.find(({ parsed }) => parsed.subject === 'Neues Passwort festlegen – Northwind')
  await until(() => mail() !== undefined, web.server.output)
  const { parsed } = mail() ?? assert.fail('no mail')
  assert.match(
    parsed.text ?? '',
    /Jemand möchte für Ihr Konto ein neues Passwort festlegen\.\n\nKonto: ada@northwind\.example/,
  )
  assert.match(
    String(parsed.html),
    /<html lang="de" dir="ltr">[\s\S]*Konto: <strong><bdi>ada@northwind\.example<\/bdi>/,
  )
  await elsewhere.close()
  await context.close()
})

test('every page in Arabic runs from the right to the left, fits a phone, and has nothing that axe finds', async () => {
  const documents = pagesIn(await loadLanguage('ar'))
  const context = await web.open()
  const browser = context.browser() ?? assert.fail('no browser')
  const { page, show } = await openSampleSite(browser, documents, { viewport: { width: 390, height: 844 } })
  for (const name of Object.keys(documents)) {
    await show(name)
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    assert.equal(await page.evaluate('getComputedStyle(document.body).direction'), 'rtl', name)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, name)
    await page.evaluate(axe.source)
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
        resultTypes: ['violations'],
      })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    assert.deepEqual(found, [], name)
  }
  await page.close()
  await context.close()
})
