// Checks the server: its listeners, its discovery document, its admin API, its clock and its event chains.
import { connect } from 'node:net'
import type { Configuration } from '#outside/configuration.ts'
import { ApiRefusal, type ApiRequest, call, reasonOf } from '../api.ts'
import { CommandFailure } from '../failure.ts'
import type { Target } from '../target.ts'
import { harmless } from '../text.ts'
import { checkNamed, type Finding } from './finding.ts'

const TIMEOUT = 5000
const CHAIN_TIMEOUT = 300_000
const SKEW_WARN = 5000
const SKEW_FAIL = 30_000
const CHAINS_MOST = 200
const REALMS_MOST = 200
/** How many clients are named at most. */
const NAMED_MOST = 20

const STOPPED =
  'Start the server. If it runs with other settings, run this command with its environment and its file (--config), or use --remote.'

/** Checks that Countersign listens on each address. */
export async function checkListeners(configuration: Configuration): Promise<Finding[]> {
  const { publicAddress, adminAddress } = configuration
  const addresses = { 'Public listener': publicAddress, 'Admin listener': adminAddress }
  const checks = Object.entries(addresses).map(async ([name, { host, port }]) => {
    const { ok, fail, skip } = checkNamed(name)
    if (port === 0) return skip('The port is not fixed.')
    const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    const shown = reached.includes(':') ? `[${reached}]:${port}` : `${reached}:${port}`
    if (!(await listens(reached, port))) return fail(`No program listens on ${shown}.`, STOPPED)
    if (await isCountersign(`http://${shown}`)) return ok(`Countersign responds on ${shown}.`)
    const setting = name === 'Public listener' ? 'COUNTERSIGN_PUBLIC_ADDRESS' : 'COUNTERSIGN_ADMIN_ADDRESS'
    return fail(`Another program listens on ${shown}.`, `Stop that program, or set ${setting} to another address.`)
  })
  return Promise.all(checks)
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

async function isCountersign(origin: string): Promise<boolean> {
  const health = (await getJson(`${origin}/health`).catch(() => undefined)) as
    | { checks?: { database?: unknown } }
    | undefined
  return health?.checks?.database !== undefined
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
  try {
    return await response.json()
  } catch {
    throw new Error(`the response is ${response.status} without JSON`)
  }
}

/** What the server itself says an operator should look at. */
export async function checkNotices(adminUrl: string): Promise<Finding[]> {
  const response = await fetch(`${adminUrl}/health`, { signal: AbortSignal.timeout(TIMEOUT) }).catch(() => undefined)
  const health = (await response?.json().catch(() => undefined)) as
    | { notices?: unknown; checks?: { key_store?: { status?: unknown; store?: unknown; reason?: unknown } } }
    | undefined
  return [...keyStoreFindings(health?.checks?.key_store ?? {}), ...publicUrlFindings(health?.notices)]
}

function keyStoreFindings({
  status,
  store,
  reason,
}: {
  status?: unknown
  store?: unknown
  reason?: unknown
}): Finding[] {
  if (typeof store !== 'string' || store === 'database') return []
  const { ok, fail } = checkNamed('Key store')
  if (status === 'healthy') return [ok(`${harmless(store)} can be used.`)]
  return [
    fail(
      `${harmless(store)} cannot be used (${harmless(String(reason))}): no tokens are issued.`,
      'The log of the server says why. Mend it; the server tries it again with each request.',
    ),
  ]
}

function publicUrlFindings(notices: unknown): Finding[] {
  if (!Array.isArray(notices) || !notices.includes('public_url_changed')) return []
  return [
    checkNamed('Public URL').warn(
      'The public URL of the server was changed less than 30 days ago.',
      'Set COUNTERSIGN_PUBLIC_URL back, or set the new issuer in every application and API. The log has the old one.',
    ),
  ]
}

/**
 * Checks that the metadata and the keys of an issuer can be fetched, as applications do.
 * @param issuer the issuer without a slash at the end
 */
export async function checkDiscovery(issuer: string): Promise<Finding[]> {
  const discovery = checkNamed('Discovery')
  const keys = checkNamed('Key set')
  const url = `${issuer}/.well-known/openid-configuration`
  let metadata: { issuer?: unknown; jwks_uri?: unknown }
  try {
    metadata = (await getJson(url)) as typeof metadata
  } catch (error) {
    const remedy =
      'COUNTERSIGN_PUBLIC_URL must be the address for browsers, and requests to it must reach the public listener.'
    return [
      discovery.fail(`${url}: ${reasonOf(error)}.`, remedy),
      keys.skip('The discovery document could not be fetched.'),
    ]
  }
  const actual = harmless(String(metadata.issuer))
  const first =
    metadata.issuer === issuer
      ? discovery.ok(`${url} has the issuer ${issuer}.`)
      : discovery.fail(
          `${url} has the issuer ${actual}, not ${issuer}.`,
          `Applications will refuse the tokens. Set COUNTERSIGN_PUBLIC_URL to ${actual}, for the server and for this command.`,
        )
  return [first, await checkKeys(metadata.jwks_uri)]
}

async function checkKeys(url: unknown): Promise<Finding> {
  const { ok, fail } = checkNamed('Key set')
  const remedy = 'Tokens cannot be verified without it. The server’s log has the reason.'
  if (typeof url !== 'string' || !URL.canParse(url)) return fail('The discovery document has no jwks_uri.', remedy)
  const shown = harmless(url)
  try {
    const { keys } = (await getJson(url)) as { keys?: { kid?: unknown }[] }
    const sound = Array.isArray(keys) && keys.length > 0 && keys.every(({ kid }) => typeof kid === 'string')
    return sound ? ok(`${shown} has ${keys.length} keys.`) : fail(`${shown} has no usable key.`, remedy)
  } catch (error) {
    return fail(`${shown}: ${reasonOf(error)}.`, remedy)
  }
}

/** Checks that the admin API accepts the key, and compares the clocks. */
export async function checkAdminApi(target: Target, agent: string, now: () => number): Promise<Finding[]> {
  const { ok, fail } = checkNamed('Admin API')
  const clock = checkNamed('Clock')
  const before = now()
  try {
    const { headers } = await call(target, agent, { method: 'GET', path: '/v1/permissions', timeout: TIMEOUT })
    return [ok(`${target.url} accepts ${target.keySource}.`), checkClock(headers.get('date'), (before + now()) / 2)]
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) {
      return [
        ok(`${target.url} accepts ${target.keySource}; the key has few permissions.`),
        clock.skip('The key has no permission for this check.'),
      ]
    }
    const { message, remedy } = error as CommandFailure
    return [fail(message, remedy), clock.skip('The server did not send its time.')]
  }
}

