import pg from 'pg'
import { fromPostgres } from './errors.ts'

/** Where processes on one database tell each other that they wrote. */
export const CHANNEL = 'countersign_commit'

export interface ListenerOptions {
  readonly client: () => pg.ClientConfig
  /** This process's name on the channel; its own word is not news to it. */
  readonly self: string
  /** Told that other processes wrote, or may have while there was no connection. */
  readonly missed: () => void
  readonly report: (error: unknown) => void
}

const SHORTEST_PAUSE = 100
const LONGEST_PAUSE = 5000

/** A connection that does nothing but listen; when it breaks, another takes its place. */
export class PostgresListener {
  readonly #options: ListenerOptions
  #client: pg.Client | undefined
  #retry: NodeJS.Timeout | undefined
  #told = false
  #stopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** @throws Failure `temporarily_unavailable` where there is no connection to be had */
  async start(): Promise<void> {
    const client = new pg.Client(this.#options.client())
    let lost = false
    const lose = (error?: unknown) => {
      lost = true
      if (this.#client !== client) return
      this.#client = undefined
      if (error !== undefined) this.#options.report(fromPostgres(error))
      this.#again(SHORTEST_PAUSE)
    }
    client.on('error', lose)
    client.on('end', () => lose())
    client.on('notification', ({ payload }) => {
      if (payload !== this.#options.self) this.#tell()
    })
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
    if (lost) lose()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    await client?.end()
  }

  #again(pause: number): void {
    if (this.#stopped) return
    this.#retry = setTimeout(() => {
      this.start().then(
        () => this.#tell(),
        () => this.#again(Math.min(pause * 2, LONGEST_PAUSE)),
      )
    }, pause)
  }

  /** Once per turn of the event loop, however many notifications came with it. */
  #tell(): void {
    if (this.#told) return
    this.#told = true
    setImmediate(() => {
      this.#told = false
      if (!this.#stopped) this.#options.missed()
    })
  }
}
