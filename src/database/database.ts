import type { Kysely } from 'kysely'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import type { EventTable } from './tables/log.ts'
import type { IssuanceTable } from './tables/tokens.ts'

/** Something that queries can be put to: the newest committed state, or the inside of one write. */
export interface Connection {
  /** Whether every statement costs a round trip, so that many rows had better travel in one. */
  readonly remote: boolean
  /** Builds and runs any query. */
  readonly kysely: Kysely<Schema>
  /** Runs a statement whose SQL was compiled once, for the paths where building a query would cost more than running it. */
  run<Values extends object, Row>(statement: Prepared<Values, Row>, values: Values): Promise<Row[]>
}

/** A row as its insert statement takes it, all but what the chain adds. */
export type EventDraft = Omit<EventTable, 'seq' | 'hash'>
export type IssuanceDraft = Omit<IssuanceTable, 'revoked_at' | 'block'>

/** The inside of one write: queries that see what it wrote, and appends that are carried out as it commits. */
export interface WriteConnection extends Connection {
  /**
   * Adds rows to the append-only tables. They are written when the work is done, in one batch with those of other
   * works that arrived in the same turn of the event loop; a work that only appends needs no transaction of its own.
   */
  appendEvent(draft: EventDraft): void
  appendIssuance(draft: IssuanceDraft): void
}

/** How the batches are written; the rows' meaning is not the database's business. */
export interface Appenders {
  /** Writes events at the end of their chains and returns them with sequence and hash. */
  events(connection: Connection, drafts: readonly EventDraft[]): Promise<EventTable[]>
  issuances(connection: Connection, drafts: readonly IssuanceDraft[]): Promise<void>
}

/** What was committed: the events of one or more writes of this process, or word that another process wrote some. */
export type Commit = { readonly events: readonly EventTable[] } | { readonly missed: true }

export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  /** Committed state only. */
  readonly read: Connection
  /**
   * Runs a work in a transaction and answers once it is on disk. A work must not wait for anything but its connection,
   * and may be run again after a serialization failure, so its only effects are on the connection.
   * @throws what the work throws, with nothing written; Failure `temporarily_unavailable` where the database fails
   */
  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T>
  /** Calls the listener after each commit, before those who wrote are answered. Returns a function that ends it. */
  onCommit(listener: (commit: Commit) => void): () => void
  /** Brings the tables up to date; safe to call from several processes at once. Returns the names of what it applied. */
  migrate(): Promise<string[]>
  /** Throws where the database does not answer. */
  ping(): Promise<void>
  /** Waits for writes under way, then lets go of the database. */
  close(): Promise<void>
}
