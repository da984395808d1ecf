// Makes millions of issued tokens in a database, by the server's own writer, while no server runs on it.
import { randomUUID } from 'node:crypto'
import type { Database, TokenDraft } from '#database/database.ts'
import { openDatabase } from '#database/open.ts'
import { chainAppender } from '#domain/event/event.appender.store.ts'
import { createCrypto } from '#outside/crypto.ts'
import { createRandom } from '#outside/random.ts'

/** As many as arrive together under load. */
const BATCH = 32
const OTHER_CLIENTS = 99
const OTHER_USERS = 1_000

/** Whose the tokens are that were made. */
export interface LoadedTokens {
  /** A client and a user that tokens belong to. */
  readonly clientId: string
  readonly userId: string
  readonly seconds: number
}

/** What tokens are made. */
export interface Load {
  readonly count: number
  /** How long ago they were issued, in milliseconds; 0 by default. */
  readonly age?: number
}

/**
 * Issues tokens like those of the profile that was made last: to its client and 99 others, and every second one for one
 * of 1,000 users.
 * @param url of a database in which a token was issued before; a SQLite file or a PostgreSQL database
 * @param masterKey 32 bytes, base64
 */
export async function loadTokens(url: string, masterKey: string, { count, age = 0 }: Load): Promise<LoadedTokens> {
  const start = performance.now()
  const crypto = createCrypto({ masterKey: Buffer.from(masterKey, 'base64') })
  const now = () => Date.now() - age
  const random = createRandom({ now })
  const append = chainAppender((text) => crypto.mac('event-chain', text))
  const database = await openDatabase(url, { synchronous: 'normal', append })
  const template = await readTemplate(database)
  const clients = [template.client_id, ...Array.from({ length: OTHER_CLIENTS }, () => randomUUID())]
  const users = Array.from({ length: OTHER_USERS }, () => randomUUID())
  for (let done = 0; done < count; done += BATCH) {
    await database.write((connection) => {
      for (let row = done; row < Math.min(done + BATCH, count); row++) {
        const issuedAt = now()
        connection.appendToken({
          ...template,
          id: random.id(),
          client_id: clients[row % clients.length] as string,
          user_id: row % 2 === 0 ? (users[(row / 2) % users.length] as string) : null,
          token_hash: random.secret(),
          request_id: `bulk-${row.toString(36)}`,
          issued_at: issuedAt,
          expires_at: issuedAt + 300_000,
        })
      }
    })
    if ((done + BATCH) % 200_000 < BATCH) console.log(`  ${done + BATCH} tokens`)
  }
  await database.close()
  return { clientId: template.client_id, userId: users[0] as string, seconds: (performance.now() - start) / 1000 }
}

/** What tokens have that is not their own. */
async function readTemplate({ read: { kysely } }: Database): Promise<TokenDraft> {
  const profile = await kysely.selectFrom('token_profile').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()
  if (profile === undefined) throw new Error('No token was issued that others could be made like.')
  const { id: _, digest: __, ...shared } = profile
  return {
    ...(shared as unknown as TokenDraft),
    user_id: null,
    session_id: null,
    family_id: null,
    parent_id: null,
    confirmation: null,
    act: null,
    ip: '127.0.0.1',
    user_agent: null,
  }
}
