// Checks which sign-ins are written to the log as suspicious, and why.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userCreate } from '#domain/user/user.operations.ts'
import { openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import type { FormBrowser } from '#testing/form-browser.ts'

test('a sign-in is suspicious for two reasons together, and never for one', async (t) => {
  const fixture = await openAuthorizationFixture()
  t.after(() => fixture.close())
  const { clock } = fixture.services
  const user = await callOperation(userCreate, fixture.services.contextFor(), {
    email: 'grace@example.com',
    password: PASSWORD,
  })
  const at = (ip: string) => fixture.newBrowser({ ip })
  const signIn = async (who: FormBrowser, password = PASSWORD) =>
    who.submit(await who.follow(await who.get('/account')), { email: user.email, password })
  const noted = async () =>
    (await fixture.events('sign_in.suspicious')).map(({ subject, data: { reasons, failures } }) => {
      assert.equal(subject.id, user.id)
      return [reasons, failures]
    })
  await signIn(at('192.0.2.1'))
  await signIn(at('192.0.2.77'))
  assert.deepEqual(await noted(), [], 'a first sign-in, and a new browser in a usual network')
  await signIn(at('198.51.100.1'))
  assert.deepEqual(await noted(), [[['new_browser', 'new_network'], 0]])
  await signIn(at('198.51.100.2'))
  assert.equal((await noted()).length, 1, 'the network is usual now')

  const guesser = at('203.0.113.9')
  for (let index = 0; index < 5; index++) {
    await signIn(guesser, 'wrong')
    clock.advance(600_000)
  }
  await signIn(at('192.0.2.2'))
  assert.deepEqual((await noted()).at(-1), [['new_browser', 'failures_before'], 5])
  const [event] = (await fixture.events('sign_in.suspicious')).slice(-1)
  const sessions = await fixture.services
    .contextFor()
    .read.sessions.list(fixture.services.realm.id, { limit: 1, userId: user.id })
  assert.equal(event?.data.sessionId, sessions.data[0]?.id)
  clock.advance(86_400_000)
  await signIn(at('192.0.2.3'))
  assert.equal((await noted()).length, 2, 'old failures do not count')
})
