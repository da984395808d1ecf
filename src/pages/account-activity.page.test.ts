// Checks that people see what happened with their account, newest first, page by page, and nothing of others.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { userCreate, userSetPassword } from '#domain/user/user.operations.ts'
import { setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import type { FormBrowser, PageResponse } from '#testing/form-browser.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}` })
const person = () => callOperation(userCreate, context(), { email: `p${++made}@example.com`, password: PASSWORD })
const entriesOf = ({ text }: PageResponse) =>
  [...text.matchAll(/<li>\s*<strong>(.*?)<\/strong>(.*?)<\/li>/gs)].map(([, what = '', rest = '']) => ({ what, rest }))

async function open(who: FormBrowser, email: string, password = PASSWORD): Promise<PageResponse> {
  const page = await who.follow(await who.get(ACCOUNT_PATHS.activity))
  return /name="password"/.test(page.text) ? who.submit(page, { email, password }) : page
}

test('a person sees sign-ins, failures, changes and apps, with where they came from, and nothing of others', async () => {
  const [user, other] = [await person(), await person()]
  const who = browser()
  await authorizeInBrowser(who, fixture.request(), { email: user.email })
  await authorizeInBrowser(browser(), fixture.request(), { email: other.email })
  const stranger = fixture.newBrowser({ ip: '203.0.113.9' })
  await stranger.submit(await stranger.follow(await stranger.get('/account')), { email: user.email, password: 'wrong' })
  await setUpTotp(context(), other.id)
  const page = await open(who, user.email)
  const entries = entriesOf(page)
  const failed = entries.find(({ what }) => what === 'A sign-in failed')
  assert.match(failed?.rest ?? '', /203\.0\.113\.9/, 'who tried it is told')
  const allowed = entries.find(({ what }) => what === 'An app was allowed to use your account')
  assert.match(allowed?.rest ?? '', /Tidewater/)
  assert.ok(entries.some(({ what }) => what === 'Signed in'))
  assert.ok(!entries.some(({ what }) => what === 'A way to sign in was added'), 'not what others did')
  assert.doesNotMatch(page.text, new RegExp(`${other.email}|${other.id}|token\\.issued`))
})

test('what an administrator did is said to be so, without the address, and secrets are nowhere', async () => {
  const user = await person()
  const secret = 'another phrase that nobody guesses'
  await callOperation(userSetPassword, context(), { id: user.id, password: secret })
  const page = await open(browser(), user.email, secret)
  const [, changed] = entriesOf(page)
  assert.equal(changed?.what, 'The password was changed')
  assert.match(changed?.rest ?? '', /By an administrator/)
  assert.doesNotMatch(changed?.rest ?? '', /Address|192\.0\.2/)
  assert.ok(!page.text.includes(secret))
})

test('a long list goes on page by page, each entry once, and a cursor that is none is refused', async () => {
  const user = await person()
  const who = browser()
  await open(who, user.email)
  for (let index = 0; index < 30; index++) {
    await context().write((unit) =>
      unit.emit('sign_in.failed', {
        subject: { type: 'user', id: user.id, label: user.email },
        result: 'failure',
        data: { method: 'pwd', reason: 'wrong_password' },
      }),
    )
  }
  const first = await open(who, user.email)
  const second = await who.get(
    /href="([^"]*cursor=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? assert.fail(),
  )
  const [one, two] = [entriesOf(first), entriesOf(second)]
  assert.equal(one.length, 25)
  const failures = [...one, ...two].filter(({ what }) => what === 'A sign-in failed')
  assert.equal(failures.length, 30)
  assert.equal([...one, ...two].filter(({ what }) => what === 'Signed in').length, 1)
  assert.doesNotMatch(second.text, /cursor=/)
  assert.equal((await who.get(ACCOUNT_PATHS.activity, { cursor: '%%' })).status, 400)
})
