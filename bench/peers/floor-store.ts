// Owns the SQLite file of the floor.
import * as crypto from 'node:crypto'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

// Node 26 makes UUIDv7 itself; its type declarations do not know yet.
const { randomUUIDv7 } = crypto as unknown as { randomUUIDv7(): string }

/** A row of the table of tokens that are kept: codes, sessions, refresh tokens. */
export interface Kept {
  readonly kind: string
  readonly sub: string
  readonly scope: string
  readonly clientId: string
}

/** An issued access token's row. */
export interface Issued {
  readonly id: string
  readonly clientId: string
  readonly sub: string
  readonly scope: string
  readonly tokenHash: string
  readonly expiresAt: number
}

/** One SQLite file, synchronous=FULL; writes of one event-loop turn share one transaction. */
export class FloorStore {
  readonly #database: DatabaseSync
  readonly #insertIssued
  readonly #readIssued
  readonly #insertKept
  readonly #readKept
  readonly #consumeKept
  #queue: { write: () => void; done: () => void }[] = []

  /** @param file is created where it does not exist */
  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS issued (id TEXT PRIMARY KEY, client_id TEXT, sub TEXT, scope TEXT, token_hash TEXT, expires_at INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS kept (id TEXT PRIMARY KEY, hash TEXT, kind TEXT, sub TEXT, scope TEXT, client_id TEXT, consumed INTEGER) WITHOUT ROWID;`)
    this.#insertIssued = this.#database.prepare('INSERT INTO issued VALUES (?, ?, ?, ?, ?, ?)')
    this.#readIssued = this.#database.prepare(
      'SELECT client_id, sub, scope, token_hash, expires_at FROM issued WHERE id = ?',
    )
    this.#insertKept = this.#database.prepare('INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, 0)')
    this.#readKept = this.#database.prepare('SELECT hash, kind, sub, scope, client_id, consumed FROM kept WHERE id = ?')
    this.#consumeKept = this.#database.prepare('UPDATE kept SET consumed = 1 WHERE id = ? AND consumed = 0')
  }

  /** Queues rows; `done` is called once they are on disk. */
  write(write: () => void, done: () => void): void {
    if (this.#queue.length === 0) setImmediate(() => this.#commit())
    this.#queue.push({ write, done })
  }

  /** Inside a write: an access token's row. */
  insertIssued(issued: Issued): void {
    const { id, clientId, sub, scope, tokenHash, expiresAt } = issued
    this.#insertIssued.run(id, clientId, sub, scope, tokenHash, expiresAt)
  }

  /** The row of an access token. */
  issued(id: string): Record<string, unknown> | undefined {
    return this.#readIssued.get(id)
  }

  /** A new token's text, and what puts it into the database inside a write. */
  keep(kept: Kept): { token: string; insert: () => void } {
    const id = randomUUIDv7()
    const secret = randomBytes(32).toString('base64url')
    const { kind, sub, scope, clientId } = kept
    return {
      token: `${id}.${secret}`,
      insert: () => this.#insertKept.run(id, digest(secret), kind, sub, scope, clientId),
    }
  }

  /** What a token of a kind stands for, and what spends it inside a write; undefined where it is none or spent. */
  kept(kind: string, token: string): (Kept & { spend: () => void }) | undefined {
    const [id = '', secret = ''] = token.split('.')
    const row = this.#readKept.get(id)
    if (row === undefined || row.kind !== kind || row.consumed !== 0 || !same(digest(secret), String(row.hash)))
      return undefined
    const spend = () => {
      this.#consumeKept.run(id)
    }
    return { kind, sub: String(row.sub), scope: String(row.scope), clientId: String(row.client_id), spend }
  }

  #commit(): void {
    const queue = this.#queue
    this.#queue = []
    this.#database.exec('BEGIN IMMEDIATE')
    for (const { write } of queue) write()
    this.#database.exec('COMMIT')
    for (const { done } of queue) done()
  }
}

/** A time-ordered id. */
export function newId(): string {
  return randomUUIDv7()
}

/** SHA-256, base64url. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Whether two texts are equal, in constant time. */
export function same(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}
