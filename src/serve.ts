// Owns the composition: configuration → database → services → listeners. It is the only file that imports every room.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Server as TlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { Database } from '#database/database.ts'
import { troubleOf } from '#database/errors.ts'
import { MIGRATIONS } from '#database/migrations/timeline.ts'
import { openDatabase } from '#database/open.ts'
import { hasUserNamesIndex } from '#database/user-search.ts'
import { backfillAdminRealms, backfillHomeRealms } from '#domain/boot-step.ts'
import { bootstrapState, openBootstrapLink } from '#domain/bootstrap.ts'
import { DecisionLog } from '#domain/decision/decision-log.ts'
import { markedNames } from '#domain/directory/marked-name.store.ts'
import { chainAppender } from '#domain/event/event.appender.store.ts'
import { firstBoot, hasSameMasterKey, isInitialized } from '#domain/first-boot.ts'
import { findRootKey } from '#domain/master-key/root-key.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import type { Crypto, Host, Limiter } from '#domain/outside.ts'
import { changeOfPublicUrl, recordPublicUrl } from '#domain/public-url.ts'
import { RefusalCounter } from '#domain/refusal/refusal-counter.ts'
import { openRegistry } from '#domain/registry.ts'
import { registrySource } from '#domain/registry-source.ts'
import { serverActor } from '#domain/server-actor.ts'
import { AfterReply } from '#http/after-reply.ts'
import { configuredKey } from '#http/api-key-authenticator.ts'
import { openAuthenticators } from '#http/authenticators.ts'
import { openListeners } from '#http/listeners.ts'
import type { Listener } from '#http/router.ts'
import { ServerFigures } from '#http/server-figures.ts'
import type { Telemetry } from '#http/telemetry.ts'
import { startJobs } from '#jobs/schedule.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM, renderId } from '#kernel/id.ts'
import { systemClock } from '#outside/clock.ts'
import { loadConfiguration, sameAddress } from '#outside/config.ts'
import type { Configuration } from '#outside/configuration.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import { configuredMail } from '#outside/configured-mail.ts'
import { type ConsoleBuild, openConsoleBuild } from '#outside/console-build.ts'
import { createCrypto, createSealer } from '#outside/crypto.ts'
import { macKey } from '#outside/derived-key.ts'
import { settingsOf } from '#outside/domain-settings.ts'
import { environment } from '#outside/environment.ts'
import { openKeyStore } from '#outside/key-store.ts'
import { createLimiter } from '#outside/limiter.ts'
import { loadMeter } from '#outside/load.ts'
import { createLog, type Log } from '#outside/log.ts'
import { LogThread } from '#outside/log-thread.ts'
import { loadMasterKey } from '#outside/master-key.ts'
import { createNetwork } from '#outside/network.ts'
import { createRandom } from '#outside/random.ts'
import { openRedisLimiter, type RedisLimiter } from '#outside/redis-limiter.ts'
import { checkFree, listenProblem, prepareDataDir } from '#outside/start-problem.ts'
import { createMetrics, type Figure } from '#outside/telemetry.ts'
import { readTlsIdentity } from '#outside/tls-identity.ts'
import { startTracing } from '#outside/tracing.ts'
import { createUpstreams, type Upstreams } from '#outside/upstreams.ts'
import { pushTokens } from '#protocol/backchannel-authentication/push.ts'
import { signLogoutToken } from '#protocol/logout/logout-token.ts'
import { writeSignal } from '#protocol/shared-signals/security-event-token.ts'
import { openProxy, startProxy } from '#proxy/open-proxy.ts'
import type { ProxyServer } from '#proxy/proxy-server.ts'
import type { ReaderData } from './log-reader.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The maximum number of names of each kind that are logged at the start. */
const MARKED_NAMES_LOGGED = 100

interface OpenedServices extends Services {
  readonly logReads: LogThread
  /** The limiter in Redis, if one is configured. */
  readonly shared: RedisLimiter | undefined
  readonly proxy: ProxyServer | undefined
}

