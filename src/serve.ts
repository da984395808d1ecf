// The composition root: configuration → database → house → listeners. The only file that knows every room.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '#database/open.ts'
import { mendAdminRealms, mendHomeRealms } from '#domain/boot-step.ts'
import { eventAppender } from '#domain/event/event.appender.store.ts'
import { firstBoot, hasItsMasterKey, isInitialized } from '#domain/first-boot.ts'
import { issuanceAppender } from '#domain/issuance/issuance.appender.store.ts'
import type { House } from '#domain/open-context.ts'
import type { Crypto, Limiter, Mail } from '#domain/outside.ts'
import { openRegistry } from '#domain/registry.ts'
import { registrySource } from '#domain/registry-source.ts'
import type { Settings } from '#domain/settings.ts'
import { mountApiDocs, mountSurfaces } from '#http/admin-listener.ts'
import { mountAdminMetadata } from '#http/admin-metadata.ts'
import { mountAssets } from '#http/assets.ts'
import { mountCors } from '#http/cors.ts'
import { openDoors } from '#http/credentials.ts'
import { mountGetStarted } from '#http/get-started.ts'
import { mountHealth } from '#http/health.ts'
import { type Listener, openListener, type Watchers } from '#http/listener.ts'
import { mountPlatform, mountRealms } from '#http/realm-listener.ts'
import { startJobs } from '#jobs/schedule.ts'
import { systemClock } from '#outside/clock.ts'
import { type Configuration, loadConfiguration, sameAddress } from '#outside/config.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import { createCrypto } from '#outside/crypto.ts'
import { environment } from '#outside/environment.ts'
import { createLimiter } from '#outside/limiter.ts'
import { loadMeter } from '#outside/load.ts'
import { createLog, type Log } from '#outside/log.ts'
import { createMail } from '#outside/mail.ts'
import { loadMasterKey } from '#outside/master-key.ts'
import { createNetwork } from '#outside/network.ts'
import { createRandom } from '#outside/random.ts'
import { openRedisLimiter, type RedisLimiter } from '#outside/redis-limiter.ts'
import { createMetrics } from '#outside/telemetry.ts'
import { startTracing } from '#outside/tracing.ts'
import { pageEndpoints } from '#pages/pages.ts'
import { endpoints } from '#protocol/endpoints.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

interface OpenedHouse extends House {
  /** The limiter, where it is in Redis. */
  readonly shared: RedisLimiter | undefined
}

/** Opens the database and everything that works over it; an empty one becomes an installation. */
async function openHouse(configuration: Configuration, log: Log): Promise<OpenedHouse> {
  mkdirSync(configuration.dataDir, { recursive: true, mode: 0o700 })
  let crypto: Crypto | undefined
  const known = (): Crypto => {
    if (!crypto) throw new Error('An event was written before the master key was known.')
    return crypto
  }
  const location = configuration.database
  const database = await openDatabase(location.dialect === 'sqlite' ? location.path : location.url, {
    appenders: { events: eventAppender((text) => known().mac('event-chain', text)), issuances: issuanceAppender() },
    synchronous: configuration.sqliteSynchronous,
    poolSize: configuration.databasePoolSize,
    report: (error) => log.error('The database failed.', error),
  })
  for (const name of await database.migrate()) log.info('The database was brought up to date.', { migration: name })
  const masterKey = loadMasterKey({
    configured: configuration.masterKey,
    dataDir: configuration.dataDir,
    mayCreate: !(await isInitialized(database)),
  })
  crypto = createCrypto({
    masterKey,
    passwordCost: { memory: configuration.argon2MemoryKib, passes: configuration.argon2Passes },
  })
  const clock = systemClock
  const registry = openRegistry(settingsOf(configuration), registrySource(database, crypto))
  database.onCommit((commit) => registry.hear(commit))
  const network = createNetwork({
    allowLoopback: configuration.networkAllowLoopback,
    dnsServers: configuration.dnsServers,
    mail: mailOf(configuration, log),
    report: (host, reason) => log.warn('A host could not be reached.', { host, reason }),
  })
  const memory = createLimiter(clock)
  const shared = await shareLimits(configuration, memory, crypto, log)
  const limiter = shared ?? memory
  return { database, clock, random: createRandom(clock), crypto, network, limiter, registry, shared }
}

