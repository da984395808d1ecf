// Owns services that send mail to a local mail server.
import assert from 'node:assert/strict'
import { mailList } from '#domain/mail/mail.operations.ts'
import { MAIL_LEASE, type MailView } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import { invitationCreate } from '#domain/organization/invitation.operations.ts'
import { organizationCreate } from '#domain/organization/organization.operations.ts'
import type { Mail, Network } from '#domain/outside.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { startMails } from '#jobs/mail-worker.ts'
import { createMail } from '#outside/mail.ts'
import type { DialectName } from './databases.ts'
import { linkIn, type MailServer, type ReceivedMail, startMailServer } from './mail-server.ts'
import { runOperation } from './run-operation.ts'
import { openServicesOver, openTestServices, type TestServices } from './services.ts'

/** A services that mails, the server that takes its mails, and an organization to invite people to. */
export interface MailFixture extends AsyncDisposable {
  readonly services: TestServices
  readonly office: MailServer
  readonly organizationId: string
  /** What the jobs complained of. */
  readonly complaints: unknown[]
  /** Invites an address at the realm `default`. */
  invite(email: string, more?: object): Promise<{ id: string; mailed: boolean; acceptUrl: string | null }>
  /** Sends, as one more process would. */
  start(over?: Services): () => Promise<void>
  /** Another process over the same database. */
  another(): Promise<Services>
  /** Waits until something holds, while the clock moves on in steps of so many milliseconds, but not past what is due. */
  until(holds: () => boolean | Promise<boolean>, step?: number): Promise<void>
  /** The mail log of a realm, newest first. */
  log(query?: object, realm?: Realm): Promise<MailView[]>
  /** Waits for a mail to an address. */
  mailTo(email: string): Promise<ReceivedMail>
  /** Invites an address, and waits for the link in its mail. */
  linkFor(email: string, more?: object): Promise<string>
}

const QUICK = { tick: 10, grace: 500 }
const PATIENCE = 60_000

/** Opens the fixture; nothing is sent before it is started. */
export async function openMailFixture(
  dialect: DialectName = 'sqlite',
  more: Partial<Network> = {},
): Promise<MailFixture> {
  const office = await startMailServer()
  const network = { mail: mailOver(office), ...more }
  const services = await openTestServices({ database: dialect, network })
  const { id: organizationId } = await runOperation(organizationCreate, services.contextFor(), {
    name: 'Acme',
    slug: 'acme',
  })
  const stops: (() => Promise<void>)[] = []
  const complaints: unknown[] = []
  // Time stands still while a mail is due or under way: on a busy machine it could be over before the attempt has ended.
  const untilDue = async () => {
    const now = services.clock.now()
    const rows = await services.database.read.kysely.selectFrom('mail').selectAll().execute()
    const waits = rows.flatMap(({ attempted_at: began, next_attempt_at: next }) => {
      if (next === null) return []
      return next <= now || (began !== null && next === began + MAIL_LEASE) ? [0] : [next - now]
    })
    return Math.min(...waits)
  }
  const fixture: MailFixture = {
    services,
    office,
    organizationId,
    complaints,
    invite: (email, more = {}) =>
      runOperation(invitationCreate, services.contextFor(), { id: organizationId, email, ...more }),
    start(over = services) {
      const stop = startMails(over, (_, error) => complaints.push(error), QUICK)
      stops.push(stop)
      return stop
    },
    another: () => openServicesOver(services.store, { network, now: services.clock.now() }),
    async until(holds, step = 0) {
      const deadline = Date.now() + PATIENCE
      while (!(await holds())) {
        assert.ok(Date.now() < deadline, `it did not come to pass: ${JSON.stringify(await fixture.log())}`)
        if (step > 0) services.clock.advance(Math.min(step, await untilDue()))
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    log: async (query = {}, realm = services.realm) =>
      (await runOperation(mailList, services.contextFor({ realm }), { limit: '200', ...query })).data,
    async mailTo(email) {
      const find = () => office.mails.find(({ to }) => to.includes(email))
      await fixture.until(() => find() !== undefined)
      return find() as ReceivedMail
    },
    linkFor: async (email, more = {}) => {
      await fixture.invite(email, more)
      return linkIn(await fixture.mailTo(email))
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop()
      await services.close()
      await office[Symbol.asyncDispose]()
    },
  }
  return fixture
}

function mailOver({ port }: MailServer): Mail {
  return createMail({
    server: { host: '127.0.0.1', port, secure: false, credentials: undefined },
    from: { name: 'Northwind', address: 'no-reply@id.example.com' },
  })
}
