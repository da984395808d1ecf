// Checks, with a real mail server, when people are told by mail of a sign-in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userCreate } from '#domain/user/user.operations.ts'
import { PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { openMailFixture } from '#testing/mail-fixture.ts'

const NEW_PASSWORD = 'a phrase that nobody guesses'

test('a sign-in in a new browser is told by mail, the first one and those in known browsers are not', async () => {
  await using fixture = await openMailFixture()
  const { services } = fixture
  const { email } = await callOperation(userCreate, services.contextFor(), {
    email: 'ada@example.com',
    password: PASSWORD,
  })
  const browser = (network: number) => new FormBrowser(services, services.realm, { ip: `192.0.2.${network}` })
  const signIn = async (who: FormBrowser, password = PASSWORD) => {
    const page = await who.submit(await who.follow(await who.get('/account')), { email, password })
    assert.match(page.text, /<h1>Your account<\/h1>/)
  }
  const signOut = async (who: FormBrowser) => {
    await who.submit(await who.get('/sign-out'), { decision: 'sign_out' })
  }
  const told = async () => (await fixture.log()).filter(({ kind }) => kind === 'new_browser').length
  const home = browser(1)
  await signIn(home)
  await signOut(home)
  await signIn(home)
  assert.equal(await told(), 0)

  fixture.start()
  const other = browser(2)
  await signIn(other)
  const { parsed } = await fixture.mailTo(email)
  assert.equal(parsed.subject, `A sign-in from a new browser at ${services.realm.name}`)
  for (const body of [parsed.text, parsed.html]) {
    for (const part of [email, '192.0.2.2', '1 January 2026']) assert.ok(body?.includes(part), `no ${part} in ${body}`)
    for (const path of ['account/sessions', 'password/forgot']) {
      assert.ok(body?.includes(`https://id.example.com/${path}`), `no ${path} in ${body}`)
    }
  }
  assert.doesNotMatch(String(parsed.text), /token=/, 'no link does anything by itself')

  const page = await other.follow(await other.get('/account/password'))
  assert.match((await other.submit(page, { password: NEW_PASSWORD })).text, /The change is saved/)
  await signOut(other)
  await signIn(other, NEW_PASSWORD)
  assert.equal(await told(), 1, 'the browser in which the password was changed stays known')

  for (let network = 3; network < 12; network++) await signIn(browser(network), NEW_PASSWORD)
  assert.equal(await told(), 5, 'nobody floods the mailbox')
  assert.deepEqual(fixture.complaints, [])
})
