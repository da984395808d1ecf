// How a realm answers a request, whichever way it arrived: which realm its address means, and its parameters.
import type { Origin } from '#domain/context.ts'
import type { House } from '#domain/open-context.ts'
import type { FoundRealm } from '#domain/realm/realm.store.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { type Endpoint, type RealmReply, type RealmRequest, refuseAsJson } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import type { Log } from '#outside/log.ts'
import { failureReply } from '#pages/page-reply.ts'
import { readCookies } from './cookies.ts'
import { formOf, NO_PARAMETERS, parametersOf } from './form.ts'
import { toFailure } from './listener.ts'
import { withoutStaleCookie } from './stale-cookie.ts'

/** A request to a realm, as it arrived. */
export interface Arrival {
  readonly method: string
  /** The realm that its path names; undefined where its host does. */
  readonly issuerId: string | undefined
  /** The host that was asked, with its port, as a trusted proxy says it. */
  readonly host: string
  /** The query as it was sent, without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | undefined
  readonly origin: Origin
}

/** What an endpoint answers. It does not throw. */
export async function answerRealm(house: House, endpoint: Endpoint, arrival: Arrival, log: Log): Promise<RealmReply> {
  let realmRequest: RealmRequest | undefined
  let found: FoundRealm | undefined
  try {
    found = await realmAt(house, arrival)
    if (!found) throw new Failure('not_found', 'There is no realm at this address.')
    realmRequest = toRealmRequest(house, found, arrival)
    if (!endpoint.alwaysOn && !(found.realm.enabled && found.tenantStatus === 'active')) {
      throw new Failure('access_denied', 'The realm is disabled.')
    }
    const reply = await endpoint.respond(house, withParameters(realmRequest, arrival))
    const whole = shown(reply, realmRequest)
    if (knowsNoCookie(endpoint, realmRequest)) return readable(endpoint, found, arrival, whole)
    return await withoutStaleCookie(house, realmRequest, whole)
  } catch (error) {
    const failure = toFailure(error, log, arrival.origin.requestId)
    if (!realmRequest) return readable(endpoint, found, arrival, refuseAsJson(failure))
    const refusal = shown(endpoint.refuse(failure, realmRequest), realmRequest)
    if (knowsNoCookie(endpoint, realmRequest)) return readable(endpoint, found, arrival, refusal)
    return withoutStaleCookie(house, realmRequest, refusal)
  }
}

/** What an endpoint says to a request that could not even be read. It does not throw. */
export async function refuseUnread(
  house: House,
  endpoint: Endpoint,
  arrival: Arrival,
  failure: Failure,
  log: Log,
): Promise<RealmReply> {
  let found: FoundRealm | undefined
  try {
    found = await realmAt(house, arrival)
  } catch (error) {
    // Where the realm cannot be looked up, that is what is wrong.
    return readable(endpoint, found, arrival, refuseAsJson(toFailure(error, log, arrival.origin.requestId)))
  }
  if (!found) return readable(endpoint, found, arrival, refuseAsJson(failure))
  const realmRequest = toRealmRequest(house, found, arrival)
  return readable(endpoint, found, arrival, shown(endpoint.refuse(failure, realmRequest), realmRequest))
}

// Cookies play no part where other origins may read the answer.
function knowsNoCookie({ crossOrigin }: Endpoint, { cookies }: RealmRequest): boolean {
  return crossOrigin === true || cookies.size === 0
}

function readable(
  { crossOrigin }: Endpoint,
  found: FoundRealm | undefined,
  arrival: Arrival,
  reply: RealmReply,
): RealmReply {
  return crossOrigin ? { ...reply, headers: { ...reply.headers, ...readableBy(found, arrival) } } : reply
}

function shown(reply: RealmReply, realmRequest: RealmRequest): RealmReply {
  return reply.failure ? failureReply(reply.failure, realmRequest) : reply
}

/** The realm that an address means: by its path where that names it, else by its host; every other name is the default realm’s. */
export async function realmAt(
  { registry }: House,
  { issuerId, host: asked }: Pick<Arrival, 'issuerId' | 'host'>,
): Promise<FoundRealm | undefined> {
  if (issuerId !== undefined) return registry.realmByIssuerId(issuerId)
  const host = asked.toLowerCase().replace(/:\d+$/, '')
  const { publicUrl, realmDomain } = registry.settings
  if (host !== hostOf(publicUrl)) {
    if (realmDomain && host.endsWith(`.${realmDomain}`)) {
      return registry.realmByIssuerId(host.slice(0, -realmDomain.length - 1))
    }
    const found = await registry.realmByHost(host)
    if (found) return found
  }
  return registry.realmByIssuerId('default')
}

const hosts = new Map<string, string>()

function hostOf(url: string): string {
  const known = hosts.get(url)
  if (known !== undefined) return known
  const { hostname } = new URL(url)
  hosts.set(url, hostname)
  return hostname
}

function toRealmRequest({ registry }: House, { realm }: FoundRealm, arrival: Arrival): RealmRequest {
  const { method, headers, issuerId: inPath, origin } = arrival
  return {
    method,
    realm,
    issuer: issuerOf(realm, registry.settings),
    base: inPath === undefined ? '' : `/realms/${inPath}`,
    query: NO_PARAMETERS,
    form: NO_PARAMETERS,
    headers,
    cookies: readCookies(headers.cookie as string | undefined),
    origin,
  }
}

function withParameters(realmRequest: RealmRequest, arrival: Arrival): RealmRequest {
  const query = parametersOf(arrival.query)
  if (arrival.method !== 'POST') return { ...realmRequest, query }
  return { ...realmRequest, query, form: formOf(arrival) }
}

/** Whose pages may read an answer (Fetch Standard §3.2): those of every origin, unless the realm names some. */
export function readableBy(
  found: FoundRealm | undefined,
  { headers }: Pick<Arrival, 'headers'>,
): Record<string, string> {
  const allowed = found?.realm.allowedOrigins ?? []
  if (allowed.length === 0) return { 'access-control-allow-origin': '*' }
  const { origin } = headers
  const known = typeof origin === 'string' && allowed.includes(origin)
  return { vary: 'origin', ...(known && { 'access-control-allow-origin': origin }) }
}
