import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { purgeMails } from '#domain/mail/mail.store.ts'
import { MAIL_BUDGET, MAIL_LEASE, MAIL_PATIENCE, MAIL_RETENTION } from '#domain/mail/mail.ts'
import { invitationCreate, invitationRevoke } from '#domain/organization/invitation.operations.ts'
import { organizationCreate, organizationDelete } from '#domain/organization/organization.operations.ts'
import { realmDelete } from '#domain/realm/realm.operations.ts'
import { tenantDelete } from '#domain/tenant/tenant.operations.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type MailScene, openMailScene } from '#testing/mail-scene.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/neighbours.ts'
import { linkIn } from '#testing/post-office.ts'
import { failure, run } from '#testing/run.ts'

/** What the table of mails holds, as whoever reads the database sees it. */
const rowsOf = ({ house }: MailScene) => house.database.read.kysely.selectFrom('mail').selectAll().execute()

for (const dialect of DIALECTS) {
  describe(`mails on ${dialect}`, () => {
    test('an invitation is mailed once, names what a person must know, and its link is nowhere else', async () => {
      await using scene = await openMailScene(dialect)
      const { house, office } = scene
      const made = await scene.invite('ada@example.com', { role: 'admin' })
      assert.deepEqual([made.mailed, made.acceptUrl], [true, null])
      const waiting = await rowsOf(scene)
      scene.start()
      const mail = await scene.mailTo('ada@example.com')
      const link = new URL(linkIn(mail))
      const token = link.searchParams.get('invitation') ?? ''
      assert.match(link.href, /^https:\/\/id\.example\.com\/invitation\?invitation=[\w-]{43}$/)
      assert.equal(mail.parsed.subject, `Invitation to join Acme at ${house.realm.name}`)
      for (const body of [mail.parsed.text, mail.parsed.html]) {
        for (const part of ['Acme', house.realm.name, 'Test', 'admin', '8 January 2026', token]) {
          assert.ok(body?.includes(part), `${part} is not in ${body}`)
        }
      }
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === 1)
      const [entry] = await scene.log()
      const { id = '', ...told } = entry ?? {}
      const at = house.clock.now()
      assert.deepEqual(told, {
        kind: 'invitation',
        recipient: 'ada@example.com',
        subject: mail.parsed.subject,
        status: 'sent',
        attempts: 1,
        error: null,
        responseCode: 250,
        createdAt: at,
        attemptedAt: at,
        nextAttemptAt: null,
        settledAt: at,
      })
      const settled = await rowsOf(scene)
      assert.deepEqual(
        settled.map(({ body }) => body),
        [null],
      )
      const events = await eventsAbout(house.contextFor(), id)
      assert.deepEqual(
        events.map(({ type, result, realmId }) => [type, result, realmId]),
        [['mail.sent', 'success', house.realm.id]],
      )
      const { data: all } = await house.contextFor().read.events.list({ limit: 200 })
      assert.ok(!JSON.stringify([waiting, settled, all, await scene.log()]).includes(token))
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(office.mails.length, 1)
    })

    test('a mail server that is down delays a mail, and gets it once when it is up', async () => {
      await using scene = await openMailScene(dialect)
      await scene.office.down()
      scene.start()
      await scene.invite('ada@example.com')
      await scene.until(async () => ((await scene.log())[0]?.attempts ?? 0) >= 3, 5000)
      const [waiting] = await scene.log()
      assert.deepEqual([waiting?.status, waiting?.error, waiting?.responseCode], ['queued', 'unreachable', null])
      assert.ok((waiting?.nextAttemptAt ?? 0) > (waiting?.attemptedAt ?? 0))
      await scene.office.up()
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === 1, 5000)
      assert.equal(scene.office.mails.length, 1)
      assert.equal((await scene.log())[0]?.error, null)
    })

    test('an address that the mail server refuses is not tried again; one that it puts off is', async () => {
      await using scene = await openMailScene(dialect)
      const { office, house } = scene
      office.refuse((recipient, count) => (recipient === 'gone@example.com' ? 550 : count <= 3 ? 451 : undefined))
      scene.start()
      const { id: invitationId } = await scene.invite('gone@example.com')
      await scene.until(async () => (await scene.log({ status: 'failed' })).length === 1)
      const [failed] = await scene.log()
      assert.deepEqual([failed?.error, failed?.responseCode, failed?.attempts], ['rejected', 550, 1])
      const [event] = await eventsAbout(house.contextFor(), failed?.id ?? '')
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
        (await rowsOf(scene)).map(({ body }) => body),
        [null],
      )
      await scene.invite('later@example.com')
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === 1, 5000)
      assert.deepEqual(
        office.mails.map(({ to }) => to),
        [['later@example.com']],
      )
    })

    test('a mail is given up in the end, and at the latest when its link is worth nothing', async () => {
      await using scene = await openMailScene(dialect)
      const { clock } = scene.house
      await scene.office.down()
      await scene.invite('late@example.com', { lifetime: 60 })
      clock.advance(60_000)
      scene.start()
      await scene.until(async () => (await scene.log({ status: 'failed' })).length === 1)
      const [expired] = await scene.log()
      assert.deepEqual([expired?.error, expired?.attempts], ['expired', 1])
      const began = clock.now()
      await scene.invite('ada@example.com')
      await scene.until(async () => (await scene.log({ status: 'failed' })).length === 2, 300_000)
      const [given] = await scene.log()
      assert.equal(given?.error, 'unreachable')
      assert.ok((given?.attempts ?? 0) > 5)
      assert.ok((given?.settledAt ?? 0) - began <= MAIL_PATIENCE)
      assert.equal(scene.office.asked, 0)
      assert.deepEqual(scene.complaints, [])
    })

    test('what is revoked before it was sent is not sent', async () => {
      await using scene = await openMailScene(dialect)
      const { house, organizationId: id } = scene
      const { id: invitationId } = await scene.invite('ada@example.com')
      await scene.invite('bob@example.com')
      await invitationRevoke.run(house.contextFor(), { id, invitationId })
      await organizationDelete.run(house.contextFor(), { id })
      scene.start()
      const log = await scene.log()
      assert.deepEqual(
        log.map(({ status, nextAttemptAt }) => [status, nextAttemptAt]),
        [
          ['withdrawn', null],
          ['withdrawn', null],
        ],
      )
      assert.ok((await rowsOf(scene)).every(({ body }) => body === null))
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(scene.office.asked, 0)
    })

    test('what waits for a realm or a tenant that is deleted is not sent', async () => {
      await using scene = await openMailScene(dialect)
      const { house } = scene
      const ended = [await anotherRealm(house), await anotherRealm(house, await anotherTenant(house))] as const
      for (const [index, realm] of ended.entries()) {
        const there = house.contextFor({ realm })
        const { id } = await run(organizationCreate, there, { name: 'Gone', slug: `gone-${index}` })
        await run(invitationCreate, there, { id, email: `person-${index}@example.com` })
      }
      await run(realmDelete, house.contextFor({ realm: ended[0] }))
      await run(tenantDelete, house.contextFor({ realm: null }), { id: ended[1].tenantId })
      scene.start()
      await scene.until(async () => (await rowsOf(scene)).every(({ status }) => status === 'withdrawn'))
      assert.deepEqual(
        (await rowsOf(scene)).map(({ body }) => body),
        [null, null],
      )
      assert.equal(scene.office.asked, 0)
    })

    test('of several processes one sends a mail', async () => {
      await using scene = await openMailScene(dialect)
      const { house, office } = scene
      // A SQLite file has one process; there, several workers of it stand for them.
      const others = dialect === 'postgres' ? [await scene.another(), await scene.another()] : [house, house]
      for (const other of others) scene.start(other)
      scene.start()
      const people = Array.from({ length: 30 }, (_, index) => `person-${index}@example.com`)
      await Promise.all(people.map((email) => scene.invite(email)))
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === people.length)
      assert.equal(office.asked, people.length)
      assert.deepEqual(office.mails.flatMap(({ to }) => to).sort(), people.sort())
      assert.deepEqual(scene.complaints, [])
    })

    test('a try that nobody reported back from is made again after its lease', async () => {
      await using scene = await openMailScene(dialect)
      const { house } = scene
      await scene.invite('ada@example.com')
      const [{ id = '' } = {}] = await scene.log()
      const claim = () => house.contextFor().write((unit) => unit.mails.claim(id, house.clock.now()))
      const lost = await claim()
      assert.equal(lost?.attempts, 1)
      assert.equal(await claim(), undefined)
      house.clock.advance(MAIL_LEASE - 1)
      assert.equal(await claim(), undefined)
      house.clock.advance(1)
      scene.start()
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === 1)
      assert.ok(lost)
      assert.equal(await house.contextFor().write((unit) => unit.mails.report({ ...lost, status: 'failed' })), false)
      assert.equal((await scene.log())[0]?.status, 'sent')
    })

    test('who stops waits for mails that are being taken', async () => {
      await using scene = await openMailScene(dialect)
      scene.office.dawdle(200)
      const stop = scene.start()
      await scene.invite('ada@example.com')
      await scene.until(() => scene.office.asked === 1)
      await stop()
      assert.equal((await scene.log())[0]?.status, 'sent')
      assert.deepEqual(scene.complaints, [])
    })

    test('the log is the realm’s own, and is forgotten in time', async () => {
      await using scene = await openMailScene(dialect)
      const { house } = scene
      scene.start()
      await scene.linkFor('ada@example.com')
      await scene.until(async () => (await scene.log({ status: 'sent' })).length === 1)
      const foreign = await anotherRealm(house, await anotherTenant(house))
      assert.deepEqual(await scene.log({}, await anotherRealm(house)), [])
      assert.deepEqual(await scene.log({}, foreign), [])
      // Whose tenant is not the realm’s sees nothing, whatever realm it names.
      const stranger = house.contextFor({ tenantId: foreign.tenantId })
      assert.deepEqual((await stranger.read.mails.list(house.realm.id, { limit: 10 })).data, [])
      const purge = (now: number) => house.database.write((unit) => purgeMails(unit, now - MAIL_RETENTION))
      assert.equal(await purge(house.clock.now() + MAIL_RETENTION), 0)
      assert.equal(await purge(house.clock.now() + MAIL_RETENTION + 1), 1)
      assert.deepEqual(await scene.log(), [])
    })
  })
}

