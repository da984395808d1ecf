// What the server answers: its listeners, its discovery, its admin API.
import { connect } from 'node:net'
import type { Configuration } from '#outside/config.ts'
import { ApiRefusal, type ApiRequest, call, reasonOf } from '../api.ts'
import { CommandFailure } from '../failure.ts'
import type { Target } from '../target.ts'
import { harmless } from '../text.ts'
import { checkNamed, type Finding } from './finding.ts'

const PATIENCE = 5000
const CHAIN_PATIENCE = 300_000
const SKEW_WARN = 5000
const SKEW_FAIL = 30_000
const CHAINS_MOST = 200

/** Whether each address is served by Countersign, or free for it. */
export async function checkListeners(configuration: Configuration): Promise<Finding[]> {
  const { publicAddress, adminAddress } = configuration
  const addresses = { 'Public listener': publicAddress, 'Admin listener': adminAddress }
  const checks = Object.entries(addresses).map(async ([name, { host, port }]) => {
    const { ok, fail, skip } = checkNamed(name)
    if (port === 0) return skip('Any free port: there is nothing to look at.')
    const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    const shown = reached.includes(':') ? `[${reached}]:${port}` : `${reached}:${port}`
    if (!(await listens(reached, port)))
      return fail(`Nothing listens on ${shown}.`, 'The address is free: start the server.')
    if (await isCountersign(`http://${shown}`)) return ok(`Countersign answers on ${shown}.`)
    const setting = name === 'Public listener' ? 'COUNTERSIGN_PUBLIC_ADDRESS' : 'COUNTERSIGN_ADMIN_ADDRESS'
    return fail(`Another program answers on ${shown}.`, `Stop it, or set ${setting} to another address.`)
  })
  return Promise.all(checks)
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE })
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
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) })
  try {
    return await response.json()
  } catch {
    throw new Error(`answers ${response.status} without JSON`)
  }
}

/**
 * Whether the issuer’s address leads to its metadata and keys, as applications see it.
 * @param issuer without a slash at its end
 */
export async function checkDiscovery(issuer: string): Promise<Finding[]> {
  const discovery = checkNamed('Discovery')
  const keys = checkNamed('Key set')
  const url = `${issuer}/.well-known/openid-configuration`
  let metadata: { issuer?: unknown; jwks_uri?: unknown }
  try {
    metadata = (await getJson(url)) as typeof metadata
  } catch (error) {
    const remedy = 'COUNTERSIGN_PUBLIC_URL must be the address that browsers use, and lead to the public listener.'
    return [
      discovery.fail(`${url}: ${reasonOf(error)}.`, remedy),
      keys.skip('There is no discovery document to find it in.'),
    ]
  }
  const found = harmless(String(metadata.issuer))
  const first =
    metadata.issuer === issuer
      ? discovery.ok(`${url} names the issuer ${issuer}.`)
      : discovery.fail(
          `${url} names the issuer ${found}, not ${issuer}.`,
          `Applications will refuse its tokens. Set COUNTERSIGN_PUBLIC_URL to ${found}, for the server and here.`,
        )
  return [first, await checkKeys(metadata.jwks_uri)]
}

async function checkKeys(url: unknown): Promise<Finding> {
  const { ok, fail } = checkNamed('Key set')
  const remedy = 'Nobody can verify tokens without it. The server’s log says why.'
  if (typeof url !== 'string' || !URL.canParse(url)) return fail('The discovery document names no key set.', remedy)
  const shown = harmless(url)
  try {
    const { keys } = (await getJson(url)) as { keys?: { kid?: unknown }[] }
    const sound = Array.isArray(keys) && keys.length > 0 && keys.every(({ kid }) => typeof kid === 'string')
    return sound ? ok(`${shown} has ${keys.length} keys.`) : fail(`${shown} has no usable key.`, remedy)
  } catch (error) {
    return fail(`${shown}: ${reasonOf(error)}.`, remedy)
  }
}

/** Whether the admin API answers and takes the key, and whether its clock is this one’s. */
export async function checkAdminApi(target: Target, agent: string, now: () => number): Promise<Finding[]> {
  const { ok, fail } = checkNamed('Admin API')
  const clock = checkNamed('Clock')
  const before = now()
  try {
    const { headers } = await call(target, agent, { method: 'GET', path: '/v1/permissions', patience: PATIENCE })
    return [
      ok(`${target.url} takes the key from ${target.keySource}.`),
      checkClock(headers.get('date'), (before + now()) / 2),
    ]
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) {
      return [ok(`${target.url} takes the key from ${target.keySource}; it may not do much.`), clock.skip('Not told.')]
    }
    const { message, remedy } = error as CommandFailure
    return [fail(message, remedy), clock.skip('The server told no time.')]
  }
}

/** The two clocks; a Date header has whole seconds, so half of one is added. */
function checkClock(date: string | null, here: number): Finding {
  const { ok, warn, fail, skip } = checkNamed('Clock')
  const there = Date.parse(date ?? '')
  if (Number.isNaN(there)) return skip('The server told no time.')
  const skew = Math.abs(there + 500 - here)
  const text = `The server’s clock and this one differ by ${skew < 1500 ? 'less than 2' : Math.round(skew / 1000)} seconds.`
  const remedy = 'Synchronise both with NTP: tokens are refused by clocks that differ.'
  if (skew > SKEW_FAIL) return fail(text, remedy)
  return skew > SKEW_WARN ? warn(text, remedy) : ok(text)
}

/** Whether the event log is what was written, of each tenant that the key reaches. */
export async function checkChains(target: Target, agent: string): Promise<Finding> {
  const { ok, fail, skip } = checkNamed('Event log')
  const send = async (request: ApiRequest) => (await call(target, agent, request)).body
  try {
    const tenants = await tenantsOf(send)
    let events = 0
    for (const tenant of tenants) {
      const query: Record<string, string> = tenant === undefined ? {} : { tenant_id: tenant }
      const request = { method: 'POST', path: '/v1/events/verify', query, body: {}, patience: CHAIN_PATIENCE }
      const result = (await send(request)) as {
        ok: boolean
        checked: number
        first_bad: { seq: number; reason: string } | null
      }
      if (!result.ok) {
        const { seq = 0, reason = 'unknown' } = result.first_bad ?? {}
        const where = tenant === undefined ? '' : ` of ${tenant}`
        return fail(
          `Event ${seq}${where} is not what was written: ${harmless(reason)}.`,
          'Somebody or something changed the database. Keep a copy, and compare it with a backup.',
        )
      }
      events += result.checked
    }
    return ok(`${events} events verify in ${tenants.length} ${tenants.length === 1 ? 'chain' : 'chains'}.`)
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) return skip('The key may not read events.')
    return fail(error instanceof CommandFailure ? error.message : String(error))
  }
}

/** The chains to verify: those of all tenants and the platform’s; one’s own where one may not list them. */
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

/** The issuer of the default realm, as the admin API tells it; undefined where it does not. */
export async function issuerOf(target: Target, agent: string): Promise<string | undefined> {
  try {
    const { body } = await call(target, agent, { method: 'GET', path: '/v1/realms/default', patience: PATIENCE })
    const { issuer } = body as { issuer?: unknown }
    return typeof issuer === 'string' ? issuer : undefined
  } catch {
    return undefined
  }
}
