// Checks the sending of mails against a real SMTP server.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAIL_BUDGET, MAIL_LEASE, MAIL_PATIENCE } from '#domain/mail/mail.ts'
import { invitationCreate, invitationRevoke } from '#domain/organization/invitation.operations.ts'
import { organizationCreate, organizationDelete } from '#domain/organization/organization.operations.ts'
import { realmDelete } from '#domain/realm/realm.operations.ts'
import { tenantDelete } from '#domain/tenant/tenant.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { linkIn } from '#testing/mail-server.ts'
import { purgeBefore } from '#testing/purge.ts'
import { failure, runOperation } from '#testing/run-operation.ts'

/** What the table of mails holds, as whoever reads the database sees it. */
const rowsOf = ({ services }: MailFixture) => services.database.read.kysely.selectFrom('mail').selectAll().execute()

for (const dialect of DIALECTS) {
  describe(`mails on ${dialect}`, () => {
    test('an invitation is mailed once, names what a person must know, and its link is nowhere else', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services, office } = fixture
      const made = await fixture.invite('ada@example.com', { role: 'admin' })
      assert.deepEqual([made.mailed, made.acceptUrl], [true, null])
      const waiting = await rowsOf(fixture)
      fixture.start()
      const mail = await fixture.mailTo('ada@example.com')
      const link = new URL(linkIn(mail))
      const token = link.searchParams.get('invitation') ?? ''
      assert.match(link.href, /^https:\/\/id\.example\.com\/invitation\?invitation=[\w-]{43}$/)
      assert.equal(mail.parsed.subject, `Invitation to join Acme at ${services.realm.name}`)
      for (const body of [mail.parsed.text, mail.parsed.html]) {
        for (const part of ['Acme', services.realm.name, 'admin', '8 January 2026', token]) {
          assert.ok(body?.includes(part), `${part} is not in ${body}`)
        }
      }
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      const [entry] = await fixture.log()
      const { id = '', ...told } = entry ?? {}
      const at = services.clock.now()
      assert.deepEqual(told, {
        kind: 'invitation',
        recipient: 'ada@example.com',
        subject: mail.parsed.subject,
        status: 'sent',
        template: 'built_in',
        attempts: 1,
        error: null,
        responseCode: 250,
        createdAt: at,
        attemptedAt: at,
        nextAttemptAt: null,
        settledAt: at,
      })
      const settled = await rowsOf(fixture)
      assert.deepEqual(
        settled.map(({ body }) => body),
        [null],
      )
      const events = await eventsAbout(services.contextFor(), id)
      assert.deepEqual(
        events.map(({ type, result, realmId }) => [type, result, realmId]),
        [['mail.sent', 'success', services.realm.id]],
      )
      const { data: all } = await services.contextFor().read.events.list({ limit: 200 })
      assert.ok(!JSON.stringify([waiting, settled, all, await fixture.log()]).includes(token))
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(office.mails.length, 1)
    })

    test('a mail server that is down delays a mail, and gets it once when it is up', async () => {
      await using fixture = await openMailFixture(dialect)
      await fixture.office.down()
      fixture.start()
      await fixture.invite('ada@example.com')
      await fixture.until(async () => ((await fixture.log())[0]?.attempts ?? 0) >= 3, 5000)
      const [waiting] = await fixture.log()
      assert.deepEqual([waiting?.status, waiting?.error, waiting?.responseCode], ['queued', 'unreachable', null])
      assert.ok((waiting?.nextAttemptAt ?? 0) > (waiting?.attemptedAt ?? 0))
      await fixture.office.up()
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1, 5000)
      assert.equal(fixture.office.mails.length, 1)
      assert.equal((await fixture.log())[0]?.error, null)
    })

    test('an address that the mail server refuses is not tried again; one that it puts off is', async () => {
      await using fixture = await openMailFixture(dialect)
      const { office, services } = fixture
      office.refuse((recipient, count) => (recipient === 'gone@example.com' ? 550 : count <= 3 ? 451 : undefined))
      fixture.start()
      const { id: invitationId } = await fixture.invite('gone@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      const [failed] = await fixture.log()
      assert.deepEqual([failed?.error, failed?.responseCode, failed?.attempts], ['rejected', 550, 1])
      const [event] = await eventsAbout(services.contextFor(), failed?.id ?? '')
      assert.deepEqual([event?.type, event?.result], ['mail.failed', 'failure'])
      assert.deepEqual(event?.data, {
        kind: 'invitation',
        aboutId: invitationId,
        recipient: 'gone@example.com',
        attempts: 1,
        error: 'rejected',
        responseCode: 550,
      })
      assert.deepEqual(
        (await rowsOf(fixture)).map(({ body }) => body),
        [null],
      )
      await fixture.invite('later@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1, 5000)
      assert.deepEqual(
        office.mails.map(({ to }) => to),
        [['later@example.com']],
      )
    })

    test('a mail is given up in the end, and at the latest when its link is worth nothing', async () => {
      await using fixture = await openMailFixture(dialect)
      const { clock } = fixture.services
      await fixture.office.down()
      await fixture.invite('late@example.com', { lifetime: 60 })
      clock.advance(60_000)
      fixture.start()
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 1)
      const [expired] = await fixture.log()
      assert.deepEqual([expired?.error, expired?.attempts], ['expired', 1])
      const began = clock.now()
      await fixture.invite('ada@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'failed' })).length === 2, 300_000)
      const [given] = await fixture.log()
      assert.equal(given?.error, 'unreachable')
      assert.ok((given?.attempts ?? 0) > 5)
      assert.ok((given?.settledAt ?? 0) - began <= MAIL_PATIENCE)
      assert.equal(fixture.office.asked, 0)
      assert.deepEqual(fixture.complaints, [])
    })

    test('what is revoked before it was sent is not sent', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services, organizationId: id } = fixture
      const { id: invitationId } = await fixture.invite('ada@example.com')
      await fixture.invite('bob@example.com')
      await invitationRevoke.run(services.contextFor(), { id, invitationId })
      await organizationDelete.run(services.contextFor(), { id })
      fixture.start()
      const log = await fixture.log()
      assert.deepEqual(
        log.map(({ status, nextAttemptAt }) => [status, nextAttemptAt]),
        [
          ['withdrawn', null],
          ['withdrawn', null],
        ],
      )
      assert.ok((await rowsOf(fixture)).every(({ body }) => body === null))
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(fixture.office.asked, 0)
    })

    test('what waits for a realm or a tenant that is deleted is not sent', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services } = fixture
      const ended = [await anotherRealm(services), await anotherRealm(services, await anotherTenant(services))] as const
      for (const [index, realm] of ended.entries()) {
        const there = services.contextFor({ realm })
        const { id } = await runOperation(organizationCreate, there, { name: 'Gone', slug: `gone-${index}` })
        await runOperation(invitationCreate, there, { id, email: `person-${index}@example.com` })
      }
      await runOperation(realmDelete, services.contextFor({ realm: ended[0] }))
      await runOperation(tenantDelete, services.contextFor({ realm: null }), { id: ended[1].tenantId })
      fixture.start()
      await fixture.until(async () => (await rowsOf(fixture)).every(({ status }) => status === 'withdrawn'))
      assert.deepEqual(
        (await rowsOf(fixture)).map(({ body }) => body),
        [null, null],
      )
      assert.equal(fixture.office.asked, 0)
    })

    test('of several processes one sends a mail', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services, office } = fixture
      // A SQLite file has one process; there, several workers of it stand for them.
      const others = dialect === 'postgres' ? [await fixture.another(), await fixture.another()] : [services, services]
      for (const other of others) fixture.start(other)
      fixture.start()
      const people = Array.from({ length: 30 }, (_, index) => `person-${index}@example.com`)
      await Promise.all(people.map((email) => fixture.invite(email)))
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === people.length)
      assert.equal(office.asked, people.length)
      assert.deepEqual(office.mails.flatMap(({ to }) => to).sort(), people.sort())
      assert.deepEqual(fixture.complaints, [])
    })

    test('a try that nobody reported back from is made again after its lease', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services } = fixture
      await fixture.invite('ada@example.com')
      const [{ id = '' } = {}] = await fixture.log()
      const claim = () => services.contextFor().write((unit) => unit.mails.claim(id, services.clock.now()))
      const lost = await claim()
      assert.equal(lost?.attempts, 1)
      assert.equal(await claim(), undefined)
      services.clock.advance(MAIL_LEASE - 1)
      assert.equal(await claim(), undefined)
      services.clock.advance(1)
      fixture.start()
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      assert.ok(lost)
      assert.equal(await services.contextFor().write((unit) => unit.mails.report({ ...lost, status: 'failed' })), false)
      assert.equal((await fixture.log())[0]?.status, 'sent')
    })

    test('who stops waits for mails that are being taken', async () => {
      await using fixture = await openMailFixture(dialect)
      fixture.office.dawdle(200)
      const stop = fixture.start()
      await fixture.invite('ada@example.com')
      await fixture.until(() => fixture.office.asked === 1)
      await stop()
      assert.equal((await fixture.log())[0]?.status, 'sent')
      assert.deepEqual(fixture.complaints, [])
    })

    test('the log is the realm’s own, and is forgotten in time', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services } = fixture
      fixture.start()
      await fixture.linkFor('ada@example.com')
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      const foreign = await anotherRealm(services, await anotherTenant(services))
      assert.deepEqual(await fixture.log({}, await anotherRealm(services)), [])
      assert.deepEqual(await fixture.log({}, foreign), [])
      // Whose tenant is not the realm’s sees nothing, whatever realm it names.
      const stranger = services.contextFor({ tenantId: foreign.tenantId })
      assert.deepEqual((await stranger.read.mails.list(services.realm.id, { limit: 10 })).data, [])
      assert.equal(await purgeBefore(services, 'mails', services.clock.now()), 0)
      assert.equal(await purgeBefore(services, 'mails', services.clock.now() + 1), 1)
      assert.deepEqual(await fixture.log(), [])
    })
  })
}

