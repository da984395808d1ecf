// Checks the device code grant (RFC 8628).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { grantRevoke } from '#domain/grant/grant.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userCreate, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { comeToDevice, DEVICE_CODE_GRANT, decide, makeDeviceClient, poll, startDevice } from '#testing/device.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { purgeBefore } from '#testing/purge.ts'
import { setMinAal } from '#testing/realm-level.ts'
import { type Answer, introspect, isActive, refreshWith, tokensOf, userinfo } from '#testing/token-client.ts'

const SECONDS = 1000

for (const database of DIALECTS) {
  describe(`device codes on ${database}`, () => {
    let fixture: AuthorizationFixture
    let client: ClientWithSecret
    let asker: ClientWithSecret

    before(async () => {
      fixture = await openAuthorizationFixture({ database })
      client = await makeDeviceClient(fixture)
      asker = await fixture.makeClient({ introspectAllTokens: true })
    })
    after(() => fixture.close())

    const context = () => fixture.services.contextFor()
    const wait = (seconds: number) => fixture.services.clock.advance(seconds * SECONDS)

    function assertRefused({ status, headers, body }: Answer, error: string, expected = 400): void {
      assert.deepEqual([body.error, status], [error, expected], JSON.stringify(body))
      assert.equal(headers['cache-control'], 'no-store')
      assert.deepEqual(Object.keys(body).sort(), ['error', 'error_description', 'error_uri'])
    }

    /** A device that a person let in. */
    async function approved(as = client, fields?: Record<string, string>, email?: string) {
      const device = await startDevice(fixture, as, fields)
      assert.match(
        (await decide(fixture.newBrowser(), device.userCode, 'allow', email)).text,
        /Your device is connected/,
      )
      return device
    }

    test('a device is told two codes, where to enter one, and how long that makes sense', async () => {
      const { answer, deviceCode, userCode } = await startDevice(fixture, client)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['cache-control'], 'no-store')
      const { device_code: _, ...rest } = answer.body
      assert.match(deviceCode, /^[\w-]{43}$/)
      assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
      assert.deepEqual(rest, {
        user_code: userCode,
        verification_uri: 'https://id.example.com/device',
        verification_uri_complete: `https://id.example.com/device?user_code=${userCode}`,
        expires_in: 600,
        interval: 5,
      })
      const rows = await fixture.services.database.read.kysely.selectFrom('device_authorization').selectAll().execute()
      for (const secret of [deviceCode, userCode, userCode.replace('-', '')]) {
        assert.ok(!JSON.stringify(rows).includes(secret), 'a code is kept as it is')
      }
    })

    test('a device waits, is let in, and has tokens that say who let it in', async () => {
      const device = await startDevice(fixture, client, { scope: 'openid email orders:read', resource: API })
      assertRefused(await poll(fixture, client, device), 'authorization_pending')
      await decide(fixture.newBrowser(), device.userCode)
      wait(5)
      const answer = await poll(fixture, client, device)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.equal(answer.body.scope, 'openid email orders:read')
      const { access, refresh } = tokensOf(answer)
      const told = await introspect(fixture, asker, access)
      assert.deepEqual([told.active, told.aud, told.client_id], [true, API, client.clientId])
      assert.equal((await userinfo(fixture, access)).body.email, 'ada@example.com')
      const claims = JSON.parse(Buffer.from(String(answer.body.id_token).split('.')[1] ?? '', 'base64url').toString())
      assert.deepEqual([claims.aud, claims.amr, claims.nonce], [client.clientId, ['pwd'], undefined])
      assert.match(claims.sid, /^ses_/)
      assert.equal((await refreshWith(fixture, client, refresh)).status, 200)
      assertRefused(await poll(fixture, client, device), 'invalid_grant')
      assert.equal(await isActive(fixture, asker, access), true, 'a second poll does no harm')
    })

    test('a client that may not refresh gets no refresh token, one with a secret has to say it', async () => {
      const plain = await makeDeviceClient(fixture, { authMethod: 'client_secret', grantTypes: [DEVICE_CODE_GRANT] })
      const device = await approved(plain)
      assertRefused(await poll(fixture, { ...plain, clientSecret: undefined }, device), 'invalid_client', 401)
      const answer = await poll(fixture, plain, device)
      assert.deepEqual([answer.status, answer.body.refresh_token], [200, undefined])
      assertRefused((await startDevice(fixture, { ...plain, clientSecret: 'x' })).answer, 'invalid_client', 401)
    })

    test('who polls too early waits five seconds longer each time, and is not kept from what was decided', async () => {
      const device = await startDevice(fixture, client)
      assertRefused(await poll(fixture, client, device), 'authorization_pending')
      wait(4)
      assertRefused(await poll(fixture, client, device), 'slow_down')
      wait(9)
      assertRefused(await poll(fixture, client, device), 'slow_down')
      wait(14)
      assertRefused(await poll(fixture, client, device), 'slow_down')
      wait(20)
      assertRefused(await poll(fixture, client, device), 'authorization_pending')
      wait(20)
      assertRefused(await poll(fixture, client, device), 'authorization_pending')
      await decide(fixture.newBrowser(), device.userCode)
      assert.equal((await poll(fixture, client, device)).status, 200)
    })

    test('of twenty early polls at once one is in time, and each of the others counts', async () => {
      const device = await startDevice(fixture, client)
      const answers = await Promise.all(Array.from({ length: 20 }, () => poll(fixture, client, device)))
      const errors = answers.map(({ body }) => body.error).sort()
      assert.deepEqual(errors, ['authorization_pending', ...Array.from({ length: 19 }, () => 'slow_down')])
      wait(99)
      assertRefused(await poll(fixture, client, device), 'slow_down')
    })

    test('a refusal is told, however often it is asked for', async () => {
      const device = await startDevice(fixture, client)
      assert.match((await decide(fixture.newBrowser(), device.userCode, 'deny')).text, /The device was refused/)
      assertRefused(await poll(fixture, client, device), 'access_denied')
      assertRefused(await poll(fixture, client, device), 'access_denied')
      assert.equal((await fixture.events('device_authorization.denied')).length, 1)
    })

    test('a code is over after ten minutes, approved or not, and is forgotten later', async () => {
      const [idle, late] = [await startDevice(fixture, client), await approved()]
      const browser = fixture.newBrowser()
      const page = await comeToDevice(browser, idle.userCode)
      wait(600)
      assertRefused(await poll(fixture, client, idle), 'expired_token')
      assertRefused(await poll(fixture, client, late), 'expired_token')
      assert.equal((await browser.submit(page, { decision: 'allow' })).error, 'expired')
      assertRefused(await poll(fixture, client, idle), 'expired_token')
      const { clock } = fixture.services
      wait(1)
      // Nobody decided about it, so it goes at once; what somebody approved stays for a day.
      assert.ok((await purgeBefore(fixture.services, 'device-authorizations', clock.now() - 86_400_000)) >= 1)
      assertRefused(await poll(fixture, client, idle), 'invalid_grant')
      assertRefused(await poll(fixture, client, late), 'expired_token')
      assert.ok((await purgeBefore(fixture.services, 'device-authorizations', clock.now() + 1)) >= 1)
      assertRefused(await poll(fixture, client, late), 'invalid_grant')
    })

    test('one network begins a hundred device authorizations of a client in ten minutes, and then waits', async () => {
      const own = await makeDeviceClient(fixture)
      for (let count = 0; count < 100; count++) assert.equal((await startDevice(fixture, own)).answer.status, 200)
      const { answer } = await startDevice(fixture, own)
      assert.equal(answer.status, 429, JSON.stringify(answer.body))
      assert.ok(Number(answer.headers['retry-after']) > 0)
    })

    test('RC-09 DV-06 of twenty polls at once one gets tokens, and they hold', async () => {
      for (let round = 0; round < 3; round++) {
        const device = await approved()
        const answers = await Promise.all(Array.from({ length: 20 }, () => poll(fixture, client, device)))
        const [won, ...more] = answers.filter(({ status }) => status === 200)
        assert.deepEqual(more, [])
        for (const answer of answers) if (answer !== won) assertRefused(answer, 'invalid_grant')
        assert.equal(await isActive(fixture, asker, tokensOf(won as Answer).access), true)
      }
    })

    test('DV-06 a device code is its client’s alone, and nothing to another', async () => {
      const other = await makeDeviceClient(fixture)
      const device = await approved()
      assertRefused(await poll(fixture, other, device), 'invalid_grant')
      for (const deviceCode of [device.userCode, `${device.deviceCode}x`, ' ']) {
        assertRefused(await poll(fixture, client, { deviceCode }), 'invalid_grant')
      }
      assert.equal((await poll(fixture, client, device)).status, 200)
    })

    test('DV-08 what was not approved is not given, and asking for it spends nothing', async () => {
      const device = await approved()
      assertRefused(await poll(fixture, client, device, { resource: API }), 'invalid_target')
      const answer = await poll(fixture, client, device, { scope: 'openid email orders:read' })
      assert.equal(answer.body.scope, 'openid email')
    })

    test('a client asks for what it may have, or for nothing', async () => {
      const { client: web } = fixture
      assertRefused((await startDevice(fixture, web)).answer, 'unauthorized_client')
      assertRefused(await poll(fixture, web, { deviceCode: 'x' }), 'unauthorized_client')
      const refuse = async (fields: Record<string, string>, error: string) =>
        assertRefused((await startDevice(fixture, client, fields)).answer, error)
      await refuse({ scope: 'orders:admin' }, 'invalid_scope')
      await refuse({ scope: 'orders:read' }, 'invalid_scope')
      await refuse({ resource: 'https://other.example.com/' }, 'invalid_target')
      await refuse({ scope: 'x'.repeat(9000) }, 'invalid_request')
    })

    test('a device of many does not keep the others from beginning', async () => {
      const [greedy, modest] = [await makeDeviceClient(fixture), await makeDeviceClient(fixture)]
      for (let count = 0; count < 100; count++) await startDevice(fixture, greedy)
      const { answer } = await startDevice(fixture, greedy)
      assertRefused(answer, 'too_many_requests', 429)
      assert.equal(answer.headers['retry-after'], '600')
      assert.equal((await startDevice(fixture, modest)).answer.status, 200)
    })

    const somebody = async () => {
      const email = `u${fixture.services.random.id()}@example.com`
      const { id } = await callOperation(userCreate, context(), { email, password: PASSWORD })
      return { id, email }
    }
    const sessionOf = async (userId: string) =>
      (await context().read.sessions.list(fixture.services.realm.id, { limit: 1, userId })).data[0]

    interface Pair {
      readonly person: { readonly id: string; readonly email: string }
      readonly app: ClientWithSecret
    }
    const ENDINGS: [what: string, end: (pair: Pair) => Promise<unknown>, error: string][] = [
      [
        'the client is suspended',
        ({ app: { id } }) => callOperation(clientSuspend, context(), { id }),
        'invalid_client',
      ],
      [
        'the client may not use device codes any more',
        ({ app: { id } }) => callOperation(clientUpdate, context(), { id, grantTypes: ['client_credentials'] }),
        'unauthorized_client',
      ],
      [
        'the user is suspended',
        ({ person: { id } }) => callOperation(userUpdate, context(), { id, status: 'suspended' }),
        'invalid_grant',
      ],
      [
        'the password is set',
        ({ person: { id } }) => callOperation(userSetPassword, context(), { id, password: `${PASSWORD}!` }),
        'invalid_grant',
      ],
      [
        'the device’s session is revoked',
        async ({ person }) => callOperation(sessionRevoke, context(), { id: (await sessionOf(person.id))?.id ?? '' }),
        'invalid_grant',
      ],
      [
        'the consent is revoked',
        async ({ person: { id: userId } }) => {
          const { data } = await context().read.grants.list(fixture.services.realm.id, {
            limit: 5,
            userId,
            revoked: false,
          })
          for (const { id } of data) await callOperation(grantRevoke, context(), { id })
        },
        'access_denied',
      ],
    ]
    for (const [what, end, error] of ENDINGS) {
      test(`what was approved is worth nothing once ${what}`, async () => {
        const person = await somebody()
        const app = await makeDeviceClient(fixture, { authMethod: 'client_secret' })
        const [before, after] = [
          await approved(app, undefined, person.email),
          await approved(app, undefined, person.email),
        ]
        const { access } = tokensOf(await poll(fixture, app, before))
        await end({ person, app })
        assertRefused(await poll(fixture, app, after), error, error === 'invalid_client' ? 401 : 400)
        const lives = what === 'the device’s session is revoked' || what.startsWith('the client may')
        if (what !== 'the password is set') assert.equal(await isActive(fixture, asker, access), lives)
      })
    }

    test('MF-07 a sign-in that is not good enough any more lets no device in', async () => {
      const device = await approved()
      await setMinAal(fixture.services, 2)
      assertRefused(await poll(fixture, client, device), 'invalid_grant')
      await setMinAal(fixture.services, 1)
      assert.equal((await poll(fixture, client, device)).status, 200)
    })

    test('a device is a sign-in of its own: it stays when the browser signs out, and can be ended alone', async () => {
      const person = await somebody()
      const browser = fixture.newBrowser()
      const device = await startDevice(fixture, client)
      await decide(browser, device.userCode, 'allow', person.email)
      await browser.submit(await browser.get('/sign-out'), { decision: 'sign_out' })
      const { access, refresh } = tokensOf(await poll(fixture, client, device))
      assert.equal((await userinfo(fixture, access)).status, 200)
      const living = { now: fixture.services.clock.now(), idleSince: 0 }
      const { data } = await context().read.sessions.list(fixture.services.realm.id, {
        limit: 5,
        userId: person.id,
        living,
      })
      assert.deepEqual(
        data.map(({ ip, userAgent, amr }) => [ip, userAgent, amr]),
        [['192.0.2.1', 'form-browser', ['pwd']]],
      )
      await callOperation(sessionRevoke, context(), { id: data[0]?.id ?? '' })
      assertRefused(await refreshWith(fixture, client, refresh), 'invalid_grant')
      assert.equal(await isActive(fixture, asker, access), false)
    })

    test('what happened is written down, without codes', async () => {
      const device = await approved()
      await poll(fixture, client, device)
      const events = await Promise.all(
        ['started', 'approved'].map(async (what) => (await fixture.events(`device_authorization.${what}`)).at(-1)),
      )
      const issued = (await fixture.events('token.issued')).at(-1)
      assert.deepEqual(
        events.map((event) => [event?.subject.id, event?.actor.kind]),
        [
          [client.id, 'client'],
          [client.id, 'user'],
        ],
      )
      assert.equal(issued?.data.grantType, DEVICE_CODE_GRANT)
      for (const secret of [device.deviceCode, device.userCode, device.userCode.replace('-', '')]) {
        assert.ok(!JSON.stringify([events, issued]).includes(secret))
      }
    })
  })
}
