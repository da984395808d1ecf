// Checks what an authorization code depends on when it is issued.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { updateRealm } from '#domain/realm/realm.service.ts'
import { RealmPatch } from '#domain/realm/realm.ts'
import { revokeSession } from '#domain/session/session.service.ts'
import { signedInBy } from '#domain/sign-in/signed-in.ts'
import { updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import { parse } from '#kernel/parse.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { formOf } from '#testing/form-browser.ts'
import { oneTimeKey } from '../one-time-token/one-time-token.ts'
import { complete, review } from './review.ts'
import { findTransaction } from './transaction.ts'

/** Runs the steps of the request until only the code has to be issued. */
async function comeToTheEnd(fixture: AuthorizationFixture) {
  const browser = fixture.newBrowser()
  const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request()))
  const asked = await browser.submit(page, { email: 'ada@example.com', password: PASSWORD })
  const { action, fields } = formOf(asked)
  const { location = '' } = await browser.post(action, { ...fields, decision: 'allow' })
  const context = fixture.services.contextFor()
  const transaction = await findTransaction(context, fields.transaction, browser.cookies.get('__Host-browser-default'))
  const signedIn = await signedInBy(context, browser.cookies.get('__Host-session-default') ?? '')
  const reviewed = await review(context, signedIn, transaction)
  assert.equal(reviewed.decision, 'issue')
  return { browser, location, finish: () => complete(context, reviewed, transaction) }
}

for (const database of DIALECTS) {
  describe(`issuing a code on ${database}`, async () => {
    test('RC-19 a session or a user that ends in the last moment gives no code, and leaves nothing behind', async () => {
      const fixture = await openAuthorizationFixture({ database })
      try {
        const context = fixture.services.contextFor()
        const endings = [
          async () => {
            const { data } = await context.read.sessions.list(fixture.services.realm.id, { limit: 1 })
            await revokeSession(context, { id: data[0]?.id ?? '' })
          },
          () => updateUser(context, parse(UserPatch, { id: fixture.ada.id, status: 'suspended' })),
        ]
        for (const end of endings) {
          const { finish } = await comeToTheEnd(fixture)
          await end()
          const completion = await finish()
          assert.ok(completion && 'error' in completion)
          assert.equal(completion.error.code, 'login_required')
        }
        assert.equal((await fixture.events('authorization_code.issued')).length, 0)
        assert.equal((await fixture.events('grant.created')).length, 0)
      } finally {
        await fixture.close()
      }
    })

    test('CO-09 many at once are answered alike, and one consent is recorded', async () => {
      const fixture = await openAuthorizationFixture({ database })
      try {
        const { browser, location } = await comeToTheEnd(fixture)
        const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(location)))
        const codes = answers.map((answer) => answerOf(answer).code)
        assert.equal(new Set(codes).size, 20, 'a code each')
        assert.equal((await fixture.events('authorization_code.issued')).length, 20)
        assert.equal((await fixture.events('grant.created')).length, 1)
      } finally {
        await fixture.close()
      }
    })

    test('RC-19 of a session’s end and a code, either there is no code or it came first', async () => {
      const fixture = await openAuthorizationFixture({ database })
      try {
        const context = fixture.services.contextFor()
        const client = await fixture.makeClient({ firstParty: true })
        for (let round = 0; round < 10; round++) {
          const browser = fixture.newBrowser()
          await authorizeInBrowser(browser, fixture.request({ client_id: client.clientId }))
          const { data } = await context.read.sessions.list(fixture.services.realm.id, { limit: 1 })
          const silent = () =>
            browser.get('/oauth/authorize', fixture.request({ client_id: client.clientId, prompt: 'none' }))
          const [, ...answers] = await Promise.all([
            revokeSession(context, { id: data[0]?.id ?? '' }),
            ...Array.from({ length: 5 }, silent),
          ])
          for (const answer of answers) assert.ok('code' in answerOf(answer) || 'error' in answerOf(answer))
          assert.equal(answerOf(await silent()).error, 'login_required')
        }
      } finally {
        await fixture.close()
      }
    })

    test('a code lives as long as the realm says', async () => {
      const fixture = await openAuthorizationFixture({ database })
      try {
        const context = fixture.services.contextFor()
        await updateRealm(context, parse(RealmPatch, { policy: { authorizationCodeLifetime: 20 } }))
        const found = await fixture.services.registry.realmByIssuerId('default')
        assert.ok(found)
        const browser = fixture.newBrowser({ realm: found.realm })
        const code = answerOf(await authorizeInBrowser(browser, fixture.request())).code ?? ''
        const stored = await context.read.oneTimeTokens.find(
          'authorization_code',
          oneTimeKey(fixture.services.crypto, code),
        )
        assert.equal(stored?.expiresAt, fixture.services.clock.now() + 20_000)
      } finally {
        await fixture.close()
      }
    })
  })
}
