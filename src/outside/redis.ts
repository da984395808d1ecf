// Owns the connection to Redis. A call returns undefined if Redis does not respond in time. It reports the start and the
// end of an outage, and reconnects until it is closed.
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis as Client } from 'ioredis'

/** The timeout of a script in milliseconds; after it, Redis is considered not available. */
const TIMEOUT = 250
const CONNECT_TIMEOUT = 2000
/** The start waits this many timeouts for the first connection. */
const START_FACTOR = 4
const RETRY_AFTER = 500
const TIMED_OUT = 'it did not respond in time'

/** Writes, as the scripts do, because a full, read-only or loading Redis also answers PING. */
const PROBE = `
  redis.call('TIME')
  redis.call('RPUSH', KEYS[1], 1)
  redis.call('PEXPIRE', KEYS[1], 1000)
  redis.call('DEL', KEYS[1])
  return 1`

/** Receives the start and the end of an outage. */
export interface RedisWatcher {
  away(reason: string): void
  back(): void
}

export interface RedisOptions {
  /** The prefix of all keys, so that several installations can share one Redis. */
  readonly prefix: string
  /** Lua scripts by name; each has one key and returns an integer. */
  readonly scripts: Readonly<Record<string, string>>
  readonly watcher: RedisWatcher
  /** The timeout of a script in milliseconds; 250 by default. */
  readonly timeout?: number
}

/** A Redis that may not be available. Its methods do not throw. */
export interface Redis {
  /** Runs a script. @returns undefined if Redis is not available; the script may still have run */
  run(script: string, key: string, ...values: readonly (string | number)[]): Promise<number | undefined>
  /** Whether Redis responds now. During an outage, it returns false immediately. */
  responds(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Connects to Redis. If Redis does not respond, it reconnects every half second.
 * @param url `redis://` or `rediss://`, with user, password and database number
 * @returns after the first response or error, after at most a second
 */
export async function openRedis(url: string, options: RedisOptions): Promise<Redis> {
  const connection = new Connection(await connect(url, options, RETRY_AFTER), options)
  await connection.start()
  return connection
}

class Connection implements Redis {
  readonly #client: Client
  readonly #watcher: RedisWatcher
  readonly #timeout: number
  #state: 'starting' | 'available' | 'away' | 'closed' = 'starting'
  /** The reason why the connection closed, if the client reported one. */
  #reason: string | undefined
  readonly #decided = Promise.withResolvers<void>()

  constructor(client: Client, { watcher, timeout = TIMEOUT }: RedisOptions) {
    this.#client = client
    this.#watcher = watcher
    this.#timeout = timeout
    client.on('error', (error: Error) => {
      this.#reason = reasonOf(error)
    })
    client.on('close', () => this.#lose(this.#reason ?? 'the connection was closed'))
    client.on('ready', () => this.#prove())
  }

  async start(): Promise<void> {
    this.#client.connect().catch(() => {})
    await Promise.race([this.#decided.promise, pause(this.#timeout * START_FACTOR, undefined, { ref: false })])
    if (this.#state === 'starting') this.#lose(TIMED_OUT)
  }

  async run(script: string, key: string, ...values: readonly (string | number)[]): Promise<number | undefined> {
    if (this.#state !== 'available') return undefined
    try {
      return await inTime(call(this.#client, script, key, values), this.#timeout)
    } catch (error) {
      this.#lose(reasonOf(error))
      return undefined
    }
  }

  async responds(): Promise<boolean> {
    return (await this.run('probe', 'probe')) !== undefined
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    await disconnect(this.#client)
  }

  /** Checks that scripts work on a new connection. */
  async #prove(): Promise<void> {
    try {
      await inTime(call(this.#client, 'probe', 'probe', []), this.#timeout)
    } catch (error) {
      this.#lose(reasonOf(error))
      return
    }
    if (this.#client.status !== 'ready' || this.#state === 'closed') return
    if (this.#state === 'away') this.#watcher.back()
    this.#state = 'available'
    this.#decided.resolve()
  }

  /** Closes the connection, so that waiting calls end; the client reconnects. */
  #lose(reason: string): void {
    if (this.#state === 'closed') return
    // In all other states the client reconnects automatically, and a disconnect would stop that.
    if (this.#client.status === 'ready') this.#client.disconnect(true)
    this.#reason = undefined
    if (this.#state === 'away') return
    this.#state = 'away'
    this.#decided.resolve()
    this.#watcher.away(reason)
  }
}

/**
 * Checks a Redis once: that it can be reached, accepts the password and accepts writes.
 * @returns the product and its version, if known
 * @throws Error with the reason
 */
export async function probeRedis(url: string): Promise<string> {
  const client = await connect(url, { prefix: 'countersign:', scripts: {} }, null)
  let failure: unknown
  client.on('error', (error) => {
    failure ??= error
  })
  try {
    await client.connect()
    await inTime(call(client, 'probe', 'probe', []), TIMEOUT)
    const info = await client.info('server').catch(() => '')
    const [, name, version] = /^(redis|valkey)_version:(\S+)/m.exec(info) ?? []
    return version === undefined ? 'Redis' : `${name === 'valkey' ? 'Valkey' : 'Redis'} ${version}`
  } catch (error) {
    throw new Error(reasonOf(failure ?? error))
  } finally {
    await disconnect(client)
  }
}

async function connect(
  url: string,
  { prefix, scripts, timeout = TIMEOUT }: Omit<RedisOptions, 'watcher'>,
  retryAfter: number | null,
): Promise<Client> {
  const { Redis: RedisClient } = await import('ioredis')
  const client = new RedisClient({
    ...addressOf(url),
    keyPrefix: prefix,
    lazyConnect: true,
    // RESP2 needs no handshake, and every Redis supports it.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT,
    // For commands that the client itself sends; scripts have a shorter timeout.
    commandTimeout: Math.max(CONNECT_TIMEOUT, timeout),
    disconnectTimeout: TIMEOUT,
    retryStrategy: () => (retryAfter === null ? null : retryAfter * (1 + Math.random() / 2)),
  })
  for (const [name, lua] of Object.entries({ ...scripts, probe: PROBE })) {
    client.defineCommand(nameOf(name), { lua, numberOfKeys: 1 })
  }
  return client
}

/** Parses the address here, because the client would accept any of its options from the query. */
function addressOf(address: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(address)
  const host = hostname.replaceAll(/[[\]]/g, '')
  const named = !/^[\d.]+$|:/.test(host)
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1)),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: named ? { servername: host } : {} }),
  }
}

/** The name of the client method for a script; Redis has no command with this name. */
function nameOf(script: string): string {
  return `countersign_${script}`
}

async function call(
  client: Client,
  script: string,
  key: string,
  values: readonly (string | number)[],
): Promise<number> {
  const methods = client as unknown as Record<string, (...values: unknown[]) => Promise<number>>
  const answer = methods[nameOf(script)]?.(key, ...values)
  if (answer === undefined) throw new Error(`there is no script ${script}`)
  return answer
}

/**
 * Adds a timeout to a promise. A response that arrived while the process was busy is accepted, because it is read
 * between the timer and the rejection.
 */
function inTime<Value>(promise: Promise<Value>, timeout: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Error(TIMED_OUT))
    const timer = setTimeout(() => setImmediate(expire), timeout)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function disconnect(client: Client): Promise<void> {
  if (client.status === 'end') return
  const ended = client.status === 'ready' && new Promise((resolve) => client.once('end', resolve))
  client.disconnect()
  await ended
}

/** The reason of an error, without the command and its arguments. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || 'it does not respond'
}
