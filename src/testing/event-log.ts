// Owns a database that holds only the event log, for tests of the log.

import type { Database } from '#database/database.ts'
import type { Actor } from '#domain/actor.ts'
import type { Context } from '#domain/context.ts'
import { openContext } from '#domain/open-context.ts'
import type { EventType } from '#kernel/event.ts'
import { EVERYTHING } from '#kernel/permission.ts'
import type { FixedClock } from './clock.ts'
import { type DialectName, storeForTests, type TestStore } from './databases.ts'
import { openServicesOver } from './services.ts'

/** A real database with nothing in it but the log, for tests of the log itself. */
export interface EventLog {
  readonly database: Database
  readonly store: TestStore
  readonly clock: FixedClock
  readonly id: () => string
  /** A context of a tenant that only the log knows. Default: a fresh one. */
  tenant(tenantId?: string): Context
  /** Emits so many events in one write, a second apart, all in one realm. */
  emit(context: Context, count: number, type?: EventType): Promise<void>
  close(): Promise<void>
}

export const LOGGED_REALM = '01890a5d-ac96-774b-bcce-b302099a8057'

const ACTOR: Actor = {
  kind: 'system',
  id: 'system',
  label: 'system',
  reach: { kind: 'platform' },
  permissions: EVERYTHING,
  origin: { ip: '192.0.2.1', userAgent: 'test', requestId: 'r1', surface: 'native' },
}

/** Opens a log over a fresh database. */
export async function openEventLog(dialect: DialectName): Promise<EventLog> {
  const store = await storeForTests(dialect)
  const services = await openServicesOver(store)
  const { database, clock, random } = services
  return {
    database,
    store,
    clock,
    id: random.id,
    tenant: (tenantId = random.id()) => openContext(services, ACTOR, { tenantId }),
    emit: (context, count, type = 'user.created') =>
      context.write((unit) => {
        for (let made = 0; made < count; made++) {
          clock.advance(1000)
          unit.emit(type, { subject: { type: 'user', id: random.id() }, realmId: LOGGED_REALM })
        }
      }),
    close: () => store.close(),
  }
}
