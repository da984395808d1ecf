// Fills a Countersign database with issuances and events by its own appenders, while no server runs on it.

import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { EventDraft, IssuanceDraft } from '#database/database.ts'
import { openSqlite } from '#database/sqlite.ts'
import type { EventTable } from '#database/tables/log.ts'
import type { IssuanceTable } from '#database/tables/tokens.ts'
import { eventAppender } from '#domain/event/event.appender.store.ts'
import { issuanceAppender } from '#domain/issuance/issuance.appender.store.ts'
import { createCrypto } from '#outside/crypto.ts'
import { createRandom } from '#outside/random.ts'

/** As many as arrive together under load. */
const BATCH = 32
const OTHER_CLIENTS = 99
const OTHER_USERS = 1_000

/**
 * Multiplies the newest issuance and the event that goes with it: the copies belong to that client and 99 others, and
 * every second one to one of 1,000 users.
 * @param file the SQLite file
 * @param masterKey 32 bytes, base64
 * @param rows of each of the two tables
 * @returns a client and a user that rows belong to, and seconds
 */
export async function fill(
  file: string,
  masterKey: string,
  rows: number,
): Promise<{ clientId: string; userId: string; seconds: number }> {
  const start = performance.now()
  const { event, issuance } = templates(file)
  const crypto = createCrypto({ masterKey: Buffer.from(masterKey, 'base64') })
  const random = createRandom({ now: Date.now })
  const events = eventAppender((text) => crypto.mac('event-chain', text))
  const database = await openSqlite({
    path: file,
    synchronous: 'normal',
    appenders: { events, issuances: issuanceAppender() },
  })
  const clients = [issuance.client_id, ...Array.from({ length: OTHER_CLIENTS }, () => randomUUID())]
  const users = Array.from({ length: OTHER_USERS }, () => randomUUID())
  for (let done = 0; done < rows; done += BATCH) {
    await database.write((connection) => {
      for (let row = done; row < Math.min(done + BATCH, rows); row++) {
        const id = random.id()
        const clientId = clients[row % clients.length] as string
        const userId = row % 2 === 0 ? (users[(row / 2) % users.length] as string) : null
        const now = Date.now()
        const issued: IssuanceDraft = {
          ...issuance,
          id,
          client_id: clientId,
          user_id: userId,
          token_hash: random.secret(),
          issued_at: now,
          expires_at: now + (issuance.expires_at - issuance.issued_at),
        }
        connection.appendIssuance(issued)
        const happened: EventDraft = { ...event, id: random.id(), occurred_at: now, actor_id: clientId, subject_id: id }
        connection.appendEvent(happened)
      }
    })
    if ((done + BATCH) % 200_000 < BATCH) console.log(`  ${done + BATCH} rows`)
  }
  await database.close()
  return { clientId: issuance.client_id, userId: users[0] as string, seconds: (performance.now() - start) / 1000 }
}

/** The rows to copy, without what each copy gets for itself. */
function templates(file: string): { event: EventDraft; issuance: IssuanceTable } {
  const database = new DatabaseSync(file, { readOnly: true })
  const issuance = database.prepare('SELECT * FROM issuance ORDER BY id DESC LIMIT 1').get()
  const event = database.prepare("SELECT * FROM event WHERE type = 'token.issued' ORDER BY seq DESC LIMIT 1").get()
  database.close()
  if (issuance === undefined || event === undefined) throw new Error('There is no issuance and event to multiply.')
  const { seq: _, hash: __, ...draft } = event as unknown as EventTable
  return { event: draft, issuance: { ...(issuance as unknown as IssuanceTable) } }
}
