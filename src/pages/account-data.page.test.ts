// Checks that people download what is stored about them, all of it, nothing of others and no secret.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const browser = () => fixture.newBrowser({ ip: `192.0.2.${++made}` })
const person = (more: object = {}) =>
  callOperation(userCreate, context(), { email: `p${++made}@example.com`, password: PASSWORD, ...more })

async function visit(email: string) {
  const who = browser()
  const asked = await who.follow(await who.get(ACCOUNT_PATHS.data))
  const page = await who.submit(asked, { email, password: PASSWORD })
  return { who, page }
}

test('the file has the account and what belongs to it, nothing of others, and no secret', async () => {
  const attributes = { card: 'C100' }
  const [user, other] = [await person({ name: 'Ada', phone: '+49 30 1', attributes }), await person({ name: 'Eve' })]
  for (const { email } of [user, other]) await authorizeInBrowser(browser(), fixture.request(), { email })
  const { who, page } = await visit(user.email)
  const file = await who.submit(page, {})
  assert.equal(file.status, 200)
  assert.match(String(file.headers['content-disposition']), /^attachment/)
  assert.equal(file.headers['cache-control'], 'no-store')
  const data = JSON.parse(file.text)
  assert.deepEqual(
    [data.account.email, data.account.name, data.account.phone_number, data.account.attributes],
    [user.email, 'Ada', '+49 30 1', attributes],
  )
  assert.equal(data.sessions.data.length, 2)
  assert.deepEqual(data.consents.data[0].scopes, ['openid', 'email'])
  assert.ok(data.activity_by_me.data.some(({ type }: { type: string }) => type === 'session.started'))
  const created = data.activity_about_me.data.find(({ type }: { type: string }) => type === 'user.created')
  assert.equal(created.by, 'api_key')
  for (const foreign of [other.email, 'Eve']) assert.ok(!file.text.includes(foreign), foreign)
  const rows = await context().read.sessions.list(fixture.services.realm.id, { limit: 50, userId: user.id })
  const stored = await context().read.users.findForSignIn(fixture.services.realm.directoryId, user.email)
  for (const secret of [...rows.data.map(({ secretHash }) => secretHash), stored?.passwordHash ?? assert.fail()]) {
    assert.ok(!file.text.includes(secret))
  }
  assert.doesNotMatch(file.text, /secret|digest|hash/i)
  const event = (await eventsAbout(context(), user.id)).find(({ type }) => type === 'user.data_downloaded')
  assert.equal(event?.actor.id, user.id)
})

test('it needs a recent sign-in of the level of the person, and is not given too often', async () => {
  const user = await person()
  const { who, page } = await visit(user.email)
  fixture.services.clock.advance(601_000)
  const late = await who.submit(page, {})
  assert.match(late.text, /name="password"/, 'it asks for a new sign-in')
  const again = await who.submit(late, { email: user.email, password: PASSWORD })
  const statuses: number[] = []
  for (let index = 0; index < 6; index++) statuses.push((await who.submit(again, {})).status)
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429])
  const enrolled = await person()
  const { who: half, page: before } = await visit(enrolled.email)
  await setUpTotp(context(), enrolled.id)
  assert.match((await half.submit(before, {})).text, /name="code"/, 'the second step is asked for')
})

test('a log of any length is in the file, which ends with a sign of being whole', async () => {
  const user = await person()
  const { who, page } = await visit(user.email)
  const subject = { type: 'user', id: user.id }
  await context().write((unit) => {
    for (let index = 0; index < 1100; index++) unit.emit('user.verification_sent', { subject })
  })
  const { activity_about_me: log } = JSON.parse((await who.submit(page, {})).text)
  assert.equal(log.complete, true)
  const sent = log.data.filter(({ type }: { type: string }) => type === 'user.verification_sent')
  assert.equal(sent.length, 1100)
})
