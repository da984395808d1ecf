// Checks backchannel authentication in poll mode (OpenID Connect CIBA): who may ask, who decides, and what the client gets.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { clientSuspend } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { grantList, grantRevoke } from '#domain/grant/grant.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userCreate, userUpdate } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import {
  askApproval,
  CIBA_GRANT,
  comeToApproval,
  decideApproval,
  makeBackchannelClient,
  pollApproval,
  waitingRequest,
} from '#testing/backchannel.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { purgeBefore } from '#testing/purge.ts'
import { type Answer, basic, isActive, postForm, refreshWith, tokensOf } from '#testing/token-client.ts'

const MINUTE = 60_000
let made = 0

for (const database of DIALECTS) {
  describe(`backchannel authentication on ${database}`, () => {
    let fixture: AuthorizationFixture
    let client: ClientWithSecret

    before(async () => {
      fixture = await openAuthorizationFixture({ database, network: { mail: SILENT_MAIL } })
      client = await makeBackchannelClient(fixture)
    })
    after(() => fixture.close())

    const context = () => fixture.services.contextFor()
    const wait = (milliseconds: number) => fixture.services.clock.advance(milliseconds)
    const rows = () =>
      fixture.services.database.read.kysely.selectFrom('backchannel_authentication').selectAll().execute()

    /** Somebody of whom nothing waits. */
    async function person() {
      const email = `p${++made}@example.com`
      const { id } = await callOperation(userCreate, context(), { email, password: PASSWORD })
      return { id, email, hint: { login_hint: email } }
    }

    function assertRefused({ status, headers, body }: Answer, error: string, expected = 400): void {
      assert.deepEqual([body.error, status], [error, expected], JSON.stringify(body))
      assert.equal(headers['cache-control'], 'no-store')
    }

    test('a client waits, the person approves a part with a fresh sign-in, and the tokens say so', async () => {
      const changes = { scope: 'openid email orders:read orders:write', resource: API, binding_message: 'W4-SCT' }
      const { status, body } = await askApproval(fixture, client, changes)
      assert.deepEqual([status, body.expires_in, body.interval], [200, 600, 5])
      const id = String(body.auth_req_id)
      assert.ok(!JSON.stringify(await rows()).includes(id), 'the auth_req_id is kept as it is')
      assertRefused(await pollApproval(fixture, client, id), 'authorization_pending')
      assertRefused(await pollApproval(fixture, client, id), 'slow_down')

      const [mail] = (await mailsTo(fixture.services, 'ada@example.com')).slice(-1)
      assert.match(mail?.text ?? '', /Tidewater asks you to approve/)
      assert.match(mail?.text ?? '', /https:\/\/id\.example\.com\/account\/approvals\?request=bca_/)
      assert.doesNotMatch(mail?.text ?? '', /W4-SCT/)

      const browser = fixture.newBrowser()
      const page = await comeToApproval(browser)
      assert.match(page.text, /W4-SCT/)
      assert.match(page.text, /Do orders:write/)
      const done = await decideApproval(browser, 'approve', ['scope_3'])
      assert.match(done.text, /Done\./)
      assert.match(done.text, /What you decided lately/)
      wait(10_000)
      const answer = await pollApproval(fixture, client, id)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.equal(answer.body.scope, 'openid email orders:read')
      const claims = decodeJwt(String(answer.body.id_token))
      assert.equal(claims.aud, client.clientId)
      const { access, refresh } = tokensOf(answer)
      assert.ok(await isActive(fixture, client, access))
      assert.equal((await refreshWith(fixture, client, refresh)).body.scope, 'openid email orders:read')
      assertRefused(await pollApproval(fixture, client, id), 'invalid_grant')

      for (const action of ['requested', 'approved']) {
        const event = (await fixture.events(`backchannel_authentication.${action}`)).at(-1)
        assert.equal(event?.data.userId !== undefined, true)
        assert.equal(event?.actor.kind, action === 'approved' ? 'user' : 'client')
        assert.doesNotMatch(JSON.stringify(event), /W4-SCT/)
      }
    })

    test('BC-01 a sign-in from before the request does not approve it', async () => {
      const { hint, email } = await person()
      const browser = fixture.newBrowser({ ip: '192.0.2.77' })
      let page = await browser.follow(await browser.get('/account/approvals'))
      page = await browser.submit(page, { email, password: PASSWORD })
      wait(1000)
      await waitingRequest(fixture, client, hint)
      page = await browser.follow(await browser.get('/account/approvals'))
      const [, link = ''] = /href="([^"]*request=[^"]*)"/.exec(page.text) ?? []
      page = await browser.follow(await browser.get(link))
      assert.match(page.text, /name="password"/, 'no proof was asked for')
      page = await browser.submit(page, { email, password: PASSWORD })
      assert.match(page.text, /Approve what Tidewater asks\?/)
    })

    test('acr_values demands a second step, and the tokens are bound to the key of the poll', async () => {
      const { hint, email, id: userId } = await person()
      const bound = await makeBackchannelClient(fixture, { dpopBoundAccessTokens: true })
      const id = await waitingRequest(fixture, bound, { ...hint, acr_values: 'aal2' })
      assert.doesNotMatch((await comeToApproval(fixture.newBrowser(), email)).text, /value="approve"/)
      const { key } = await setUpTotp(context(), userId)
      const browser = fixture.newBrowser({ ip: '192.0.2.78' })
      let page = await browser.follow(await browser.get('/account/approvals'))
      page = await browser.submit(page, { email, password: PASSWORD })
      page = await browser.submit(page, { code: codeOf(key, fixture.services.clock.now()) })
      const [, link = ''] = /href="([^"]*request=[^"]*)"/.exec(page.text) ?? []
      page = await browser.follow(await browser.get(link))
      assert.match((await browser.submit(page, { decision: 'approve' })).text, /Done\./)
      assert.equal((await pollApproval(fixture, bound, id)).status, 400)
      const dpop = await makeDpopKey()
      const proof = await dpop.prove('https://id.example.com/oauth/token', fixture.services.clock.now())
      const form = { grant_type: CIBA_GRANT, auth_req_id: id }
      const { status, body } = await postForm(fixture, '/oauth/token', form, { ...basic(bound), dpop: proof })
      assert.deepEqual([status, body.token_type], [200, 'DPoP'], JSON.stringify(body))
      const claims = decodeJwt(String(body.access_token))
      assert.deepEqual([claims.acr, claims.cnf], ['aal2', { jkt: dpop.jkt }])
    })

    test('a denied request has no tokens, and a request that is too old neither', async () => {
      const { hint, email } = await person()
      const denied = await waitingRequest(fixture, client, hint)
      await decideApproval(fixture.newBrowser(), 'deny', [], email)
      assertRefused(await pollApproval(fixture, client, denied), 'access_denied')
      const old = await waitingRequest(fixture, client, { ...hint, requested_expiry: '60' })
      const browser = fixture.newBrowser()
      const page = await comeToApproval(browser, email)
      wait(MINUTE)
      assertRefused(await pollApproval(fixture, client, old), 'expired_token')
      assert.equal((await browser.submit(page, { decision: 'approve' })).error, 'expired')
    })

    test('BC-06 what is not right is refused, and makes no row', async () => {
      const before = (await rows()).length
      const other = await fixture.makeClient()
      const spa = await fixture.makeClient({ authMethod: 'none' })
      const refusals: [Parameters<typeof askApproval>[2], string][] = [
        [{ scope: 'email' }, 'invalid_scope'],
        [{ scope: null }, 'invalid_scope'],
        [{ scope: 'openid nothing:known', resource: 'https://nowhere.example/' }, 'invalid_target'],
        [{ login_hint: null }, 'invalid_request'],
        [{ id_token_hint: 'x' }, 'invalid_request'],
        [{ login_hint: null, login_hint_token: 'x' }, 'invalid_request'],
        [{ login_hint: null, id_token_hint: 'x' }, 'unknown_user_id'],
        [{ login_hint: 'nobody@example.com' }, 'unknown_user_id'],
        [{ user_code: '1234' }, 'invalid_request'],
        [{ requested_expiry: '-1' }, 'invalid_request'],
        [{ binding_message: 'two\nlines' }, 'invalid_binding_message'],
        [{ binding_message: 'left \u202e right' }, 'invalid_binding_message'],
        [{ binding_message: 'x'.repeat(129) }, 'invalid_binding_message'],
        [{ acr_values: 'aal3' }, 'unmet_authentication_requirements'],
        [{ authorization_details: '[{"type":"unknown"}]' }, 'invalid_authorization_details'],
        [{ request: 'a.b.c' }, 'invalid_request_object'],
      ]
      for (const [changes, error] of refusals) assertRefused(await askApproval(fixture, client, changes), error)
      assertRefused(await askApproval(fixture, other), 'unauthorized_client')
      assertRefused(
        await askApproval(fixture, { clientId: spa.clientId }, { client_id: spa.clientId }),
        'invalid_client',
        401,
      )
      assertRefused(await askApproval(fixture, { ...client, clientSecret: 'wrong' }), 'invalid_client', 401)
      assert.equal((await rows()).length, before)
    })

    test('BC-02 nobody else decides, and no other client has the tokens', async () => {
      const { hint, email } = await person()
      const id = await waitingRequest(fixture, client, hint)
      const own = fixture.newBrowser()
      const page = await comeToApproval(own, email)
      const [, request = ''] = /name="request" value="([^"]*)"/.exec(page.text) ?? []
      const bob = fixture.newBrowser()
      let seen = await bob.follow(await bob.get('/account/approvals', { request }))
      seen = await bob.submit(seen, { email: 'bob@example.com', password: PASSWORD })
      assert.equal(seen.error, 'expired')
      const twin = await makeBackchannelClient(fixture)
      assertRefused(await pollApproval(fixture, twin, id), 'invalid_grant')
      const forged = { decision: 'approve', request, csrf: 'x' }
      assert.equal((await own.post('/account/approvals', forged)).error, 'forbidden')
      assertRefused(await pollApproval(fixture, client, id), 'authorization_pending')
    })

    test('BC-04 of two approvals and of two polls one wins', async () => {
      const { hint, email } = await person()
      await waitingRequest(fixture, client, hint)
      const browser = fixture.newBrowser()
      const page = await comeToApproval(browser, email)
      const both = await Promise.all([
        browser.submit(page, { decision: 'approve' }),
        browser.submit(page, { decision: 'deny' }),
      ])
      assert.equal(both.filter(({ error }) => error === 'expired').length, 1)
      const again = await waitingRequest(fixture, client, hint)
      await decideApproval(browser, 'approve', [], email)
      const polls = await Promise.all([1, 2, 3].map(() => pollApproval(fixture, client, again)))
      assert.deepEqual(polls.map(({ status }) => status).sort(), [200, 400, 400])
    })

    test('BC-05 what ended meanwhile ends a request: the client, the user, the session, the consent', async () => {
      const approved = async (as: ClientWithSecret) => {
        const { hint, email, id: userId } = await person()
        const id = await waitingRequest(fixture, as, hint)
        await decideApproval(fixture.newBrowser(), 'approve', [], email)
        return { id, userId, email }
      }
      const twin = await makeBackchannelClient(fixture)
      const waits = await person()
      await waitingRequest(fixture, twin, waits.hint)
      const page = fixture.newBrowser()
      const shown = await comeToApproval(page, waits.email)
      const first = await approved(twin)
      await callOperation(clientSuspend, context(), { id: twin.id })
      assertRefused(await pollApproval(fixture, twin, first.id), 'invalid_client', 401)
      assert.equal((await page.submit(shown, { decision: 'approve' })).error, 'expired')

      const second = await approved(client)
      await callOperation(userUpdate, context(), { id: second.userId, status: 'suspended' })
      assertRefused(await pollApproval(fixture, client, second.id), 'invalid_grant')
      assertRefused(await askApproval(fixture, client, { login_hint: second.email }), 'unknown_user_id')

      const third = await approved(client)
      const sessionId = (await rows()).find(({ user_id: of }) => of === third.userId)?.session_id ?? ''
      await callOperation(sessionRevoke, context(), { id: sessionId })
      assertRefused(await pollApproval(fixture, client, third.id), 'invalid_grant')

      const fourth = await approved(client)
      const { data } = await callOperation(grantList, context(), { userId: fourth.userId })
      for (const { id } of data) await callOperation(grantRevoke, context(), { id })
      assertRefused(await pollApproval(fixture, client, fourth.id), 'access_denied')
    })

    test('BC-03 a person is not flooded, and a client does not find out who has an account', async () => {
      const { hint } = await person()
      const answers = []
      for (let count = 0; count < 6; count++) answers.push(await askApproval(fixture, client, hint))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200, 429],
      )
      wait(11 * MINUTE)
      const later = []
      for (let count = 0; count < 4; count++) later.push((await askApproval(fixture, client, hint)).status)
      assert.deepEqual(later, [200, 200, 200, 429], 'one client alone has eight in an hour')
      const guesser = await makeBackchannelClient(fixture)
      const guesses = []
      assert.equal((await askApproval(fixture, guesser, hint)).status, 200, 'another client still asks')
      const others = [await person(), await person()]
      for (let count = 0; count < 61; count++) {
        if (count === 59) {
          const right = await Promise.all(others.map((other) => askApproval(fixture, guesser, other.hint)))
          assert.deepEqual(
            right.map(({ status }) => status),
            [200, 200],
          )
        }
        guesses.push(await askApproval(fixture, guesser, { login_hint: `guess${count}@example.com` }))
      }
      assert.deepEqual([guesses.at(-2)?.body.error, guesses.at(-1)?.status], ['unknown_user_id', 429])
      assert.equal((await askApproval(fixture, guesser, { login_hint: 'bob@example.com' })).status, 429)
    })

    test('old requests are purged', async () => {
      wait(40 * 24 * 60 * MINUTE)
      await purgeBefore(fixture.services, 'backchannel-authentications', fixture.services.clock.now())
      assert.deepEqual(await rows(), [])
    })
  })
}
