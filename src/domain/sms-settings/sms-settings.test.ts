// Checks who sends the text messages of a realm, and that settings do not give secrets away.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { devInboxGet, devInboxList } from '#domain/dev-inbox/dev-inbox.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { Failure } from '#kernel/error.ts'
import { createNetwork } from '#outside/network.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { startReceiver } from '#testing/receiver.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { smsSettingsGet, smsSettingsTest, smsSettingsUpdate } from './sms-settings.operations.ts'

const SECRET = 'a secret of the program'
const TOKEN = 'Bearer a-token-of-the-program'
const NUMBER = '+49 151 2345 6789'
const { checkUrl, post } = createNetwork({ allowLoopback: true, authorities: TEST_CERTIFICATE.cert })
const NETWORK = { checkUrl, post }

const change = ({ services }: MailFixture, input: object) =>
  runOperation(smsSettingsUpdate, services.contextFor(), input)
const read = ({ services }: MailFixture) => runOperation(smsSettingsGet, services.contextFor(), {})
const send = ({ services }: MailFixture, recipient = NUMBER) =>
  runOperation(smsSettingsTest, services.contextFor(), { recipient })

/** Whether an error names these members of the input. */
const flawsIn =
  (...paths: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof Failure && error.code === 'invalid_input', String(error))
    assert.deepEqual(
      error.detail.flaws?.map(({ path }) => path),
      paths,
    )
    return true
  }

