// Checks who sends the mails of a realm, how many, and that settings do not give secrets away.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { MAIL_LEASE } from '#domain/mail/mail.ts'
import { Failure } from '#kernel/error.ts'
import { createNetwork } from '#outside/network.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { startMailServer } from '#testing/mail-server.ts'
import { startReceiver } from '#testing/receiver.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { mailSettingsGet, mailSettingsUpdate } from './mail-settings.operations.ts'
import { DAY } from './mail-settings.ts'

const LOGIN = { user: 'northwind', password: 'p@ss:word/ü' }
const SECRET = 'a secret of the program'
const FROM = { fromAddress: 'hello@northwind.example', fromName: 'Northwind' }
const { mailOver, checkMailHost, checkUrl, post } = createNetwork({
  allowLoopback: true,
  authorities: TEST_CERTIFICATE.cert,
})
const NETWORK = { mailOver, checkMailHost, checkUrl, post }

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

const change = ({ services }: MailFixture, input: object) =>
  runOperation(mailSettingsUpdate, services.contextFor(), input)
const read = ({ services }: MailFixture) => runOperation(mailSettingsGet, services.contextFor(), {})

for (const dialect of DIALECTS) {
  describe(`who sends mails on ${dialect}`, () => {
    test('a realm’s own mail server gets its mails, and its password is nowhere to be read', async () => {
      await using own = await startMailServer({ login: LOGIN })
      await using fixture = await openMailFixture(dialect, NETWORK)
      const { services } = fixture
      const smtp = { smtpHost: 'localhost', smtpPort: own.port, smtpUser: LOGIN.user, smtpPassword: LOGIN.password }
      const view = await change(fixture, { sender: 'smtp', ...FROM, ...smtp })
      assert.deepEqual([view.hasSmtpPassword, view.smtpUser, view.version], [true, LOGIN.user, 1])
      fixture.start()
      await fixture.invite('ada@example.com')
      await fixture.until(() => own.mails.length === 1)
      const [mail] = own.mails
      assert.deepEqual([mail?.from, mail?.user, mail?.secure], [FROM.fromAddress, LOGIN.user, true])
      assert.equal(fixture.office.mails.length, 0)
      const rows = await services.database.read.kysely.selectFrom('mail_settings').selectAll().execute()
      const { data: events } = await services.contextFor().read.events.list({ limit: 200 })
      assert.ok(!JSON.stringify([view, rows, events, await read(fixture)]).includes(LOGIN.password))
    })

    test('a program gets the mails of a realm, signed; what it puts off comes again, what it refuses does not', async () => {
      await using receiver = await startReceiver()
      await using fixture = await openMailFixture(dialect, NETWORK)
      await change(fixture, { sender: 'http', ...FROM, httpUrl: receiver.url, httpSecret: SECRET })
      receiver.answer((count) => ({ status: [503, 200, 422][count - 1] ?? 200 }))
      fixture.start()
      await fixture.invite('ada@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1, 5000)
      const [first, second] = receiver.received
      const { id, kind, to, from, subject, text } = JSON.parse(second?.body ?? '{}')
      assert.deepEqual([kind, to, from.address], ['invitation', 'ada@example.com', FROM.fromAddress])
      assert.deepEqual(
        [id, subject, text],
        (({ id, subject, text }) => [id, subject, text])(JSON.parse(first?.body ?? '')),
      )
      assert.match(text, /\?invitation=[\w-]{43}/)
      const [, t = '', v1] = /^t=(\d+),v1=(.*)$/.exec(String(second?.headers['countersign-signature'])) ?? []
      assert.equal(v1, createHmac('sha256', SECRET).update(`${t}.${second?.body}`).digest('hex'))
      await fixture.invite('bob@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      const [failed] = await fixture.log({ status: 'failed' })
      assert.deepEqual([failed?.error, failed?.responseCode, failed?.attempts], ['rejected', 422, 1])
    })

    test('saving one part leaves the others, and a secret does not go to another server', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      const smtp = { smtpHost: 'mail.example.com', smtpUser: LOGIN.user, smtpPassword: LOGIN.password }
      const reset = 'https://id.example.com/welcome'
      await change(fixture, { sender: 'smtp', ...FROM, ...smtp, resetRedirectUrl: reset })
      await change(fixture, { dailyLimit: 5 })
      const view = await change(fixture, { verifyRedirectUrl: reset })
      const { sender, smtpHost, dailyLimit, resetRedirectUrl, hasSmtpPassword } = view
      const expected = ['smtp', 'mail.example.com', 5, reset, true]
      assert.deepEqual([sender, smtpHost, dailyLimit, resetRedirectUrl, hasSmtpPassword], expected)
      await assert.rejects(change(fixture, { smtpHost: 'mail.evil.example' }), flawsIn('smtpPassword'))
      await assert.rejects(change(fixture, { smtpPort: 2525 }), flawsIn('smtpPassword'))
      await assert.rejects(change(fixture, { fromAddress: null }), flawsIn('fromAddress'))
      await assert.rejects(change(fixture, { sender: 'http' }), flawsIn('httpUrl', 'httpSecret'))
      await assert.rejects(change(fixture, { httpSecret: 'short' }), flawsIn('httpSecret'))
      await assert.rejects(change(fixture, { dailyLimit: 6, ifVersion: 1 }), failure('precondition_failed'))
      assert.deepEqual(await read(fixture), view)
      await change(fixture, { smtpHost: 'mail.northwind.example', smtpPassword: 'another' })
      await change(fixture, { sender: 'http', httpUrl: 'https://sender.example.com/mail', httpSecret: SECRET })
      const moved = { httpUrl: 'https://sender.evil.example/mail' }
      await assert.rejects(change(fixture, moved), flawsIn('httpSecret'))
      await assert.rejects(change(fixture, { httpUrl: null, sender: 'server' }), flawsIn('httpSecret'))
      await change(fixture, { ...moved, httpSecret: 'a secret of the other program' })
    })

    test('no internal host and no port of another service is taken for a mail server', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      for (const [smtpHost, smtpPort] of [
        ['10.0.0.1', 587],
        ['169.254.169.254', 587],
        ['mail.internal', 25],
        ['mail', 25],
        ['0x7f.1', 25],
        ['a b.example.com', 25],
        ['mail.example.com', 5432],
      ])
        await assert.rejects(
          change(fixture, { sender: 'smtp', ...FROM, smtpHost, smtpPort }),
          failure('unreachable_host'),
          String(smtpHost),
        )
      await assert.rejects(change(fixture, { httpUrl: 'https://10.0.0.1/' }), failure('unreachable_host'))
    })

    test('people are sent only to origins that the realm or its clients name', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      for (const url of ['https://evil.example/', 'javascript:alert(1)', 'http://id.example.com/', '//evil.example'])
        await assert.rejects(change(fixture, { inviteRedirectUrl: url }), flawsIn('inviteRedirectUrl'))
      assert.equal((await change(fixture, { inviteRedirectUrl: 'https://id.example.com/x' })).version, 1)
    })

    test('after as many mails as a day may have, the others wait for the next day; what is not sent does not count', async () => {
      await using fixture = await openMailFixture(dialect, NETWORK)
      const { services, office } = fixture
      services.clock.advance(1000)
      await change(fixture, { dailyLimit: 3 })
      office.refuse((recipient) => (recipient.startsWith('gone') ? 550 : undefined))
      const others = dialect === 'postgres' ? [await fixture.another()] : [services]
      fixture.start()
      for (const other of others) fixture.start(other)
      await fixture.invite('gone@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      const people = Array.from({ length: 6 }, (_, index) => `person-${index}@example.com`)
      await Promise.all(people.map((email) => fixture.invite(email, { lifetime: 7 * 86_400 })))
      const isWaiting = (entry: { status: string; error: string | null }) =>
        entry.status === 'queued' && entry.error === 'daily_limit'
      await fixture.until(async () => (await fixture.log()).filter(isWaiting).length === 3)
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 3)
      assert.equal((await read(fixture)).sentToday, 3)
      const elsewhere = services.contextFor({ realm: await anotherRealm(services) })
      assert.equal((await runOperation(mailSettingsGet, elsewhere, {})).sentToday, 0)
      services.clock.advance(DAY - MAIL_LEASE)
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 6, 60_000)
      assert.equal((await read(fixture)).sentToday, 3)
      assert.deepEqual(fixture.complaints, [])
    })
  })
}