/** Opens the database and the services over it. @throws ConfigurationError if the server could not listen */
async function openServices(configuration: Configuration, log: Log, figures: ServerFigures): Promise<OpenedServices> {
  await checkFree('public_address', configuration.publicAddress)
  await checkFree('admin_address', configuration.adminAddress)
  if (configuration.mtlsAddress) await checkFree('mtls_address', configuration.mtlsAddress)
  prepareDataDir(configuration.dataDir)
  let crypto: Crypto | undefined
  const cryptoOrThrow = (): Crypto => {
    if (!crypto) throw new Error('An event was written before the master key was known.')
    return crypto
  }
  const location = configuration.database
  const opened = await openDatabase(location.dialect === 'sqlite' ? location.path : location.url, {
    append: chainAppender(
      (text) => cryptoOrThrow().mac('event-chain', text),
      (error) => log.error('The log of events was tampered with.', error),
    ),
    synchronous: configuration.sqliteSynchronous,
    poolSize: configuration.databasePoolSize,
    listenUrl: configuration.databaseListenUrl,
    report: (error) => log.error('The database failed.', error),
    onWait: figures.onWait,
  })
  const database = figures.measured(opened)
  database.onCommit((commit) => figures.onCommit(commit))
  const applied = await database.migrate()
  if (applied.length > 0) {
    const [first, last] = [applied[0], applied.at(-1)]
    log.info('Migrations of the database were applied.', { count: applied.length, first, last })
  }
  await warnOfMarkedNames(database, log)
  if (!(await hasUserNamesIndex(database.read))) {
    log.warn(
      'PostgreSQL’s extension pg_trgm is missing: in large directories, a search finds the beginnings of names only.',
    )
  }
  const masterKey = loadMasterKey({
    configured: configuration.masterKey,
    dataDir: configuration.dataDir,
    mayCreate: !(await isInitialized(database)),
  })
  const keyed = await openCrypto(configuration, database, { masterKey, log })
  const { rootKey } = keyed
  crypto = keyed.crypto
  const clock = systemClock
  const registry = openRegistry(settingsOf(configuration), registrySource(database, crypto), clock)
  database.onCommit((commit) => registry.onCommit(commit))
  const network = createNetwork({
    allowLoopback: configuration.networkAllowLoopback,
    dnsServers: configuration.dnsServers,
    ldapServers: configuration.ldapServers,
    proxyUpstreams: configuration.proxyUpstreams,
    mail: configuredMail(configuration, log),
    passwordBreachUrl: configuration.passwordBreachUrl,
    report: (host, reason, requestId) =>
      log.warn('A host could not be reached.', { host, reason, ...(requestId && { request_id: requestId }) }),
  })
  const memory = createLimiter(clock)
  const shared = await shareLimits(configuration, memory, crypto, log)
  const limiter = shared ?? memory
  const logReads = new LogThread({
    file: new URL('log-reader.ts', import.meta.url),
    data: { location, chainKey: macKey(rootKey, 'event-chain') } satisfies ReaderData,
    report: (error) => log.error('The thread that reads logs failed.', error),
  })
  const random = createRandom(clock)
  const decisions = new DecisionLog({ clock, random })
  const host = hostOf(database, log, configuration, clock.now())
  const services = { database, clock, random, crypto, network, limiter, host, registry, decisions, logReads, shared }
  return { ...services, proxy: await openProxy(services, configuration, log) }
}

/** Opens what encrypts, signs and makes MACs. @throws ConfigurationError for the master key of another database */
async function openCrypto(
  configuration: Configuration,
  database: Database,
  { masterKey, log }: { readonly masterKey: Uint8Array; readonly log: Log },
): Promise<{ crypto: Crypto; rootKey: Uint8Array }> {
  const oldMasterKey = configuration.masterKeyOld
  const rootKey = await findRootKey(database, {
    ...{ masterKey, oldMasterKey, sealer: createSealer({ masterKey, oldMasterKey }) },
    isRoot: (key) => hasSameMasterKey({ database, crypto: createCrypto({ masterKey: key }) }),
  })
  if (!rootKey) throw new ConfigurationError([OTHER_MASTER_KEY])
  const crypto = createCrypto({
    masterKey,
    oldMasterKey,
    rootKey,
    keys: await openKeyStore(configuration, {
      away: (store, { message }) => log.error(`The key store ${store} cannot be used.`, undefined, { reason: message }),
      back: (store) => log.info(`The key store ${store} can be used again.`),
    }),
    passwordCost: { memory: configuration.argon2MemoryKib, passes: configuration.argon2Passes },
  })
  return { crypto, rootKey }
}

