// Runs writes on PostgreSQL, and commits those that only append in groups.
import type pg from 'pg'
import { Failure } from '#kernel/error.ts'
import type { Append, Appended, Appends, AppendTransaction, OnWait, Trouble, WriteConnection } from './database.ts'
import { Conflict, fromPostgres, troubleOf, unavailable } from './errors.ts'
import type { Naming } from './postgres-connection.ts'
import type { Placed } from './postgres-placer.ts'
import { connectionOver, PostgresUnit } from './postgres-unit.ts'

export interface WriterOptions {
  /** The pool at the time: it is replaced where its connections lead to a server that does not write any more. */
  readonly pool: () => pg.Pool
  readonly naming: Naming
  readonly append: Append
  /** The statement that tells other processes of events which matter to them. */
  readonly notify: string
  /** The statement that tells them that tokens of tenants got their places, on which no cache depends. */
  readonly notifyPlaced: (tenantIds: readonly string[]) => { readonly text: string; readonly values: string[] }
  /** Milliseconds that a work may wait for anything else than its connection. */
  readonly patience: number
  readonly onWait: OnWait
  /** Called with what was committed, before the writes resolve. Does not throw. */
  readonly committed: (appended: Appended) => void
  /** Called where the server cannot write for a reason that ends. */
  readonly troubled: (trouble: Trouble) => void
  /** Called with the reason where a transaction failed. */
  readonly report: (error: unknown) => void
}

interface PendingAppend extends Appends {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * From here on a transaction holds the ends of chains, and computes for some milliseconds between its statements. Where its
 * process stands still, others wait for it.
 */
const HURRY = 'set local idle_in_transaction_session_timeout = 3000'
/** How often a transaction that conflicted with another is run again. */
const RETRIES = 3
/** Tenants that one notification can name: PostgreSQL takes 8,000 bytes. */
const PLACED_MAX = 100

/**
 * Runs each work that queries in a transaction of its own (read committed: a work decides by conditional writes, not by
 * what it read), and commits those that only append in groups.
 */
export class PostgresWriter {
  readonly #options: WriterOptions
  readonly #active = new Set<Promise<unknown>>()
  #group: PendingAppend[] = []
  #scheduled = false
  #flushing = false
  #closed = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable(new Error('The database is closed.')))
    const done = this.#write(work)
    this.#active.add(done)
    const over = () => this.#active.delete(done)
    done.then(over, over)
    return done
  }

  /** Gives the tokens of tenants their places in their chains. */
  async place(tenantIds: readonly string[]): Promise<Placed> {
    try {
      const appended = await this.#commitGroup({ events: [], tokens: [], places: tenantIds })
      this.#options.committed(appended)
      return { unplaced: appended.unplaced ?? [], forged: appended.forged ?? [] }
    } catch (error) {
      throw this.#lost(error)
    }
  }