/** Compares the two clocks. A Date header has whole seconds, so half a second is added. */
function checkClock(date: string | null, here: number): Finding {
  const { ok, warn, fail, skip } = checkNamed('Clock')
  const there = Date.parse(date ?? '')
  if (Number.isNaN(there)) return skip('The server did not send its time.')
  const skew = Math.abs(there + 500 - here)
  const text = `The clocks of the server and of this machine differ by ${skew < 1500 ? 'less than 2' : Math.round(skew / 1000)} seconds.`
  const remedy = 'Synchronize both clocks with NTP. If clocks differ, valid tokens are refused.'
  if (skew > SKEW_FAIL) return fail(text, remedy)
  return skew > SKEW_WARN ? warn(text, remedy) : ok(text)
}

/** Verifies the event chain of each tenant that the key reaches. */
export async function checkChains(target: Target, agent: string): Promise<Finding> {
  const { ok, fail, skip } = checkNamed('Event log')
  const send = async (request: ApiRequest) => (await call(target, agent, request)).body
  try {
    const tenants = await tenantsOf(send)
    let events = 0
    for (const tenant of tenants) {
      const query: Record<string, string> = tenant === undefined ? {} : { tenant_id: tenant }
      const request = { method: 'POST', path: '/v1/events/verify', query, body: {}, timeout: CHAIN_TIMEOUT }
      const result = (await send(request)) as {
        ok: boolean
        checked: number
        first_bad: { seq: number; reason: string } | null
      }
      if (!result.ok) {
        const { seq = 0, reason = 'unknown' } = result.first_bad ?? {}
        const where = tenant === undefined ? '' : ` of ${tenant}`
        return fail(
          `Event ${seq}${where} was changed after it was written: ${harmless(reason)}.`,
          'The database was changed. Keep a copy, and compare it with a backup.',
        )
      }
      events += result.checked
    }
    return ok(`${events} events in ${tenants.length} ${tenants.length === 1 ? 'chain' : 'chains'} are valid.`)
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) return skip('The key has no permission to read events.')
    return fail(error instanceof CommandFailure ? error.message : String(error))
  }
}

/** The chains to verify: all tenants and the platform; only the caller’s tenant if the key cannot list tenants. */
async function tenantsOf(send: (request: ApiRequest) => Promise<unknown>): Promise<(string | undefined)[]> {
  try {
    const query = { limit: String(CHAINS_MOST) }
    const { data } = (await send({ method: 'GET', path: '/v1/tenants', query })) as { data: { id: string }[] }
    await send({ method: 'GET', path: '/v1/events', query: { limit: '1', tenant_id: 'platform' } })
    return ['platform', ...data.map(({ id }) => id)]
  } catch (error) {
    if (error instanceof ApiRefusal && [403, 404].includes(error.status)) return [undefined]
    throw error
  }
}