for (const dialect of DIALECTS) {
  describe(`who sends text messages on ${dialect}`, () => {
    test('a program gets them, signed and with its header; what it puts off comes again, what it refuses does not', async () => {
      await using receiver = await startReceiver()
      await using fixture = await openMailFixture(dialect, NETWORK)
      const view = await change(fixture, { url: receiver.url, secret: SECRET, authorization: TOKEN })
      assert.deepEqual([view.hasSecret, view.hasAuthorization, view.version], [true, true, 1])
      receiver.answer((count) => ({ status: [503, 200, 422][count - 1] ?? 200 }))
      fixture.start()
      const queued = await send(fixture)
      assert.deepEqual([queued.kind, queued.recipient, queued.status], ['sms', '+4915123456789', 'queued'])
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1, 5000)
      const [first, second] = receiver.received
      const body = JSON.parse(second?.body ?? '{}')
      assert.equal(body.id, JSON.parse(first?.body ?? '{}').id, 'the id says that it is the same message')
      const { channel, to, purpose, code, locale, realm, text } = body
      assert.deepEqual([channel, to, purpose, code, locale], ['sms', '+4915123456789', 'test', null, 'en'])
      assert.ok(text.includes(realm))
      assert.equal(Date.parse(body.expires_at) - Date.parse(body.created_at), 300_000)
      assert.equal(second?.headers.authorization, TOKEN)
      const [, t = '', v1] = /^t=(\d+),v1=(.*)$/.exec(String(second?.headers['countersign-signature'])) ?? []
      assert.equal(v1, createHmac('sha256', SECRET).update(`${t}.${second?.body}`).digest('hex'))
      await send(fixture)
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      const [failed] = await fixture.log({ status: 'failed' })
      assert.deepEqual([failed?.error, failed?.responseCode, failed?.attempts], ['rejected', 422, 1])
      assert.equal((await read(fixture)).sentToday, 2)
      assert.equal(fixture.office.mails.length, 0, 'the mail server gets none of it')
      const { services } = fixture
      const rows = await services.database.read.kysely.selectFrom('sms_settings').selectAll().execute()
      const mails = await services.database.read.kysely.selectFrom('mail').selectAll().execute()
      const { data: events } = await services.contextFor().read.events.list({ limit: 200 })
      const all = JSON.stringify([view, rows, mails, events])
      for (const hidden of [SECRET, TOKEN]) assert.ok(!all.includes(hidden))
      assert.ok(!JSON.stringify(events).includes(receiver.url))
    })

    test('a message is of no use after its code, and is not sent then', async () => {
      await using receiver = await startReceiver()
      await using fixture = await openMailFixture(dialect, NETWORK)
      await change(fixture, { url: receiver.url, secret: SECRET })
      receiver.answer(() => ({ status: 503 }))
      await send(fixture)
      fixture.services.clock.advance(300_001)
      fixture.start()
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      assert.equal((await fixture.log())[0]?.error, 'expired')
      assert.equal(receiver.received.length, 0)
    })

    test('saving one part leaves the others, and a secret does not go to another address', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      await assert.rejects(change(fixture, { url: 'https://sms.example.com/' }), flawsIn('secret'))
      await assert.rejects(change(fixture, { secret: SECRET }), flawsIn('secret'))
      await assert.rejects(change(fixture, { url: 'https://sms.example.com/', secret: 'short' }), flawsIn('secret'))
      await assert.rejects(change(fixture, { url: 'https://10.0.0.1/', secret: SECRET }), failure('unreachable_host'))
      await assert.rejects(change(fixture, { allowedPrefixes: ['49'] }), failure('invalid_input'))
      await assert.rejects(
        change(fixture, { url: 'https://sms.example.com/', secret: SECRET, authorization: 'a\r\nb: c' }),
        failure('invalid_input'),
      )
      await change(fixture, { url: 'https://sms.example.com/', secret: SECRET, authorization: TOKEN })
      const view = await change(fixture, { dailyLimit: 5, allowedPrefixes: ['+49'] })
      assert.deepEqual([view.hasSecret, view.hasAuthorization, view.dailyLimit], [true, true, 5])
      const moved = { url: 'https://sms.evil.example/' }
      await assert.rejects(change(fixture, moved), flawsIn('secret', 'authorization'))
      await assert.rejects(change(fixture, { ...moved, secret: SECRET }), flawsIn('authorization'))
      await assert.rejects(change(fixture, { dailyLimit: 6, ifVersion: 1 }), failure('precondition_failed'))
      assert.deepEqual(await read(fixture), view)
      const off = await change(fixture, { url: null })
      assert.deepEqual([off.hasSecret, off.hasAuthorization], [false, false])
    })

    test('numbers that are none, of other countries, and beyond the limits get nothing', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      await assert.rejects(send(fixture), failure('conflict'))
      await change(fixture, {
        url: 'https://sms.example.com/',
        secret: SECRET,
        allowedPrefixes: ['+49'],
        dailyLimit: 7,
      })
      for (const none of ['0151 2345', '+0151234567', '+491512345678901234', 'call me', '+1 212 555 0100'])
        await assert.rejects(send(fixture, none), failure('invalid_input'), none)
      for (let index = 0; index < 5; index++) await send(fixture)
      await assert.rejects(send(fixture, '0049151-23456789'), failure('too_many_requests'))
      await Promise.allSettled(['+4930111111', '+4930222222', '+4930333333'].map((one) => send(fixture, one)))
      const { sentToday } = await read(fixture)
      assert.equal(sentToday, 7)
      assert.equal((await fixture.log()).length, 7)
      fixture.services.clock.advance(86_400_000)
      await send(fixture, '+4930333333')
      assert.equal((await read(fixture)).sentToday, 1)
    })
  })
}

test('a server for development keeps messages, and shows the code in its inbox', async () => {
  const mail = { keeps: true, send: async () => ({ error: null, responseCode: 250, permanent: false }) } as const
  await using fixture = await openMailFixture('sqlite', { ...NETWORK, mail })
  const context = fixture.services.contextFor()
  await runOperation(realmUpdate, context, { policy: { smsEnabled: true } })
  fixture.start()
  await send(fixture)
  await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
  const { data } = await runOperation(devInboxList, context, {})
  const [entry] = data
  assert.deepEqual([entry?.kind, entry?.recipient], ['sms', '+4915123456789'])
  const kept = await runOperation(devInboxGet, context, { id: entry?.id ?? '' })
  assert.match(kept.text, /test message/)
})