test('a mailbox is not flooded: an address gets so many mails of a tenant in an hour', async () => {
  await using scene = await openMailScene()
  const { house, organizationId: id } = scene
  for (let count = 0; count < MAIL_BUDGET.limit; count++) {
    const { id: invitationId } = await scene.invite('ada@example.com')
    await invitationRevoke.run(house.contextFor(), { id, invitationId })
  }
  await assert.rejects(scene.invite('Ada@example.com'), failure('too_many_requests'))
  assert.equal((await scene.invite('ada@example.com', { mail: false })).mailed, false)
  house.clock.advance(MAIL_BUDGET.windowSeconds * 1000)
  assert.equal((await scene.invite('bob@example.com')).mailed, true)
})

test('names cannot become headers, markup or another link', async () => {
  await using scene = await openMailScene()
  const { house } = scene
  const name = 'Evil" <bcc@evil.example>, =?utf-8?Q?x?= <img src=x onerror=1>'
  const { id } = await organizationCreate.run(house.contextFor(), { name, slug: 'evil', logoUrl: null, settings: {} })
  scene.start()
  await scene.linkFor('ada@example.com', { id })
  const { to, parsed } = await scene.mailTo('ada@example.com')
  assert.deepEqual(to, ['ada@example.com'])
  assert.deepEqual(parsed.to, [{ name: '', address: 'ada@example.com' }])
  assert.equal(parsed.subject, `Invitation to join ${name} at ${house.realm.name}`)
  assert.ok(!parsed.html?.includes('<img'))
  assert.equal(parsed.html?.match(/<a /g)?.length, 1)
})

test('who wants no mail gets the link; a link to an application’s page is mailed like any other', async () => {
  await using scene = await openMailScene()
  const off = await scene.invite('bob@example.com', { mail: false })
  assert.equal(off.mailed, false)
  assert.match(off.acceptUrl ?? '', /invitation=/)
  assert.deepEqual(await scene.log(), [])
  const own = await scene.invite('cy@example.com', { acceptUrl: 'https://app.example/join?from=mail' })
  assert.equal(own.mailed, true)
  scene.start()
  assert.match(linkIn(await scene.mailTo('cy@example.com')), /^https:\/\/app\.example\/join\?from=mail&invitation=/)
})