/** Names the clients that may sign users in without PKCE, in the realms of each tenant that the key reaches. */
export async function checkPkce(target: Target, agent: string): Promise<Finding> {
  return checkClients({ target, agent }, 'PKCE', {
    query: { pkce_required: 'false', limit: String(NAMED_MOST + 1) },
    named: ({ client_id: id, label }, realm) => `${harmless(label)} (${id}, realm ${realm})`,
    none: 'Every client must use PKCE.',
    some: 'Clients that need no PKCE',
    remedy: 'Set pkce_required to true for each client whose library sends a code_challenge.',
  })
}

/** The scopes that need no API: those of OpenID Connect, of this server and of the administration. */
const SCOPES_WITHOUT_API =
  /^(?:openid|profile|email|address|phone|groups|roles|organization|offline_access|global_token_revocation|management:.*)$/

/** Names the clients whose tokens have a scope that no API accepts, because none of their audiences declares it. */
export async function checkScopes(target: Target, agent: string): Promise<Finding> {
  return checkClients({ target, agent }, 'Scopes', {
    query: { limit: '200' },
    named: ({ client_id: id, label, scopes, audiences }, realm, resources) => {
      const declared = resources
        .filter(({ identifier }) => audiences.includes('*') || audiences.includes(identifier))
        .flatMap((resource) => resource.scopes.map(({ name }) => name))
      const loose = scopes.filter((scope) => !SCOPES_WITHOUT_API.test(scope) && !declared.includes(scope))
      return loose.length === 0
        ? undefined
        : `${harmless(label)} (${id}, realm ${realm}: ${loose.map(harmless).join(' ')})`
    },
    none: 'The scopes of every client are those of its audiences.',
    some: 'Clients with scopes that none of their audiences declares',
    remedy: 'Add the API to the audiences of the client (countersign client update --audiences), or remove the scope.',
  })
}

interface ListedClient {
  readonly client_id: string
  readonly label: string
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
}

interface ListedResource {
  readonly identifier: string
  readonly scopes: readonly { readonly name: string }[]
}

/** What a check asks of the clients, and how it says what it found. */
interface ClientCheck {
  readonly query: Record<string, string>
  /** The client in a message; undefined if nothing is wrong with it. */
  readonly named: (client: ListedClient, realm: string, resources: readonly ListedResource[]) => string | undefined
  readonly none: string
  readonly some: string
  readonly remedy: string
}

async function checkClients(
  { target, agent }: { readonly target: Target; readonly agent: string },
  name: string,
  { query, named, none, some, remedy }: ClientCheck,
): Promise<Finding> {
  const { ok, warn, fail, skip } = checkNamed(name)
  const send = async (request: ApiRequest) => (await call(target, agent, request)).body
  const list = async <Item>(path: string, filters: Record<string, string>) =>
    ((await send({ method: 'GET', path, query: filters })) as { data: Item[] }).data
  try {
    const clientsNamed: string[] = []
    for (const tenant of await tenantsOf(send)) {
      if (tenant === 'platform') continue
      const ofTenant = { ...(tenant !== undefined && { tenant_id: tenant }), limit: String(REALMS_MOST) }
      const resources = await list<ListedResource>('/v1/resources', ofTenant)
      for (const { issuer_id: realm } of await list<{ issuer_id: string }>('/v1/realms', ofTenant)) {
        const clients = await list<ListedClient>(`/v1/realms/${realm}/clients`, query)
        clientsNamed.push(...clients.flatMap((client) => named(client, realm, resources) ?? []))
      }
      if (clientsNamed.length > NAMED_MOST) break
    }
    if (clientsNamed.length === 0) return ok(none)
    const more = clientsNamed.length > NAMED_MOST ? ', and more' : ''
    return warn(`${some}: ${clientsNamed.slice(0, NAMED_MOST).join(', ')}${more}.`, remedy)
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) return skip('The key has no permission to read clients.')
    return fail(error instanceof CommandFailure ? error.message : String(error))
  }
}

/** The issuer of the default realm from the admin API; undefined if the key has no access to it. */
export async function issuerOf(target: Target, agent: string): Promise<string | undefined> {
  try {
    const { body } = await call(target, agent, { method: 'GET', path: '/v1/realms/default', timeout: TIMEOUT })
    const { issuer } = body as { issuer?: unknown }
    return typeof issuer === 'string' ? issuer : undefined
  } catch {
    return undefined
  }
}