test('a mailbox is not flooded: an address gets so many mails of a tenant in an hour', async () => {
  await using fixture = await openMailFixture()
  const { services, organizationId: id } = fixture
  for (let count = 0; count < MAIL_BUDGET.limit; count++) {
    const { id: invitationId } = await fixture.invite('ada@example.com')
    await invitationRevoke.run(services.contextFor(), { id, invitationId })
  }
  await assert.rejects(fixture.invite('Ada@example.com'), failure('too_many_requests'))
  assert.equal((await fixture.invite('ada@example.com', { mail: false })).mailed, false)
  services.clock.advance(MAIL_BUDGET.windowSeconds * 1000)
  assert.equal((await fixture.invite('bob@example.com')).mailed, true)
})

test('names cannot become headers, markup or another link', async () => {
  await using fixture = await openMailFixture()
  const { services } = fixture
  fixture.start()
  const names = {
    'Evil", =?utf-8?Q?x?= <img src=x onerror=1>': (name: string) =>
      `Invitation to join ${name} at ${services.realm.name}`,
    'Evil" <bcc@evil.example>': () => 'Invitation to join an organization',
  }
  for (const [at, [name, subjectFor]] of Object.entries(names).entries()) {
    const { id } = await organizationCreate.run(services.contextFor(), {
      name,
      slug: `evil-${at}`,
      logoUrl: null,
      settings: {},
    })
    const address = `ada${at}@example.com`
    await fixture.linkFor(address, { id })
    const { to, parsed } = await fixture.mailTo(address)
    assert.deepEqual(to, [address])
    assert.deepEqual(parsed.to, [{ name: '', address }])
    assert.equal(parsed.subject, subjectFor(name))
    assert.ok(!parsed.html?.includes('<img'))
    assert.equal(parsed.html?.match(/<a /g)?.length, 1)
  }
})

test('who wants no mail gets the link; a link to an application’s page is mailed like any other', async () => {
  await using fixture = await openMailFixture()
  const off = await fixture.invite('bob@example.com', { mail: false })
  assert.equal(off.mailed, false)
  assert.match(off.acceptUrl ?? '', /invitation=/)
  assert.deepEqual(await fixture.log(), [])
  const own = await fixture.invite('cy@example.com', { acceptUrl: 'https://app.example/join?from=mail' })
  assert.equal(own.mailed, true)
  fixture.start()
  assert.match(linkIn(await fixture.mailTo('cy@example.com')), /^https:\/\/app\.example\/join\?from=mail&invitation=/)
})
