// What the rest of the program knows of a database: connections, writes and commits.
import type { Kysely } from 'kysely'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import type { EventTable } from './tables/log.ts'

/** Something that queries can be put to: the newest committed state, or the inside of one write. */
export interface Connection {
  /** Whether every statement costs a round trip, so that many rows should go in one statement. */
  readonly remote: boolean
  /** Builds and runs any query. */
  readonly kysely: Kysely<Schema>
  /**
   * The same for queries that may read very many rows: they hold up no others. On SQLite they run on a thread of their own,
   * on PostgreSQL few at a time, and each for a few seconds at most. Absent inside a write.
   */
  readonly longReads?: Kysely<Schema>
  /** Runs a statement whose SQL was compiled once, where building a query would cost more than running it. */
  run<Values extends object, Row>(statement: Prepared<Values, Row>, values: Values): Promise<Row[]>
  /**
   * Writes the tokens that earlier works of the same transaction issued, so that this work finds them. Only there where
   * several works share a transaction.
   */
  flushTokens?(): Promise<void>
  /**
   * Waits until the tokens that were issued before have their places in the chains of their tenants, so that a log has them.
   * Only there where they get them after they are answered.
   * @param tenantIds all tenants by default
   */
  placeTokens?(tenantIds?: readonly string[]): Promise<void>
  /** Runs a work whose queries all see one state. Only there where rows that are read may be moved meanwhile. */
  snapshot?<T>(work: () => Promise<T>): Promise<T>
}

/** What queries that may read very many rows are put to. */
export function longReadsOf({ longReads, kysely }: Pick<Connection, 'kysely' | 'longReads'>): Kysely<Schema> {
  return longReads ?? kysely
}

/** What is waited for: a connection to read with, the start of a write, the turn of a long read. */
export type Wait = 'read' | 'write' | 'long_read'
/** Called where somebody begins to wait; what it returns is called where that ends. */
export type OnWait = (wait: Wait) => () => void
/** Nobody measures. */
export const unmeasured: OnWait = () => () => {}

/** An event as a write emits it, all but what the chain adds. */
export type EventDraft = Omit<EventTable, 'seq' | 'hash'>

/** A token as a write issues it. Times are milliseconds since 1970. */
export interface TokenDraft {
  /** Also the token's `jti`. */
  readonly id: string
  readonly tenant_id: string
  readonly realm_id: string
  readonly client_id: string
  /** The client's identifier on the wire. */
  readonly client_name: string
  readonly client_label: string
  readonly user_id: string | null
  readonly session_id: string | null
  readonly family_id: string | null
  /** The token that it was exchanged for. */
  readonly parent_id: string | null
  readonly grant_type: string
  readonly audience: string
  readonly scopes: string
  readonly kid: string
  /** SHA-256 of the token, base64url. */
  readonly token_hash: string
  readonly issued_at: number
  readonly expires_at: number
  /** The key that it is bound to (RFC 7800 §3.1), and who acts for the subject (RFC 8693 §4.1), as JSON. */
  readonly confirmation: string | null
  readonly act: string | null
  /** Where the request for it came from. */
  readonly ip: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
  readonly surface: string
}

/** The tokens that one commit issued for a tenant, once they have their places in its chain. */
export interface TokenBatch {
  readonly tenantId: string
  /** The place of the last token in the chain; the others are before it. */
  readonly seq: number
  readonly count: number
  /** The hash of all of them in the chain. */
  readonly hash: string
  /** The tokens as events, in their order; undefined where they have to be read. */
  readonly events: (() => EventTable[]) | undefined
}

/** The inside of one write: queries that see what it wrote, and appends that are written with the commit. */
export interface WriteConnection extends Connection {
  /**
   * Adds rows to the append-only tables. They are written when the work is done, in one batch with those of other
   * works that arrived in the same turn of the event loop; a work that only appends needs no transaction of its own.
   */
  appendEvent(draft: EventDraft): void
  appendToken(draft: TokenDraft): void
}

/** What one or more writes append. */
export interface Appends {
  readonly events: readonly EventDraft[]
  readonly tokens: readonly TokenDraft[]
  /** Tenants whose tokens get their places now, if they have none. */
  readonly places?: readonly string[]
}

/** What was appended, as it is chained. */
export interface Appended {
  readonly events: readonly EventTable[]
  readonly tokens: readonly TokenBatch[]
  /** The tenants for which tokens were issued that have no places in their chains yet. */
  readonly unplaced?: readonly string[]
  /** The tenants for which somebody has put in links of tokens, which get no place. */
  readonly forged?: readonly string[]
  /** To be called once the transaction is committed. */
  readonly committed?: () => void
}

/** The transaction that appends run in, where several processes write. */
export interface AppendTransaction {
  /** What its connection is of: another object once connections were made anew, perhaps to another server. */
  readonly server: object
  /** Has something undone where the transaction was rolled back for certain. */
  onRollBack(undo: () => void): void
}

/** Writes appended events and tokens at the end of their chains, inside the transaction that commits them. */
export type Append = (connection: Connection, appends: Appends, transaction?: AppendTransaction) => Promise<Appended>

/** What was committed: the events and tokens of some writes of this process, or the news that another process wrote. */
export type Commit = Pick<Appended, 'events' | 'tokens'> | { readonly missed: true }

/** Why a database cannot be written until that ends by itself, or an operator ends it. */
export type Trouble = 'locked' | 'full' | 'read_only'

export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  /** Committed state only. */
  readonly read: Connection
  /**
   * Runs a work in a transaction and resolves once it is on disk. A work must wait for nothing but its connection. It
   * may be run again after a serialization failure, so it must have no effects but on the connection.
   * @throws what the work throws, with nothing written; Failure `temporarily_unavailable` where the database fails
   */
  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T>
  /** Calls the listener after each commit, before those who wrote are answered. Returns a function that ends it. */
  onCommit(listener: (commit: Commit) => void): () => void
  /** Brings the tables up to date; safe to call from several processes at once. Returns the names of what it applied. */
  migrate(): Promise<string[]>
  /** Whether this process hears of what others commit; undefined where no other process can use the database. */
  feed(): { readonly heard: boolean } | undefined
  /** Why it cannot be written at the time, where that is known. */
  trouble(): Trouble | undefined
  /** Throws where the database does not answer, or does not write. */
  ping(): Promise<void>
  /** Waits for writes under way, then lets go of the database. */
  close(): Promise<void>
}
