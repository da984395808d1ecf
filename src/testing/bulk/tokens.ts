// Makes millions of issued tokens in a database, by the server's own writer, while no server runs on it.
import { randomUUID } from 'node:crypto'
import type { Database, TokenDraft } from '#database/database.ts'
import { databaseBytes } from '#database/old-rows.ts'
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
  /** By how much the database grew. */
  readonly bytes: number
}

/** What tokens are made. */
export interface Load {
  readonly count: number
  /** How long ago they were issued, in milliseconds; 0 by default. */
  readonly age?: number
  /** Whether they are for a user; every second one is by default. */
  readonly forUsers?: boolean
}

/**
 * Issues tokens like those of the profile that was made last: to its client and 99 others, and every second one for one
 * of 1,000 users.
 * @param url of a database in which a token was issued before; a SQLite file or a PostgreSQL database
 * @param masterKey 32 bytes, base64
 */
export async function loadTokens(url: string, masterKey: string, load: Load): Promise<LoadedTokens> {
  const { count, age = 0, forUsers } = load
  const start = performance.now()
  const now = () => Date.now() - age
  const random = createRandom({ now })
  const database = await openToLoad(url, masterKey)
  const before = await databaseBytes(database.read)
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
          user_id: (forUsers ?? row % 2 === 0) ? (users[(row >> 1) % users.length] as string) : null,
          token_hash: random.secret(),
          request_id: `bulk-${row.toString(36)}`,
          issued_at: issuedAt,
          expires_at: issuedAt + 300_000,
        })
      }
    })
    if ((done + BATCH) % 200_000 < BATCH) console.log(`  ${done + BATCH} tokens`)
  }
  await database.read.placeTokens?.()
  const bytes = (await databaseBytes(database.read)) - before
  await database.close()
  const seconds = (performance.now() - start) / 1000
  return { clientId: template.client_id, userId: users[0] as string, seconds, bytes }
}

/**
 * Issues trees of valid tokens: three were exchanged for each, as far as they go.
 * @returns the ids of the tokens at the top
 */
export async function loadTrees(
  url: string,
  masterKey: string,
  { trees, descendants }: { readonly trees: number; readonly descendants: number },
): Promise<string[]> {
  const random = createRandom({ now: Date.now })
  const database = await openToLoad(url, masterKey)
  const template = await readTemplate(database)
  const tops: string[] = []
  for (let tree = 0; tree < trees; tree++) {
    const ids = Array.from({ length: descendants + 1 }, () => random.id())
    for (let done = 0; done < ids.length; done += BATCH) {
      await database.write((connection) => {
        for (const [place, id] of ids.slice(done, done + BATCH).entries()) {
          const issuedAt = Date.now()
          connection.appendToken({
            ...template,
            id,
            parent_id: done + place === 0 ? null : (ids[Math.floor((done + place - 1) / 3)] as string),
            token_hash: random.secret(),
            request_id: `tree-${id}`,
            issued_at: issuedAt,
            expires_at: issuedAt + 3_600_000,
          })
        }
      })
    }
    tops.push(ids[0] as string)
  }
  await database.close()
  return tops
}

function openToLoad(url: string, masterKey: string): Promise<Database> {
  const crypto = createCrypto({ masterKey: Buffer.from(masterKey, 'base64') })
  const append = chainAppender((text) => crypto.mac('event-chain', text))
  return openDatabase(url, { synchronous: 'normal', append })
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
