// Owns the services of tests over a real database, with a clock that tests set.
import { EVERYTHING } from '#kernel/permission.ts'
import '#surfaces/surfaces.ts'
import type { Append, Database } from '#database/database.ts'
import type { Actor, Reach } from '#domain/actor.ts'
import type { Context } from '#domain/context.ts'
import { DecisionLog } from '#domain/decision/decision-log.ts'
import { chainAppender } from '#domain/event/event.appender.store.ts'
import { firstBoot } from '#domain/first-boot.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import type { Host, Limiter, Network } from '#domain/outside.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { openRegistry } from '#domain/registry.ts'
import { registrySource } from '#domain/registry-source.ts'
import type { Settings } from '#domain/settings.ts'
import { Failure } from '#kernel/error.ts'
import { createCrypto } from '#outside/crypto.ts'
import { createLimiter } from '#outside/limiter.ts'
import { createRandom } from '#outside/random.ts'
import { type FixedClock, fixedClock } from './clock.ts'
import { type DialectName, storeForTests, type TestStore } from './databases.ts'

export interface ServicesOptions {
  /** Default: `sqlite`. */
  readonly database?: DialectName
  /** Where the clock stands, in milliseconds since 1970. */
  readonly now?: number
  readonly settings?: Partial<Settings>
  /** What of the network answers. Default: nothing. */
  readonly network?: Partial<Network>
  /** Default: One in memory. */
  readonly limiter?: Limiter
  /** Whether there is a reverse proxy; it does not listen. */
  readonly proxy?: true
  /** Opens the database. A test can put something between the database and its users. */
  readonly openDatabase?: (open: OpenWith, append: Append) => Promise<Database>
}

type OpenWith = (append: Append) => Promise<Database>

/** Who acts in a context, and where. */
export interface ContextOptions {
  /** Default: Everything. */
  readonly permissions?: readonly string[]
  /** Default: The platform. */
  readonly reach?: Reach
  /** The realm that the request names; none for null. Default: the realm `default`. */
  readonly realm?: Realm | null
  /** Default: the tenant of the realm; the first tenant if there is no realm. */
  readonly tenantId?: string
  readonly actor?: Partial<Actor>
}

export interface TestServices extends Services {
  readonly clock: FixedClock
  readonly store: TestStore
  /** The first tenant, and its realm `default`. */
  readonly tenantId: string
  readonly realm: Realm
  /** What the first boot gave out. */
  readonly adminKey: string
  readonly bootstrapSecret: string
  contextFor(options?: ContextOptions): Context
  close(): Promise<void>
}

export const MASTER_KEY = new Uint8Array(32).fill(7)

const DAY = 86_400_000

const SETTINGS: Settings = {
  publicUrl: 'https://id.example.com',
  adminUrl: 'https://admin.example.com',
  realmDomain: undefined,
  mutualTls: undefined,
  signInLimits: {
    account: { limit: 5, windowSeconds: 300 },
    network: { limit: 50, windowSeconds: 300 },
  },
  sendsMail: false,
  retention: {
    codes: DAY,
    sessions: 30 * DAY,
    deliveries: 30 * DAY,
    flowRuns: 30 * DAY,
    mails: 30 * DAY,
    unusedClients: 90 * DAY,
    deletedUsers: 30 * DAY,
    issuances: undefined,
    events: undefined,
  },
  webhookRetry: { firstSeconds: 5, maxAttempts: 8 },
  connectReturnUrls: [],
  connectorSecret: () => undefined,
}

const refuse = async (): Promise<never> => {
  throw new Failure('unreachable_host', 'There is no network in tests.')
}
const NO_NETWORK: Network = {
  mail: null,
  directories: { isListed: () => false, ask: refuse },
  mailOver: () => ({ send: refuse }),
  checkMailHost: () => {},
  checkUrl: () => {},
  checkUpstream: () => {},
  fetchJson: refuse,
  fetchImage: refuse,
  request: refuse,
  isBreached: async () => false,
  post: async () => ({ status: null, error: 'unreachable', milliseconds: 0 }),
  resolveCname: refuse,
  resolveTxt: refuse,
}