const OTHER_MASTER_KEY =
  'The master key is not the one that this database was set up with. Put that one back, as master.key in the data ' +
  'directory or in COUNTERSIGN_MASTER_KEY, or name the right database. To change it, set the one before as ' +
  'COUNTERSIGN_MASTER_KEY_OLD.'

/** Names what was not unique when it had to become so, as long as it was not renamed. */
async function warnOfMarkedNames({ read }: Database, log: Log): Promise<void> {
  for (const { kind, id, tenantId, keptId } of await markedNames(read, MARKED_NAMES_LOGGED)) {
    log.warn(`This ${kind} has the name of an older one, or one that looks the same. Rename it.`, {
      id: renderId(kind, id),
      tenant: renderId('tenant', tenantId),
      older: renderId(kind, keptId),
    })
  }
}

/** The limiter in Redis, if one is configured. Its keys have a prefix that follows from the master key. */
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
      log.warn('Redis is not reachable: until it is, this process counts its limits alone.', { reason }),
    back: () => log.info('Redis is reachable again: limits are shared.'),
  }
  return openRedisLimiter(redisUrl, { prefix, memory, watcher })
}

/** What operations learn of this process. */
function hostOf(database: Database, log: Log, { dataDir, keyStore }: Configuration, startedAt: number): Host {
  return {
    ...{ version, startedAt, dialect: database.dialect, keyStore, migrations: MIGRATIONS },
    isDatabaseReachable: () =>
      database.ping().then(
        () => true,
        () => false,
      ),
    followLog: log.follow,
    firstBootKey: () => readFirstBootKey(firstBootPath({ dataDir })),
  }
}

function firstBootPath({ dataDir }: Pick<Configuration, 'dataDir'>): string {
  return join(dataDir, 'admin.key.firstboot')
}

