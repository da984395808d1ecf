// One connection to Redis that keeps nobody waiting: what it cannot do at once is left to the caller. It tells when an
// outage begins and ends, and tries again until it is closed.
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis as Client } from 'ioredis'

/** How long a script may take before Redis counts as away, in milliseconds. */
const PATIENCE = 250
const CONNECT_PATIENCE = 2000
/** How much longer a start waits for the first connection. */
const START_FACTOR = 4
const RETRY_AFTER = 500
const LATE = 'it did not answer in time'

/** Writes, as the scripts do: an answer to PING says nothing about a Redis that is full, read-only or loading. */
const PROBE = `
  redis.call('TIME')
  redis.call('RPUSH', KEYS[1], 1)
  redis.call('PEXPIRE', KEYS[1], 1000)
  redis.call('DEL', KEYS[1])
  return 1`

/** Told once as an outage begins, and once as it ends. */
export interface RedisWatcher {
  away(reason: string): void
  back(): void
}

export interface RedisOptions {
  /** What all its keys start with, so that several installations may share one Redis. */
  readonly prefix: string
  /** Lua scripts of one key by name; each answers a whole number. */
  readonly scripts: Readonly<Record<string, string>>
  readonly watcher: RedisWatcher
  /** How long a script may take before Redis counts as away, in milliseconds; 250 unless told. */
  readonly patience?: number
}

/** A Redis that may be away at any time. Nothing here throws. */
export interface Redis {
  /** Runs a script. @returns undefined where Redis is away; then the script may or may not have run */
  run(script: string, key: string, ...values: readonly (string | number)[]): Promise<number | undefined>
  /** Whether it answers now. While it is known to be away this is told at once. */
  answers(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Connects to Redis. A Redis that does not answer is no error: the connection is tried again every half a second.
 * @param url `redis://` or `rediss://`, with user, password and database number
 * @returns once it answers or is known not to, after a second at most
 */
export async function openRedis(url: string, options: RedisOptions): Promise<Redis> {
  const connection = new Connection(await connect(url, options, RETRY_AFTER), options)
  await connection.start()
  return connection
}

class Connection implements Redis {
  readonly #client: Client
  readonly #watcher: RedisWatcher
  readonly #patience: number
  #state: 'starting' | 'answers' | 'away' | 'closed' = 'starting'
  /** Why the connection closed, where the client told. */
  #reason: string | undefined
  readonly #decided = Promise.withResolvers<void>()

  constructor(client: Client, { watcher, patience = PATIENCE }: RedisOptions) {
    this.#client = client
    this.#watcher = watcher
    this.#patience = patience
    client.on('error', (error: Error) => {
      this.#reason = reasonOf(error)
    })
    client.on('close', () => this.#lose(this.#reason ?? 'the connection was closed'))
    client.on('ready', () => this.#prove())
  }

  async start(): Promise<void> {
    this.#client.connect().catch(() => {})
    await Promise.race([this.#decided.promise, pause(this.#patience * START_FACTOR, undefined, { ref: false })])
    if (this.#state === 'starting') this.#lose(LATE)
  }

  async run(script: string, key: string, ...values: readonly (string | number)[]): Promise<number | undefined> {
    if (this.#state !== 'answers') return undefined
    try {
      return await inTime(call(this.#client, script, key, values), this.#patience)
    } catch (error) {
      this.#lose(reasonOf(error))
      return undefined
    }
  }

  async answers(): Promise<boolean> {
    return (await this.run('probe', 'probe')) !== undefined
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    await disconnect(this.#client)
  }

  /** A connection that was made is of use only if the scripts work on it. */
  async #prove(): Promise<void> {
    try {
      await inTime(call(this.#client, 'probe', 'probe', []), this.#patience)
    } catch (error) {
      this.#lose(reasonOf(error))
      return
    }
    if (this.#client.status !== 'ready' || this.#state === 'closed') return
    if (this.#state === 'away') this.#watcher.back()
    this.#state = 'answers'
    this.#decided.resolve()
  }

  /** Gives the connection up, so that what hangs on it ends; the client makes another one. */
  #lose(reason: string): void {
    if (this.#state === 'closed') return
    // In any other state the client is about to connect anyway, and would stop for good.
    if (this.#client.status === 'ready') this.#client.disconnect(true)
    this.#reason = undefined
    if (this.#state === 'away') return
    this.#state = 'away'
    this.#decided.resolve()
    this.#watcher.away(reason)
  }
}

/**
 * Looks at a Redis once: whether it can be reached, takes the password and can be written to.
 * @returns the product and its version, as far as it tells
 * @throws Error with the end of a sentence that starts with Redis
 */
export async function probeRedis(url: string): Promise<string> {
  const client = await connect(url, { prefix: 'countersign:', scripts: {} }, null)
  let failure: unknown
  client.on('error', (error) => {
    failure ??= error
  })
  try {
    await client.connect()
    await inTime(call(client, 'probe', 'probe', []), PATIENCE)
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
  { prefix, scripts, patience = PATIENCE }: Omit<RedisOptions, 'watcher'>,
  retryAfter: number | null,
): Promise<Client> {
  const { Redis: RedisClient } = await import('ioredis')
  const client = new RedisClient({
    ...placeOf(url),
    keyPrefix: prefix,
    lazyConnect: true,
    // RESP2 needs no handshake, and every Redis speaks it.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_PATIENCE,
    // For the commands that the client itself sends; scripts are given up sooner.
    commandTimeout: Math.max(CONNECT_PATIENCE, patience),
    disconnectTimeout: PATIENCE,
    retryStrategy: () => (retryAfter === null ? null : retryAfter * (1 + Math.random() / 2)),
  })
  for (const [name, lua] of Object.entries({ ...scripts, probe: PROBE })) {
    client.defineCommand(nameOf(name), { lua, numberOfKeys: 1 })
  }
  return client
}

/** The client’s own reading of an address would take any of its options from the query. */
function placeOf(address: string) {
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

/** The client’s method for a script; no command of Redis is called so. */
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
 * What was promised, if it comes in time. An answer that arrived while the process was busy is in time: it is read
 * between the timer and the verdict.
 */
function inTime<Value>(promise: Promise<Value>, patience: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(LATE))
    const timer = setTimeout(() => setImmediate(late), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function disconnect(client: Client): Promise<void> {
  if (client.status === 'end') return
  const ended = client.status === 'ready' && new Promise((resolve) => client.once('end', resolve))
  client.disconnect()
  await ended
}

/** Whatever went wrong, without the command and its arguments. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || 'it does not answer'
}
