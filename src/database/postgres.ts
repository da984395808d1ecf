// Opens a PostgreSQL database, which several processes may share.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type Append, type Commit, type Database, type OnWait, type TokenBatch, unmeasured } from './database.ts'
import { exclusiveQueries, POSTGRES } from './dialect.ts'
import { fromPostgres, unavailable } from './errors.ts'
import { migrateToLatest } from './migrations/timeline.ts'
import { notifyAll, warn } from './notify.ts'
import { clientOptions, kyselyConnection, postgresQueries } from './postgres-connection.ts'
import { CHANNEL, PostgresListener, placedPayload } from './postgres-listener.ts'
import { PostgresLongReads } from './postgres-long-reads.ts'
import { PostgresPlacer } from './postgres-placer.ts'
import { connectServer, readersOf, unusable } from './postgres-server.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { tenantsToPlace } from './token-log/unplaced.ts'
import { indexUserNames } from './user-search.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the parameters of libpq. */
  readonly url: string
  /** The address of the server itself, to listen and to migrate, where `url` is that of a pooler. Default: `url`. */
  readonly listenUrl?: string
  /** Connections to keep at most, half of them for reading, besides the one that listens; 10 by default. */
  readonly poolSize?: number
  readonly append: Append
  /** Milliseconds that a write may wait for anything else than its connection; 5000 by default. */
  readonly patience?: number
  /** Called with failures that callers only see as `temporarily_unavailable`, and with errors of listeners. */
  readonly report?: (error: unknown) => void
  /** Called with waits: for a connection that reads or writes, and of long reads. */
  readonly onWait?: OnWait
}

/**
 * Opens a PostgreSQL database, which any number of processes may share.
 * @throws Error, with a sentence for the operator, where it cannot be reached or is not in UTF-8
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { append, report = warn, onWait = unmeasured } = options
  const listenUrl = options.listenUrl ?? options.url
  const listeners = new Set<(commit: Commit) => void>()
  const notifyListeners = (commit: Commit) => notifyAll(listeners, commit, report)
  const self = randomUUID()
  const server = await connectServer(options, report)
  const listener = new PostgresListener({
    client: () => clientOptions(listenUrl),
    self,
    notify: (payload) => server.beat(payload),
    missed: () => notifyListeners({ missed: true }),
    placed: (tenantIds) => notifyListeners({ events: [], tokens: tenantIds.map(placedElsewhere) }),
    report,
  })
  try {
    await listener.start()
  } catch (error) {
    await server.end()
    throw unusable(listenUrl, error)
  }
  const { naming } = server
  const writer = new PostgresWriter({
    pool: () => server.pools.writers,
    naming,
    append,
    notify: `notify ${CHANNEL}, '${self}'`,
    notifyPlaced: (tenantIds) => ({
      text: 'select pg_notify($1, $2)',
      values: [CHANNEL, placedPayload(self, tenantIds)],
    }),
    patience: options.patience ?? 5000,
    onWait,
    committed(appended) {
      placer.note(appended.unplaced ?? [])
      notifyListeners(appended)
    },
    troubled: (trouble) => server.suffers(trouble),
    report,
  })
  const placer = new PostgresPlacer({
    find: (among) => tenantsToPlace(server.read(), among),
    place: (tenantIds) => writer.place(tenantIds),
  })
  placer.start()
  const longReading = kyselyConnection(
    new PostgresLongReads(() => server.pools.readers, readersOf(options), onWait).target,
  )
  let closed: Promise<void> | undefined
  return {
    dialect: 'postgres',
    read: {
      ...server.read(onWait),
      longReads: postgresQueries((consumer) => consumer(longReading)),
      placeTokens: (tenantIds) => placer.settle(tenantIds),
    },
    write: (work) => writer.write(work),
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    migrate: () => migrate(listenUrl),
    feed: () => ({ heard: listener.isHeard }),
    trouble: () => server.trouble,
    async ping() {
      if (closed !== undefined) throw unavailable(new Error('The database is closed.'))
      await server.ping()
    },
    close() {
      closed ??= (async () => {
        await writer.close()
        await placer.stop()
        await listener.stop()
        await server.end()
      })()
      return closed
    },
  }
}

/** What another process placed: whoever wants the tokens reads them, and that process counts them. */
function placedElsewhere(tenantId: string): TokenBatch {
  return { tenantId, seq: 0, count: 0, hash: '', events: undefined }
}

/** Uses a connection of its own, without the time limit for statements: to index a large table takes longer. */
async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client(clientOptions(url))
  client.on('error', () => {})
  try {
    await client.connect()
    const queries = exclusiveQueries(POSTGRES, kyselyConnection(client))
    const applied = await migrateToLatest(queries, POSTGRES)
    await indexUserNames(queries)
    return applied
  } catch (error) {
    throw error instanceof Error && !('code' in error) ? error : fromPostgres(error)
  } finally {
    await client.end().catch(() => {})
  }
}