  /** Refuses further writes and waits for those there are. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#active)
  }

  async #write<T>(work: (connection: WriteConnection) => Promise<T> | T): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const unit = new PostgresUnit(this.#options)
      try {
        const result = work(unit)
        const value = result instanceof Promise ? await this.#withTimeout(unit, result) : result
        unit.close()
        if (unit.failure !== undefined) throw unit.failure.error
        if (unit.hasTransaction) await this.#commit(unit)
        else if (unit.events.length + unit.tokens.length > 0) await this.#append(unit)
        return value
      } catch (error) {
        unit.close()
        const reason = unit.failure?.error instanceof Conflict ? unit.failure.error : error
        await this.#rollBack(unit, reason)
        if (!(reason instanceof Conflict)) throw reason
        if (attempt === RETRIES) throw unavailable(reason)
      }
    }
  }

  /** The result, or a rejection where the work waits for something other than its connection. */
  #withTimeout<T>(unit: PostgresUnit, result: Promise<T>): Promise<T> {
    const { patience } = this.#options
    return new Promise<T>((resolve, reject) => {
      const watch = setTimeout(() => {
        if (unit.busy) watch.refresh()
        else reject(new Error(`A write waited for something else than its connection for ${patience} ms.`))
      }, patience)
      result.then(resolve, reject).finally(() => clearTimeout(watch))
    })
  }

  async #commit(unit: PostgresUnit): Promise<void> {
    let appended: Appended
    try {
      appended = await this.#finish(unit, unit)
    } catch (error) {
      throw this.#lost(error)
    }
    this.#options.committed(appended)
  }

  #lost(error: unknown): unknown {
    if (error instanceof Conflict) return error
    if (troubleOf(error) === undefined) this.#options.report(error instanceof Failure ? error.cause : error)
    return unavailable(error)
  }

  /** Appends and commits. The statements follow one another without waiting; one that fails fails all after it. */
  async #finish(unit: PostgresUnit, appends: Appends): Promise<Appended> {
    const client = await unit.client()
    client.query(HURRY).catch(() => {})
    const { append, naming, notify, notifyPlaced } = this.#options
    const failures: unknown[] = []
    const connection = connectionOver(client, naming, (error) => failures.push(error))
    const [result] = await Promise.allSettled([append(connection, appends, transactionOf(unit))])
    connection.close()
    // The first failure is the cause; those after it only say that the transaction had failed.
    if (failures.length > 0) throw failures[0]
    if (result.status === 'rejected') throw result.reason
    // A notification for each issued token would have all processes wait for one lock; one for each placement does not.
    const placed = placedIn(result.value)
    if (appends.events.length > 0 || placed.length > PLACED_MAX) client.query(notify).catch(() => {})
    else if (placed.length > 0) client.query(notifyPlaced(placed)).catch(() => {})
    // Where the answer is lost, nobody knows whether it was committed.
    const undo = unit.undo
    unit.undo = []
    const { command } = await client.query('commit').catch((error) => {
      const reason = fromPostgres(error)
      throw reason instanceof Conflict ? reason : unavailable(reason)
    })
    // PostgreSQL answers ROLLBACK to the commit of a transaction in which a statement failed.
    if (command !== 'COMMIT') {
      unit.undo = undo
      throw unavailable(new Error(`PostgreSQL answered ${command} to a commit.`))
    }
    client.release()
    result.value.committed?.()
    return result.value
  }

  async #rollBack(unit: PostgresUnit, reason: unknown): Promise<void> {
    const trouble = troubleOf(reason)
    if (trouble !== undefined) this.#options.troubled(trouble)
    if (!unit.hasTransaction) return
    const client = await unit.client().catch(() => undefined)
    if (client === undefined || !(await release(client))) return
    for (const undo of unit.undo) undo()
  }

  #append(unit: PostgresUnit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#group.push({ events: unit.events, tokens: unit.tokens, resolve, reject })
      if (!this.#scheduled && !this.#flushing) this.#schedule()
    })
  }

  #schedule(): void {
    this.#scheduled = true
    setImmediate(async () => {
      this.#scheduled = false
      this.#flushing = true
      const group = this.#group
      this.#group = []
      await this.#flush(group)
      this.#flushing = false
      if (this.#group.length > 0) this.#schedule()
    })
  }

  /** Never rejects. */
  async #flush(group: readonly PendingAppend[]): Promise<void> {
    try {
      const appends = {
        events: group.flatMap(({ events }) => events),
        tokens: group.flatMap(({ tokens }) => tokens),
      }
      this.#options.committed(await this.#commitGroup(appends))
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (error instanceof Failure || group.length === 1) {
        const reason = this.#lost(error)
        for (const { reject } of group) reject(reason instanceof Conflict ? unavailable(reason) : reason)
        return
      }
      // Something in the group cannot be appended: retry one by one, so that only the faulty write fails.
      for (const one of group) await this.#flush([one])
    }
  }

  async #commitGroup(appends: Appends): Promise<Appended> {
    for (let attempt = 0; ; attempt++) {
      const unit = new PostgresUnit(this.#options)
      try {
        return await this.#finish(unit, appends)
      } catch (error) {
        await this.#rollBack(unit, error)
        if (!(error instanceof Conflict) || attempt === RETRIES) throw error
      }
    }
  }
}

/** The tenants whose tokens got their places, which any process may have issued. */
function placedIn({ tokens }: Appended): string[] {
  return [...new Set(tokens.flatMap(({ tenantId, events }) => (events === undefined ? [tenantId] : [])))]
}

function transactionOf(unit: PostgresUnit): AppendTransaction {
  return { server: unit.server, onRollBack: (undo) => void unit.undo.push(undo) }
}

/** Ends a transaction that failed; a client that cannot do that is discarded. @returns whether it was rolled back for certain */
async function release(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback')
    client.release()
    return true
  } catch {
    client.release(true)
    return false
  }
}
