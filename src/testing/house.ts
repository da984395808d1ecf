import type { Appenders, Database } from '#database/database.ts'
import type { Actor, Context, Reach } from '#domain/context.ts'
import { eventAppender } from '#domain/event/event.appender.store.ts'
import { firstBoot } from '#domain/first-boot.ts'
import { issuanceAppender } from '#domain/issuance/issuance.appender.store.ts'
import { type House, openContext } from '#domain/open-context.ts'
import type { Limiter, Network } from '#domain/outside.ts'
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

export interface HouseOptions {
  /** `sqlite` unless told. */
  readonly database?: DialectName
  /** Where the clock stands, in milliseconds since 1970. */
  readonly now?: number
  readonly settings?: Partial<Settings>
  /** What of the network answers; nothing unless told. */
  readonly network?: Partial<Network>
  /** One in memory unless told. */
  readonly limiter?: Limiter
  /** Opens the database with what appends to it; as it is unless told, for what stands between. */
  readonly openDatabase?: (open: OpenWith, appenders: Appenders) => Promise<Database>
}

type OpenWith = (appenders: Appenders) => Promise<Database>

/** Who acts in a context, and where. */
export interface ContextOptions {
  /** Everything unless told. */
  readonly permissions?: readonly string[]
  /** The platform unless told. */
  readonly reach?: Reach
  /** The realm that the request names; none for null; the realm `default` unless told. */
  readonly realm?: Realm | null
  /** The realm’s unless told; the first tenant where there is no realm. */
  readonly tenantId?: string
  readonly actor?: Partial<Actor>
}

export interface TestHouse extends House {
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

const SETTINGS: Settings = {
  publicUrl: 'https://id.example.com',
  adminUrl: 'https://admin.example.com',
  realmDomain: undefined,
  signInLimits: {
    account: { limit: 5, windowSeconds: 300 },
    network: { limit: 50, windowSeconds: 300 },
  },
  webhookRetry: { firstSeconds: 5, tries: 8 },
}

const refuse = async (): Promise<never> => {
  throw new Failure('unreachable_host', 'There is no network in tests.')
}
const NO_NETWORK: Network = {
  mail: null,
  checkUrl: () => {},
  fetchJson: refuse,
  post: async () => ({ status: null, error: 'unreachable', milliseconds: 0 }),
  resolveCname: refuse,
}

/** A second house over a store that is open already, as another process would have it. It does not boot. */
export async function openHouseOver(
  store: TestStore,
  options: HouseOptions = {},
): Promise<House & { clock: FixedClock }> {
  const clock = fixedClock(options.now)
  const crypto = createCrypto({ masterKey: MASTER_KEY, passwordCost: { memory: 256, passes: 1 } })
  const appenders = { events: eventAppender((text) => crypto.mac('event-chain', text)), issuances: issuanceAppender() }
  const { openDatabase = (open: OpenWith) => open(appenders) } = options
  const database = await openDatabase((given) => store.open({ appenders: given }), appenders)
  const registry = openRegistry({ ...SETTINGS, ...options.settings }, registrySource(database, crypto))
  database.onCommit((commit) => registry.hear(commit))
  const network = { ...NO_NETWORK, ...options.network }
  const { limiter = createLimiter(clock) } = options
  return { database, clock, random: createRandom(clock), crypto, network, limiter, registry }
}

/**
 * Everything below the surfaces for one test: a real database of its own, real cryptography under a fixed master key,
 * a clock that the test owns, and what the first boot makes.
 */
export async function openTestHouse(options: HouseOptions = {}): Promise<TestHouse> {
  const store = await storeForTests(options.database ?? 'sqlite')
  const house = await openHouseOver(store, options)
  const boot = await firstBoot(house, { keepAdminKey: () => {} })
  const found = await house.registry.realmByIssuerId('default')
  if (!boot.created || !found) throw new Error('the first boot made nothing')
  const { realm } = found
  return {
    ...house,
    store,
    tenantId: realm.tenantId,
    realm,
    adminKey: boot.adminKey,
    bootstrapSecret: boot.bootstrapSecret,
    contextFor: (context = {}) => contextOver(house, realm, context),
    close: () => store.close(),
  }
}

function contextOver(house: House, first: Realm, options: ContextOptions): Context {
  const { permissions = ['*'], reach = { kind: 'platform' }, realm = first, actor } = options
  return openContext(
    house,
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
