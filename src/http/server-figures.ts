// Owns what operators watch besides requests: sign-ins, tokens, refusals, events, queues and writes. Labels have values
// from fixed sets only.
import type { Commit, Database, OnWait } from '#database/database.ts'
import { queuesOf } from '#domain/figures.store.ts'
import type { Clock } from '#domain/outside.ts'
import type { Failure } from '#kernel/error.ts'
import { Durations, Tally } from '#outside/tally.ts'
import type { Figure } from '#outside/telemetry.ts'

/** Milliseconds for which the lengths of queues are not read again, however often they are scraped. */
const QUEUES_KEPT = 5000
const WAITED = 'countersign_database_wait_seconds'
const WRITES = 'countersign_database_write_seconds'

/** The figures of one process. */
export class ServerFigures {
  readonly #signIns = new Tally(['method'])
  readonly #failures = new Tally(['method', 'reason'])
  readonly #tokens = new Tally(['grant'])
  readonly #refusals = new Tally(['error', 'reason'])
  readonly #events = new Tally(['type'])
  readonly #writes = new Durations()
  readonly #waits = { read: new Durations(), write: new Durations(), long_read: new Durations() }
  #waiting = 0

  /** Counts the events that this process committed. */
  onCommit(commit: Commit): void {
    if ('missed' in commit) return
    for (const { type, data } of commit.events) {
      this.#events.add(type)
      if (type === 'session.started') this.#signIns.add(methodOf(JSON.parse(data)))
      if (type === 'sign_in.failed') {
        const { method, reason = 'other' } = JSON.parse(data) as { method: string; reason?: string }
        this.#failures.add(method, reason)
      }
    }
  }

  /** Counts a token response. */
  issued(grantType: string | undefined): void {
    this.#tokens.add(grantType?.slice(grantType.lastIndexOf(':') + 1) ?? '')
  }

  /** Counts what an endpoint of a realm refused. */
  refused({ code, detail: { reason } }: Failure): void {
    this.#refusals.add(code, reason ?? '')
  }

  /** Counts a sign-in that was not tried, because there were too many. */
  signInLimited(method: string): void {
    this.#failures.add(method, 'too_many_attempts')
  }

  /** Measures a wait for the database. */
  onWait: OnWait = (wait) => {
    const started = process.hrtime()
    return () => {
      const [seconds, nanoseconds] = process.hrtime(started)
      this.#waits[wait].observe(seconds + nanoseconds / 1e9)
    }
  }

  /** The same database; how long writes take is measured. */
  measured(database: Database): Database {
    const write: Database['write'] = async (work) => {
      const started = process.hrtime()
      this.#waiting += 1
      try {
        return await database.write(work)
      } finally {
        this.#waiting -= 1
        const [seconds, nanoseconds] = process.hrtime(started)
        this.#writes.observe(seconds + nanoseconds / 1e9)
      }
    }
    return { ...database, write }
  }

  /** What the metrics show. */
  figures(database: Database, clock: Clock): Figure[] {
    const tallies = [
      ['countersign_sign_ins_total', 'Sign-ins, by method.', this.#signIns],
      ['countersign_sign_in_failures_total', 'Failed sign-ins, by method and reason.', this.#failures],
      ['countersign_token_responses_total', 'Successful token responses, by grant.', this.#tokens],
      ['countersign_refusals_total', 'Requests that realm endpoints refused, by error and reason.', this.#refusals],
      ['countersign_events_total', 'Events that this process wrote, by type, without issued tokens.', this.#events],
    ] as const
    const queues = keptFor(QUEUES_KEPT, clock, () => queuesOf(database.read, clock.now()))
    const gauge = (name: string, help: string, read: Figure['read']): Figure => ({ name, help, type: 'gauge', read })
    return [
      ...tallies.map(([name, help, tally]): Figure => ({ name, help, type: 'counter', read: () => tally.samples() })),
      {
        name: WRITES,
        help: 'Seconds from the call of a write until it is on disk, waiting included.',
        type: 'histogram',
        read: () => this.#writes.samples(WRITES),
      },
      {
        name: WAITED,
        help: 'Seconds that reads and writes wait for a connection or their turn, by kind.',
        type: 'histogram',
        read: () => Object.entries(this.#waits).flatMap(([kind, durations]) => durations.samples(WAITED, { kind })),
      },
      gauge('countersign_database_writes_waiting', 'Writes that are waiting or under way.', () => this.#waiting),
      gauge('countersign_mail_queue', 'Mails that wait to be sent.', async () => (await queues()).mails),
      gauge(
        'countersign_mail_oldest_seconds',
        'How long the oldest of them has waited.',
        async () => (await queues()).mailAge,
      ),
      gauge(
        'countersign_webhook_backlog_events',
        'Events that active webhooks did not come to yet, all together.',
        async () => (await queues()).backlog,
      ),
      gauge(
        'countersign_webhook_deliveries',
        'Deliveries that were not accepted yet.',
        async () => (await queues()).deliveries,
      ),
      gauge(
        'countersign_webhook_oldest_seconds',
        'How long the oldest of them has waited.',
        async () => (await queues()).deliveryAge,
      ),
    ]
  }
}

/** How a session began: the methods of authentication (RFC 8176), in their order. */
function methodOf({ amr }: { amr?: unknown }): string {
  return Array.isArray(amr) ? [...amr].sort().join('+') : 'other'
}

/** What is read, kept for some time. */
function keptFor<Value>(milliseconds: number, clock: Clock, read: () => Promise<Value>): () => Promise<Value> {
  let kept: { readonly at: number; readonly value: Promise<Value> } | undefined
  return async () => {
    if (!kept || clock.now() - kept.at >= milliseconds) kept = { at: clock.now(), value: read() }
    return kept.value
  }
}
