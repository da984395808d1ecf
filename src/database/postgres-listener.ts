// Hears from other processes on a PostgreSQL database that they committed something, and proves that it would.
import pg from 'pg'
import { fromPostgres } from './errors.ts'

/** The channel on which processes that share a database notify each other of commits. */
export const CHANNEL = 'countersign_commit'

export interface ListenerOptions {
  readonly client: () => pg.ClientConfig
  /** This process's name on the channel; it ignores its own notifications. */
  readonly self: string
  /** Sends a payload on the channel over the connections that commits take. */
  readonly notify: (payload: string) => Promise<void>
  /** Called when other processes wrote, or may have written while they could not be heard. */
  readonly missed: () => void
  /** Called when another process gave tokens of tenants their places, and wrote nothing else. */
  readonly placed: (tenantIds: readonly string[]) => void
  readonly report: (error: unknown) => void
}

const PAUSE_MIN = 100
const PAUSE_MAX = 5000
const BEAT = 'beat:'
const PLACED = 'placed:'
/** How often this process sends itself a notification, in milliseconds. */
const BEAT_EVERY = 250
/** After so many in vain, nothing is heard: what others committed is then taken to be missed, again and again. */
const DEAF_AFTER = 3
/** So many in vain give a connection up. */
const PATIENCE = 20

/**
 * A connection that only listens; when it breaks, another one replaces it. A pooler or a proxy may swallow what is sent to
 * it without a word, so this process notifies itself over the connections that commits take. While it does not hear that,
 * it says every quarter of a second that something may have been missed, so that nothing cached is older than a second.
 */
export class PostgresListener {
  readonly #options: ListenerOptions
  readonly #beat: string
  #client: pg.Client | undefined
  #retry: NodeJS.Timeout | undefined
  #pulse: NodeJS.Timeout | undefined
  #isBeating = false
  /** How many beats were sent since one was heard, and since the connection was made. */
  #unheard = 0
  #onClient = 0
  #isHeard = true
  #isScheduled = false
  #stopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#beat = BEAT + options.self
  }

  /** Whether what others commit is heard. */
  get isHeard(): boolean {
    return this.#isHeard
  }

  /** @throws Failure `temporarily_unavailable` where no connection can be made */
  async start(): Promise<void> {
    await this.#connect()
    this.#pulse = setInterval(() => this.#check(), BEAT_EVERY)
    this.#pulse.unref()
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#options.client())
    let isLost = false
    const reconnect = (error?: unknown) => {
      isLost = true
      if (this.#client !== client) return
      this.#client = undefined
      if (error !== undefined) this.#options.report(fromPostgres(error))
      this.#retryAfter(PAUSE_MIN)
    }
    client.on('error', reconnect)
    client.on('end', () => reconnect())
    client.on('notification', ({ payload }) => this.#onNotification(payload))
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
    } catch (error) {
      client.end().catch(() => {})
      throw fromPostgres(error)
    }
    if (this.#stopped) {
      await client.end()
      return
    }
    this.#client = client
    this.#onClient = 0
    if (isLost) reconnect()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    clearInterval(this.#pulse)
    const client = this.#client
    this.#client = undefined
    await (this.#isHeard ? client?.end() : abandon(client))
  }

  #onNotification(payload: string | undefined): void {
    if (payload === this.#beat) {
      this.#unheard = 0
      if (this.#isHeard) return
      this.#isHeard = true
      this.#options.report(new Error('PostgreSQL: what other processes commit is heard again.'))
      this.#notify()
    } else if (payload?.startsWith(PLACED)) this.#onPlaced(payload.slice(PLACED.length))
    else if (payload !== this.#options.self && !payload?.startsWith(BEAT)) this.#notify()
  }

  #onPlaced(payload: string): void {
    const [writer, ...tenantIds] = payload.split(',')
    if (writer !== this.#options.self && !this.#stopped) this.#options.placed(tenantIds)
  }

  #check(): void {
    this.#unheard += 1
    this.#onClient += 1
    if (!this.#isBeating) {
      this.#isBeating = true
      const over = () => {
        this.#isBeating = false
      }
      this.#options.notify(this.#beat).then(over, over)
    }
    // After the sockets were read: where this thread was busy, the notification may be there already.
    setImmediate(() => {
      if (this.#stopped || this.#unheard < DEAF_AFTER) return
      if (this.#isHeard) {
        this.#isHeard = false
        this.#options.report(
          new Error(
            'PostgreSQL: what other processes commit is not heard. Until it is, everything is read anew. ' +
              'Behind a pooler, set COUNTERSIGN_DATABASE_LISTEN_URL to the address of PostgreSQL itself.',
          ),
        )
      }
      this.#notify()
      if (this.#client !== undefined && this.#onClient > PATIENCE) this.#replace(this.#client)
    })
  }

  #replace(client: pg.Client): void {
    this.#client = undefined
    abandon(client)
    this.#retryAfter(PAUSE_MIN)
  }

  #retryAfter(pause: number): void {
    if (this.#stopped) return
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => this.#notify(),
        () => this.#retryAfter(Math.min(pause * 2, PAUSE_MAX)),
      )
    }, pause)
  }

  /** Calls back once per turn of the event loop, even for several notifications. */
  #notify(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (!this.#stopped) this.#options.missed()
    })
  }
}

/** What a process says when it gave tokens of tenants their places. */
export function placedPayload(self: string, tenantIds: readonly string[]): string {
  return PLACED + [self, ...tenantIds].join(',')
}

/** Ends a connection without waiting for an answer, which may never come. */
function abandon(client: pg.Client | undefined): void {
  client?.end().catch(() => {})
  ;(client as unknown as { connection: { stream: { destroy(): void } } } | undefined)?.connection.stream.destroy()
}