/** The limiter in Redis, where one is configured. Its keys are those of this installation, known by its master key. */
async function shareLimits(
  { redisUrl }: Configuration,
  memory: Limiter,
  crypto: Crypto,
  log: Log,
): Promise<RedisLimiter | undefined> {
  if (redisUrl === undefined) return undefined
  const prefix = `countersign:${crypto.mac('redis', 'prefix').slice(0, 16)}:`
  const watcher = {
    away: (reason: string) =>
      log.warn('Redis is away: until it is back, this process counts its limits for itself.', { reason }),
    back: () => log.info('Redis is back: limits are shared again.'),
  }
  return openRedisLimiter(redisUrl, { prefix, memory, watcher })
}

function mailOf({ smtpUrl, smtpTls, mailFrom }: Configuration, log: Log): Mail | undefined {
  if (smtpUrl === undefined || mailFrom === undefined) return undefined
  const report = (recipient: string, reason: string) => log.warn('A mail was not taken.', { recipient, reason })
  return createMail({ server: smtpUrl, tls: smtpTls, from: mailFrom, report })
}

function settingsOf(configuration: Configuration): Settings {
  return {
    publicUrl: configuration.publicUrl,
    adminUrl: configuration.adminUrl,
    realmDomain: configuration.realmDomain,
    signInLimits: {
      account: {
        limit: configuration.signInAccountLimit,
        windowSeconds: configuration.signInAccountWindowSeconds,
      },
      network: {
        limit: configuration.signInNetworkLimit,
        windowSeconds: configuration.signInNetworkWindowSeconds,
      },
    },
    webhookRetry: { firstSeconds: configuration.webhookFirstRetrySeconds, tries: configuration.webhookTries },
  }
}

/** Sets an empty installation up and tells the operator how to get in. */
async function setUp(house: House, { dataDir, adminUrl }: Configuration): Promise<void> {
  const path = join(dataDir, 'admin.key.firstboot')
  const result = await firstBoot(house, {
    keepAdminKey: (key) => {
      rmSync(path, { force: true })
      writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' })
    },
  })
  if (!(await hasItsMasterKey(house))) {
    throw new ConfigurationError([
      'The master key is not the one that this database was set up with. Put that one back, as master.key in the data ' +
        'directory or in COUNTERSIGN_MASTER_KEY, or name the right database.',
    ])
  }
  if (!result.created) return
  process.stdout.write(
    [
      '',
      'Countersign is set up.',
      `  Admin API key: in ${path} (readable by you only)`,
      `  First administrator: ${adminUrl}/admin/get-started?bootstrap=${result.bootstrapSecret}`,
      '  The link works once, for 24 hours.',
      '',
      '',
    ].join('\n'),
  )
}

