// Reads the ownership of an application from a row.
import type { Selectable } from 'kysely'
import type { ApplicationTable } from '#database/tables/applications.ts'
import type { Ownership } from './application.ts'

/** The level, partner and type of an application, from its row. */
export function ownershipOf(row: Pick<Selectable<ApplicationTable>, 'level' | 'partner_id' | 'type'>): Ownership {
  return { level: row.level as Ownership['level'], partnerId: row.partner_id, type: row.type as Ownership['type'] }
}
