// What is done from time to time rather than when somebody asks. Every job is safe to run in several processes at once.
import { purgeCounters } from '#domain/counter/counter.store.ts'
import { purgeDeviceAuthorizations } from '#domain/device-authorization/device-authorization.store.ts'
import { purgeIdempotencyKeys } from '#domain/idempotency-key/idempotency-key.store.ts'
import { purgeMails } from '#domain/mail/mail.store.ts'
import { MAIL_RETENTION } from '#domain/mail/mail.ts'
import { purgeOneTimeTokens } from '#domain/one-time-token/one-time-token.store.ts'
import { type House, openContext } from '#domain/open-context.ts'
import { advanceKeys } from '#domain/signing-key/signing-key.service.ts'
import { realmsWithDueKeys } from '#domain/signing-key/signing-key.store.ts'
import { purgeTokenFamilies } from '#domain/token-family/token-family.store.ts'
import { purgeDeliveries } from '#domain/webhook/delivery.store.ts'
import { DELIVERY_RETENTION } from '#domain/webhook/delivery.ts'
import { Failure } from '#kernel/error.ts'
import { SERVER } from './server-actor.ts'

const DAY = 86_400_000

/** One job: its name, for the log, and one round of it. */
export interface Job {
  readonly name: string
  readonly everySeconds: number
  readonly run: (house: House) => Promise<void>
}

/** Moves each realm’s keys on when their time has come. */
const advanceDueKeys: Job = {
  name: 'advance signing keys',
  everySeconds: 15,
  async run(house) {
    for (const { realmId } of await realmsWithDueKeys(house.database.read, house.clock.now())) {
      const found = await house.registry.realmById(realmId)
      if (!found) continue
      try {
        await advanceKeys(openContext(house, SERVER, { tenantId: found.realm.tenantId, realm: found.realm }))
      } catch (error) {
        // Another process was quicker.
        if (!(error instanceof Failure && error.code === 'conflict')) throw error
      }
    }
  },
}

/** Forgets one-time tokens, device authorizations, token families and idempotency keys a day after their time, webhook deliveries and mails after thirty, and counts of what is long over. */
const purge: Job = {
  name: 'purge what expired',
  everySeconds: 600,
  async run({ database, clock }) {
    const before = clock.now() - DAY
    await database.write((connection) => purgeOneTimeTokens(connection, before))
    await database.write((connection) => purgeDeviceAuthorizations(connection, before))
    await database.write((connection) => purgeIdempotencyKeys(connection, before))
    await database.write((connection) => purgeTokenFamilies(connection, before))
    await database.write((connection) => purgeDeliveries(connection, clock.now() - DELIVERY_RETENTION))
    await database.write((connection) => purgeMails(connection, clock.now() - MAIL_RETENTION))
    await database.write((connection) => purgeCounters(connection, clock.now()))
  },
}

export const JOBS: readonly Job[] = [advanceDueKeys, purge]