/** Opens the listeners: two, or one where both have the same address. */
function openListeners(house: OpenedHouse, configuration: Configuration, watchers: Watchers, stopping: AbortSignal) {
  const { publicAddress, adminAddress, trustedProxies, adminApiKey, allowedOrigins } = configuration
  const { database, clock, shared } = house
  const health = { database, redis: shared, clock, version, stopping: () => stopping.aborted }
  const admin = {
    house,
    doors: openDoors(house, adminApiKey),
    watchers,
    version,
    stopping,
  }
  const open = (name: string) => {
    const app = openListener(name, watchers, trustedProxies)
    mountAssets(app)
    mountHealth(app, health)
    return app
  }
  const publicListener = open('public')
  mountRealms(publicListener, house, [...endpoints, ...pageEndpoints], watchers)
  mountPlatform(publicListener, house, endpoints, watchers)
  const adminListener = sameAddress(publicAddress, adminAddress) ? publicListener : open('admin')
  if (adminListener !== publicListener) mountPlatform(adminListener, house, endpoints, watchers)
  mountCors(adminListener, allowedOrigins)
  mountSurfaces(adminListener, admin, () => {
    const wing = openListener('admin', watchers, trustedProxies)
    mountCors(wing, allowedOrigins)
    return wing
  })
  if (configuration.apiDocs) mountApiDocs(adminListener, admin)
  mountGetStarted(adminListener, house, watchers)
  mountAdminMetadata(adminListener, house)
  adminListener.get('/metrics', async (_request, reply) =>
    reply.type(watchers.metrics.contentType).send(await watchers.metrics.text()),
  )
  const listeners: [Listener, typeof publicAddress][] = [[publicListener, publicAddress]]
  if (adminListener !== publicListener) listeners.push([adminListener, adminAddress])
  return listeners
}

async function start(sources: { argv: string[] }): Promise<void> {
  const { configuration, warnings } = loadConfiguration(sources)
  const log = createLog({ level: configuration.logLevel })
  for (const warning of warnings) log.warn(warning)
  const tracing = await startTracing(configuration.otlpEndpoint, version)
  const house = await openHouse(configuration, log)
  await setUp(house, configuration)
  const mended = await mendAdminRealms(house)
  if (mended > 0) log.info('Admin realms were brought up to date.', { realms: mended })
  const homes = await mendHomeRealms(house)
  if (homes > 0) log.info('Tenants without a realm of their own got one.', { tenants: homes })

  const stopping = new AbortController()
  const watchers: Watchers = { log, metrics: createMetrics(), tracing }
  const listeners = openListeners(house, configuration, watchers, stopping.signal)
  const stopJobs = startJobs(house, (job, error) => log.error('A job failed.', error, { job }), loadMeter())
  for (const [listener, { host, port }] of listeners) await listener.listen({ host, port })
  log.info('Countersign is ready.', { version, public: configuration.publicUrl, admin: configuration.adminUrl })

  const stop = async (signal: string) => {
    if (stopping.signal.aborted) return
    log.info('Stopping: requests in flight are finished first.', { signal })
    stopping.abort()
    // A connection whose last request is answered would stay open for the next one, which shall not come.
    const tidying = setInterval(() => {
      for (const [listener] of listeners) listener.server.closeIdleConnections()
    }, 50)
    const impatient = setTimeout(() => {
      for (const [listener] of listeners) listener.server.closeAllConnections()
    }, configuration.shutdownGraceSeconds * 1000)
    await Promise.all(listeners.map(([listener]) => listener.close()))
    clearInterval(tidying)
    clearTimeout(impatient)
    await stopJobs()
    await house.shared?.close()
    await house.database.close()
    await tracing.stop()
    log.info('Stopped.')
    log.flush()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => reload(sources, house, log))
}

/** Takes over what can change while the server runs: the log level; and reads keys and realms again. */
function reload(sources: { argv: string[] }, { registry }: House, log: Log): void {
  try {
    const { configuration } = loadConfiguration(sources)
    log.setLevel(configuration.logLevel)
    registry.hear({ missed: true })
    log.info('The configuration, keys and realms were read again.')
  } catch (error) {
    log.error('The configuration cannot be read; the server goes on with what it had.', error)
  }
}

/**
 * Starts the server and keeps it running until it is told to stop; what keeps it from starting is said on standard error.
 * @param argv the command line’s arguments
 */
export async function serve(argv: string[]): Promise<void> {
  try {
    await start({ argv })
  } catch (error) {
    const stack = environment.COUNTERSIGN_LOG_LEVEL === 'debug' && !(error instanceof ConfigurationError)
    process.stderr.write(`${error instanceof Error ? (stack ? error.stack : error.message) : error}\n`)
    process.exit(1)
  }
}
