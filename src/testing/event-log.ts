import type { Database } from '#database/database.ts'
import type { Actor, Context } from '#domain/context.ts'
import { openContext } from '#domain/open-context.ts'
import type { EventType } from '#kernel/event.ts'
import type { FixedClock } from './clock.ts'
import { type DialectName, storeForTests } from './databases.ts'
import { openHouseOver } from './house.ts'

/** A real database with nothing in it but the log, for tests of the log itself. */
export interface EventLog {
  readonly database: Database
  readonly clock: FixedClock
  readonly id: () => string
  /** A context of a tenant that only the log knows; a fresh one unless told. */
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
  permissions: new Set(['*']),
  origin: { ip: '192.0.2.1', userAgent: 'test', requestId: 'r1', surface: 'native' },
}

/** Opens a log over a fresh database. */
export async function openEventLog(dialect: DialectName): Promise<EventLog> {
  const store = await storeForTests(dialect)
  const house = await openHouseOver(store)
  const { database, clock, random } = house
  return {
    database,
    clock,
    id: random.id,
    tenant: (tenantId = random.id()) => openContext(house, ACTOR, { tenantId }),
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