function readFirstBootKey(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/**
 * Sets an empty installation up.
 * @returns the text that tells the operator how to sign in, to be printed when the server is reachable; empty if the
 *   first administrator exists or the link has expired. A start that fails after this is followed by one that prints it.
 */
async function setUp(services: Services, { dataDir }: Configuration): Promise<string> {
  const path = firstBootPath({ dataDir })
  await firstBoot(services, {
    keepAdminKey: (key) => {
      rmSync(path, { force: true })
      writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' })
    },
  })
  if (!(await hasSameMasterKey(services))) {
    throw new ConfigurationError([OTHER_MASTER_KEY])
  }
  const link = await openBootstrapLink(openContext(services, serverActor('boot'), { tenantId: PLATFORM }))
  if (link === undefined) return ''
  return [
    '',
    'Countersign is set up.',
    ...(existsSync(path) ? [`  Admin API key: in ${path} (readable by you only)`] : []),
    `  First administrator: ${link}`,
    '  The link works once, until 24 hours after it was made.',
    '',
    '',
  ].join('\n')
}

/** Tells the operator what should be looked at. @returns it as codes */
async function noticesOf(services: Services, log: Log): Promise<string[]> {
  const { linkExpiresAt } = await bootstrapState(openContext(services, serverActor('boot'), { tenantId: PLATFORM }))
  if (linkExpiresAt !== null && linkExpiresAt < services.clock.now()) {
    log.warn('The link for the first administrator has expired. countersign administrator renew-link makes a new one.')
  }
  const changed = await changeOfPublicUrl(services)
  if (!changed) return []
  log.warn(
    'public_url was changed. Tokens and applications that have the old one as their issuer do not work. Set it back, or ' +
      'set the new issuer in every application and API.',
    { from: changed.from, to: services.registry.settings.publicUrl, at: new Date(changed.changedAt).toISOString() },
  )
  return ['public_url_changed']
}

/** Binds the ports. @throws ConfigurationError with instructions if a port is not available */
async function listen(
  opened: ReturnType<typeof openListeners>,
  { publicAddress, adminAddress, mtlsAddress }: Configuration,
): Promise<void> {
  await opened.public.listen(publicAddress).catch((error) => {
    throw listenProblem(error, 'public_address', publicAddress)
  })
  if (mtlsAddress) {
    await opened.mutualTls?.listen(mtlsAddress).catch((error) => {
      throw listenProblem(error, 'mtls_address', mtlsAddress)
    })
  }
  if (opened.admin === opened.public) return
  await opened.admin.listen(adminAddress).catch((error) => {
    throw listenProblem(error, 'admin_address', adminAddress)
  })
}

/** Completes what earlier versions made. */
async function backfill(services: Services, log: Log): Promise<void> {
  const completed = await backfillAdminRealms(services)
  if (completed > 0) log.info('Admin realms got missing clients and grants.', { realms: completed })
  const homes = await backfillHomeRealms(services)
  if (homes > 0) log.info('Tenants without a home realm got one.', { tenants: homes })
}

function upstreamsOf({ networkAllowLoopback: allowLoopback, dnsServers }: Configuration): Upstreams {
  return createUpstreams({ isListed: () => false, allowLoopback, dnsServers })
}

async function start(sources: { argv: string[] }): Promise<void> {
  const { configuration, warnings } = loadConfiguration(sources)
  const log = createLog({ level: configuration.logLevel })
  for (const warning of warnings) log.warn(warning)
  const mutualTls = readTlsIdentity(configuration)
  const tracing = await startTracing(configuration.otlpEndpoint, version)
  const figures = new ServerFigures()
  const services = await openServices(configuration, log, figures)
  const welcome = await setUp(services, configuration)
  const notices = await noticesOf(services, log)
  await backfill(services, log)

  const stopping = new AbortController()
  const metrics = createMetrics([...figuresOf(log, services), ...figures.figures(services.database, services.clock)])
  const telemetry: Telemetry = { log, metrics, tracing, figures }
  const adminKey = await configuredKey(services, configuration.adminApiKey, (message) => log.warn(message))
  const { publicAddress, adminAddress } = configuration
  const isOne = sameAddress(publicAddress, adminAddress)
  const refusals = new RefusalCounter(services)
  const afterReply = new AfterReply(log, stopping.signal)
  const webConsole = consoleOf(configuration, log)
  const upstreams = upstreamsOf(configuration)
  const opened = openListeners(
    {
      services,
      authenticators: openAuthenticators(services, adminKey),
      telemetry,
      version,
      apiDocs: configuration.apiDocs,
      stopping: stopping.signal,
      notices,
      redis: services.shared,
      console: webConsole,
      refusals,
      afterReply,
      upstreams,
    },
    { ...configuration, isOne, mutualTls },
  )
  const listeners = [opened.public, ...(isOne ? [] : [opened.admin]), ...(opened.mutualTls ? [opened.mutualTls] : [])]
  await listen(opened, configuration)
  await recordPublicUrl(services)
  await startProxy(services)
  const reportJob = jobReport(log)
  const stopJobs = startJobs(
    services,
    { report: reportJob, log: (message) => log.warn(message) },
    { busy: loadMeter(), refusals, signLogoutToken, writeSignal, pushTokens },
  )
  const { publicUrl, adminUrl } = configuration
  log.info('Countersign is ready.', { version, public: publicUrl, admin: adminUrl, listens: listeners.map(addressOf) })
  // What the operator needs stands below everything else.
  log.print(welcome)
  webConsole?.start()

  const stop = async (signal: string) => {
    if (stopping.signal.aborted) return
    log.info('The server stops after the current requests.', { signal })
    stopping.abort(new Failure('temporarily_unavailable'))
    webConsole?.stop()
    const grace = configuration.shutdownGraceSeconds * 1000
    await Promise.all([closeListeners(listeners, grace), services.proxy?.close()])
    await afterReply.settle()
    await stopJobs()
    await refusals.flush().catch((error) => reportJob('write refusals', error))
    await services.logReads.close()
    await services.shared?.close()
    await upstreams.close()
    await services.database.close()
    await tracing.stop()
    log.info('The server stopped.')
    log.flush()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => reload(sources, services, log, opened.mutualTls))
}

/** Closes listeners after their current requests. @param grace for how long these may go on, in milliseconds */
async function closeListeners(listeners: readonly Listener[], grace: number): Promise<void> {
  // Idle connections would wait for another request and delay the stop.
  const idleTimer = setInterval(() => {
    for (const listener of listeners) listener.server.closeIdleConnections()
  }, 50)
  const graceTimer = setTimeout(() => {
    for (const listener of listeners) listener.server.closeAllConnections()
  }, grace)
  await Promise.all(listeners.map((listener) => listener.close()))
  clearInterval(idleTimer)
  clearTimeout(graceTimer)
}

/** The web console, unless it is switched off or not part of the installation. */
function consoleOf({ console }: Configuration, log: Log): ConsoleBuild | undefined {
  if (!console) return undefined
  const root = fileURLToPath(new URL('..', import.meta.url))
  return openConsoleBuild(root, (why) => log.warn('The console could not be built.', { why }))
}

function addressOf({ server }: Listener): string {
  const { address, family, port } = server.address() as AddressInfo
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** Reports why a job failed. A full disk and similar problems have been logged already. */
function jobReport(log: Log): (job: string, error: unknown) => void {
  return (job, error) => {
    if (troubleOf(error) === undefined) log.error('A job failed.', error, { job })
  }
}

/** The metrics that parts of the server count. */
function figuresOf(log: Log, { database, logReads }: Pick<OpenedServices, 'database' | 'logReads'>): Figure[] {
  return [
    {
      name: 'countersign_log_reads',
      help: 'Verifications and exports of logs that are under way.',
      type: 'gauge',
      read: () => logReads.progress.reads,
    },
    {
      name: 'countersign_log_read_entries_total',
      help: 'Events that verifications and exports have read so far.',
      type: 'counter',
      read: () => logReads.progress.entries,
    },
    {
      name: 'countersign_log_lines_lost_total',
      help: 'Lines of the log that could not be written.',
      type: 'counter',
      read: () => log.lostLines(),
    },
    {
      name: 'countersign_database_feed_heard',
      help: 'Whether the commits of other processes are heard: 1 or 0; 1 where no other process can use the database.',
      type: 'gauge',
      read: () => (database.feed()?.heard === false ? 0 : 1),
    },
  ]
}

/** Applies the log level of the configuration, and reads keys, realms and the certificate of the TLS listener again. */
function reload(
  sources: { argv: string[] },
  { registry, crypto }: Services,
  log: Log,
  mutualTls: Pick<Listener, 'server'> | undefined,
): void {
  try {
    const { configuration } = loadConfiguration(sources)
    const identity = readTlsIdentity(configuration)
    if (identity && mutualTls?.server instanceof TlsServer) mutualTls.server.setSecureContext(identity)
    log.setLevel(configuration.logLevel)
    registry.onCommit({ missed: true })
    log.info('The configuration, keys and realms were read again.')
    void crypto.keys.check().then(({ healthy, reason }) => {
      if (healthy) log.info('signing keys reloaded', { key_store: crypto.keys.name })
      else log.warn('The key store cannot be used.', { key_store: crypto.keys.name, reason })
    })
  } catch (error) {
    log.error('The configuration cannot be read. The server keeps the previous one.', error)
  }
}

/**
 * Starts the server, which runs until a signal stops it. If it cannot start, it prints why on standard error.
 * @param argv the command line’s arguments
 */
export async function serve(argv: string[]): Promise<void> {
  // Output fails if the terminal was closed. That must not end the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    await start({ argv })
  } catch (error) {
    const stack = environment.COUNTERSIGN_LOG_LEVEL === 'debug' && !(error instanceof ConfigurationError)
    process.stderr.write(`${error instanceof Error ? (stack ? error.stack : error.message) : error}\n`)
    process.exit(1)
  }
}