/** A second services over a store that is open already, as another process would have it. It does not boot. */
export async function openServicesOver(
  store: TestStore,
  options: ServicesOptions = {},
): Promise<Services & { clock: FixedClock }> {
  const clock = fixedClock(options.now)
  const crypto = createCrypto({ masterKey: MASTER_KEY, passwordCost: { memory: 256, passes: 1 } })
  const append = chainAppender((text) => crypto.mac('event-chain', text))
  const { openDatabase = (open: OpenWith) => open(append) } = options
  const database = await openDatabase((given) => store.open({ append: given }), append)
  const registry = openRegistry(
    { ...SETTINGS, sendsMail: Boolean(options.network?.mail), ...options.settings },
    registrySource(database, crypto),
    clock,
  )
  database.onCommit((commit) => registry.onCommit(commit))
  const network = { ...NO_NETWORK, ...options.network }
  const { limiter = createLimiter(clock) } = options
  const random = createRandom(clock)
  const decisions = new DecisionLog({ clock, random })
  const host = hostForTests(clock.now(), database.dialect)
  const services = { database, clock, random, crypto, network, limiter, host, registry, decisions }
  return { ...services, ...(options.proxy && { proxy: await proxyOver(services) }) }
}

/** A reverse proxy that does not listen yet. */
async function proxyOver(services: Services): Promise<Services['proxy']> {
  const { ProxyServer } = await import('#proxy/proxy-server.ts')
  const silent = () => {}
  return new ProxyServer(services, {
    address: { host: '127.0.0.1', port: 0 },
    rulesFile: undefined,
    ...{ listedUpstreams: [], allowLoopback: true, dnsServers: [], trustedProxies: [] },
    ...{ breakerFailures: 3, breakerSeconds: 10, grace: 0 },
    log: { info: silent, warn: silent, error: silent },
  })
}

/** A process that logs nothing. */
function hostForTests(startedAt: number, dialect: Host['dialect']): Host {
  return {
    ...{ version: '0.0.0', startedAt, dialect, keyStore: 'database', migrations: ['0001-model'] },
    isDatabaseReachable: async () => true,
    followLog: () => () => {},
    firstBootKey: () => undefined,
  }
}

/**
 * Everything below the surfaces for one test: a real database of its own, real cryptography under a fixed master key,
 * a clock that the test owns, and what the first boot makes.
 */
export async function openTestServices(options: ServicesOptions = {}): Promise<TestServices> {
  const store = await storeForTests(options.database ?? 'sqlite')
  const services = await openServicesOver(store, options)
  const boot = await firstBoot(services, { keepAdminKey: () => {} })
  const found = await services.registry.realmByIssuerId('default')
  if (!boot.created || !found) throw new Error('the first boot made nothing')
  const { realm } = found
  return {
    ...services,
    store,
    tenantId: realm.tenantId,
    realm,
    adminKey: boot.adminKey,
    bootstrapSecret: boot.bootstrapSecret,
    contextFor: (context = {}) => contextOver(services, realm, context),
    close: () => store.close(),
  }
}

function contextOver(services: Services, first: Realm, options: ContextOptions): Context {
  const { permissions = [...EVERYTHING], reach = { kind: 'platform' }, realm = first, actor } = options
  return openContext(
    services,
    {
      kind: 'api_key',
      id: 'test',
      label: 'Test',
      reach,
      permissions: new Set(permissions),
      origin: { ip: '192.0.2.1', userAgent: 'test', requestId: 'test', surface: 'test' },
      ...actor,
    },
    { tenantId: options.tenantId ?? realm?.tenantId ?? first.tenantId, ...(realm && { realm }) },
  )
}
