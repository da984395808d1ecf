import assert from 'node:assert/strict'
import { mailList } from '#domain/mail/mail.operations.ts'
import { dueMails } from '#domain/mail/mail.store.ts'
import type { MailView } from '#domain/mail/mail.ts'
import type { House } from '#domain/open-context.ts'
import { invitationCreate } from '#domain/organization/invitation.operations.ts'
import { organizationCreate } from '#domain/organization/organization.operations.ts'
import type { Mail } from '#domain/outside.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { startMails } from '#jobs/mail-worker.ts'
import { createMail } from '#outside/mail.ts'
import type { DialectName } from './databases.ts'
import { openHouseOver, openTestHouse, type TestHouse } from './house.ts'
import { linkIn, openPostOffice, type PostOffice, type TakenMail } from './post-office.ts'
import { run } from './run.ts'

/** A house that mails, the server that takes its mails, and an organization to invite people to. */
export interface MailScene extends AsyncDisposable {
  readonly house: TestHouse
  readonly office: PostOffice
  readonly organizationId: string
  /** What the jobs complained of. */
  readonly complaints: unknown[]
  /** Invites an address at the realm `default`. */
  invite(email: string, more?: object): Promise<{ id: string; mailed: boolean; acceptUrl: string | null }>
  /** Sends, as one more process would. */
  start(over?: House): () => Promise<void>
  /** Another process over the same database. */
  another(): Promise<House>
  /** Waits until something holds, while the clock moves on in steps of so many milliseconds, but not past what is due. */
  until(holds: () => boolean | Promise<boolean>, step?: number): Promise<void>
  /** The outbound mail log of a realm, newest first. */
  log(query?: object, realm?: Realm): Promise<MailView[]>
  /** Waits for a mail to an address. */
  mailTo(email: string): Promise<TakenMail>
  /** Invites an address, and waits for the link in its mail. */
  linkFor(email: string, more?: object): Promise<string>
}

const QUICK = { tick: 10, grace: 500 }
const PATIENCE = 15_000

/** Opens the scene; nothing is sent before it is started. */
export async function openMailScene(dialect: DialectName = 'sqlite'): Promise<MailScene> {
  const office = await openPostOffice()
  const network = { mail: mailOver(office) }
  const house = await openTestHouse({ database: dialect, network })
  const { id: organizationId } = await run(organizationCreate, house.contextFor(), { name: 'Acme', slug: 'acme' })
  const stops: (() => Promise<void>)[] = []
  const complaints: unknown[] = []
  const scene: MailScene = {
    house,
    office,
    organizationId,
    complaints,
    invite: (email, more = {}) => run(invitationCreate, house.contextFor(), { id: organizationId, email, ...more }),
    start(over = house) {
      const stop = startMails(over, (_, error) => complaints.push(error), QUICK)
      stops.push(stop)
      return stop
    },
    another: () => openHouseOver(house.store, { network, now: house.clock.now() }),
    async until(holds, step = 0) {
      const deadline = Date.now() + PATIENCE
      while (!(await holds())) {
        assert.ok(Date.now() < deadline, `it did not come to pass: ${JSON.stringify(await scene.log())}`)
        // What is due is not kept waiting: on a busy machine its time could be over before anybody has looked.
        if ((await dueMails(house.database.read, house.clock.now(), 1)).length === 0) house.clock.advance(step)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    log: async (query = {}, realm = house.realm) =>
      (await run(mailList, house.contextFor({ realm }), { limit: '200', ...query })).data,
    async mailTo(email) {
      const find = () => office.mails.find(({ to }) => to.includes(email))
      await scene.until(() => find() !== undefined)
      return find() as TakenMail
    },
    linkFor: async (email, more = {}) => {
      await scene.invite(email, more)
      return linkIn(await scene.mailTo(email))
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) await stop()
      await house.close()
      await office[Symbol.asyncDispose]()
    },
  }
  return scene
}

function mailOver({ port }: PostOffice): Mail {
  return createMail({
    server: { host: '127.0.0.1', port, secure: false, credentials: undefined },
    from: { name: 'Northwind', address: 'no-reply@id.example.com' },
    timeout: 5000,
  })
}
