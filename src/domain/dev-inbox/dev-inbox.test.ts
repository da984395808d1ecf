// Checks what becomes of mails that are kept instead of sent.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mailSettingsUpdate } from '#domain/mail-settings/mail-settings.operations.ts'
import { DEV_INBOX } from '#outside/dev-inbox.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { keepMails } from '#testing/kept-mail.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { devInboxClear, devInboxGet, devInboxList } from './dev-inbox.operations.ts'
import { DEV_INBOX_SIZE } from './dev-inbox.ts'

type At = Parameters<MailFixture['services']['contextFor']>[0]

const list = async ({ services }: MailFixture, query: object = {}, at?: At) =>
  (await runOperation(devInboxList, services.contextFor(at), { limit: '200', ...query })).data
const get = ({ services }: MailFixture, id: string, at?: At) =>
  runOperation(devInboxGet, services.contextFor(at), { id })
const clear = ({ services }: MailFixture, at?: At) => runOperation(devInboxClear, services.contextFor(at), {})

for (const dialect of DIALECTS) {
  describe(`the development inbox on ${dialect}`, () => {
    test('a mail is kept with its link and goes nowhere, also where the realm has a sender of its own', async () => {
      const posted: string[] = []
      const post = async (url: string) => {
        posted.push(url)
        return { status: 200, error: null, milliseconds: 1 } as const
      }
      await using fixture = await openMailFixture(dialect, { mail: DEV_INBOX, post })
      const { services } = fixture
      const sender = {
        fromAddress: 'a@example.com',
        httpUrl: 'https://m.example.com/',
        httpSecret: 'a secret of a program',
      }
      await runOperation(mailSettingsUpdate, services.contextFor(), { sender: 'http', ...sender })
      fixture.start()
      assert.equal((await fixture.invite('ada@example.com')).mailed, true)
      await fixture.until(async () => (await list(fixture)).length === 1)
      const [entry] = await list(fixture)
      assert.deepEqual([entry?.kind, entry?.recipient], ['invitation', 'ada@example.com'])
      const mail = await get(fixture, entry?.id ?? '')
      const [, token = ''] = /\?invitation=([\w-]{43})/.exec(mail.text) ?? []
      assert.ok(token !== '' && mail.html.includes(token))
      assert.equal(mail.subject, entry?.subject)
      assert.deepEqual([posted, fixture.office.mails.length], [[], 0])
      assert.equal((await fixture.log())[0]?.status, 'sent')
      const rows = await services.database.read.kysely.selectFrom('mail').selectAll().execute()
      const { data: events } = await services.contextFor().read.events.list({ limit: 200 })
      assert.ok(!JSON.stringify([rows, events, entry]).includes(token))
    })

    test('the inbox is cleared for one realm; the log stays', async () => {
      await using fixture = await openMailFixture(dialect, { mail: DEV_INBOX })
      const { services } = fixture
      const elsewhere = { realm: await anotherRealm(services) }
      await keepMails(services.contextFor(), 2)
      const [other] = await keepMails(services.contextFor(elsewhere), 1)
      const [first] = await list(fixture)
      await assert.rejects(get(fixture, other ?? ''), failure('not_found'))
      assert.deepEqual([await clear(fixture), await clear(fixture)], [{ deleted: 2 }, { deleted: 0 }])
      assert.deepEqual(await list(fixture), [])
      await assert.rejects(get(fixture, first?.id ?? ''), failure('not_found'))
      assert.equal((await fixture.log()).length, 2)
      assert.equal((await list(fixture, {}, elsewhere)).length, 1)
      const { data: events } = await services
        .contextFor()
        .read.events.list({ limit: 200, types: ['dev_inbox.cleared'] })
      assert.deepEqual(
        events.map(({ data }) => data),
        [{ deleted: 2 }],
      )
    })

    test('only the newest mails are kept', async () => {
      await using fixture = await openMailFixture(dialect, { mail: DEV_INBOX })
      const { services } = fixture
      const [oldest] = await keepMails(services.contextFor(), 1)
      services.clock.advance(1000)
      await keepMails(services.contextFor(), DEV_INBOX_SIZE - 1)
      services.clock.advance(1000)
      fixture.start()
      await fixture.invite('newest@example.com')
      await fixture.until(async () => (await list(fixture))[0]?.recipient === 'newest@example.com')
      const kept = await list(fixture)
      assert.equal(kept.length, DEV_INBOX_SIZE)
      await assert.rejects(get(fixture, oldest ?? ''), failure('not_found'))
    })

    test('what is really sent is not kept', async () => {
      await using fixture = await openMailFixture(dialect)
      fixture.start()
      await fixture.invite('ada@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      assert.deepEqual(await list(fixture), [])
    })
  })
}
